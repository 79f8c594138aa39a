/**
 * The sections that a school has once: version, school, defaults, buffer, status.
 */
import type { z } from "zod";
import { cataloguePoints } from "../catalogue/points.ts";
import type { BufferPlan, SchoolPlan } from "../schema/plan.ts";
import { read, readWhole } from "./entry.ts";
import { suggest } from "./findings.ts";
import { tellMissing } from "./issues.ts";
import type { Loading } from "./loading.ts";
import { present } from "./present.ts";
import type { Sections } from "./sections.ts";
import { bufferShape, defaultsShape, schoolShape, statusShape } from "./shape/school.ts";
import { type Entry, type Mapping, placeText } from "./tree.ts";

export type Defaults = z.output<typeof defaultsShape>;

/** Tells whether the files are of the version that this program reads. */
export function checkVersion(sections: Sections, loading: Loading): void {
  const entry = sections.single.get("version");
  if (entry === undefined) missingSection("version", sections, loading);
  else if (entry.value.type !== "scalar" || entry.value.text !== "1") {
    if (loading.findings.silent(entry.value)) return;
    loading.findings.error(
      "version",
      entry.value,
      { zh: "本程序只认 version: 1", en: "this program reads version: 1 only" },
      {
        zh: "写 version: 1；更高的版本请先升级程序",
        en: "write version: 1; for a later one, update the program first",
      },
    );
  }
}

export interface School {
  plan: SchoolPlan;
  status?: { host: string; port: number };
}

/** null: missing or broken, told. */
export function readSchool(sections: Sections, loading: Loading): School | null {
  const entry = sections.single.get("school");
  const top = readStatus(sections, loading);
  if (entry === undefined) {
    missingSection("school", sections, loading);
    return null;
  }
  const body = mappingOf(entry, "school", loading);
  if (body === null) return null;
  const inner = body.entries.get("status");
  const outer = sections.single.get("status");
  if (inner !== undefined && outer !== undefined) {
    const place = placeText(outer.key);
    loading.findings.error(
      "section-twice",
      inner.key,
      { zh: `“status” 只能写一处，另一处在 ${place}`, en: `"status" stands once; the other is at ${place}` },
      { zh: "删掉一处", en: "remove one of them" },
    );
  }
  const school = read(schoolShape, body, entry.key, loading.findings);
  if (school === null) return null;
  const { status, ...plan } = school.value;
  const listen = status?.listen ?? top;
  return listen === undefined ? { plan: present(plan) } : { plan: present(plan), status: listen };
}

function readStatus(sections: Sections, loading: Loading): { host: string; port: number } | undefined {
  const entry = sections.single.get("status");
  if (entry === undefined) return undefined;
  return read(statusShape, entry.value, entry.key, loading.findings)?.value.listen;
}

export function readBuffer(sections: Sections, loading: Loading): BufferPlan | null {
  const entry = sections.single.get("buffer");
  if (entry === undefined) return bufferOf(bufferShape.parse({}));
  const buffer = read(bufferShape, entry.value, entry.key, loading.findings);
  return buffer === null ? null : bufferOf(buffer.value);
}

/** What can be said of a school whose configuration is broken elsewhere. */
export function readable(sections: Sections): { dataFolder?: string; language?: "zh" | "en" } {
  const folder = bufferShape.shape.folder.safeParse(scalarAt(sections.single.get("buffer"), "folder"));
  const language = schoolShape.shape.language.safeParse(scalarAt(sections.single.get("school"), "language"));
  return {
    ...(folder.success && sections.single.has("buffer") ? { dataFolder: folder.data } : {}),
    ...(language.success && sections.single.has("school") ? { language: language.data } : {}),
  };
}

/** The text at a key of a section; absent: none is written there. */
function scalarAt(entry: Entry | undefined, name: string): unknown {
  if (entry?.value.type !== "mapping") return entry === undefined ? undefined : null;
  const node = entry.value.entries.get(name)?.value;
  return node?.type === "scalar" ? node.text : node === undefined ? undefined : null;
}

const bufferOf = (buffer: z.output<typeof bufferShape>): BufferPlan => ({
  folder: buffer.folder,
  quotaBytes: buffer.quota,
  keepMs: buffer.keep,
  history: buffer.history === "off" ? null : { quotaBytes: buffer.history },
  diskFloorBytes: buffer.diskFloor,
  commit: { ackMs: buffer.commit.ack, polledMs: buffer.commit.polled },
});

/** What is broken is told and left out. */
export function readDefaults(sections: Sections, loading: Loading): { value: Defaults; body?: Mapping } {
  const entry = sections.single.get("defaults");
  if (entry === undefined) return { value: {} };
  const body = mappingOf(entry, "defaults", loading);
  if (body === null) return { value: {} };
  const { value } = readWhole(defaultsShape, [], { key: entry.key, body }, loading.findings);
  const points = body.entries.get("points")?.value;
  if (points?.type === "mapping")
    for (const [id, { key }] of points.entries)
      if (!cataloguePoints.has(id) && !loading.findings.silent(key))
        loading.findings.error(
          "unknown-point",
          key,
          { zh: `目录里没有测点 “${id}”`, en: `the catalogue has no point "${id}"` },
          suggest(id, [...cataloguePoints.keys()], { zh: "测点", en: "points" }, points.entries),
        );
  return { value, body };
}

function mappingOf({ key, value }: Entry, name: string, loading: Loading): Mapping | null {
  if (value.type === "mapping") return value;
  if (!loading.findings.silent(value))
    loading.findings.error(
      "wrong-shape",
      key,
      { zh: `“${name}” 后面应当是名字: 内容`, en: `name: content pairs must stand below "${name}"` },
      { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
    );
  return null;
}

function missingSection(name: string, sections: Sections, loading: Loading): void {
  if (loading.incomplete.entries || sections.meant.has(name)) return;
  tellMissing(name, { file: "" }, loading.findings);
}
