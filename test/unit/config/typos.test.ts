/**
 * Every key of every example, and every sort of key in the built-in profiles, misspelt by one letter in several ways:
 * it is found at its place with the right suggestion, and nothing else is said.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { Findings } from "../../../config/load/findings.ts";
import { createSource, position } from "../../../config/load/source.ts";
import { type Mapping, type Node, parseTree } from "../../../config/load/tree.ts";
import type { LoadResult } from "../../../config/schema/plan.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { exampleFiles, exampleFolder, exampleNames, loadExample } from "./example-files.ts";

/** Names that people choose: a misspelt one shows where it is referred to, if anywhere. */
function isOwnName({ name, path }: Key): boolean {
  const [section = "", , below = ""] = path;
  if (path.length === 1) return ["links", "devices", "uplinks", "templates", "actions"].includes(section);
  if (section === "timetable") return path.length === 2 && ["terms", "periods"].includes(path[1] ?? "");
  if (section === "uplinks" && path.length === 3) return path[2] === "commands";
  if (section === "rooms") return below === "devices" && path.length === 3 && name === "window";
  return path.length === 3 && section === "templates" && ["params", "devices"].includes(below);
}

/** What is another point, or another key, is no misspelling. */
const points = new Set(cataloguePoints.keys());

/** Of `enum`, and as near to `sum`; of `values`, and another key; of `switch_4`, and as near to all of its kind. */
const nearOthers = new Set(["num", "value", "switch_"]);

interface Key {
  name: string;
  /** Names beside it. */
  beside: readonly string[];
  /** Where it begins, with its quotes. */
  offset: number;
  /** Where its first letter is. */
  letters: number;
  path: string[];
}

function keysOf(text: string): Key[] {
  const tree = parseTree(createSource("x.yaml", text), new Findings());
  const keys: Key[] = [];
  const walk = (node: Node, path: string[]) => {
    if (node.type === "list") for (const item of node.items) walk(item, path);
    else if (node.type === "mapping")
      for (const [name, { key, value }] of node.entries) {
        const { offset } = key;
        const letters = offset + (key.plain ? 0 : 1);
        keys.push({ name, beside: [...node.entries.keys()], offset, letters, path });
        walk(value, [...path, name]);
      }
  };
  walk(tree as Mapping, []);
  return keys;
}

/** Ways to misspell a key; which ones changes from key to key. */
function misspellings({ name: word, beside, offset }: Key, ways: number): string[] {
  const middle = Math.floor(word.length / 2);
  const more = `${word.slice(0, middle)}q${word.slice(middle)}`;
  const swapped = `${word.slice(0, middle - 1)}${word[middle]}${word[middle - 1]}${word.slice(middle + 1)}`;
  // Of a single letter nothing is left when it is another.
  const others =
    word.length === 1
      ? [`${word}q`]
      : [`${word.slice(0, middle)}q${word.slice(middle + 1)}`, word.slice(0, -1), word.slice(1), swapped];
  const all = [more, ...others].filter(
    (wrong) =>
      wrong !== word &&
      /^[a-z0-9]/i.test(wrong) &&
      !beside.includes(wrong) &&
      !points.has(wrong) &&
      !nearOthers.has(wrong),
  );
  return Array.from({ length: ways }, (_, step) => all[(offset + step) % all.length] ?? "");
}

const replaced = (text: string, { letters, name }: Key, by: string) =>
  `${text.slice(0, letters)}${by}${text.slice(letters + name.length)}`;

/** One folder for all tests of a school; each puts one file of its own in. */
function schoolOf(files: Record<string, string>): (file: string, text: string) => LoadResult {
  let parent = "";
  beforeAll(() => {
    parent = mkdtempSync(join(memoryFolder, "ce-typos-"));
    renameSync(exampleFolder(files), join(parent, "school"));
    mkdirSync(join(parent, "school/profiles"), { recursive: true });
  });
  afterAll(() => rmSync(parent, { recursive: true }));
  return (file, text) => {
    const path = join(parent, "school", file);
    writeFileSync(path, text);
    try {
      return loadExample(join(parent, "school"));
    } finally {
      if (files[file] === undefined) rmSync(path);
      else writeFileSync(path, files[file]);
    }
  };
}

interface Case {
  file: string;
  /** The file with the key spelt right. */
  text: string;
  key: Key;
  ways: number;
}

