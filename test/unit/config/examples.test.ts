import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSource, position } from "../../../config/load/source.ts";
import { exampleFiles, exampleFolder, exampleNames, loadExample } from "./example-files.ts";
import { brief, folderOf } from "./school-folder.ts";

describe.each(exampleNames)("the example school %s", (name) => {
  it("loads without a problem once its secrets are there", () => {
    const folder = exampleFolder(exampleFiles(name));
    const { plan, problems } = loadExample(folder);
    expect(brief(problems)).toEqual([]);
    expect(plan?.links.flatMap(({ devices }) => devices).length).toBeGreaterThan(0);
  });

  it("holds no secret itself: each is asked for at every place where it is used, all at once", () => {
    const files = exampleFiles(name);
    const uses = Object.entries(files).flatMap(([file, text]) =>
      [...text.matchAll(/secret:[A-Za-z0-9._-]+/g)].map(({ index }) => {
        const { line, column } = position(createSource(file, text), index);
        return `secret-missing ${file}:${line}:${column}`;
      }),
    );
    const { plan, problems } = loadExample(folderOf(files));
    expect(plan).toBeNull();
    expect(brief(problems).sort()).toEqual(uses.sort());
    expect(uses.length).toBeGreaterThan(0);
  });
});

it("gives the small school three devices in two rooms", () => {
  const { plan } = loadExample(exampleFolder(exampleFiles("small")));
  const [link] = plan?.links ?? [];
  expect(
    [...(link?.points.values() ?? [])].map(({ device, space, stage }) => [device, space, stage]),
  ).toEqual([
    ["101-air", "2133000001-01-JX1-F01-101", "on"],
    ["102-air", "2133000001-01-JX1-F01-102", "on"],
    ["102-air-window", "2133000001-01-JX1-F01-102", "trial"],
  ]);
  expect(link?.devices.map(({ address }) => (address as { user: string }).user)).toEqual([
    "101-air",
    "102-air",
    "102-air-window",
  ]);
});

it("knows every built-in profile by its file's name", () => {
  const folder = join(import.meta.dirname, "../../../config/profiles");
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file), "utf8").split("\n")[0]).toBe(
      `profile: ${file.replace(".yaml", "")}`,
    );
});
