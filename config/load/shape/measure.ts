/**
 * Scalars of the school's files beyond config/schema/scalar: bounded durations, area, length, dead bands, moments.
 */
import { z } from "zod";
import { type Complaint, complain, decimal, duration, durationUnits } from "../../schema/scalar.ts";

const second = 1000;
const day = 86_400_000;

/** A duration within bounds, whole milliseconds. */
export function within(minMs: number, maxMs: number) {
  const [low, high] = [spoken(minMs), spoken(maxMs)];
  const units = durationUnits.join(", ");
  const asked = (written: string) => {
    const meant = meantWithin(written, minMs, maxMs);
    return meant === undefined
      ? { zh: "", en: "" }
      : { zh: `是不是 ${meant}？`, en: `did you mean ${meant}? ` };
  };
  const withUnit = z.string().transform((raw, context) => {
    if (!/^\d+(?:\.\d+)?$/.test(raw.trim())) return raw;
    const { zh, en } = asked(raw);
    return complain(context, {
      what: { zh: `“${raw}” 缺少单位`, en: `"${raw}" has no unit` },
      fix: {
        zh: `${zh}单位可用 ${units}；${low} 到 ${high}`,
        en: `${en}units: ${units}; from ${low} to ${high}`,
      },
    });
  });
  const inBounds = duration.transform((ms, context) => {
    if (ms >= minMs && ms <= maxMs) return Math.round(ms);
    const { zh, en } = asked(spoken(ms));
    return complain(context, {
      what: {
        zh: `时长 ${spoken(ms)} 超出 ${low} 到 ${high}`,
        en: `${spoken(ms)} is not within ${low} and ${high}`,
      },
      fix: { zh: `${zh}写 ${low} 到 ${high} 之间的时长`, en: `${en}write a duration from ${low} to ${high}` },
    });
  });
  return withUnit.pipe(inBounds);
}

/** The same number in another unit, where that is within: of 500 for an answer time, 500ms. */
function meantWithin(written: string, minMs: number, maxMs: number): string | undefined {
  const digits = /^\d+(?:\.\d+)?/.exec(written.trim())?.[0];
  if (digits === undefined || Number(digits) === 0) return undefined;
  return ["s", ...durationUnits]
    .map((unit) => `${digits}${unit}`)
    .find((one) => {
      const ms = duration.safeParse(one).data;
      return ms !== undefined && ms >= minMs && ms <= maxMs;
    });
}

/** Milliseconds as people write them. */
export function spoken(ms: number): string {
  if (ms >= day && ms % day === 0) return `${ms / day}d`;
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms >= second && ms % second === 0) return `${ms / second}s`;
  return `${ms}ms`;
}

/** How often a point is asked or expected. */
export const period = within(second, 31 * day);
export const silence = within(second, 31 * day);

const measured = (unit: RegExp, name: string, example: string, max: number) =>
  z.string().transform((raw, context) => {
    const [, digits, written] = /^(\d+(?:\.\d+)?)\s*(.*)$/.exec(raw.trim()) ?? [];
    const value = Number(digits);
    if (written !== undefined && unit.test(written) && value > 0 && value <= max) return value;
    const bare = written === "";
    return complain(context, {
      what: bare
        ? { zh: `“${raw}” 缺少单位`, en: `"${raw}" has no unit` }
        : { zh: `“${raw}” 不是可用的${name}`, en: `"${raw}" is not usable here` },
      fix: { zh: `写成 ${example} 这样`, en: `write it like ${example}` },
    });
  });

/** `63 m2` → 63. */
export const area = measured(/^m(?:2|²|\^2)$/, "面积", "63 m2", 1e6);
/** `3.4 m` → 3.4. */
export const length = measured(/^m$/, "长度", "3.4 m", 1000);

export type Deadband = { abs: number } | { share: number } | "off";

/** A factor of 0 would make every value 0. */
export const noFactor: Complaint = {
  what: { zh: "scale 不能是 0：每个值都会变成 0", en: "scale cannot be 0: every value would become 0" },
  fix: { zh: "写换算用的系数，例如 0.1；不换算就删掉", en: "write the factor, such as 0.1, or remove it" },
};

/** A decimal that is not 0. */
export const factor = decimal().transform((value, context) =>
  value === 0 ? complain(context, noFactor) : value,
);

/** `20` in the point's unit, `1%` of the last value, or `off`: every value is stored. */
export const deadband = z.string().transform((raw, context): Deadband => {
  if (raw === "off") return "off";
  const [, digits, percent] = /^(\d+\.?\d*|\.\d+)\s*(%?)$/.exec(raw.trim()) ?? [];
  const value = Number(digits);
  if (percent === "" && Number.isFinite(value)) return { abs: value };
  if (percent === "%" && value > 0 && value <= 100) return { share: value / 100 };
  const unit = /^(\d+\.?\d*|\.\d+)\s*\p{L}/u.exec(raw.trim());
  if (unit !== null)
    return complain(context, {
      what: { zh: `死区 “${raw}” 不写单位`, en: `a dead band has no unit, as "${raw}" does` },
      fix: {
        zh: `写 ${unit[1]}（按测点的单位）`,
        en: `write ${unit[1]}: it is in the unit of the point`,
      },
    });
  return complain(context, {
    what: { zh: `“${raw}” 不是死区`, en: `"${raw}" is not a dead band` },
    fix: {
      zh: "写数值（如 20）、百分数（如 1%）或 off",
      en: "write a number such as 20, a share such as 1%, or off",
    },
  });
});

/** China has one time zone and no summer time: a moment without zone is UTC+8. */
const zone = "+08:00";

/** `2026-09-01` or `2026-10-08T12:00` → ms UTC. */
export const moment = z.string().transform((raw, context) => {
  const [, date, clock] = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?))?$/.exec(raw) ?? [];
  const ms = Date.parse(`${date}T${clock ?? "00:00"}${zone}`);
  const back = Number.isNaN(ms) ? "" : new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
  if (date !== undefined && back === date) return ms;
  const [, year = "", month = "", on = ""] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(raw) ?? [];
  const meant = `${year}-${month.padStart(2, "0")}-${on.padStart(2, "0")}`;
  const real = new Date(`${meant}T00:00Z`);
  const right = year !== "" && !Number.isNaN(real.getTime()) && real.toISOString().startsWith(meant);
  return complain(context, {
    what: { zh: `“${raw}” 不是日期`, en: `"${raw}" is not a date` },
    fix: right
      ? { zh: `写成 ${meant}`, en: `write ${meant}` }
      : { zh: "写成 2026-09-01 或 2026-10-08T12:00", en: "write it like 2026-09-01 or 2026-10-08T12:00" },
  });
});

/** `0..5000` → [0, 5000]. */
export const span = z.string().transform((raw, context): readonly [number, number] => {
  const [, low, high] = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$/.exec(raw.replaceAll(" ", "")) ?? [];
  if (low !== undefined && Number(low) < Number(high)) return [Number(low), Number(high)];
  return complain(context, {
    what: { zh: `“${raw}” 不是范围`, en: `"${raw}" is not a range` },
    fix: { zh: "写成 0..5000，小的在前", en: "write it like 0..5000, the smaller first" },
  });
});
