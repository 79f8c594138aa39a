/**
 * Powers between which something is on or off, as files write them: `> 15 W`, `< 0.008 kW`.
 */
import { z } from "zod";
import { complain } from "../../schema/scalar.ts";

const mostW = 1e6;

/** Above this, or below; W. */
const threshold = (sign: ">" | "<", example: string) =>
  z.string().transform((raw, context): number => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(k?W)$/.exec(raw.trim().replace(sign, "").trim()) ?? [];
    const watts = unit === "kW" ? Number((Number(digits) * 1000).toPrecision(12)) : Number(digits);
    const signed = raw.trim().startsWith(sign);
    if (signed && watts > 0 && watts <= mostW) return watts;
    const bare = /^[<>]?\s*\d+(?:\.\d+)?$/.test(raw.trim());
    return complain(context, {
      what: bare
        ? { zh: `“${raw}” 缺少单位`, en: `"${raw}" has no unit` }
        : { zh: `“${raw}” 不是这里的功率界限`, en: `"${raw}" is no limit of power here` },
      fix: {
        zh: `写成 "${example}"，以 ${sign} 开头，单位 W 或 kW`,
        en: `write it like "${example}", with ${sign} in front, in W or kW`,
      },
    });
  });

export const above = threshold(">", "> 15 W");
export const below = threshold("<", "< 8 W");
