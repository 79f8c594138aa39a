/** Times as a technician reads them. Pure. */
import type { Language } from "./io.ts";

/** China Standard Time, `hh:mm:ss`. */
export const clockTime = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19);

/** China Standard Time, `2026-10-31`. */
export const dateOf = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);

/** China Standard Time, `2026-10-31 09:45:03`. */
export const dateTime = (ms: number) => `${dateOf(ms)} ${clockTime(ms)}`;

/**
 * A moment as a technician types it: `2026-10-31`, `10-31 08:00`, `2026-10-31 08:00:30`, `08:00` (today), `3h` or `2d`
 * (ago); China Standard Time. A date alone is its beginning, or its end where a stretch ends with it.
 * @returns wall ms UTC; null: not understood
 */
export function momentFrom(typed: string, now: number, ends = false): number | null {
  const ago = /^(\d{1,5})\s*(s|min|h|d)$/.exec(typed);
  if (ago !== null) return now - Number(ago[1]) * agoMs[ago[2] as keyof typeof agoMs];
  const [, year, day, time] =
    /^(?:(?:(\d{4})-)?(\d{2}-\d{2}))?(?:(?:^|[T ]+)(\d{2}:\d{2}(?::\d{2})?))?$/.exec(typed.trim()) ?? [];
  if (day === undefined && time === undefined) return null;
  const at = (date: string) => Date.parse(`${date}T${time ?? "00:00"}+08:00`);
  const today = dateOf(now);
  const date = day === undefined ? today : `${year ?? today.slice(0, 4)}-${day}`;
  let ms = at(date);
  // Without a year it is the last such day, not one to come.
  if (year === undefined && day !== undefined && ms > now) ms = at(`${Number(today.slice(0, 4)) - 1}-${day}`);
  if (Number.isNaN(ms) || (day !== undefined && dateOf(ms).slice(5) !== day)) return null;
  return ends && time === undefined ? ms + agoMs.d : ms;
}

const agoMs = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `4 s`, `12 min`, `3 h`, `5 d`. */
export function span(ms: number, lang: Language): string {
  const steps: [unitMs: number, zh: string, en: string][] = [
    [86_400_000, "天", "d"],
    [3_600_000, "小时", "h"],
    [60_000, "分钟", "min"],
    [1000, "秒", "s"],
  ];
  const [unitMs, zh, en] = steps.find(([size]) => ms >= size) ?? [1000, "秒", "s"];
  return `${Math.floor(Math.max(0, ms) / unitMs)} ${lang === "zh" ? zh : en}`;
}
