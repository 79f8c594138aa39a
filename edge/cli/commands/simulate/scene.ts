/** The scenes that come along, and those that somebody has written. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printProblem } from "../../../../config/load/index.ts";
import { nearest } from "../../../../config/load/nearest.ts";
import { readOneFile } from "../../../../config/load/one-file.ts";
import { type SceneFile, sceneSchema } from "../../../../simulator/scenes/scene-schema.ts";
import type { Setting } from "../../io.ts";
import { refused } from "./refused.ts";

const scenes = fileURLToPath(new URL("../../../../simulator/scenes/files/", import.meta.url));

/** Names of those that come along. */
export const known = () =>
  readdirSync(scenes)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => basename(name, ".yaml"))
    .sort();

/** @param name of one, or a file @returns null: it is none, or has mistakes, which are told */
export function sceneNamed(setting: Setting, name: string): SceneFile | null {
  const own = existsSync(name);
  if (!own && !known().includes(name)) {
    const near = nearest(name, known());
    refused(
      setting,
      { zh: `没有场景“${name.slice(0, 60)}”`, en: `there is no scene "${name.slice(0, 60)}"` },
      near === undefined
        ? { zh: `可用的：${known().join(", ")}`, en: `there are ${known().join(", ")}` }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
    );
    return null;
  }
  const { value: scene, problems } = readOneFile(
    own ? resolve(name) : join(scenes, `${name}.yaml`),
    sceneSchema,
  );
  for (const problem of problems) setting.err(printProblem(problem, setting.lang ?? "zh"));
  return scene;
}
