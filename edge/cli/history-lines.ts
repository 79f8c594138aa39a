/**
 * Values of the local history as a technician reads them on a phone, and as a spreadsheet does. Pure.
 * Numbers are rounded and in the unit of the display; what must be exact is in the JSON.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import type { HistoryPoint } from "../../config/schema/history.ts";
import { asPeopleSee } from "../health/last-values.ts";
import { qualityWord, spokenValue } from "./device-status.ts";
import type { Language } from "./io.ts";
import { dateTime } from "./moment.ts";
import { table } from "./table.ts";

const seen = ({ point, unit, value }: HistoryPoint) =>
  asPeopleSee({ id: point, ...(unit === undefined ? {} : { unit }) }, value);

/** @param values oldest first. @param point the one that was asked for; absent: each row names its own */
export function historyTable(
  device: string,
  point: string | undefined,
  values: readonly HistoryPoint[],
  lang: Language,
): string[] {
  const zh = lang === "zh";
  const name =
    point === undefined ? "" : ` ${point} ${cataloguePoints.get(point)?.text[lang] ?? ""}`.trimEnd();
  const count = zh ? `${values.length} 条` : values.length === 1 ? "1 value" : `${values.length} values`;
  const own = point === undefined ? [zh ? "测点" : "point"] : [];
  const head = [zh ? "时间" : "time", ...own, zh ? "值" : "value", zh ? "质量" : "quality"];
  const rows = values.map((one) => {
    const { value, unit } = seen(one);
    // Without its year: the line above tells from when to when they are.
    const time = one.time === null ? (zh ? "时间未知" : "unknown") : dateTime(one.time).slice(5);
    const which = point === undefined ? [one.point] : [];
    return [time, ...which, spokenValue(value, unit, lang), qualityWord(one.quality, lang)];
  });
  return [`${device}${name} · ${count}${years(values)}`, ...table([head, ...rows])];
}

function years(values: readonly HistoryPoint[]): string {
  const times = values.flatMap(({ time }) => time ?? []);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return "";
  const [from, to] = [dateTime(first).slice(0, 10), dateTime(last).slice(0, 10)];
  return ` · ${from === to ? from : `${from} – ${to}`}`;
}

/** @param values oldest first */
export function historyCsv(device: string, values: readonly HistoryPoint[], lang: Language): string[] {
  const head = {
    zh: ["时间", "设备", "测点", "值", "单位", "质量码", "质量"],
    en: ["time", "device", "point", "value", "unit", "quality code", "quality"],
  }[lang];
  const rows = values.map((one) => {
    const { value, unit = "" } = seen(one);
    const time = one.time === null ? "" : dateTime(one.time);
    return [time, device, one.point, value, unit, one.quality, qualityWord(one.quality, lang)];
  });
  // Excel takes a file for UTF-8 only when it begins with this mark.
  return [head, ...rows].map((row, at) => `${at === 0 ? "\uFEFF" : ""}${row.map(csvCell).join()}`);
}

/** What a device said must not become a formula of whoever opens the file. */
function csvCell(value: unknown): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
