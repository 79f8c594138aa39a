import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { jsonSchemas } from "../../../config/schema/json/generate.ts";

const folder = join(import.meta.dirname, "../../../config/schema/json");

it.each([...jsonSchemas()])("%s is what `node config/schema/json/generate.ts` writes", (name, text) => {
  expect(readFileSync(join(folder, name), "utf8")).toBe(text);
});

it("every published file is generated (those for editors by `campus-edge report`)", () => {
  const editors = ["configuration.schema.json", "profile.schema.json"];
  const published = readdirSync(folder).filter((name) => name.endsWith(".json") && !editors.includes(name));
  expect(published.sort()).toEqual([...jsonSchemas().keys()].sort());
});

it("the published batch refuses rows and gaps that are too short or too long", () => {
  const schema = JSON.parse(jsonSchemas().get("batch.schema.json") ?? "{}");
  const rows: { minItems: number; maxItems: number }[] = schema.properties.rows.items.anyOf;
  expect(rows.map(({ minItems, maxItems }) => [minItems, maxItems])).toEqual([
    [5, 5],
    [6, 6],
  ]);
  expect(schema.properties.gaps.items).toMatchObject({ minItems: 3, maxItems: 3 });
});
