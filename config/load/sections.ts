/**
 * The sections of all files: what merges is merged, what stands once is found once.
 */
import type { Named } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { nearest } from "./nearest.ts";
import { idComplaint } from "./shape/identifier.ts";
import { type Entry, type Mapping, type Node, placeText, type Scalar } from "./tree.ts";

const singles = ["version", "school", "defaults", "buffer", "status", "timetable", "rooms"] as const;
const merged = ["links", "devices", "uplinks", "templates"] as const;
const lists = ["spaces", "spares"] as const;
type Single = (typeof singles)[number];
type Merged = (typeof merged)[number];
type Listed = (typeof lists)[number];

const names: readonly string[] = [...singles, ...merged, ...lists];

export interface Sections {
  single: ReadonlyMap<Single, Entry>;
  merged: Record<Merged, Named[]>;
  lists: Record<Listed, Node[]>;
  /** Links, devices and uplinks by their id: an id exists once. */
  ids: Map<string, Named>;
  /** Where each section begins first. */
  keys: ReadonlyMap<string, Scalar>;
  /** Sections that an unknown one was probably meant to be: not told as missing. */
  meant: ReadonlySet<string>;
}

export function gatherSections(files: readonly Mapping[], loading: Loading): Sections {
  const single = new Map<Single, Entry>();
  const sections: Sections = {
    single,
    merged: { links: [], devices: [], uplinks: [], templates: [] },
    lists: { spaces: [], spares: [] },
    ids: new Map(),
    keys: new Map(),
    meant: new Set(),
  };
  const keys = sections.keys as Map<string, Scalar>;
  const meant = sections.meant as Set<string>;
  const templates = new Map<string, Named>();
  const findings = loading.findings;
  const present = new Set(files.flatMap((file) => [...file.entries.keys()]));
  for (const file of files) {
    if (misplaced(file, loading)) continue;
    let outdented = false;
    for (const [name, entry] of file.entries) {
      if (outdented && !names.includes(name)) {
        // What belongs to an empty section, without its indentation: the empty one has been told.
        loading.findings.silence(entry.key);
      }
      outdented = isEmpty(entry) || (outdented && !names.includes(name));
      if (!names.includes(name)) {
        unknownSection(name, entry, meant, present, loading);
        continue;
      }
      if (!keys.has(name)) keys.set(name, entry.key);
      if (singles.includes(name as Single)) addSingle(single, name as Single, entry, loading);
      else if (findings.silent(entry.value)) broken(name, loading);
      else if (lists.includes(name as Listed)) {
        if (entry.value.type === "list") sections.lists[name as Listed].push(...entry.value.items);
        else
          wrongShape(
            name,
            entry,
            { zh: "列表，每行以 - 开头", en: "a list, each row beginning with -" },
            loading,
          );
      } else if (entry.value.type === "mapping")
        addEntries(
          sections.merged[name as Merged],
          name as Merged,
          entry.value,
          name === "templates" ? templates : sections.ids,
          loading,
        );
      else wrongShape(name, entry, { zh: "编号: 内容", en: "id: content pairs" }, loading);
    }
  }
  return sections;
}

/** Told as empty. */
const isEmpty = ({ value }: Entry) => value.type === "scalar" && value.plain && value.text === "";

/** A profile or a case that lies among the sections: told once, for the whole file. */
function misplaced(file: Mapping, loading: Loading): boolean {
  if ([...file.entries.keys()].some((name) => names.includes(name))) return false;
  for (const name of ["profile", "case"]) {
    const key = file.entries.get(name)?.key;
    if (key === undefined) continue;
    if (name === "profile") loading.incomplete.profiles = true;
    loading.findings.error(
      "misplaced-file",
      key,
      { zh: `这个文件是 ${name}，放错了地方`, en: `this file is a ${name} and lies in the wrong place` },
      { zh: `把它移到 ${name}s/ 文件夹`, en: `move it into the folder ${name}s/` },
    );
    return true;
  }
  return false;
}

function unknownSection(
  name: string,
  entry: Entry,
  meant: Set<string>,
  present: ReadonlySet<string>,
  loading: Loading,
): void {
  loading.incomplete.entries = true;
  loading.incomplete.spaces = true;
  const near =
    nearest(
      name,
      names.filter((other) => !present.has(other)),
    ) ?? nearest(name, names);
  if (near !== undefined) meant.add(near);
  if (loading.findings.silent(entry.key)) return;
  loading.findings.error(
    "unknown-section",
    entry.key,
    { zh: `没有叫 “${name}” 的段`, en: `there is no section "${name}"` },
    suggest(name, names, { zh: "段", en: "sections" }, present),
  );
}

function addSingle(single: Map<Single, Entry>, name: Single, entry: Entry, loading: Loading): void {
  const first = single.get(name);
  if (first === undefined) {
    single.set(name, entry);
    return;
  }
  const place = placeText(first.key);
  loading.findings.error(
    "section-twice",
    entry.key,
    {
      zh: `“${name}” 段只能有一个，另一个在 ${place}`,
      en: `the section "${name}" stands once; the other is at ${place}`,
    },
    { zh: "合成一段", en: "make it one" },
  );
}

function broken(name: string, loading: Loading): void {
  if (name === "spaces") loading.incomplete.spaces = true;
  else loading.incomplete.entries = true;
}

function wrongShape(name: string, { key }: Entry, shape: { zh: string; en: string }, loading: Loading): void {
  broken(name, loading);
  loading.findings.error(
    "wrong-shape",
    key,
    { zh: `“${name}” 后面应当是${shape.zh}`, en: `${shape.en} must stand below "${name}"` },
    { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
  );
}

/** Ids of links, devices and uplinks exist once in the folder, and those of templates. */
function addEntries(
  to: Named[],
  section: Merged,
  content: Mapping,
  seen: Map<string, Named>,
  loading: Loading,
): void {
  let outdented = false;
  for (const [id, entry] of content.entries) {
    const { key, value } = entry;
    if (outdented && value.type !== "mapping") {
      // Content of an empty entry, without its indentation: the empty one has been told.
      broken(section, loading);
      continue;
    }
    outdented = isEmpty(entry);
    if (!fitId(section, id, key, seen, loading)) continue;
    if (value.type === "mapping") {
      const named = { id, key, body: value };
      to.push(named);
      seen.set(id, named);
      continue;
    }
    broken(section, loading);
    if (loading.findings.silent(value) || loading.findings.silent(key)) continue;
    loading.findings.error(
      "wrong-shape",
      key,
      { zh: `“${id}” 后面应当是 { 名字: 内容 }`, en: `name: content pairs must stand behind "${id}"` },
      { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
    );
  }
}

/** false: the id is taken; what the entry declares is then not known under any name. */
function fitId(
  section: string,
  id: string,
  key: Named["key"],
  seen: Map<string, Named>,
  loading: Loading,
): boolean {
  const first = seen.get(id);
  if (first !== undefined) {
    const place = placeText(first.key);
    loading.incomplete.entries = true;
    loading.findings.error(
      "duplicate-id",
      key,
      {
        zh: `编号 “${id}” 用了两次，另一个在 ${place}`,
        en: `the id "${id}" is used twice; the other is at ${place}`,
      },
      { zh: "给其中一个换编号", en: "give one of them another id" },
    );
    return false;
  }
  const complaint = idComplaint(id, `${section.slice(0, -1)}-1`);
  if (complaint !== null && !loading.findings.silent(key))
    loading.findings.error("bad-id", key, complaint.what, complaint.fix);
  return true;
}
