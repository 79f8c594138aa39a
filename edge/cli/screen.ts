/**
 * A status as a technician reads it on a terminal or a phone: what is wrong first, then what flows. Pure.
 */
import { sayReason } from "../../config/catalogue/reasons.ts";
import type { Status } from "../../config/schema/status.ts";
import type { Reason } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";

/** Reasons shown; the rest is counted. */
const maxReasons = 8;

/** China Standard Time, `hh:mm:ss`. */
export const clockTime = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19);

/** `4 s`, `12 min`, `3 h`, `5 d`. */
export function span(ms: number, lang: Language): string {
  const steps: [unitMs: number, zh: string, en: string][] = [
    [86_400_000, "天", "d"],
    [3_600_000, "小时", "h"],
    [60_000, "分钟", "min"],
    [1000, "秒", "s"],
  ];
  const [unitMs, zh, en] = steps.find(([size]) => ms >= size) ?? [1000, "秒", "s"];
  return `${Math.floor(ms / unitMs)} ${lang === "zh" ? zh : en}`;
}

/** Lines of the screen. */
export function statusScreen(status: Status, lang: Language): string[] {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const { revision, clock, at, counts } = status;
  const files =
    revision.problems > 0
      ? say(
          `运行 ${revision.running} ≠ 文件（有 ${revision.problems} 个错误）`,
          `running ${revision.running} ≠ files (${revision.problems} mistakes)`,
        )
      : revision.files === null || revision.files === revision.running
        ? say(`运行=文件 ${revision.running}`, `running = files ${revision.running}`)
        : say(
            `运行 ${revision.running} ≠ 文件 ${revision.files}`,
            `running ${revision.running} ≠ files ${revision.files}`,
          );
  const clockWord = clock.known ? say("时钟已同步", "clock synced") : say("时钟未知", "clock unknown");
  const lines = [`${status.name} ${status.gateway}   ${clockTime(at).slice(0, 5)} ${clockWord} · ${files}`];

  const reasons = byDevice(status.reasons.filter(({ root, state }) => root === undefined && state !== "ok"));
  lines.push(
    reasons.length === 0
      ? say("● 没有要处理的事", "● nothing to do")
      : say(`● 有 ${reasons.length} 件事要处理`, `● ${reasons.length} to attend to`),
  );
  for (const [index, reason] of reasons.slice(0, maxReasons).entries()) {
    const { line, next } = sayReason(reason, lang, at);
    lines.push(`${index + 1} ▲ ${line}`, `    ${say("下一步", "next")}: ${next}`);
  }
  if (reasons.length > maxReasons) {
    lines.push(say(`  还有 ${reasons.length - maxReasons} 件`, `  and ${reasons.length - maxReasons} more`));
  }

  const { devices } = counts;
  lines.push(
    say(
      `设备 ${devices.ok}/${devices.total} 好 · 坏 ${devices.down} · 部分 ${devices.degraded} · 未知 ${devices.unknown}`,
      `devices ${devices.ok}/${devices.total} well · ${devices.down} down · ${devices.degraded} in part · ${devices.unknown} unknown`,
    ) + (counts.trial > 0 ? say(` · 试用 ${counts.trial}`, ` · ${counts.trial} on trial`) : ""),
  );
  for (const link of status.links) {
    lines.push(
      `${link.id} ${mark(link.state)} ${link.devices.ok}/${link.devices.total}` +
        (link.listening === undefined
          ? ""
          : say(` · 监听 ${link.listening}`, ` · listening at ${link.listening}`)),
    );
  }
  for (const uplink of status.uplinks) {
    const done = uplink.confirms === "receipt" ? say("已确认", "confirmed") : say("已交付", "handed over");
    const last =
      uplink.lastReceipt === null
        ? say("还没有回执", "no receipt yet")
        : say(`${span(at - uplink.lastReceipt, lang)}前`, `${span(at - uplink.lastReceipt, lang)} ago`);
    lines.push(
      `${uplink.id} ${mark(uplink.state)} ${done} ${uplink.delivered} (${last}) · ` +
        say(`等待 ${uplink.waiting}`, `waiting ${uplink.waiting}`) +
        (uplink.withheld > 0 ? say(` · 不发 ${uplink.withheld}`, ` · withheld ${uplink.withheld}`) : "") +
        (uplink.quarantined > 0
          ? say(` · 被拒 ${uplink.quarantined}`, ` · refused ${uplink.quarantined}`)
          : "") +
        (uplink.lost > 0
          ? say(` · 丢失 ${uplink.lost}`, ` · lost ${uplink.lost}`)
          : say(" · 无丢失", " · nothing lost")),
    );
  }
  return lines;
}

/** Several points of one device with the same trouble are one matter. */
function byDevice(reasons: Reason[]): Reason[] {
  const groups = new Map<string, Reason>();
  for (const reason of reasons) {
    const [device = "", point] = reason.subject.split("/");
    const key = JSON.stringify(
      point === undefined ? [reason.code, reason.subject] : [reason.code, device, "/"],
    );
    const known = groups.get(key);
    if (known === undefined || point === undefined) groups.set(key, reason);
    else groups.set(key, { ...known, subject: `${known.subject}, ${point}` });
  }
  return [...groups.values()];
}

function mark(state: Status["state"]): string {
  return { ok: "●", degraded: "◆", down: "✕", off: "□", unknown: "…" }[state];
}
