/**
 * One link, or one box with all links that it carries, as a technician reads it: how it is and where, why, and the
 * devices behind it. Pure.
 */
import { printable } from "../../config/catalogue/reasons.ts";
import type { BoxStatus, DeviceStatus, LinkStatus, Status } from "../../config/schema/status.ts";
import type { Language } from "./io.ts";
import { busyPart, linkMark, linkState, mark } from "./link-lines.ts";
import { span } from "./moment.ts";
import { reasonLines } from "./reason-lines.ts";
import { table } from "./table.ts";
import { widest, wrap } from "./wrap.ts";

const states: Record<Status["state"], Record<Language, string>> = {
  ok: { zh: "好", en: "well" },
  degraded: { zh: "部分", en: "in part" },
  down: { zh: "坏", en: "down" },
  off: { zh: "停用", en: "off" },
  unknown: { zh: "还说不准", en: "too early to say" },
};

/** Links that a box carries. */
export const linksOf = (box: string, status: Status): LinkStatus[] =>
  status.links.filter(({ via }) => via === box);

export function linkStatus(link: LinkStatus, status: Status, lang: Language, width = widest): string[] {
  const via = link.via === undefined ? "" : { zh: `经 ${link.via}`, en: `by way of ${link.via}` }[lang];
  const state = linkState(link);
  const head = [
    `${link.id} ${mark(state)} ${states[state][lang]}`,
    link.kind,
    via,
    link.listening ?? "",
    devicesWell(link, lang),
    busyPart(link, lang) ?? "",
  ];
  return [
    ...wrap(head.filter((part) => part !== "").join(" · "), width, 2),
    ...about([link], status, lang, width),
  ];
}

export function boxStatus(box: BoxStatus, status: Status, lang: Language, width = widest): string[] {
  const { id, state, profile = "", space, place } = box;
  const room = status.spaces?.find(({ code }) => code === space);
  const head = [
    `${id} ${mark(state)} ${states[state][lang]}`,
    room === undefined ? "" : room.name === undefined ? room.id : `${room.id} ${printable(room.name)}`,
    place ?? "",
    profile,
  ];
  const links = linksOf(id, status);
  return [
    ...wrap(head.filter((part) => part !== "").join(" · "), width, 2),
    ...links.flatMap((link) => {
      const busy = busyPart(link, lang);
      return wrap([linkMark(link), ...(busy === null ? [] : [busy])].join(" · "), width, 2);
    }),
    ...about(links, status, lang, width),
  ];
}

/** Why these links are not well, and their devices. */
function about(links: readonly LinkStatus[], status: Status, lang: Language, width: number): string[] {
  const ids = new Set(links.map(({ id }) => id));
  const reasons = status.reasons.filter(
    ({ level, subject, state }) => level === "bus" && state !== "ok" && ids.has(subject),
  );
  const devices = status.devices.filter(({ link }) => ids.has(link));
  const head = { zh: ["设备", "状态", "房间", "多久前有消息"], en: ["device", "state", "room", "heard"] }[
    lang
  ];
  return [
    ...reasonLines(reasons, status, lang, width),
    ...(devices.length === 0 ? [] : table([head, ...devices.map((device) => row(device, status, lang))])),
  ];
}

function row(device: DeviceStatus, { spaces, at }: Status, lang: Language): string[] {
  const { id, state, code, space, lastSeen } = device;
  const room = spaces?.find((known) => known.code === space)?.id ?? "";
  const word = states[state][lang] + (code === undefined ? "" : ` ${code}`);
  return [id, `${mark(state)} ${word}`, room, lastSeen === null ? "–" : span(at - lastSeen, lang)];
}

const devicesWell = ({ devices: { ok, total } }: LinkStatus, lang: Language): string =>
  lang === "zh" ? `设备 ${ok}/${total} 好` : `devices ${ok}/${total} well`;
