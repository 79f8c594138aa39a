/**
 * When there are lessons: terms, weekdays, periods, and the days that are otherwise.
 */
import { z } from "zod";
import type { DailyRange } from "../../schema/plan.ts";
import { complain, integer, text } from "../../schema/scalar.ts";
import { contactWindow } from "./contact-window.ts";
import { moment } from "./measure.ts";

const dayMs = 86_400_000;
/** China has no summer time. */
const zoneMs = 8 * 3_600_000;

/** `2026-09-01` → days since 1970-01-01 in the school's time. */
const day = moment.transform((ms) => Math.floor((ms + zoneMs) / dayMs));

/** `1..5`, or one day: 1 is Monday, 7 is Sunday. */
const weekdays = z.string().transform((raw, context): number[] => {
  const [, from, to] = /^([1-7])(?:\.\.([1-7]))?$/.exec(raw.replaceAll(" ", "")) ?? [];
  const [low, high] = [Number(from), Number(to ?? from)];
  if (from !== undefined && low <= high) return Array.from({ length: high - low + 1 }, (_, n) => low + n);
  return complain(context, {
    what: { zh: `“${raw}” 不是星期几`, en: `"${raw}" is no day of the week` },
    fix: { zh: "周一到周五写 [1..5]，周日是 7", en: "Monday to Friday are [1..5]; Sunday is 7" },
  });
});

/** One range of the day, which does not go over midnight. */
const period = z.string().transform((raw, context): DailyRange => {
  const read = contactWindow.safeParse(raw);
  const [range, ...more] = read.data ?? [];
  if (range !== undefined && more.length === 0 && range.to <= 1440) return range;
  return complain(context, {
    what: { zh: `“${raw}” 不是一节课的时间`, en: `"${raw}" is not the time of a lesson` },
    fix: { zh: "写成 08:10-08:50 这样", en: "write it like 08:10-08:50" },
  });
});

const span = z
  .strictObject({ from: day, to: day })
  .transform(({ from, to }, context): readonly [number, number] =>
    from <= to
      ? [from, to]
      : complain(context, {
          what: { zh: "from 在 to 之后", en: "from is after to" },
          fix: { zh: "换过来", en: "turn them round" },
        }),
  );

const why = text(120).optional();

export const timetableShape = z
  .strictObject({
    timezone: z
      .enum(["Asia/Shanghai"])
      .optional()
      .describe("Time zone of the school; all of China has this one"),
    terms: z.record(z.string(), span).optional().describe("First and last day of each term"),
    weekdays: z.array(weekdays).min(1).max(7).prefault(["1..5"]).describe("Days with lessons; 1 is Monday"),
    open: contactWindow.optional().describe("When the school is open; outside of it much is switched off"),
    periods: z.record(z.string(), period).optional().describe("Lessons of a day"),
    off: z
      .array(
        z.union([
          z.strictObject({ from: day, to: day, why }).transform(({ from, to }) => [from, to] as const),
          z.strictObject({ day, why }).transform(({ day }) => [day, day] as const),
        ]),
      )
      .max(400)
      .default([])
      .describe("Days without lessons"),
    on: z
      .array(z.strictObject({ day, as: integer(1, 7).describe("Weekday whose lessons it has"), why }))
      .max(400)
      .default([])
      .describe("Days with lessons that have none otherwise"),
    homerooms: z
      .record(z.string(), z.record(z.string(), z.string()))
      .optional()
      .describe("Which class has which room, by term"),
  })
  .describe("When there are lessons");
export type TimetableShape = z.output<typeof timetableShape>;
