/**
 * The complete schools of config/examples, as copies with secrets of their own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LoadOptions, loadPlan } from "../../../config/load/index.ts";
import type { LoadResult } from "../../../config/schema/plan.ts";
import { mqttUplinkKind } from "../../../gateway/uplink/mqtt/schema.ts";
import { folderOf, kinds, nowMs } from "./school-folder.ts";

const root = join(import.meta.dirname, "../../../config/examples");

export const exampleNames = readdirSync(root).sort();

/** Files of one example by name. */
export function exampleFiles(name: string): Record<string, string> {
  const folder = join(root, name);
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

/** A new folder with these files and every secret that they name. */
export function exampleFolder(files: Record<string, string>): string {
  const names = Object.values(files).flatMap((text) =>
    [...text.matchAll(/secret:([A-Za-z0-9._-]+)/g)].map(([, name = ""]) => name),
  );
  return folderOf({
    ...files,
    ...Object.fromEntries(names.map((name) => [`secrets/${name}`, `pw of ${name}\n`])),
  });
}

/** Loads with the protocols that the program has. */
export const loadExample = (folder: string, options: LoadOptions = {}): LoadResult =>
  loadPlan(folder, kinds.slice(0, 1), [mqttUplinkKind], { env: {}, nowMs, ...options });
