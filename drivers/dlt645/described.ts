/**
 * What the files say of a point, in words: where it is, and what is read there. Pure.
 */
import type { Raw } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { DltSource } from "./fields.ts";
import { spokenFormat } from "./scalars.ts";

export function describePlace({ di, format, signed, item }: DltSource): Record<string, string> {
  return {
    di,
    format: spokenFormat(format),
    ...(signed ? { signed: "true" } : {}),
    ...(item === undefined ? {} : { item: String(item) }),
  };
}

export function rawOf({ format: { whole, decimals, text }, signed }: DltSource): Raw {
  if (text) return { type: "text" };
  // The sign takes the highest of the four bits of the first digit.
  const most = Number(`${signed ? "7" : "9"}${"9".repeat(whole + decimals - 1)}e-${decimals}`);
  return { type: "number", min: signed ? -most : 0, max: most, whole: decimals === 0 };
}

/** What to write for a value of each type. */
export const sourceOf: Readonly<Record<Raw["type"], Text>> = {
  boolean: {
    zh: "DL/T 645 的测点只有数和编号：换一个数值测点",
    en: "points of DL/T 645 are numbers: take one that is a number",
  },
  number: { zh: "写 format: XXX.X 这样的数字格式", en: "write a format of digits, such as XXX.X" },
  text: { zh: "写 format: NNNNNNNNNNNN", en: "write format: NNNNNNNNNNNN" },
};
