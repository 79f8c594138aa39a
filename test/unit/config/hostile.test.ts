/**
 * Whatever is written in the files: loading ends, throws nothing, and shows no secret.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printProblem } from "../../../config/load/index.ts";
import type { LoadResult } from "../../../config/schema/plan.ts";
import { exampleFiles, exampleFolder, loadExample } from "./example-files.ts";
import { folderOf, load, loadFiles, school } from "./school-folder.ts";

const runs = Number(process.env.CE_RUNS ?? 100);
const files = exampleFiles("small");
const password = "Hunter2#Zz9";

function shown({ problems }: LoadResult): string {
  return problems
    .map((problem) => `${printProblem(problem, "zh")}\n${printProblem(problem, "en")}`)
    .join("\n");
}

function expectSound(result: LoadResult): void {
  expect(result.plan === null).toBe(result.problems.some(({ severity }) => severity === "error"));
  expect(result.problems.length).toBeLessThanOrEqual(501);
  for (const { what, fix, excerpt } of result.problems) {
    for (const text of [what.zh, what.en, fix.zh, fix.en, excerpt ?? "x"]) expect(text).not.toBe("");
    expect(JSON.stringify([what, fix, excerpt]).length).toBeLessThan(4000);
  }
}

const piece = fc.oneof(
  fc.string({ maxLength: 4, unit: "binary" }),
  fc.constantFrom(
    ..."{ } [ ] : , # & * ! | > - ? % @ ` ' \" ： ， “ ” 　 \t \r \0 \u2028 ~ null __proto__ constructor *a &a << --- ... 1e99 -1 : off".split(
      " ",
    ),
    "\n",
    "\n  ",
    ": ",
    "{ a: 1 }",
    "devices:\n",
    "secret:x",
  ),
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.nat({ max: 12 }),
  put: piece,
});
type Edit = { at: number; drop: number; put: string };

function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { at, drop, put } of edits) {
    const from = Math.floor(at * result.length);
    result = result.slice(0, from) + put + result.slice(from + drop);
  }
  return result;
}

const names = Object.keys(files);

describe("loading", () => {
  it("survives any bytes as a file", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names, "profiles/x.yaml"),
        fc.uint8Array({ maxLength: 400 }),
        (file, bytes) => {
          expectSound(loadFiles({ [file]: bytes }));
        },
      ),
      { numRuns: runs },
    );
  });

  it("survives any edits of a sound school", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (file, edits) => {
          expectSound(loadExample(exampleFolder({ ...files, [file]: edited(files[file] ?? "", edits) })));
        },
      ),
      { numRuns: runs },
    );
  });

  it("shows no password that was written in clear, wherever else the file is broken", () => {
    const text = (files["devices.yaml"] ?? "").replace(/secret:[a-z0-9-]+/g, password);
    const spans = [...text.matchAll(/password: \S+/g)].map(
      ({ index, 0: all }) => [index, index + all.length] as const,
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const outside = edits.filter(({ at, drop }) => {
          const from = Math.floor(at * text.length);
          return spans.every(([start, end]) => from + drop < start || from > end);
        });
        const result = loadExample(exampleFolder({ ...files, "devices.yaml": kept(text, outside) }));
        expect(result.plan).toBeNull();
        expect(shown(result)).not.toMatch(/Hunter2|Zz9/);
      }),
      { numRuns: runs },
    );
  });

  it("shows no password when its key is misspelt by a letter or the value is cut by one", () => {
    const line = `devices:\n  a: { profile: mqtt-air-json, via: broker, user: a, password: ${password} }\n`;
    const from = line.indexOf("password");
    const signs = [
      "",
      "q",
      " ",
      ",",
      ":",
      ": ",
      "{",
      "}",
      "[",
      '"',
      "'",
      "\n",
      "\n  ",
      "#",
      " #",
      "：",
      "，",
      "\t",
    ];
    for (let at = from; at < line.length; at += 1)
      for (const [index, sign] of signs.entries()) {
        const drop = (at + index) % 2;
        const broken = line.slice(0, at) + sign + line.slice(at + drop);
        const result = load(
          folderOf({
            "school.yaml": school,
            "l.yaml": files["devices.yaml"]?.split("\n\n")[0] ?? "",
            "d.yaml": broken,
          }),
        );
        expect(shown(result), JSON.stringify(broken)).not.toMatch(/unter2|Zz9/);
      }
  });

  it("follows no bomb of aliases and no endless nesting", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 12; level += 1) {
      const [name, before] = ["abcdefghijklm"[level], "abcdefghijklm"[level - 1]];
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
    }
    expectSound(loadFiles({ "x.yaml": bomb.join("\n") }));
    expectSound(loadFiles({ "x.yaml": "[".repeat(100_000) }));
    expectSound(loadFiles({ "x.yaml": `${"{a: ".repeat(100_000)}` }));
    expectSound(loadFiles({ "x.yaml": `devices: {${"? ".repeat(50_000)}` }));
  });

  it("ends when thousands of devices are wrong in the same way", () => {
    const rows = Array.from(
      { length: 4000 },
      (_, n) => `  d${n}: { profile: nothing-${n}, via: nowhere-${n}, space: X${n}, a${n}: 1 }`,
    );
    const result = loadFiles({ "x.yaml": `devices:\n${rows.join("\n")}\n` });
    expectSound(result);
    expect(result.problems.at(-1)?.code).toBe("too-many-problems");
  });
});

/** The edits on the text, from the back so that places stay. */
function kept(text: string, edits: readonly Edit[]): string {
  let result = text;
  const placed = edits.map((each) => ({ ...each, from: Math.floor(each.at * text.length) }));
  placed.sort((a, b) => b.from - a.from);
  let limit = text.length;
  for (const { from, drop, put } of placed) {
    if (from + drop > limit) continue;
    result = result.slice(0, from) + put + result.slice(from + drop);
    limit = from;
  }
  return result;
}
