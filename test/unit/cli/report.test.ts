/** `report NAME` as it is typed. */
import { expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { reasonRows } from "../../../config/catalogue/reasons.ts";
import { reports } from "../../../edge/cli/commands/report.ts";
import { typed } from "./typed.ts";

const type = (...words: string[]) => typed(words, AbortSignal.abort());

it("lists what there is when no name, or a wrong one, is given", async () => {
  const list = await type("report");
  expect(list.code).toBe(0);
  expect(Object.keys(reports)).toEqual(["catalogue", "schema", "profile-schema"]);
  const names = [...Object.keys(reports), "audit", "recording"];
  for (const name of names) expect(list.text).toContain(`campus-edge report ${name} `);
  expect(JSON.parse((await type("report", "--json")).text)).toEqual({ reports: names });
  const near = await type("report", "catalog", "--lang", "en");
  expect([near.code, near.out]).toEqual([2, []]);
  expect(near.err).toEqual([
    'campus-edge: there is no report "catalog"; did you mean catalogue? There are catalogue, schema, profile-schema, audit, recording',
  ]);
  const far = await type("report", "constructor", "--json");
  expect(far.code).toBe(2);
  expect(JSON.parse(far.text).error.fix.zh).toContain("profile-schema");
});

it("takes a link and a time for a recording alone", async () => {
  for (const words of [
    ["catalogue", "rs1"],
    ["schema", "--for", "60s"],
  ]) {
    const { code, out, err } = await type("report", ...words, "--lang", "en");
    expect([code, out]).toEqual([2, []]);
    expect(err.join()).toMatch(/"(rs1|--for)" is not expected here; .*only recording takes a link/);
  }
});

it.each(["zh", "en"] as const)(
  "prints every point and every reason in %s, nothing left to fill in",
  async (lang) => {
    const { code, text } = await type("report", "catalogue", "--lang", lang);
    expect(code).toBe(0);
    for (const { id, text: name } of cataloguePoints.values())
      expect(text).toContain(`\n${id}  ${name.zh} · ${name.en}\n`);
    for (const row of reasonRows) expect(text).toMatch(new RegExp(`^${row.code}  .+\\n  → .+$`, "m"));
    expect(text).not.toMatch(/[{}[\]]|undefined|NaN/);
  },
);

it("shows units and limits as people see them", async () => {
  const { text } = await type("report", "catalogue", "--lang", "en");
  expect(text).toMatch(/^power {2}.*\n.*range -10000\.\.10000 kW/m);
  expect(text).toMatch(/^co2 {2}.*\n.*range 0\.\.40000 ppm · data level 2 · dead band 20 ppm/m);
  expect(text).toMatch(/> 1500 ppm \(GB 50099-2011, 10\.1\.8[,)]/);
  expect(text).toMatch(/> 235\.4 V or < 198 V \(GB\/T 12325/);
  expect(text).not.toContain("[ppm]");
});

it("gives all of the catalogue as data", async () => {
  const { out } = await type("report", "catalogue", "--json");
  const data = JSON.parse(out[0] ?? "");
  expect(data.points).toEqual(JSON.parse(JSON.stringify([...cataloguePoints.values()])));
  expect(data.reasons.map(({ code }: { code: string }) => code)).toEqual(reasonRows.map(({ code }) => code));
});

it("prints a schema as text and as one line of data alike", async () => {
  for (const name of ["schema", "profile-schema"]) {
    const [text, data] = [await type("report", name), await type("report", name, "--json")];
    expect(data.out).toHaveLength(1);
    expect(JSON.parse(text.text)).toEqual(JSON.parse(data.text));
    expect(JSON.parse(text.text).$schema).toBe("http://json-schema.org/draft-07/schema#");
  }
});
