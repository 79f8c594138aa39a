/**
 * Configuration folders for tests, below the system's temporary folder; all are removed after each test.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { type LoadOptions, loadPlan } from "../../../config/load/index.ts";
import type { Kind, UplinkKind } from "../../../config/schema/kind.ts";
import type { LoadResult, Plan, Problem } from "../../../config/schema/plan.ts";
import { mqttExternalKind } from "../../../drivers/mqtt/external/schema.ts";
import { mqttKind } from "../../../drivers/mqtt/schema.ts";
import { httpsUplinkKind } from "../../../gateway/uplink/https/schema.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { busKind, postKind } from "./fake-kinds.ts";

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const kinds = [mqttKind, mqttExternalKind, busKind] as unknown as Kind[];
export const uplinkKinds = [postKind, httpsUplinkKind] as UplinkKind[];

/** 2026-10-12 08:00 in China. */
export const nowMs = Date.UTC(2026, 9, 12);

/** A sound start: one school with three rooms. */
export const school = `version: 1
school: { id: 2133000001, gateway: gw1, name: 云溪小学 }
spaces:
  - { building: JX1, floor: F01, rooms: 101..103, kind: classroom }
`;

/** A new folder with these files, optionally on top of copies of `under`. */
export function folderOf(files: Record<string, string | Uint8Array>, ...under: string[]): string {
  const folder = mkdtempSync(join(memoryFolder, "ce-config-"));
  made.push(folder);
  for (const base of under) cpSync(base, folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    if (name.startsWith("secrets/")) chmodSync(join(folder, name), 0o600);
  }
  return folder;
}

export const load = (folder: string, options: LoadOptions = {}): LoadResult =>
  loadPlan(folder, kinds, uplinkKinds, { env: {}, nowMs, ...options });

export const loadFiles = (
  files: Record<string, string | Uint8Array>,
  options: LoadOptions = {},
): LoadResult => load(folderOf({ "school.yaml": school, ...files }), options);

/** The plan of files that must have one. */
export function planOf(files: Record<string, string | Uint8Array>, options: LoadOptions = {}): Plan {
  const { plan, problems } = loadFiles(files, options);
  if (plan === null) throw new Error(`no plan: ${JSON.stringify(problems, null, 1)}`);
  return plan;
}

/** `line:column` of the first `needle` in `text`. */
export function placeIn(text: string, needle: string): string {
  const before = text.slice(0, text.indexOf(needle)).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** `code file:line:column` of each problem. */
export const brief = (problems: readonly Problem[]): string[] =>
  problems.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`);
