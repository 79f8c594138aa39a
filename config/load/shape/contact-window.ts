/**
 * Times of the day at which something may happen, as people write them: `18:00-07:00`, or several.
 */
import type { z } from "zod";
import type { DailyRange } from "../../schema/plan.ts";
import { type Complaint, complain } from "../../schema/scalar.ts";
import { several } from "./several.ts";

const dayMin = 1440;

/** `18:00-07:00`, `12:00-13:00, 18:00-07:00` or a list of such → ranges that neither touch nor overlap, in order. */
export const contactWindow = several(range, 24).transform(joined);

/** A range of the day. Over midnight its end is the next day's; minutes since midnight. */
function range(raw: string, context: z.core.$RefinementCtx): DailyRange {
  const written = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(raw);
  const [, h1 = "", m1 = "", h2 = "", m2 = ""] = written ?? [];
  const from = minuteOf(h1, m1);
  const to = minuteOf(h2, m2);
  if (written === null) return complain(context, noRange(raw));
  if (from === null || to === null || from === dayMin)
    return complain(context, {
      what: { zh: `“${raw}” 里有不存在的时刻`, en: `"${raw}" has a time of day that does not exist` },
      fix: {
        zh: "时刻从 00:00 到 23:59，结束可写 24:00",
        en: "times go from 00:00 to 23:59; a range may end at 24:00",
      },
    });
  if (from === to)
    return complain(context, {
      what: { zh: `“${raw}” 的开始和结束是同一时刻`, en: `"${raw}" begins and ends at the same time` },
      fix: {
        zh: "全天就写 00:00-24:00，或整项删掉",
        en: "for the whole day write 00:00-24:00, or remove it",
      },
    });
  return { from, to: to > from ? to : to + dayMin };
}

function minuteOf(hour: string, minute: string): number | null {
  const at = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && at <= dayMin ? at : null;
}

/** What is probably meant: other dashes, a dot for the colon, whole hours. */
function noRange(raw: string): Complaint {
  const times = [...raw.normalize("NFKC").matchAll(/(\d{1,2})(?:\s*[:.点时h]\s*(\d{2})?)?/g)];
  const read = times.map(([, hour = "", minute = "00"]) => minuteOf(hour, minute));
  const [from, to] = read;
  const sure = read.length === 2 && from != null && to != null && from !== to && from < dayMin;
  const meant = sure && !/[上下晚早午夜pa]/i.test(raw) ? `${clockOf(from)}-${clockOf(to)}` : undefined;
  return {
    what: { zh: `“${raw}” 不是时段`, en: `"${raw}" is not a range of times` },
    fix:
      meant === undefined
        ? {
            zh: "按 24 小时制写，如 18:00-07:00；几段写成 [12:00-13:00, 18:00-07:00]",
            en: "write 24-hour times such as 18:00-07:00; several as [12:00-13:00, 18:00-07:00]",
          }
        : { zh: `是不是 ${meant}？`, en: `did you mean ${meant}?` },
  };
}

/** Minutes since midnight as people write them; midnight at an end is 24:00. */
export const clockOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Ranges that touch or overlap are one, also over midnight; the whole day is 0 to 1440. */
export function joined(read: readonly DailyRange[]): DailyRange[] {
  const sorted = read.toSorted((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  // The last one goes on after midnight: it may reach the first ones.
  for (;;) {
    const [first] = merged;
    const last = merged.at(-1);
    if (first === undefined || last === undefined) return merged;
    if (last.to - last.from >= dayMin) return [{ from: 0, to: dayMin }];
    if (first === last || last.to - dayMin < first.from) return merged;
    last.to = Math.max(last.to, first.to + dayMin);
    merged.shift();
  }
}

/** The times that lie in both. */
export function inBoth(a: readonly DailyRange[], b: readonly DailyRange[]): DailyRange[] {
  const days = [-dayMin, 0, dayMin];
  const common = a.flatMap((one) =>
    b.flatMap((other) =>
      days.flatMap((shift) => {
        const from = Math.max(one.from, other.from + shift);
        const to = Math.min(one.to, other.to + shift);
        return from < to ? [{ from: from % dayMin, to: to - from + (from % dayMin) }] : [];
      }),
    ),
  );
  return joined(common);
}
