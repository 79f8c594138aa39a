/**
 * `report recording LINK`: has the running gateway record what one link says, and prints it as a file for whoever looks
 * into it. Progress goes to standard error; what there is, is kept when it is interrupted or the gateway goes away.
 */
import type { z } from "zod";
import { nearest } from "../../../../config/load/nearest.ts";
import {
  maxRecordingMs,
  type RecordingHeader,
  type RecordingStart,
} from "../../../../config/schema/recording.ts";
import { duration } from "../../../../config/schema/scalar.ts";
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { postRecording } from "../../../../gateway/status/client.ts";
import {
  type RecordingAsk,
  recordingRefusalSchema,
  recordingStartedSchema,
  recordingTakenSchema,
} from "../../../agent/index.ts";
import { exit, type Options, type Setting } from "../../io.ts";
import { ask, type Door, findDoor, refused } from "../status.ts";

const usualMs = 60_000;
const fewestMs = 1_000;
const askEveryMs = 500;
const tellEveryMs = 5_000;

type Trouble = [what: Text, fix: Text];

export const recordingText: Text = {
  zh: "录下一条线路说了什么（已去掉密码、姓名、卡号、地址），存成文件：--for 60s > 文件",
  en: "what a link says, without passwords, names, cards and addresses, as a file: --for 60s > FILE",
};

export async function recording(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const say = (trouble: Trouble) => refused(setting, door.lang, ...trouble);
  const forMs = timeIn(options.for);
  if (typeof forMs !== "number") return say(forMs);
  const link = typeof options.second === "string" ? options.second : "";
  // Without a link nothing is begun; the answer names those there are.
  const asked: RecordingAsk = link === "" ? { do: "take", id: "-" } : { do: "start", link, forMs };
  const started = await ask(setting, door, post(asked), startedOrNot);
  if (started === null) return exit.cannot;
  if ("error" in started) return say(troubleOf(link, started.error));
  return follow(setting, door, started.id, started.start, forMs);
}

async function follow(
  setting: Setting,
  door: Door,
  id: string,
  start: RecordingStart,
  forMs: number,
): Promise<number> {
  const { lang } = door;
  const tell = (text: Text) => setting.err(text[lang]);
  // Whoever interrupts wants what there is: the gateway is asked for it once more.
  const asking = { ...setting, json: false, signal: new AbortController().signal };
  const stopped = AbortSignal.any([
    setting.signal,
    ...(setting.unread === undefined ? [] : [setting.unread]),
  ]);
  const entries: string[] = [];
  let [ms, dropped, toldMs] = [0, 0, 0];
  let ended: RecordingHeader["ended"] | null = null;
  if (setting.screen !== undefined) tell(toFile);
  tell(begun(forMs));
  while (ended === null) {
    await rest(askEveryMs, stopped);
    const asked: RecordingAsk = { do: stopped.aborted ? "stop" : "take", id };
    const taken = await ask(asking, door, post(asked), takenOrNot);
    if (taken === null || "error" in taken) {
      ended = "lost";
      break;
    }
    const isFirst = entries.length === 0 && taken.entries.length > 0;
    entries.push(...taken.entries);
    ({ ms, dropped, ended } = taken);
    if (ended === null && (isFirst || ms - toldMs >= tellEveryMs)) {
      toldMs = ms;
      tell(progress(ms, entries.length));
    }
  }
  const header: RecordingHeader = { ...start, ms, ended, entries: entries.length, dropped };
  if (setting.json)
    setting.out(JSON.stringify({ header, entries: entries.map((line): unknown => JSON.parse(line)) }));
  else for (const line of [JSON.stringify(header), ...entries]) setting.out(line);
  tell(done(header));
  return ended === "lost" || entries.length === 0 ? exit.findings : exit.well;
}

/** Has the gateway asked, by `ask`. */
const post = (asked: RecordingAsk) => (socket: string, signal: AbortSignal) =>
  postRecording(socket, asked, signal);

const startedOrNot = recordingStartedSchema.or(recordingRefusalSchema);
const takenOrNot = recordingTakenSchema.or(recordingRefusalSchema);

