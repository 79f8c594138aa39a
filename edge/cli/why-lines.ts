/**
 * One matter in at most eight plain lines, to forward to whoever can help. Pure.
 */
import { reasonRow, sayReason } from "../../config/catalogue/reasons.ts";
import { nearest } from "../../config/load/nearest.ts";
import type { BoxStatus, DeviceStatus, Status } from "../../config/schema/status.ts";
import type { Reason, Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { linkMark } from "./link-lines.ts";
import { linksOf } from "./link-status.ts";
import { type Matter, matterOf, mattersOf, waitsOf } from "./matters.ts";
import { clockTime, dateOf, span } from "./moment.ts";
import { causesOf } from "./reason-lines.ts";

export type Why =
  | { found: "matter"; matter: Matter; lines: string[] }
  /** Nothing needs anybody. */
  | { found: "well"; line: string }
  | { found: "nothing"; what: Text; fix: Text };

/** Rooms named. */
const maxRooms = 6;

/** @param subject device, link, box, uplink, gateway, room or code; absent: the worst of all */
export function whyLines(status: Status, subject: string | undefined, lang: Language): Why {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const matters = mattersOf(status, lang);
  const box = status.boxes?.find(({ id }) => id === subject);
  const told = (matter: Matter): Why => ({
    found: "matter",
    matter,
    lines: linesOf(matter, status, lang, box),
  });
  if (subject === undefined) {
    const [worst] = matters;
    if (worst !== undefined) return told(worst);
    return {
      found: "well",
      line: say(
        `${status.name} ${status.gateway}：没有要处理的事（${clockTime(status.at).slice(0, 5)}）`,
        `${status.name} ${status.gateway}: nothing to do (${clockTime(status.at).slice(0, 5)})`,
      ),
    };
  }
  const matter = matterAbout(subject, status, lang);
  if (matter !== null) return told(matter);
  const well = wellLine(subject, status, lang);
  return well === null ? unknown(subject, status) : { found: "well", line: well };
}

function linesOf(
  { reason, spaces, devices, behind }: Matter,
  status: Status,
  lang: Language,
  box?: BoxStatus,
): string[] {
  const zh = lang === "zh";
  const { line, next } = sayReason(reason, lang, status.at);
  const rooms = spaces
    .slice(0, maxRooms)
    .map(({ id, name }) => (name === undefined ? id : `${id} ${name}`))
    .join(zh ? "、" : ", ");
  const moreRooms =
    spaces.length > maxRooms ? (zh ? ` 等 ${spaces.length} 间` : `, ${spaces.length} in all`) : "";
  const more = behind === 0 ? "" : zh ? `。它后面还有 ${behind} 台` : `. ${behind} more hang on it`;
  const part = partOf(reason, devices, status, lang);
  const pairs: [zh: string, en: string, value: string][] = [
    ["学校", "school", `${status.name} ${status.gateway}`],
    ["房间", "room", rooms + moreRooms],
    ["代码", "code", reason.code],
    ["起", "since", sinceOf(reason.since, status.at, lang)],
    [
      "原因",
      "cause",
      line.slice(line.indexOf(" ") + 1) + more + (box === undefined ? "" : carried(box, status, lang)),
    ],
    ["下一步", "next", next],
    ["带", "bring", part],
    ["联系", "contact", status.contact ?? ""],
  ];
  return pairs
    .filter(([, , value]) => value !== "")
    .map(([zhName, enName, value]) => (zh ? `${zhName}：${value}` : `${enName}: ${value}`));
}

/** A box with where it is, and how its links are. */
function carrier(box: BoxStatus, status: Status, lang: Language): { named: string; links: string } {
  const { id, space, place } = box;
  const room = status.spaces?.find(({ code }) => code === space)?.id;
  const where = [room, place].filter((part) => part !== undefined && part !== "");
  const at = where.length === 0 ? "" : ` (${where.join(lang === "zh" ? "，" : ", ")})`;
  return { named: id + at, links: linksOf(id, status).map(linkMark).join(" · ") };
}

function carried(box: BoxStatus, status: Status, lang: Language): string {
  const { named, links } = carrier(box, status, lang);
  return lang === "zh" ? `。${named} 带 ${links}` : `. ${named} carries ${links}`;
}

function sinceOf(since: number, at: number, lang: Language): string {
  if (!(since >= Date.UTC(2020, 0, 1)) || since > at + 60_000) return "";
  const day = dateOf(since) === dateOf(at) ? "" : `${dateOf(since)} `;
  const lasted = span(at - since, lang);
  return `${day}${clockTime(since).slice(0, 5)}${lang === "zh" ? `（${lasted}）` : ` (${lasted})`}`;
}

/** What to take along: tools, and for a broken device its model with the spare in the cupboard. */
function partOf(reason: Reason, devices: readonly DeviceStatus[], status: Status, lang: Language): string {
  const zh = lang === "zh";
  const tools = reasonRow(reason.code)?.bring?.[lang];
  const own = reason.level === "device" || reason.level === "point";
  const models = own ? [...new Set(devices.map(({ profile = "" }) => profile))].filter((p) => p !== "") : [];
  const spares = models.slice(0, 2).map((model) => {
    const spare = status.spares?.find(({ profile }) => profile === model);
    if (spare === undefined) return "";
    const where = [spare.serial, spare.note].filter((text) => text !== undefined).join(zh ? "，" : ", ");
    return zh
      ? `备件 ${model}${where === "" ? "" : `（${where}）`}`
      : `spare ${model}${where === "" ? "" : ` (${where})`}`;
  });
  return [tools ?? "", ...spares].filter((text) => text !== "").join(zh ? "；" : "; ");
}

/** The worst matter that a word is about; null: it is well, or nobody knows it. */
function matterAbout(subject: string, status: Status, lang: Language): Matter | null {
  const room = status.spaces?.find(({ id, code }) => id === subject || code === subject);
  const inRoom = new Set(
    room === undefined ? [] : status.devices.filter(({ space }) => space === room.code).map(({ id }) => id),
  );
  const behind = new Set(linksOf(subject, status).map(({ id }) => id));
  const about = status.reasons.filter((reason) => {
    if (reason.state !== "down" && reason.state !== "degraded") return false;
    const [device = ""] = reason.subject.split("/");
    return (
      [reason.code, reason.subject, device].includes(subject) ||
      inRoom.has(device) ||
      (reason.level === "bus" && behind.has(reason.subject))
    );
  });
  const [worst] = about;
  if (worst === undefined) return fromDevice(subject, status, lang);
  // What explains it is what must be mended.
  const [cause] = causesOf(worst, status);
  if (cause !== undefined && cause !== worst) return matterOf([cause], status, lang);
  const same = about.filter(
    ({ code, subject: other, root: by }) =>
      code === worst.code &&
      by === worst.root &&
      (subject === worst.code || other.split("/")[0] === worst.subject.split("/")[0]),
  );
  return matterOf(same, status, lang);
}

/** A device on trial, or whose reason was left out of a long list, is told by its own line of the status. */
function fromDevice(subject: string, status: Status, lang: Language): Matter | null {
  const device = status.devices.find(({ id }) => id === subject);
  if (device?.code === undefined) return null;
  const { id, state, code, since = status.at } = device;
  return matterOf([{ level: "device", subject: id, state, code, since, facts: {} }], status, lang);
}

function wellLine(subject: string, status: Status, lang: Language): string | null {
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const device = status.devices.find(({ id }) => id === subject);
  if (device?.state === "off") {
    const { why = "", until, behind } = device;
    const back = until === undefined ? "" : say(`，应在 ${dateOf(until)} 恢复`, `, back by ${dateOf(until)}`);
    const by = behind === undefined ? "" : say(`，因为 ${behind} 停用`, `, because ${behind} is off`);
    return say(`${subject} 停用：${why}${by}${back}`, `${subject} is off: ${why}${by}${back}`);
  }
  if (device !== undefined) {
    const { lastSeen, state } = device;
    const heard =
      lastSeen === null
        ? say("还没有来过消息", "nothing heard yet")
        : say(`${span(status.at - lastSeen, lang)}前有消息`, `heard ${span(status.at - lastSeen, lang)} ago`);
    return state === "ok"
      ? say(`${subject} 正常，${heard}`, `${subject} is well, ${heard}`)
      : say(`${subject} 还说不准，${heard}`, `too early to say of ${subject}, ${heard}`);
  }
  const box = status.boxes?.find(({ id }) => id === subject);
  if (box !== undefined) {
    const { named, links } = carrier(box, status, lang);
    return box.state === "unknown"
      ? say(`${named} 还说不准，带 ${links}`, `too early to say of ${named}, which carries ${links}`)
      : say(`${named} 正常，带 ${links}`, `${named} is well and carries ${links}`);
  }
  const [wait] = waitsOf(subject, status);
  if (wait !== undefined) return sayReason(wait, lang, status.at).line;
  const others = [...status.links, ...status.uplinks].find(({ id }) => id === subject);
  const room = status.spaces?.some(({ id, code }) => id === subject || code === subject);
  if (others !== undefined || room === true || subject === status.gateway)
    return others?.state === "unknown"
      ? say(`${subject} 还说不准`, `too early to say of ${subject}`)
      : say(`${subject} 正常`, `${subject} is well`);
  if (reasonRow(subject) !== undefined)
    return say(
      `现在没有 ${subject}。它的意思：campus-edge report catalogue`,
      `${subject} is not the case now. What it means: campus-edge report catalogue`,
    );
  return null;
}

function unknown(subject: string, status: Status): Why {
  const known = [
    ...status.devices.map(({ id }) => id),
    ...status.links.map(({ id }) => id),
    ...status.uplinks.map(({ id }) => id),
    ...(status.boxes ?? []).map(({ id }) => id),
    ...(status.spaces ?? []).map(({ id }) => id),
    ...status.reasons.map(({ code }) => code),
    status.gateway,
  ];
  const near = nearest(subject, known);
  const shown = subject.slice(0, 64);
  return {
    found: "nothing",
    what: { zh: `没有“${shown}”`, en: `there is no "${shown}"` },
    fix:
      near === undefined
        ? {
            zh: "写设备、线路、上行、房间或代码；campus-edge status 列出了有事的",
            en: "name a device, link, uplink, room or code; campus-edge status lists what is wrong",
          }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  };
}
