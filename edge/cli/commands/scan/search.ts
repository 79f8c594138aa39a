/**
 * `scan modbus`, `scan dlt645`, `scan onvif`, `scan pjlink`: has the running gateway search, between two polls; where none
 * runs, searches by itself. What is found is told when it is found, and as lines to paste at the end.
 */
import type { z } from "zod";
import { reasonFor, sayReason } from "../../../../config/catalogue/reasons.ts";
import { loadPlan } from "../../../../config/load/index.ts";
import { nearest } from "../../../../config/load/nearest.ts";
import type { Plan } from "../../../../config/schema/plan.ts";
import {
  type FoundDevice,
  type SearchAsk,
  type SearchTaken,
  searchRefusalSchema,
  searchStartedSchema,
  searchTakenSchema,
} from "../../../../config/schema/search.ts";
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { kinds } from "../../../../drivers/registry.ts";
import { postSearch } from "../../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../../gateway/uplink/registry.ts";
import { Searches } from "../../../search/searches.ts";
import { foundLines, whereOf } from "../../found-lines.ts";
import { exit, type Language, type Options, type Setting } from "../../io.ts";
import { rest } from "../../rest.ts";
import { findDoor, refused } from "../status.ts";
import { type Technician, technician } from "../technician.ts";

const askEveryMs = 300;
const tellEveryMs = 5_000;

const startedOrNot = searchStartedSchema.or(searchRefusalSchema);
const takenOrNot = searchTakenSchema.or(searchRefusalSchema);

type Searching = Technician<SearchAsk>;

export async function search(setting: Setting, options: Options, what: string): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const { plan } = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const searching = await technician<SearchAsk>(setting, {
    // Who is called is called on no link.
    ...{ door, plan, post: postSearch, bare: calls.has(what) },
    itself: async (parts) => new Searches({ ...parts, hands: parts.lines.hands }),
  });
  if (typeof searching === "number") return searching;
  const link = typeof options.second === "string" ? { link: options.second } : {};
  try {
    const started = await searching.ask(
      { do: "start", what, ...link, speeds: options.speeds === true },
      startedOrNot,
    );
    if (started === null) return exit.cannot;
    if ("error" in started) return refused(setting, lang, ...troubleOf(what, options.second, started.error));
    return await follow(setting, lang, searching, started.id, { plan, what });
  } finally {
    await searching.close();
  }
}

async function follow(
  setting: Setting,
  lang: Language,
  searching: Searching,
  id: string,
  { plan, what }: { plan: Plan | null; what: string },
): Promise<number> {
  const tell = (text: Text) => setting.err(text[lang]);
  const found: FoundDevice[] = [];
  const troubles: SearchTaken["troubles"] = [];
  let toldAt = Number.NEGATIVE_INFINITY;
  let ended: SearchTaken["ended"] = null;
  let isLost = false;
  if (calls.has(what) && !setting.json)
    tell({ zh: "已喊话，等应答，约十秒", en: "called; waiting some ten seconds for answers" });
  while (ended === null) {
    // Whoever interrupts wants what there is.
    const asked: SearchAsk = { do: setting.signal.aborted ? "stop" : "take", id };
    const taken = await searching.ask(asked, takenOrNot);
    if (taken === null || "error" in taken) {
      if (taken === null && setting.json) return exit.cannot;
      if (taken !== null) tell(isGone);
      // What was found so far is given all the same.
      isLost = true;
      break;
    }
    ended = taken.ended;
    found.push(...taken.found);
    troubles.push(...taken.troubles);
    // A call gives all within seconds; a line may take minutes.
    for (const device of taken.found) if (!setting.json && device.link !== null) tell(seen(device));
    const now = Date.now();
    if (ended === null && taken.at.of > 0 && now - toldAt >= tellEveryMs && !setting.json) {
      toldAt = now;
      tell(progress(taken.at));
    }
    if (ended === null) await rest(askEveryMs, setting.signal);
  }
  if (setting.json) setting.out(JSON.stringify({ found, troubles, ended: ended ?? "left" }));
  else {
    const links = plan?.links ?? [];
    const devices = [
      ...links.flatMap((one) => one.devices),
      ...(plan?.off ?? []).map(({ device }) => ({ id: device })),
    ];
    const ids = new Set([...links, ...devices].map((one) => one.id));
    // Of links that were not searched nobody says that nothing is there.
    if (found.length > 0 || (troubles.length === 0 && !isLost))
      for (const line of foundLines(found, { ids, links }, lang)) setting.out(line);
    if (found.length === 0 && troubles.length === 0 && !isLost)
      tell(nobody[what as keyof typeof nobody] ?? nobody.modbus);
    for (const trouble of troubles) tell(troubleText(trouble));
    if (ended !== "done") tell({ zh: "没有找完", en: "the search was not finished" });
  }
  if (isLost) return exit.cannot;
  return troubles.length > 0 || ended !== "done" ? exit.findings : exit.well;
}

