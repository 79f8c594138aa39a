/**
 * Broken configurations. Each folder of test/cases/config is laid over `base`, a sound one, and says in
 * expected.json which problems come out: code, place and both texts, all of them and no more.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderOf, load } from "./school-folder.ts";

const root = join(import.meta.dirname, "../../cases/config");
const names = readdirSync(root).sort();

describe("a broken configuration is told about at its place", () => {
  for (const name of names)
    it(name, () => {
      const folder = folderOf({}, join(root, "base"), join(root, name));
      const { plan, problems } = load(folder, { env: { CE_SECRET_GIVEN: "s3cret-given" } });
      const told = problems.map(({ severity, code, file, line, column, what, fix }) => ({
        severity,
        code,
        file,
        line,
        column,
        zh: what.zh,
        en: what.en,
        fixZh: fix.zh.replaceAll(realpathSync(folder), "<folder>"),
        fixEn: fix.en.replaceAll(realpathSync(folder), "<folder>"),
      }));
      const expected = join(root, name, "expected.json");
      if (process.env.CE_WRITE_CASES === "1" && !existsSync(expected))
        writeFileSync(expected, `${JSON.stringify(told, null, 2)}\n`);
      expect(told).toEqual(JSON.parse(readFileSync(expected, "utf8")));
      expect(plan === null).toBe(told.some(({ severity }) => severity === "error"));
      expect(JSON.stringify(problems)).not.toMatch(/hunter2|s3cret/);
    });
});
