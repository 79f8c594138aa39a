/**
 * One zod schema of the files as JSON Schema (draft-07, which every editor knows) that says of a text what an
 * editor sees: YAML takes `301` for a number, `true` for a boolean and `null` for nothing, for us every scalar
 * is text. Pure.
 *
 * Never happens: something that the loader accepts is flagged. What only the loader can judge is let through.
 */
import { z } from "zod";
import { flag, secret } from "../scalar.ts";

export type Json = { [key: string]: unknown };
type Schema = z.core.$ZodType;

/** Text as an editor may see it. */
export const anyText = { type: ["string", "number", "boolean", "null"] };
/** What a parameter of a template or an option of a profile may stand in. */
const parameter: Json = { type: "string", pattern: "\\$" };

/** `template`: texts may hold `$param`; `profile`: `$option`. */
export type Where = "files" | "template" | "profile";

export function editorShape(schema: Schema, where: Where = "files"): Json {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def === flag._zod.def) Object.assign(jsonSchema, { enum: ["true", "false"] });
      else if (def === secret._zod.def)
        Object.assign(jsonSchema, { pattern: "^secret:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" });
      else if (isPreprocessed(zodSchema)) orText(jsonSchema);
    },
  });
  return widened(made, where) as Json;
}

/** A schema behind a preprocessing step may also be written as one word: which, only the loader knows. */
function isPreprocessed({ _zod: { def } }: z.core.$ZodTypes): boolean {
  return def.type === "pipe" && (def.in as z.core.$ZodTypes)._zod.def.type === "transform";
}

function orText(json: z.core.JSONSchema.BaseSchema): void {
  const { description, ...inner } = json;
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, { ...(description && { description }), anyOf: [{ type: "string" }, inner] });
}

function widened(json: unknown, where: Where): unknown {
  if (Array.isArray(json)) return json.map((item) => widened(item, where));
  if (typeof json !== "object" || json === null) return json;
  const node = json as Json;
  if (node.type === "string") return text(node, where);
  const wide: Json = {};
  for (const [key, value] of Object.entries(node)) {
    // Keys are text in every editor; defaults of values that are read from text are not what people write.
    if (key === "propertyNames" || key === "default") continue;
    wide[key] = key === "properties" ? eachOf(value as Json, where) : widened(value, where);
  }
  return wide;
}

const eachOf = (properties: Json, where: Where): Json =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, widened(value, where)]));

function text(node: Json, where: Where): Json {
  const {
    type: _,
    default: usual,
    const: only,
    enum: words = only === undefined ? undefined : [only],
    ...rest
  } = node;
  const initial = typeof usual === "string" || typeof usual === "boolean" ? { default: usual } : {};
  if (words === undefined && rest.pattern === undefined) return { ...rest, ...anyText, ...initial };
  const { description, ...limits } = rest;
  const said = description === undefined ? initial : { description, ...initial };
  const exact: Json =
    words === undefined ? { type: "string", ...limits } : { enum: (words as string[]).flatMap(asEditorsSee) };
  return where === "files" ? { ...said, ...exact } : { ...said, anyOf: [exact, parameter] };
}

/** A word that YAML takes for something else is that as well. */
function asEditorsSee(word: string): (string | number | boolean)[] {
  if (word === "true" || word === "false") return [word === "true", word];
  return /^(0|-?[1-9]\d*)$/.test(word) ? [Number(word), word] : [word];
}
