/**
 * What a zod schema knows about itself: which keys stand where, which of them are secrets. Pure.
 */
import { z } from "zod";
import { secret } from "../schema/scalar.ts";

export type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypes["_zod"]["def"];

const defOf = (schema: Schema) => schema._zod.def as Def;

/** `secret` itself, however it was made optional or described. */
export const isSecret = (schema: Schema): boolean =>
  alternatives(schema).some((inner) => inner._zod.def === secret._zod.def);

/** A schema without its wrappers (optional, default, refined, transformed); unions as their members. */
export function alternatives(schema: Schema): Schema[] {
  if (schema._zod.def === secret._zod.def) return [schema];
  const def = defOf(schema);
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "catch":
      return alternatives(def.innerType);
    case "pipe":
      return alternatives(defOf(def.in).type === "transform" ? def.out : def.in);
    case "lazy":
      return alternatives(def.getter());
    case "union":
      return def.options.flatMap(alternatives);
    case "intersection":
      return [...alternatives(def.left), ...alternatives(def.right)];
    default:
      return [schema];
  }
}

/** A map by id: names are free, each member stands for itself. */
export const isRecord = (schema: Schema): boolean =>
  alternatives(schema).some((inner) => defOf(inner).type === "record");

/** The schemas of what stands at `name` (a key or a position) below `schema`. */
export function below(schema: Schema, name: PropertyKey): Schema[] {
  return alternatives(schema).flatMap((inner): Schema[] => {
    const def = defOf(inner);
    if (def.type === "object") {
      const found = Object.hasOwn(def.shape, name) ? def.shape[String(name)] : undefined;
      return found === undefined ? [] : [found];
    }
    if (def.type === "record") return [def.valueType];
    if (def.type === "array") return [def.element];
    if (def.type === "tuple") return [def.items[Number(name)] ?? def.rest].filter((item) => item != null);
    return [];
  });
}

/** The schemas at a path. */
export function schemasAt(schema: Schema, path: readonly PropertyKey[]): Schema[] {
  let here = [schema];
  for (const name of path) here = here.flatMap((inner) => below(inner, name));
  return here;
}

/** The keys that an object may have there. */
export function keysOf(schema: Schema): string[] {
  const keys = alternatives(schema).flatMap((inner) => {
    const def = defOf(inner);
    return def.type === "object" ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

/** What the schema says about itself, in English; wrappers are looked through. */
export function description(schema: Schema): string | undefined {
  const own = z.globalRegistry.get(schema)?.description;
  if (own !== undefined) return own;
  const def = defOf(schema);
  return "innerType" in def && def.innerType !== undefined ? description(def.innerType as Schema) : undefined;
}

/** Whether it may be missing. */
export const isOptional = (schema: Schema): boolean => z.safeParse(schema, undefined).success;
