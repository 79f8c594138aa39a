/**
 * `query`: asks the running agent through its local door what its history has of one device. Opens no file of the
 * agent's.
 */
import { nearest } from "../../../config/load/nearest.ts";
import {
  type HistoryPoint,
  type HistoryValues,
  historySchema,
  maxHistoryValues,
  noHistorySchema,
} from "../../../config/schema/history.ts";
import { statusSchema } from "../../../config/schema/status.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import type { HistoryQuestion } from "../../../gateway/contract/index.ts";
import { fetchHistory, fetchStatus } from "../../../gateway/status/client.ts";
import { historyCsv, historyTable } from "../history-lines.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { dateTime, momentFrom } from "../moment.ts";
import { historyLine } from "../screen.ts";
import { ask, type Door, findDoor, refused } from "./status.ts";

const patienceMs = 30_000;
const fewest = 20;
const withinTimes = 1000;
const forPrograms = 100_000;
const most = 1_000_000;

type Trouble = [what: Text, fix: Text];

export async function command(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const { argument: device, second: point } = options;
  if (typeof device !== "string") return overview(setting, door);
  const question = questionOf(device, point, options, setting, Date.now());
  if (Array.isArray(question)) return refused(setting, lang, ...question);
  const found = await gather(setting, door, question);
  if (found === null) return exit.cannot;
  if ("error" in found) return refused(setting, lang, ...closed(found.error.code));
  const trouble = await unknown(setting, door, question, found);
  if (trouble !== null) return refused(setting, lang, ...trouble);
  return show(setting, options.csv === true, question, found, lang);
}

/** What was typed, or what is wrong with it. */
function questionOf(
  device: string,
  point: string | boolean | undefined,
  { from, to, limit, csv }: Options,
  { json }: Setting,
  now: number,
): HistoryQuestion | Trouble {
  if (csv === true && json)
    return [
      { zh: "--csv 和 --json 不能一起用", en: "--csv and --json exclude each other" },
      { zh: "表格软件用 --csv，程序用 --json", en: "--csv is for spreadsheets, --json for programs" },
    ];
  const times = { from: typed(from, now, false), to: typed(to, now, true) };
  for (const name of ["from", "to"] as const)
    if (times[name] === null) return notATime(name, String({ from, to }[name]));
  if (times.from != null && times.to != null && times.from >= times.to)
    return [
      { zh: "--from 不早于 --to，中间没有时间", en: "--from is not before --to: there is no time between" },
      { zh: "换过来，或写一段时间", en: "turn them round, or leave time between" },
    ];
  const fallback = csv === true || json ? forPrograms : (from ?? to) ? withinTimes : fewest;
  const count = limit === undefined ? fallback : /^\d{1,7}$/.test(String(limit)) ? Number(limit) : 0;
  if (count < 1 || count > most)
    return [
      { zh: `--limit 要 1 到 ${most} 的整数`, en: `--limit takes a whole number from 1 to ${most}` },
      { zh: "例如 --limit 200", en: "such as --limit 200" },
    ];
  return {
    device,
    limit: count,
    ...(typeof point === "string" ? { point } : {}),
    ...(times.from == null ? {} : { from: times.from }),
    ...(times.to == null ? {} : { to: times.to }),
  };
}

const typed = (time: string | boolean | undefined, now: number, ends: boolean) =>
  typeof time === "string" ? momentFrom(time, now, ends) : undefined;

const notATime = (name: string, text: string): Trouble => [
  { zh: `--${name} 的时间看不懂：${text.slice(0, 40)}`, en: `--${name}: "${text.slice(0, 40)}" is no time` },
  {
    zh: '写 2026-10-31、"10-31 08:00"、08:00、3h 或 2d 这样',
    en: 'write it like 2026-10-31, "10-31 08:00", 08:00, 3h or 2d',
  },
];

/** Page by page, the newest first. */
async function gather(setting: Setting, door: Door, question: HistoryQuestion) {
  const values: HistoryPoint[] = [];
  for (let { to } = question; ; ) {
    const limit = Math.min(maxHistoryValues, question.limit - values.length);
    const asked = { ...question, limit, ...(to === undefined ? {} : { to }) };
    const fetch = (socket: string, signal: AbortSignal) => fetchHistory(socket, asked, signal);
    const page = await ask(setting, door, fetch, historySchema.or(noHistorySchema), patienceMs);
    if (page === null || "error" in page) return page;
    values.push(...page.values);
    const last = page.values.at(-1)?.time ?? null;
    if (!page.more || last === null || values.length >= question.limit) return { ...page, values };
    to = last;
  }
}

