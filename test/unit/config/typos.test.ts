/**
 * Every key of every example, and every sort of key in the built-in profiles, misspelt by one letter in several ways:
 * it is found at its place with the right suggestion, and nothing else is said.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { Findings } from "../../../config/load/findings.ts";
import { createSource, position } from "../../../config/load/source.ts";
import { type Mapping, type Node, parseTree } from "../../../config/load/tree.ts";
import { exampleFiles, exampleFolder, exampleNames, loadExample } from "./example-files.ts";

/** Names that people choose: a misspelt one shows where it is referred to, if anywhere. */
function isOwnName({ name, path }: Key): boolean {
  const [section = "", , below = ""] = path;
  if (path.length === 1) return ["links", "devices", "uplinks", "templates"].includes(section);
  if (section === "rooms") return below === "devices" && path.length === 3 && name === "window";
  return path.length === 3 && section === "templates" && ["params", "devices"].includes(below);
}

/** What is another point, or another key, is no misspelling. */
const points = new Set(cataloguePoints.keys());

interface Key {
  name: string;
  /** Names beside it. */
  beside: readonly string[];
  offset: number;
  path: string[];
}

function keysOf(text: string): Key[] {
  const tree = parseTree(createSource("x.yaml", text), new Findings());
  const keys: Key[] = [];
  const walk = (node: Node, path: string[]) => {
    if (node.type === "list") for (const item of node.items) walk(item, path);
    else if (node.type === "mapping")
      for (const [name, { key, value }] of node.entries) {
        keys.push({ name, beside: [...node.entries.keys()], offset: key.offset, path });
        walk(value, [...path, name]);
      }
  };
  walk(tree as Mapping, []);
  return keys;
}

/** Two ways to misspell a key; which ones changes from key to key. */
function misspellings({ name: word, beside, offset }: Key): string[] {
  const middle = Math.floor(word.length / 2);
  const swapped = `${word.slice(0, middle - 1)}${word[middle]}${word[middle - 1]}${word.slice(middle + 1)}`;
  const all = [
    `${word.slice(0, middle)}q${word.slice(middle + 1)}`,
    `${word.slice(0, middle)}q${word.slice(middle)}`,
    word.slice(0, -1),
    word.slice(1),
    swapped,
  ].filter(
    (wrong) => wrong !== word && /^[a-z]/i.test(wrong) && !beside.includes(wrong) && !points.has(wrong),
  );
  return [0, 1].map((step) => all[(offset + step) % all.length] ?? "");
}

const replaced = (text: string, { offset, name }: Key, by: string) =>
  `${text.slice(0, offset)}${by}${text.slice(offset + name.length)}`;

function expectTypoFound(files: Record<string, string>, file: string, key: Key, wrong: string): void {
  const text = files[file] ?? "";
  const { problems } = loadExample(exampleFolder({ ...files, [file]: replaced(text, key, wrong) }));
  const errors = problems.filter(({ severity }) => severity === "error");
  // Two words may be as near: then both are named.
  const suggestion = new RegExp(`did you mean ("\\w+" or )*"${key.name}"( or "\\w+")*\\?$`);
  expect(errors.map(({ file, line, column, fix }) => ({ file, line, column, en: fix.en }))).toEqual([
    { file, ...position(createSource(file, text), key.offset), en: expect.stringMatching(suggestion) },
  ]);
}

describe.each(exampleNames)("in the example school %s", (name) => {
  const files = exampleFiles(name);
  const yaml = Object.entries(files).filter(([file]) => file.endsWith(".yaml"));
  const cases = yaml.flatMap(([file, text]) =>
    keysOf(text)
      .filter((key) => !isOwnName(key))
      .map((key) => ({ file, key, where: [file, ...key.path, key.name].join(" ") })),
  );

  it.each(cases)("$where misspelt is found", ({ file, key }) => {
    for (const wrong of misspellings(key)) expectTypoFound(files, file, key, wrong);
  });

  it("a misspelt link is found at every device that hangs on it", () => {
    const [file, text] = Object.entries(files).find(([, content]) => content.includes("links:")) ?? ["", ""];
    const link = keysOf(text).find(({ path }) => path[0] === "links");
    if (link === undefined) throw new Error("no link");
    const { problems } = loadExample(
      exampleFolder({ ...files, [file]: replaced(text, link, `${link.name}q`) }),
    );
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

/** Below these, names are ids: of points, of what a device says, of what the device itself has. */
const ids = new Set(["points", "expect", "with", "enum", "values"]);

/**
 * The sort of key that this is: ids are all alike. Absent: a name that the profile is free to choose, and what declares
 * options and variants, because whatever uses them is told as well.
 */
function sortOf({ name, path }: Key): string | undefined {
  const whole = [...path, name];
  if (whole.includes("options") || whole.includes("variants")) return undefined;
  if (["enum", "values"].includes(path.at(-1) ?? "")) return undefined;
  return whole.map((step, index) => (ids.has(whole[index - 1] ?? "") ? "*" : step)).join(" ");
}

describe("in a profile", () => {
  const folder = join(import.meta.dirname, "../../../config/profiles");
  const base = exampleFiles("small");
  const seen = new Set<string>();
  for (const file of readdirSync(folder)) {
    // A copy under an id of its own: the built-in one stays.
    const text = readFileSync(join(folder, file), "utf8").replace(/^profile: .*/, "profile: own-copy");
    const driver = /^driver: (.*)$/m.exec(text)?.[1];
    for (const key of keysOf(text)) {
      const sort = sortOf(key);
      if (sort === undefined || seen.has(`${driver} ${sort}`)) continue;
      seen.add(`${driver} ${sort}`);
      it(`${file} ${[...key.path, key.name].join(" ")} misspelt is found`, () => {
        for (const wrong of misspellings(key))
          expectTypoFound({ ...base, [`profiles/${file}`]: text }, `profiles/${file}`, key, wrong);
      });
    }
  }
});