/** One that is found, as soon as it is. */
function seen(device: FoundDevice): Text {
  const where = `${device.link ?? ""} ${whereOf(device)}`.trim();
  const whose =
    device.known === null ? { zh: "没写进配置", en: "in no file" } : { zh: device.known, en: device.known };
  return { zh: `  ${where}：${whose.zh}`, en: `  ${where}: ${whose.en}` };
}

function progress({ link, asked, of, leftMs, settings, fitting }: SearchTaken["at"]): Text {
  const left = Math.ceil(leftMs / 1000);
  const at = settings === undefined ? "" : ` ${Object.values(settings).join(" ")}`;
  if (fitting)
    return {
      zh: `${link}${at}：有应答，正在认型号`,
      en: `${link}${at}: somebody answers; finding out the model`,
    };
  return {
    zh: `${link}${at}：${asked}/${of}，最多还要 ${left} 秒（Ctrl-C 停下，给出已找到的）`,
    en: `${link}${at}: ${asked} of ${of}, ${left} s at most (Ctrl-C ends it and gives what there is)`,
  };
}

const isGone: Text = {
  zh: "网关已经不在找：停太久没有问它，或它重启了。再找一次",
  en: "the gateway searches no more: it was not asked for too long, or started anew. Search again",
};

/** Those that are called, on no link. */
const calls: ReadonlySet<string> = new Set(["onvif", "pjlink"]);

/** What to look at when nobody answers. */
const nobody = {
  modbus: {
    zh: "看设备的电源和 A/B 端子；波特率可能不同：本机串口上加 --speeds 再找，串口服务器的在它的网页里改",
    en: "look at the power of the devices and the terminals A/B; their speed may differ: on a port of this machine search again with --speeds; that of a serial server is set on its page",
  },
  dlt645: {
    zh: "看端子 A/B，波特率多为 2400 8E1；本机串口上加 --speeds 再找，或照铭牌写 meter: 表号",
    en: "look at the terminals A/B; most are set to 2400 8E1; on a port of this machine search again with --speeds, or write meter: with the number on its nameplate",
  },
  onvif: {
    zh: "摄像机和网关要在同一网段；在摄像机网页里启用 ONVIF；跨网段的照地址写 host",
    en: "cameras and gateway must be in one network segment; enable ONVIF on the camera's page; those of other segments are written with their host",
  },
  pjlink: {
    zh: "PJLink 1 级的投影机不应答，IPv6 的也找不到：照地址写 host",
    en: "projectors of PJLink class 1 do not answer, and none is found by IPv6: write them with their host",
  },
} satisfies Record<string, Text>;

const nothingFits: Text = { zh: "看 campus-edge status 和 why", en: "see campus-edge status and why" };

function troubleText({ link, code, detail, fault }: SearchTaken["troubles"][number]): Text {
  const name = link ?? "";
  const opened = (lang: Language) => {
    if (fault === undefined) return detail;
    const { line, next } = sayReason(
      { ...reasonFor(fault, "E109"), subject: name, since: 0, facts: {} },
      lang,
    );
    return `${line}\n  → ${next}`;
  };
  const said: Record<typeof code, Text> = {
    offline: {
      zh: `${name} 现在没有打开，没有找：campus-edge why ${name}`,
      en: `${name} is not open and was not searched: campus-edge why ${name}`,
    },
    busy: {
      zh: `${name} 已经借给别人了，过一会儿再试`,
      en: `${name} is lent to somebody else: try again later`,
    },
    "cannot-open": {
      zh: `${name} 打不开，没有找：${opened("zh")}`,
      en: `${name} cannot be opened and was not searched: ${opened("en")}`,
    },
    lost: {
      zh: `${name} 没有找完：${detail}。${nothingFits.zh}`,
      en: `${name} was not searched to its end: ${detail}; ${nothingFits.en}`,
    },
  };
  return said[code];
}

function troubleOf(
  what: string,
  link: string | boolean | undefined,
  { code, links }: z.output<typeof searchRefusalSchema>["error"],
): [what: Text, fix: Text] {
  if (code === "busy")
    return [
      { zh: "网关正在替别人找", en: "the gateway is searching for somebody else" },
      { zh: "等它找完再试", en: "try again when that has ended" },
    ];
  if (code !== "no-link")
    return [
      { zh: `正在运行的网关不会找 ${what}`, en: `the running gateway does not look for ${what}` },
      { zh: "它和这个程序版本不同：重启它", en: "it is of another version: restart it" },
    ];
  if (links.length === 0)
    return [
      { zh: `配置里没有能找 ${what} 的线路`, en: `no link of the files can be searched for ${what}` },
      {
        zh: "先把线路写进 links 并 apply；本机有哪些串口：campus-edge scan serial",
        en: "write the link into the files and apply; serial ports of this machine: campus-edge scan serial",
      },
    ];
  const shown = String(link ?? "").slice(0, 64);
  const near = nearest(shown, links);
  return [
    {
      zh: `没有能找 ${what} 的线路“${shown}”`,
      en: `there is no link "${shown}" that can be searched for ${what}`,
    },
    near === undefined
      ? { zh: `有 ${links.join("、")}`, en: `there are ${links.join(", ")}` }
      : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  ];
}
