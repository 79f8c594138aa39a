/**
 * A status as a technician reads it on a terminal or a phone: what is wrong first, then where, then what flows.
 * Pure; no line is wider than asked for, and nothing depends on colour.
 */
import { sayReason } from "../../config/catalogue/reasons.ts";
import type { Status, UplinkStatus } from "../../config/schema/status.ts";
import type { Language } from "./io.ts";
import { busyParts, linkLines, mark } from "./link-lines.ts";
import { mattersOf, waitsOf } from "./matters.ts";
import { clockTime, span } from "./moment.ts";
import { roomMap } from "./room-map.ts";
import { narrowest, widest, wrap } from "./wrap.ts";

export { clockTime };

/** Matters shown; the rest is counted. */
const maxMatters = 8;
const dayMs = 86_400_000;

/** @param width columns of the terminal, taken as 40 to 80 */
export function statusScreen(status: Status, lang: Language, width = widest): string[] {
  const wide = Math.min(widest, Math.max(narrowest, Math.floor(width)));
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const lines = wrap(header(status, lang), wide, 2);
  const put = (text: string, indent: number) => lines.push(...wrap(text, wide, indent));

  const matters = mattersOf(status, lang);
  const rooms = new Set(matters.flatMap(({ spaces }) => spaces.map(({ code }) => code))).size;
  const affected =
    rooms === 0 ? "" : say(`，影响 ${rooms} 间`, `, ${rooms} ${rooms === 1 ? "room" : "rooms"} affected`);
  put(
    matters.length === 0
      ? say("● 没有要处理的事", "● nothing to do")
      : say(`● 有 ${matters.length} 件事要处理`, `● ${matters.length} to attend to`) + affected,
    2,
  );
  for (const [index, { reason, behind }] of matters.slice(0, maxMatters).entries()) {
    const { line, next } = sayReason(reason, lang, status.at);
    const more = behind > 0 ? say(`。它后面还有 ${behind} 台`, `. ${behind} more hang on it`) : "";
    put(`${index + 1} ${mark(reason.state)} ${line}${more}`, 4);
    put(`    ${say("下一步", "next")}: ${next}`, 4);
  }
  const more = matters.length - maxMatters;
  if (more > 0) put(say(`  还有 ${more} 件`, `  and ${more} more`), 2);
  const { moreReasons } = status;
  if (moreReasons > 0)
    put(
      say(`  另有 ${moreReasons} 条原因太多没有列出`, `  ${moreReasons} further reasons are not listed`),
      2,
    );

  lines.push(...roomMap(status, lang, wide));
  put(deviceLine(status, lang), 2);
  for (const line of linkLines(status.links, lang)) put(line, 2);
  for (const uplink of status.uplinks) {
    put(uplinkLine(uplink, status.at, lang), 2);
    for (const reason of waitsOf(uplink.id, status)) put(`  ${sayReason(reason, lang, status.at).line}`, 4);
  }
  if (status.history !== undefined) put(historyLine(status.history, lang), 2);
  const busy = busyParts(status.links, lang);
  if (busy.length > 0) put(busy.join(" · "), 2);
  if (matters.length > 0) put(say("说给别人听：campus-edge why", "to forward it: campus-edge why"), 2);
  return lines;
}

function header({ name, gateway, at, clock, revision }: Status, lang: Language): string {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const { running, files, problems } = revision;
  const same = files === null || files === running;
  const mistakes = say(`文件（有 ${problems} 个错误）`, `files (${problems} mistakes)`);
  const shown = say(
    same && problems === 0
      ? `运行=文件 ${running}`
      : `运行 ${running} ≠ ${problems > 0 ? mistakes : `文件 ${files}`}`,
    same && problems === 0
      ? `running = files ${running}`
      : `running ${running} ≠ ${problems > 0 ? mistakes : `files ${files}`}`,
  );
  const clockWord = !clock.known
    ? say("时钟未知", "clock unknown")
    : clock.quality === 1
      ? say("时钟为估计", "clock estimated")
      : say("时钟已同步", "clock synced");
  return `${name} ${gateway}   ${clockTime(at).slice(0, 5)} ${clockWord} · ${shown}`;
}

function deviceLine({ counts: { devices, trial } }: Status, lang: Language): string {
  const { ok, total, down, degraded, unknown, off } = devices;
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  return [
    say(`设备 ${ok}/${total} 好`, `devices ${ok}/${total} well`),
    say(`坏 ${down}`, `${down} down`),
    say(`部分 ${degraded}`, `${degraded} in part`),
    say(`未知 ${unknown}`, `${unknown} unknown`),
    ...(off > 0 ? [say(`停用 ${off}`, `${off} off`)] : []),
    ...(trial > 0 ? [say(`试用 ${trial}`, `${trial} on trial`)] : []),
  ].join(" · ");
}

function uplinkLine(uplink: UplinkStatus, at: number, lang: Language): string {
  const { id, state, confirms, delivered, waiting, withheld, quarantined, lost, since } = uplink;
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const ill = (state === "down" || state === "degraded") && since !== undefined;
  const last =
    uplink.lastReceipt === null
      ? say("还没有回执", "no receipt yet")
      : confirms === "receipt"
        ? say(
            `${span(at - uplink.lastReceipt, lang)}前确认`,
            `confirmed ${span(at - uplink.lastReceipt, lang)} ago`,
          )
        : say(
            `${span(at - uplink.lastReceipt, lang)}前交付`,
            `handed over ${span(at - uplink.lastReceipt, lang)} ago`,
          );
  const done = confirms === "receipt" ? say("已确认", "confirmed") : say("已交付", "handed over");
  const parts = [
    ill && state === "down"
      ? say(`断 ${span(at - since, lang)}`, `down for ${span(at - since, lang)}`)
      : last,
    ...(ill && waiting > 0 ? [stored((at - since) / dayMs, uplink.days, lang)] : []),
    `${done} ${delivered}`,
    say(`等待 ${waiting}`, `waiting ${waiting}`),
    ...(!ill && uplink.days !== undefined
      ? [say(`断网能存 ${uplink.days} 天`, `room for ${uplink.days} days`)]
      : []),
    ...(withheld > 0 ? [say(`不发 ${withheld}`, `withheld ${withheld}`)] : []),
    ...(quarantined > 0 ? [say(`被拒 ${quarantined}`, `refused ${quarantined}`)] : []),
    lost > 0 ? say(`丢失 ${lost}`, `lost ${lost}`) : say("无丢失", "nothing lost"),
  ];
  return `${id} ${mark(state)} ${parts.join(" · ")}`;
}

/** How far the local history goes back. */
export function historyLine(history: NonNullable<Status["history"]>, lang: Language): string {
  const { oldest, newest, records, bytes, state } = history;
  const zh = lang === "zh";
  const size = bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
  const reach =
    oldest === null || newest === null
      ? zh
        ? "还没有记录"
        : "nothing yet"
      : `${span(newest - oldest, lang)} · ${zh ? `${records} 条` : `${records} records`} · ${size}`;
  const closed = state === "closed" ? (zh ? " · 现在没在记" : " · not being written now") : "";
  return `${zh ? "本机历史" : "local history"} ${reach}${closed}`;
}

/** Days of data that pile up, of those that fit. */
function stored(days: number, left: number | undefined, lang: Language): string {
  const round = (value: number) => (value >= 10 ? Math.floor(value) : Math.round(value * 10) / 10);
  const share = left === undefined ? `${round(days)}` : `${round(days)}/${round(days + left)}`;
  return lang === "zh" ? `已存 ${share} 天` : `${share} days stored`;
}
