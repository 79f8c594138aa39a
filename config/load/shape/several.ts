import { z } from "zod";

type Context = z.core.$RefinementCtx;

/**
 * Several of one kind: in one text with commas, or as a list. Gives all of them in order, 1 to `most` texts.
 * @param one reads a single one, and complains on the context when it is none
 */
export function several<T>(one: (raw: string, context: Context) => T, most: number) {
  const texts = z
    .string()
    .transform((raw, context) => raw.split(/[,，]/).map((part) => one(part.trim(), context)));
  return z.union([texts, z.array(texts).min(1).max(most)]).transform((read): T[] => read.flat() as T[]);
}
