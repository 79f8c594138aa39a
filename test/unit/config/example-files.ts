/**
 * The complete schools of config/examples, as copies with secrets of their own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LoadOptions, loadPlan } from "../../../config/load/index.ts";
import type { LoadResult } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { mqttUplinkKind } from "../../../gateway/uplink/mqtt/schema.ts";
import { folderOf, nowMs } from "./school-folder.ts";

const root = join(import.meta.dirname, "../../../config/examples");

export const exampleNames = readdirSync(root).sort();

/** Files of one example by name. */
export function exampleFiles(name: string): Record<string, string> {
  const folder = join(root, name);
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(yaml|csv)$/.test(file))
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

/** A new folder with these files and every secret that they name; `$room` stands for each room of a template. */
export function exampleFolder(files: Record<string, string>): string {
  const texts = Object.values(files);
  const rooms = texts.flatMap((text) =>
    [...text.matchAll(/^(\d{3})(?=,)|\{ room: (\d{3})/gm)].map(([, table, list]) => table ?? list ?? ""),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/secret:([A-Za-z0-9.$_-]+)/g)].flatMap(([, name = ""]) =>
      name.includes("$") ? rooms.map((room) => name.replace("$room", room)) : [name],
    ),
  );
  return folderOf({
    ...files,
    ...Object.fromEntries(names.map((name) => [`secrets/${name}`, `pw of ${name}\n`])),
  });
}

/** Loads with the protocols that the program has. */
export const loadExample = (folder: string, options: LoadOptions = {}): LoadResult =>
  loadPlan(folder, kinds, [mqttUplinkKind], { env: {}, nowMs, ...options });