/** ms of `--for`, or what is wrong with it. */
function timeIn(written: Options[string]): number | Trouble {
  if (written === undefined) return usualMs;
  const read = duration.safeParse(String(written));
  if (!read.success) {
    const [issue] = read.error.issues;
    const { complaint } = (issue as { params?: { complaint?: { what: Text; fix: Text } } }).params ?? {};
    const { what, fix } = complaint ?? { what: outside, fix: outside };
    return [{ zh: `--for：${what.zh}`, en: `--for: ${what.en}` }, fix];
  }
  if (read.data >= fewestMs && read.data <= maxRecordingMs) return Math.round(read.data);
  return [
    {
      zh: `--for 不能是 ${String(written).slice(0, 40)}`,
      en: `--for cannot be ${String(written).slice(0, 40)}`,
    },
    outside,
  ];
}

const outside: Text = { zh: "写 1s 到 10min，例如 60s", en: "write 1s to 10min, such as 60s" };

function troubleOf(
  link: string,
  { code, links, link: other = "", leftMs = 0, kind = "" }: z.output<typeof recordingRefusalSchema>["error"],
): Trouble {
  const shown = link.slice(0, 64);
  const list = links.join(", ");
  if (link === "")
    return [
      { zh: "没有写录哪条线路", en: "it does not say which link" },
      {
        zh: `有这些：${list}。例如 campus-edge report recording ${links[0] ?? "LINK"} --for 60s > 文件`,
        en: `there are ${list}; such as campus-edge report recording ${links[0] ?? "LINK"} --for 60s > FILE`,
      },
    ];
  if (code === "no-link" || code === "bad-request") {
    const near = nearest(link, links);
    return [
      { zh: `运行的网关没有线路“${shown}”`, en: `the running gateway has no link "${shown}"` },
      near === undefined
        ? { zh: `有这些：${list}`, en: `there are ${list}` }
        : { zh: `是不是 ${near}？有这些：${list}`, en: `did you mean ${near}? There are ${list}` },
    ];
  }
  if (code === "busy") {
    const seconds = Math.ceil(leftMs / 1000);
    return [
      {
        zh: `已经有人在录 ${other}，一次只能录一条`,
        en: `${other} is being recorded already, and one at a time is all`,
      },
      { zh: `最多再过 ${seconds} 秒再试`, en: `try again in ${seconds} s at most` },
    ];
  }
  const others = links.filter((one) => one !== link).join(", ");
  return [
    {
      zh: `线路 ${shown} 不能录：程序还不会把 ${kind} 类线路里的密码、卡号和姓名去掉`,
      en: `the link ${shown} cannot be recorded: this program does not know yet how to take passwords, cards and names out of what links of kind ${kind} say`,
    },
    others === ""
      ? { zh: "看 campus-edge status 和 why，不用录制文件", en: "see campus-edge status and why instead" }
      : { zh: `别的线路可以试：${others}`, en: `try another one: ${others}` },
  ];
}

const toFile: Text = {
  zh: "要存成文件：按 Ctrl-C，在命令后面加 > 文件名 再来一次",
  en: "to have it in a file: Ctrl-C, and again with > FILE behind the command",
};

const begun = (forMs: number): Text => ({
  zh: `在录，${forMs / 1000} 秒；Ctrl-C 提前结束，已录的保留`,
  en: `recording for ${forMs / 1000} s; Ctrl-C ends it, and keeps what there is`,
});

const progress = (ms: number, count: number): Text => ({
  zh: `${Math.round(ms / 1000)} 秒，${count} 条`,
  en: `${Math.round(ms / 1000)} s, ${count} entries`,
});

function done({ ms, ended, entries, dropped }: RecordingHeader): Text {
  const seconds = Math.round(ms / 1000);
  const left: Text =
    dropped === 0 ? { zh: "", en: "" } : { zh: `，漏 ${dropped} 条`, en: `, ${dropped} left out` };
  const sum: Text = {
    zh: `录了 ${seconds} 秒，${entries} 条${left.zh}`,
    en: `${seconds} s, ${entries} entries${left.en}`,
  };
  if (ended === "lost")
    return { zh: `网关没有再回答；${sum.zh}`, en: `the gateway does not answer any more; ${sum.en}` };
  if (ended === "full") return { zh: `满了（2 MB）；${sum.zh}`, en: `it is full (2 MB); ${sum.en}` };
  if (entries > 0)
    return { zh: `${sum.zh}。发出去之前可以打开看一遍`, en: `${sum.en}. Look through it before you send it` };
  return {
    zh: `${sum.zh}：线路上什么也没有。看 campus-edge why`,
    en: `${sum.en}: nothing was said on the link. See campus-edge why`,
  };
}

/** Ends early when it is told to. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over, { once: true });
  });
}
