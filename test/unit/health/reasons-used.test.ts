import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reasonRow, reasonRows } from "../../../config/catalogue/reasons.ts";
import { displayFaults } from "../../../drivers/display/faults.ts";
import { onvifFaults } from "../../../drivers/onvif/faults.ts";

const root = join(import.meta.dirname, "../../..");
const sources = ["drivers", "edge", "gateway"]
  .flatMap((side) =>
    readdirSync(join(root, side), { recursive: true, encoding: "utf8" }).map((name) => join(side, name)),
  )
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(root, name), "utf8"))
  .join("\n");
/** Codes that stand in the code as a word of their own. */
const words = new Set([...sources.matchAll(/["'`]([A-Za-z][A-Za-z0-9._-]*)["'`]/g)].map(([, word]) => word));
/** Keys of tables of codes. */
const keys = new Set(
  [...sources.matchAll(/^\s*["']?([a-z][a-z0-9-]*)["']?: [[{r]/gm)].map(([, word]) => word),
);
/** Codes that are put together: a table of words for a driver, or for several. */
const composed = new Set([
  ...["pjlink", "display", "hex"].flatMap((driver) =>
    Object.keys(displayFaults).map((word) => `${driver}.${word}`),
  ),
  ...Object.keys(onvifFaults).map((word) => `onvif.${word}`),
]);
const system = /^(E[A-Z]{2,}(_[A-Z]+)?|CERT_[A-Z_]+|DEPTH_[A-Z_]+|SELF_[A-Z_]+|UNABLE_[A-Z_]+|ERR_[A-Z_]+)$/;

describe("the codes of reasons", () => {
  it("that the code uses all have a row", () => {
    const used = [...words].filter((word): word is string => /^E\d{3}$/.test(word ?? ""));
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((code) => reasonRow(code) === undefined)).toEqual([]);
  });

  it("are used by health, or are what a code of a driver or an uplink means: no row waits for nobody", () => {
    const idle = reasonRows.filter(({ code, means }) => !words.has(code) && means.length === 0);
    expect(idle.map(({ code }) => code)).toEqual(reserved);
  });

  it("name no code that nothing gives", () => {
    const foreign = reasonRows.flatMap(({ means }) => means).filter((code) => !system.test(code));
    expect(foreign.filter((code) => !words.has(code) && !keys.has(code) && !composed.has(code))).toEqual([]);
  });

  it("lead to something to do that is no program's code", () => {
    for (const { code, cause, next } of reasonRows) {
      for (const lang of ["zh", "en"] as const) {
        expect(next[lang].length, code).toBeGreaterThan(5);
        expect(next[lang], code).not.toMatch(/\{code\}/);
        // Values, devices and links are a technician's: no raw code in what they are told.
        if (/^E(0|11[0-8]|2|3|4)/.test(code)) expect(cause[lang], code).not.toMatch(/\{code\}|\{quality\}/);
      }
    }
  });
});

/** Rows for what a later driver tells. */
const reserved: string[] = [];
