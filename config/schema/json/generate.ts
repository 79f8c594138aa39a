/**
 * JSON Schemas of what schools and platforms exchange, generated from the zod schemas and published beside
 * this file. `node config/schema/json/generate.ts` writes them; a test fails when they are stale.
 * Those for editors come from editor.ts.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { batchSchema } from "../batch.ts";
import { historySchema } from "../history.ts";
import { receiptSchema } from "../receipt.ts";
import { recordSchema } from "../record.ts";
import { statusSchema } from "../status.ts";
import { valuesSchema } from "../values.ts";

/** What is published; each becomes NAME.schema.json. */
const published = {
  record: recordSchema,
  batch: batchSchema,
  receipt: receiptSchema,
  status: statusSchema,
  values: valuesSchema,
  history: historySchema,
};

/** File name → text, as it must stand in this folder. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    Object.entries(published).map(([name, schema]) => [
      `${name}.schema.json`,
      schemaText({ title: name, ...z.toJSONSchema(schema, { override: exactTuples }) }),
    ]),
  );
}

/** JSON Schema lets a tuple be shorter or longer than its items unless told otherwise; ours are exact. */
function exactTuples({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const length = jsonSchema.prefixItems?.length;
  if (length === undefined) return;
  Object.assign(jsonSchema, { minItems: length, maxItems: length });
}

/** A schema as its file has it: as the formatter of this project leaves it alone, short lists on one line. */
export function schemaText(schema: object): string {
  const wordLists =
    /^(.*)\[\s*((?:"[^"\n]*"|true|false|-?\d+)(?:,\s*(?:"[^"\n]*"|true|false|-?\d+))*)\s*\](,?)$/gm;
  const indented = JSON.stringify(schema, null, 2);
  return `${indented.replace(wordLists, (whole, before: string, words: string, after: string) => {
    const line = `${before}[${words.replace(/,\s*/g, ", ")}]${after}`;
    return line.length <= 110 ? line : whole;
  })}\n`;
}

if (import.meta.main) {
  for (const [name, schema] of jsonSchemas()) writeFileSync(join(import.meta.dirname, name), schema);
}