function expectTyposFound(load: ReturnType<typeof schoolOf>, { file, text, key, ways }: Case): void {
  const place = { file, ...position(createSource(file, text), key.offset) };
  // Two words may be as near: then both are named.
  const suggestion = new RegExp(`did you mean ("\\w+" or )*"${key.name}"( or "\\w+")*\\?$`);
  const wrongs = misspellings(key, ways);
  expect(wrongs).not.toContain("");
  for (const wrong of wrongs) {
    const { problems } = load(file, replaced(text, key, wrong));
    const errors = problems.filter(({ severity }) => severity === "error");
    expect(
      errors.map(({ file, line, column, fix }) => ({ file, line, column, en: fix.en })),
      wrong,
    ).toEqual([{ ...place, en: expect.stringMatching(suggestion) }]);
  }
}

describe.each(exampleNames)("in the example school %s", (name) => {
  const files = exampleFiles(name);
  const load = schoolOf(files);
  const seen = new Set<string>();
  // Two where it is new, then one at each place where it stands again.
  const ways = ({ name, path }: Key) => {
    const sort = [path[0], path.length, name].join(" ");
    const fresh = !seen.has(sort);
    seen.add(sort);
    return fresh ? 2 : 1;
  };
  const yaml = Object.entries(files).filter(([file]) => file.endsWith(".yaml"));
  const cases = yaml.flatMap(([file, text]) =>
    keysOf(text)
      .filter((key) => !isOwnName(key))
      .map((key) => ({ file, text, key, where: [file, ...key.path, key.name].join(" "), ways: ways(key) })),
  );

  it.each(cases)("$where misspelt is found", (one) => expectTyposFound(load, one));

  it("a misspelt link is found at every device that hangs on it", () => {
    const [file, text] = Object.entries(files).find(([, content]) => content.includes("links:")) ?? ["", ""];
    const link = keysOf(text).find(({ path }) => path[0] === "links");
    if (link === undefined) throw new Error("no link");
    const { problems } = load(file, replaced(text, link, `${link.name}q`));
    const uses =
      Object.values(files)
        .join("\n")
        .match(new RegExp(`via: ${link.name}\\b`, "g")) ?? [];
    const told = problems.filter(({ code }) => code !== "not-yet");
    expect(told.map(({ code, fix }) => `${code} ${fix.en}`)).toEqual(
      uses.map(() => `unknown-via did you mean "${link.name}q"?`),
    );
  });
});

/**
 * Below these, names are ids: of points, of what a device says, of what the device itself has, of what the profile
 * declares.
 */
const ids = new Set([
  ...["points", "expect", "with", "enum", "values", "options", "variants"],
  ...["actions", "args", "choices", "confirm"],
]);

/**
 * The sort of key that this is: ids are all alike, but for the option that chooses a variant. Absent: a name that the
 * profile is free to choose and that nothing else names.
 */
function sortOf({ name, path }: Key): string | undefined {
  const whole = [...path, name];
  if (["enum", "values", "actions", "args", "choices", "codes"].includes(path.at(-1) ?? "")) return undefined;
  return whole
    .map((step, index) => (ids.has(whole[index - 1] ?? "") && step !== "variant" ? "*" : step))
    .join(" ");
}

describe("in a profile", () => {
  const folder = join(import.meta.dirname, "../../../config/profiles");
  const load = schoolOf(exampleFiles("small"));
  const seen = new Set<string>();
  for (const file of readdirSync(folder)) {
    // A copy under an id of its own: the built-in one stays.
    const text = readFileSync(join(folder, file), "utf8").replace(/^profile: .*/, "profile: own-copy");
    const driver = /^driver: (.*)$/m.exec(text)?.[1];
    for (const key of keysOf(text)) {
      // Where points are found by any words, what an option is called shows where it is used.
      if (driver === "mqtt" && key.path.at(-1) === "options") continue;
      // So does one that is used once, and a variant where it is chosen by default.
      const uses = text.split(`$${key.name}`).length - 1 + text.split(`default: ${key.name} `).length - 1;
      if (["options", "variants"].includes(key.path.at(-1) ?? "") && uses === 1) continue;
      const sort = sortOf(key);
      if (sort === undefined || seen.has(`${driver} ${sort}`)) continue;
      seen.add(`${driver} ${sort}`);
      it(`${file} ${[...key.path, key.name].join(" ")} misspelt is found`, () =>
        expectTyposFound(load, { file: `profiles/${file}`, text, key, ways: 2 }));
    }
  }
});
