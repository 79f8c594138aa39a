/** Times as a technician reads them. Pure. */
import type { Language } from "./io.ts";

/** China Standard Time, `hh:mm:ss`. */
export const clockTime = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19);

/** China Standard Time, `2026-10-31`. */
export const dateOf = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);

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
