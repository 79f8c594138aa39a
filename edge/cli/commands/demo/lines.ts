/** The demo's one calm screen, and its lines where there is none. Pure. */
import type { Status } from "../../../../config/schema/status.ts";
import type { Language } from "../../io.ts";
import { clockTime } from "../../moment.ts";
import { statusScreen } from "../../screen.ts";
import { wrap } from "../../wrap.ts";
import type { Item, News } from "./news.ts";

/** What flows, in numbers. */
export interface Flow {
  up: number;
  devices: number;
  measured: number;
  stored: number;
  confirmed: number;
  waiting: number;
}

export function flowOf({ counts, counters, uplinks }: Status): Flow {
  const sum = (of: "delivered" | "waiting") => uplinks.reduce((all, uplink) => all + uplink[of], 0);
  return {
    up: counts.devices.ok + counts.devices.degraded,
    devices: counts.devices.total,
    measured: counters.measured,
    stored: counters.stored,
    confirmed: sum("delivered"),
    waiting: sum("waiting"),
  };
}

export function flowLine(
  { up, devices, measured, stored, confirmed, waiting }: Flow,
  lang: Language,
): string {
  return {
    zh: `设备 ${up}/${devices} 在线 · 测得 ${measured} · 已存 ${stored} · 平台已确认 ${confirmed} · 等待 ${waiting}`,
    en: `devices ${up}/${devices} up · measured ${measured} · stored ${stored} · confirmed ${confirmed} · waiting ${waiting}`,
  }[lang];
}

/** One line of what happened; who says it comes first. */
export function newsLine({ at, by, text }: Item, lang: Language): string {
  const who = { school: { zh: "学校", en: "school " }, gateway: { zh: "网关", en: "gateway" } }[by][lang];
  return `${clockTime(at)} ${who} ${text}`;
}

export function pageLine(page: string, lang: Language): string {
  return {
    zh: `状态 ${page}/status.json  ${page}/healthz`,
    en: `status at ${page}/status.json  ${page}/healthz`,
  }[lang];
}

const shownNews = 6;

/** @param schoolMs wall ms of the simulated rooms. @param width columns of the terminal. @param height its lines */
export function demoScreen(
  { status, news, schoolMs, page }: { status: Status; news: News; schoolMs: number; page: string | null },
  lang: Language,
  width: number,
  height: number,
): string[] {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const top = [
    ...wrap(
      say(
        `演示：模拟的学校，一切只在本机 · 教室里是 ${clockTime(schoolMs).slice(0, 5)} · Ctrl-C 停止`,
        `demo: a simulated school, all on this machine · in the rooms it is ${clockTime(schoolMs).slice(0, 5)} · Ctrl-C stops it`,
      ),
      width,
      2,
    ),
    ...wrap(flowLine(flowOf(status), lang), width, 2),
    ...(page === null ? [] : [pageLine(page, lang)]),
    "",
    ...(news.now.size === 0
      ? [say("学校里一切正常", "all is well in the school")]
      : [...news.now.values()].flatMap((text) => wrap(`${say("正在发生", "going on")}: ${text}`, width, 4))),
    "",
    say("网关看到的：", "what the gateway makes of it:"),
  ];
  const bottom = news.items.slice(-shownNews).flatMap((item) => wrap(newsLine(item, lang), width, 4));
  const middle = statusScreen(status, lang, width);
  const room = height - top.length - bottom.length - 3;
  const shown = middle.length <= room ? middle : [...middle.slice(0, Math.max(0, room - 1)), "…"];
  return [...top, ...shown, "", say("刚才：", "just now:"), ...bottom].slice(0, Math.max(1, height - 1));
}
