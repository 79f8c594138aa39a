/** Bits of a value, as a profile writes them. Pure. */
import { z } from "zod";
import { complain } from "../../config/schema/scalar.ts";

/** Bits of a value, 0 the lowest, both ends included. */
export interface BitRange {
  from: number;
  to: number;
}

/** `0..3`, or `4` for one. */
export const bitRange = z.string().transform((raw, context): BitRange => {
  const [, low, high] = /^(\d{1,2})(?:\.\.(\d{1,2}))?$/.exec(raw.replaceAll(" ", "")) ?? [];
  const from = Number(low);
  const to = Number(high ?? low);
  if (low !== undefined && from <= to && to <= 63) return { from, to };
  return complain(context, {
    what: { zh: `“${raw}” 不是位的范围`, en: `"${raw}" is no range of bits` },
    fix: {
      zh: "写成 0..3，0 是最低位，小的在前",
      en: "write it like 0..3: 0 is the lowest, the smaller first",
    },
  });
});