/** A device or a point that is not here; null: it is. */
async function unknown(
  setting: Setting,
  door: Door,
  { device, point }: HistoryQuestion,
  { points, devices }: HistoryValues,
): Promise<Trouble | null> {
  if (points.length === 0) {
    const status = await ask(setting, door, fetchStatus, statusSchema);
    const configured = (status?.devices ?? []).map(({ id }) => id);
    if (configured.includes(device))
      return [
        { zh: `历史里还没有 ${device} 的数据`, en: `the history has nothing of ${device} yet` },
        {
          zh: `campus-edge why ${device} 看它有没有数据`,
          en: `campus-edge why ${device} tells whether it says anything`,
        },
      ];
    const near = nearest(device, [...new Set([...(devices ?? []), ...configured])]);
    return [
      { zh: `没有设备“${device.slice(0, 64)}”`, en: `there is no device "${device.slice(0, 64)}"` },
      near === undefined
        ? { zh: "campus-edge status 看有哪些房间和设备", en: "campus-edge status lists rooms and devices" }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
    ];
  }
  if (point === undefined || points.includes(point)) return null;
  const near = nearest(point, points);
  return [
    { zh: `${device} 没有测点“${point.slice(0, 64)}”`, en: `${device} has no point "${point.slice(0, 64)}"` },
    near === undefined
      ? { zh: `它有：${points.join("、")}`, en: `it has ${points.join(", ")}` }
      : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  ];
}

function show(
  setting: Setting,
  csv: boolean,
  question: HistoryQuestion,
  { values: newestFirst, more, undated, damaged }: HistoryValues,
  lang: Language,
): number {
  const { device, point, limit } = question;
  const values = newestFirst.toReversed();
  if (setting.json) {
    setting.out(JSON.stringify({ v: 1, device, values, more, undated, damaged }));
    return exit.well;
  }
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  // Of a CSV only the table goes where it is redirected to.
  const note = csv ? setting.err : setting.out;
  if (csv) for (const line of historyCsv(device, values, lang)) setting.out(line);
  else if (values.length > 0) for (const line of historyTable(device, point, values, lang)) setting.out(line);
  if (values.length === 0)
    note(
      say(
        "这段时间没有值：设备那时没有数据，或历史没有那么长",
        "no value in this time: the device said nothing, or the history does not go back so far",
      ),
    );
  const oldest = values[0]?.time ?? null;
  if (more && oldest !== null)
    note(
      say(
        `更早的还有：加 --limit ${limit * 10}，或 --to "${until(oldest)}"`,
        `there are older ones: add --limit ${limit * 10}, or --to "${until(oldest)}"`,
      ),
    );
  if (undated > 0)
    note(
      say(
        `另有 ${undated} 条是对时之前的，时间未知；不写 --from、--to 才列出`,
        `${undated} more came before the clock was known; they are listed without --from and --to`,
      ),
    );
  if (damaged > 0)
    note(say(`有 ${damaged} 段读不出，已损坏`, `${damaged} pieces are damaged and cannot be read`));
  return exit.well;
}

/** As `--to` takes it, in whole seconds: rather a value twice than one left out. */
const until = (oldest: number) => dateTime(Math.ceil(oldest / 1000) * 1000);

/** Without a device: how far the history goes. */
async function overview(setting: Setting, door: Door): Promise<number> {
  const { lang } = door;
  const status = await ask(setting, door, fetchStatus, statusSchema);
  if (status === null) return exit.cannot;
  const { history } = status;
  if (history === undefined) return refused(setting, lang, ...closed("no-history"));
  if (setting.json) setting.out(JSON.stringify({ history }));
  else {
    setting.out(historyLine(history, lang));
    const device = status.devices[0]?.id ?? "DEVICE";
    setting.out(
      { zh: `查一台设备：campus-edge query ${device}`, en: `for one device: campus-edge query ${device}` }[
        lang
      ],
    );
  }
  return exit.well;
}

function closed(code: string): Trouble {
  if (code === "no-history")
    return [
      {
        zh: "这台网关不记历史",
        en: "this gateway keeps no history",
      },
      {
        zh: "要记就在 buffer: 里写 history: 2GB，再重启网关",
        en: "to have one, write history: 2GB in buffer: and restart the gateway",
      },
    ];
  return [
    { zh: `本机历史现在打不开（${code}）`, en: `the local history is not open now (${code})` },
    {
      zh: "过一分钟再试；一直这样就看 campus-edge why",
      en: "try again in a minute; if it stays so, see campus-edge why",
    },
  ];
}
