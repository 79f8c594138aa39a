/**
 * One device of the running gateway as a technician reads it: how it is, why, and what each point said last. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { printable } from "../../config/catalogue/reasons.ts";
import type { DeviceStatus, Status } from "../../config/schema/status.ts";
import type { LastValue } from "../../config/schema/values.ts";
import { Quality, type Text, type Value } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { dateOf, span } from "./moment.ts";
import { reasonLines } from "./reason-lines.ts";
import { table } from "./table.ts";
import { widest, wrap } from "./wrap.ts";

const states: Record<DeviceStatus["state"], Text> = {
  ok: { zh: "● 好", en: "● well" },
  degraded: { zh: "◆ 部分", en: "◆ in part" },
  down: { zh: "▲ 坏", en: "▲ down" },
  off: { zh: "□ 停用", en: "□ off" },
  unknown: { zh: "… 还说不准", en: "… too early to say" },
};

/** @param values those of this device */
export function deviceStatus(
  device: DeviceStatus,
  status: Status,
  values: readonly LastValue[],
  lang: Language,
  width = widest,
): string[] {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const { id, state, link, space, profile, lastSeen, why, until, behind, trial, simulated } = device;
  const room = status.spaces?.find(({ code }) => code === space);
  const heard =
    lastSeen === null
      ? say("没有来过消息", "nothing heard")
      : say(`${span(status.at - lastSeen, lang)}前有消息`, `heard ${span(status.at - lastSeen, lang)} ago`);
  const parts = [
    `${id} ${states[state][lang]}`,
    ...(room === undefined ? [] : [room.name === undefined ? room.id : `${room.id} ${printable(room.name)}`]),
    ...(profile === undefined || profile === "" ? [] : [profile]),
    ...(link === "" ? [] : [link]),
    ...(trial ? [say("试用", "on trial")] : []),
    ...(simulated ? [say("模拟", "simulated")] : []),
    ...(state === "off" || why !== undefined ? [] : [heard]),
  ];
  const lines = wrap(parts.join(" · "), width, 2);
  if (why !== undefined) {
    const back = until === undefined ? "" : say(`，应在 ${dateOf(until)} 恢复`, `, back by ${dateOf(until)}`);
    const by = behind === undefined ? "" : say(`（因为 ${behind} 停用）`, ` (because ${behind} is off)`);
    lines.push(...wrap(say(`停用：${why}${by}${back}`, `off: ${why}${by}${back}`), width, 2));
  }
  const reasons = status.reasons.filter(({ subject }) => subject.split("/")[0] === id);
  lines.push(...reasonLines(reasons, status, lang, width));
  if (values.length > 0) {
    const head = [say("测点", "point"), say("值", "value"), say("多久前", "age"), say("质量", "quality")];
    lines.push(...table([head, ...values.map((value) => row(value, lang))]));
  }
  return lines;
}

function row({ point, value, unit, ageMs, quality }: LastValue, lang: Language): string[] {
  const name = cataloguePoints.get(point)?.text[lang] ?? "";
  return [
    `${point} ${name}`.trim(),
    spokenValue(value, unit, lang),
    span(ageMs, lang),
    qualityWord(quality, lang),
  ];
}

/** @param unit as people see it */
export function spokenValue(value: Value, unit: string | undefined, lang: Language): string {
  if (value === null) return "–";
  const yesNo = { zh: { true: "是", false: "否" }, en: { true: "yes", false: "no" } }[lang];
  if (typeof value === "boolean") return yesNo[`${value}`];
  return printable(String(value), 40) + (unit === undefined ? "" : ` ${unit}`);
}

const words: Readonly<Record<number, Text>> = {
  [Quality.stale]: { zh: "旧值", en: "not fresh" },
  [Quality.assumed]: { zh: "推定", en: "assumed" },
  [Quality.inaccurate]: { zh: "预热或试用，不准", en: "warming up or on trial" },
  [Quality.timeDoubtful]: { zh: "时间存疑", en: "of doubtful time" },
  [Quality.partial]: { zh: "不全", en: "in part" },
  [Quality.deviceFault]: { zh: "设备说没有值", en: "the device has no value" },
  [Quality.outOfRange]: { zh: "超出可能范围", en: "beyond what is possible" },
};

export function qualityWord(quality: number, lang: Language): string {
  const bare = quality & (Quality.simulated - 1);
  const bands: Text =
    bare < Quality.stale
      ? { zh: "好", en: "good" }
      : bare < Quality.noCommunication
        ? { zh: "存疑", en: "uncertain" }
        : { zh: "坏", en: "bad" };
  const simulated = bare === quality ? "" : { zh: "，模拟", en: ", simulated" }[lang];
  return (words[bare] ?? bands)[lang] + simulated;
}
