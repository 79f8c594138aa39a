/**
 * `status`: asks the running agent through its local door, about the school or about one device, link or box. Opens
 * no file of the agent's.
 */
import { join } from "node:path";
import { loadPlan } from "../../../config/load/index.ts";
import { nearest } from "../../../config/load/nearest.ts";
import { type BoxStatus, type LinkStatus, type Status, statusSchema } from "../../../config/schema/status.ts";
import { valuesSchema } from "../../../config/schema/values.ts";
import { kinds } from "../../../drivers/registry.ts";
import { fetchStatus, fetchValues } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { socketName } from "../../agent/index.ts";
import { deviceStatus } from "../device-status.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { boxStatus, linkStatus, linksOf } from "../link-status.ts";
import { statusScreen } from "../screen.ts";
import { narrowest, widest } from "../wrap.ts";

const defaultData = "/var/lib/campus-edge";
const patienceMs = 5000;

export async function command(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const { argument } = options;
  const status = await ask(setting, door, fetchStatus, statusSchema);
  if (status === null) return exit.cannot;
  if (typeof argument === "string") return one(setting, door, status, argument);
  if (setting.json) setting.out(JSON.stringify(status));
  else for (const line of statusScreen(status, lang, terminalWidth())) setting.out(line);
  return status.state === "ok" ? exit.well : exit.findings;
}

async function one(setting: Setting, door: Door, status: Status, id: string): Promise<number> {
  const { lang } = door;
  const device = status.devices.find((known) => known.id === id);
  if (device === undefined) {
    const link = status.links.find((known) => known.id === id);
    const box = status.boxes?.find((known) => known.id === id);
    if (link !== undefined || box !== undefined) return behind(setting, status, lang, { link, box });
    const ids = [...status.devices, ...status.links, ...(status.boxes ?? [])].map((known) => known.id);
    const near = nearest(id, ids);
    const what = {
      zh: `运行的网关没有设备、线路或串口服务器“${id.slice(0, 64)}”`,
      en: `the running gateway has no device, link or box "${id.slice(0, 64)}"`,
    };
    const fix =
      near === undefined
        ? {
            zh: "campus-edge why 也认房间和代码",
            en: "campus-edge why takes rooms and codes as well",
          }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` };
    return refused(setting, lang, what, fix);
  }
  const all = await ask(setting, door, fetchValues, valuesSchema);
  if (all === null) return exit.cannot;
  const values = all.values.filter((value) => value.device === id);
  if (setting.json) {
    const reasons = status.reasons.filter(({ subject }) => subject.split("/")[0] === id);
    setting.out(JSON.stringify({ device, reasons, values }));
  } else for (const line of deviceStatus(device, status, values, lang, terminalWidth())) setting.out(line);
  return device.state === "ok" || device.state === "off" ? exit.well : exit.findings;
}

/** A link, or a box with its links; both with the devices behind. */
function behind(
  setting: Setting,
  status: Status,
  lang: Language,
  { link, box }: { link: LinkStatus | undefined; box: BoxStatus | undefined },
): number {
  const links = link !== undefined ? [link] : box === undefined ? [] : linksOf(box.id, status);
  const ids = new Set(links.map(({ id }) => id));
  const devices = status.devices.filter((device) => ids.has(device.link));
  if (setting.json) {
    const reasons = status.reasons.filter(({ level, subject }) => level === "bus" && ids.has(subject));
    setting.out(JSON.stringify({ ...(link !== undefined ? { link } : { box, links }), reasons, devices }));
  } else {
    const width = terminalWidth();
    const lines =
      link !== undefined
        ? linkStatus(link, status, lang, width)
        : box !== undefined
          ? boxStatus(box, status, lang, width)
          : [];
    for (const line of lines) setting.out(line);
  }
  return [...links, ...devices].every(({ state }) => state === "ok" || state === "off")
    ? exit.well
    : exit.findings;
}

/** Says what cannot be done and what to do instead. */
export function refused(
  setting: Setting,
  lang: Language,
  what: Record<Language, string>,
  fix: Record<Language, string>,
): number {
  if (setting.json) setting.out(JSON.stringify({ error: { what, fix } }));
  setting.err(`campus-edge: ${what[lang]}${lang === "en" ? "; " : "；"}${fix[lang]}`);
  return exit.cannot;
}

/** Columns of the terminal; a pipe has as many as we like. */
const terminalWidth = () => Math.min(widest, Math.max(narrowest, process.stdout.columns ?? widest));

export interface Door {
  socket: string;
  lang: Language;
}

/** Where the running agent can be asked, and in which language to answer. */
export function findDoor(setting: Setting, options: Options): Door {
  // Also with mistakes in the files: a running gateway has its data where they say.
  const loaded = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const known = loaded.plan === null ? loaded.dataFolder : loaded.plan.buffer.folder;
  const folder = options.data === undefined ? (known ?? defaultData) : String(options.data);
  const lang = setting.lang ?? (loaded.plan === null ? loaded.language : loaded.plan.school.language) ?? "zh";
  return { socket: join(folder, socketName), lang };
}

/** Whether a gateway runs that has this door. */
export const isRunning = ({ socket }: Door, signal: AbortSignal): Promise<boolean> =>
  fetchStatus(socket, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])).then(
    () => true,
    (error: { code?: string }) => error.code !== "not-running",
  );

/** What the agent answers; null when it does not, or not in words of this version: that has been said then. */
export async function ask<T>(
  setting: Setting,
  { socket, lang }: Door,
  fetch: (socket: string, signal: AbortSignal) => Promise<unknown>,
  schema: { safeParse(answer: unknown): { success: true; data: T } | { success: false } },
  waitMs = patienceMs,
): Promise<T | null> {
  let answer: unknown;
  try {
    answer = await fetch(socket, AbortSignal.any([setting.signal, AbortSignal.timeout(waitMs)]));
  } catch (error) {
    const { code = (error as Error).message } = error as { code?: string };
    if (setting.json) setting.out(JSON.stringify({ error: { code, socket } }));
    setting.err(unanswered(code, socket, lang));
    return null;
  }
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  if (setting.json) setting.out(JSON.stringify({ error: { code: "other-version", socket } }));
  setting.err(
    {
      zh: "网关的回答看不懂：它和这个程序的版本不一样。重启网关：campus-edge run",
      en: "the gateway's answer is not understood: it runs another version. Restart it: campus-edge run",
    }[lang],
  );
  return null;
}

/** Why nobody answered, and what to do. */
function unanswered(code: string, socket: string, lang: Language): string {
  if (code === "not-allowed") {
    return {
      zh: `网关在运行，但你没有权限问它（${socket}）。用运行网关的用户，或加 sudo`,
      en: `a gateway is there, but you may not ask it (${socket}). Be the user that runs it, or use sudo`,
    }[lang];
  }
  if (code === "not-running") {
    return {
      zh: `这里没有正在运行的网关（${socket}）。运行 campus-edge run；数据在别处时用 --data 指定`,
      en: `no gateway is running here (${socket}). Start it with campus-edge run; name its data folder with --data if it is elsewhere`,
    }[lang];
  }
  return {
    zh: `网关没有回答（${socket}：${code}）。过一会儿再试；一直这样就重启它`,
    en: `the gateway does not answer (${socket}: ${code}). Try again in a while; if it stays so, restart it`,
  }[lang];
}
