/**
 * The catalogue of reasons: every code health can give, its texts, and the sentence made of both.
 */
import type { Reason, Value } from "../schema/vocabulary.ts";
import type { ReasonRow } from "./reason-row.ts";
import { accessReasons } from "./reasons-access.ts";
import { northReasons } from "./reasons-north.ts";
import { southReasons } from "./reasons-south.ts";

export type { ReasonRow };
export const reasonRows: readonly ReasonRow[] = [...northReasons, ...southReasons, ...accessReasons];

const byCode = new Map(reasonRows.map((row) => [row.code, row]));
const meanings = (rows: readonly ReasonRow[]) =>
  new Map(rows.flatMap((row) => [row.code, ...row.means].map((code): [string, ReasonRow] => [code, row])));
const north = meanings(northReasons);
const south = meanings([...southReasons, ...accessReasons]);

/** The row with this code, or undefined. */
export function reasonRow(code: string): ReasonRow | undefined {
  return byCode.get(code);
}

/**
 * The row that a fault's code means; `general` is the row for codes that nobody foresaw.
 * A code is looked up on the general row's side only: a refused port of ours is not a refusing platform.
 */
export function reasonFor(code: string | undefined, general: string): ReasonRow {
  const fallback = byCode.get(general);
  if (fallback === undefined) throw new RangeError(`no reason ${general}`);
  if (code === undefined) return fallback;
  return (north.get(general) === undefined ? south : north).get(code) ?? fallback;
}

// Controls, line breaks, and marks that turn the direction of writing or cannot be seen.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu;

/** Foreign text made safe for a terminal and a page: one line, nothing invisible, at most `max` characters. */
export function printable(text: string, max = 80): string {
  const cut = text.length > max * 4 ? text.slice(0, max * 4) : text;
  const clean = cut.replace(unprintable, " ").trim();
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).replace(/\p{Cs}/gu, "")}…`;
}

// China Standard Time: no daylight saving since 1991, so a fixed offset is exact.
const offsetMs = 8 * 3_600_000;
const dayMs = 86_400_000;
/** Below it a wall clock was never set. */
const earliest = Date.UTC(2020, 0, 1);

function moment(ms: number, now: number | undefined, lang: "zh" | "en"): string | null {
  if (!(ms >= earliest) || !(ms < 8e15)) return null;
  const iso = new Date(ms + offsetMs).toISOString();
  const time = iso.slice(11, 16);
  const days =
    now === undefined
      ? Number.NaN
      : Math.floor((now + offsetMs) / dayMs) - Math.floor((ms + offsetMs) / dayMs);
  if (days === 0) return time;
  if (days === 1) return `${lang === "zh" ? "昨天" : "yesterday"} ${time}`;
  return `${iso.slice(5, 10)} ${time}`;
}

function spoken(value: Value | undefined): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "number") return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : null;
  return printable(String(value));
}

function fill(template: string, fact: (name: string) => string | null): string {
  const put = (text: string, missing: { any: boolean }) =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const said = fact(name);
      if (said === null) missing.any = true;
      return said ?? "?";
    });
  return template
    .split(/(\[[^[\]]*\])/)
    .map((piece) => {
      const missing = { any: false };
      if (!piece.startsWith("[")) return put(piece, missing);
      const said = put(piece.slice(1, -1), missing);
      return missing.any ? "" : said;
    })
    .join("");
}

/**
 * A reason in words: `line` with code, what and since when, `next` with the next physical action.
 * Times are China Standard Time; with `now` (ms UTC) those of today and yesterday are said shortly.
 */
export function sayReason(reason: Reason, lang: "zh" | "en", now?: number): { line: string; next: string } {
  const row = byCode.get(reason.code);
  const subject = printable(reason.subject, 140);
  if (row === undefined) {
    const unknown = { zh: "没有说明; 把本行发给维护人员", en: "No text for this code; forward this line" };
    return { line: `${printable(reason.code)} ${subject}`, next: unknown[lang] };
  }
  const fact = (name: string) => {
    if (name === "subject") return subject;
    if (name === "since") return moment(reason.since, now, lang);
    return spoken(Object.hasOwn(reason.facts, name) ? reason.facts[name] : undefined);
  };
  return { line: `${row.code} ${fill(row.cause[lang], fact)}`, next: fill(row.next[lang], fact) };
}
