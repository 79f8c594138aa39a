/**
 * What is stored here, and what was refused, as a technician reads it. Pure.
 */
import type { z } from "zod";
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { plainLine } from "../../config/schema/receipt.ts";
import type { Status } from "../../config/schema/status.ts";
import type { bufferListSchema, bufferLookSchema } from "../agent/index.ts";
import type { Language } from "./io.ts";
import { clockTime, dateOf } from "./moment.ts";
import { table } from "./table.ts";

/** Rows of a quarantine that are shown one by one. */
const shown = 20;

const megabytes = (bytes: number) =>
  bytes >= 1e9 ? `${Math.round(bytes / 1e8) / 10} GB` : `${Math.max(0.1, Math.round(bytes / 1e5) / 10)} MB`;

/** The totals: how much, for how long, and per uplink what became of it. */
export function bufferLines(
  { uplinks }: z.infer<typeof bufferLookSchema>,
  { journal }: Status,
  lang: Language,
): string[] {
  const zh = lang === "zh";
  const { bytes, quotaBytes, days } = journal;
  const of = quotaBytes === undefined ? "" : ` / ${megabytes(quotaBytes)}`;
  const left =
    days === undefined
      ? zh
        ? "运行满一小时后才知道能存几天"
        : "how many days fit is known after an hour"
      : zh
        ? `照今天的写法还能存 ${days} 天`
        : `room for ${days} days at today's rate`;
  const lines = [`${zh ? "本机存了" : "stored here"} ${megabytes(bytes)}${of} · ${left}`];
  const head = zh
    ? ["上行", "等待", "已确认", "不发", "被拒", "丢失"]
    : ["uplink", "waiting", "confirmed", "withheld", "refused", "lost"];
  const rows = uplinks.map(({ id, waiting, delivered, withheld, quarantined, lost }) => [
    id,
    ...[waiting, delivered, withheld, quarantined, lost].map(String),
  ]);
  if (rows.length > 0) lines.push(...table([head, ...rows]));
  for (const { id, codes } of uplinks)
    for (const { code: raw, count } of codes) {
      const code = plainLine(raw);
      const named = uplinks.length > 1 ? `--uplink ${id} ` : "";
      lines.push(
        zh
          ? `${id} 拒收了 ${count} 条（${code}）：campus-edge buffer list ${named}看是哪些`
          : `${id} refused ${count} records (${code}): campus-edge buffer list ${named}shows them`,
      );
    }
  const away = uplinks.find(({ waiting }) => waiting > 1000);
  if (away !== undefined)
    lines.push(
      zh
        ? "线路长期不通，可以用 U 盘带走：campus-edge buffer export --file U盘"
        : "where the line stays dead, carry it: campus-edge buffer export --file STICK",
    );
  return lines;
}

/** What an uplink refused, by reason, and the first of it one by one. */
export function listLines(
  uplink: string,
  { codes, rows }: z.infer<typeof bufferListSchema>,
  lang: Language,
): string[] {
  const zh = lang === "zh";
  if (codes.length === 0)
    return [zh ? `${uplink} 没有拒收过什么` : `${uplink} has refused nothing that is kept here`];
  const all = codes.reduce((sum, { count }) => sum + count, 0);
  const lines = [
    zh ? `${uplink} 拒收了 ${all} 条，都还在本机：` : `${uplink} refused ${all} records, all kept here:`,
  ];
  for (const { code, count } of codes) lines.push(`  ${plainLine(code)}  ${count}`);
  lines.push(
    ...table(
      rows
        .slice(0, shown)
        .map(({ at, code, series, value, epoch, seq }) => [
          at === null ? (zh ? "时间未知" : "no time") : `${dateOf(at)} ${clockTime(at)}`,
          series?.device ?? `${epoch}:${seq}`,
          series === null ? "" : (cataloguePoints.get(series.point)?.text[lang] ?? series.point),
          plainLine(String(value).slice(0, 40)),
          plainLine(code),
        ]),
    ),
  );
  if (all > shown) lines.push(zh ? `…共 ${all} 条` : `… ${all} in all`);
  lines.push(
    zh
      ? `问平台为什么；平台改好以后：campus-edge buffer retry --uplink ${uplink}`
      : `Ask the platform why; once it has mended that: campus-edge buffer retry --uplink ${uplink}`,
  );
  return lines;
}
