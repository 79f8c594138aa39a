/**
 * Whether a serial line can carry what is asked of it: time on the wire against the periods. Pure.
 *
 * Refused is only what no device can go below: bytes and silences (pace.ts). Beyond the whole of it a plan is
 * impossible. Warned is well before that, with the time that devices need to answer, as there must be room for
 * repeats.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import type { Format, Pace } from "../line/pace.ts";
import { exchangeMs } from "./pace.ts";
import { type ModbusJob, turnaroundMs } from "./plan.ts";

/** Above this share of the line's time, answers included, it is told. */
export const much = 0.7;
/** Above this share, bytes alone, it is refused. */
const most = 1;
/** Differences below this are none: sums of binary fractions are not exact. */
const nothing = 1e-9;

export interface Budget {
  /** Time on the wire for one round of all jobs, ms. */
  roundMs: number;
  /** Share of the line's time: 1 is all of it. */
  share: number;
}

/** @param answerMs what each device needs before it answers; 0: no device can be faster */
export function budgetOf(jobs: readonly ModbusJob[], pace: Pace, answerMs = 0): Budget {
  let roundMs = 0;
  let share = 0;
  for (const { body, everyMs } of jobs) {
    const ms = exchangeMs(body.request, pace) + answerMs;
    roundMs += ms;
    share += ms / everyMs;
  }
  return { roundMs, share };
}

/** A line that is asked for too much, or nearly so; null: it is well. */
export function overBudget(jobs: readonly ModbusJob[], pace: Pace): KindProblem | null {
  const least = budgetOf(jobs, pace);
  const usual = budgetOf(jobs, pace, turnaroundMs);
  if (usual.share <= much + nothing) return null;
  const alike = alikeOf(jobs);
  const { what, longer } =
    alike === null ? mixed(jobs, pace, least, usual) : same(jobs.length, alike, jobs, pace, least, usual);
  return {
    ...(least.share > most ? {} : { severity: "warning" }),
    what,
    fix: {
      zh: `${longer.zh}；或提高波特率（设备和串口服务器一起改），或把一部分设备移到另一条线路`,
      en: `${longer.en}; or raise the baud rate, of the devices as well, or move some devices to another line`,
    },
  };
}

type Both = KindProblem["what"];
interface Sentences {
  what: Both;
  longer: Both;
}

const noRoom: Both = {
  zh: "设备应答慢一点或要重试就没有余量",
  en: "slower answers and repeats find no room",
};
const answering: Both = {
  zh: `每次应答按 ${turnaroundMs} ms 算`,
  en: `with ${turnaroundMs} ms for each answer`,
};

/** Devices that are all asked the same. */
function same(
  devices: number,
  { everyMs, count, bits }: Alike,
  jobs: readonly ModbusJob[],
  pace: Pace,
  least: Budget,
  usual: Budget,
): Sentences {
  const own = `${pace.baud} ${pace.format}`;
  const other: Format = pace.format === "8N1" ? "8E1" : "8N1";
  const otherwise = budgetOf(jobs, { ...pace, format: other });
  const each = size(count, bits);
  const every = everyOf(everyMs);
  const asked = {
    zh: `${devices} 台 × ${each.zh}，${every.zh}${everyMs === 1000 ? "" : " "}一遍`,
    en: `${devices} slaves × ${each.en} ${every.en}`,
  };
  const wanted = `${Math.ceil(usual.roundMs / much / 1000 - nothing)}s`;
  return {
    what:
      least.share > most
        ? {
            zh: `${asked.zh}，在 ${own} 下跑不完：最快 ${s(least.roundMs)}（${other} 时 ${s(otherwise.roundMs)}）`,
            en: `${asked.en} cannot be done at ${own}: ${s(least.roundMs)} is the best (${s(otherwise.roundMs)} at ${other})`,
          }
        : {
            zh: `${asked.zh}，在 ${own} 下每遍至少 ${s(least.roundMs)}，${answering.zh}要 ${s(usual.roundMs)}，占线路时间的 ${percent(usual.share)}：${noRoom.zh}`,
            en: `${asked.en} take at least ${s(least.roundMs)} at ${own}, and ${s(usual.roundMs)} ${answering.en}: ${percent(usual.share)} of the line's time, so that ${noRoom.en}`,
          },
    longer: { zh: `把 period 放长到 ${wanted} 或以上`, en: `set a period of ${wanted} or more` },
  };
}

/** Most kinds of request that a message names. */
const maxNamed = 4;

/** Requests that differ: what each kind of them takes, the largest shares first. */
function mixed(jobs: readonly ModbusJob[], pace: Pace, least: Budget, usual: Budget): Sentences {
  const impossible = least.share > most;
  const own = `${pace.baud} ${pace.format}`;
  const groups = new Map<string, { ms: number; everyMs: number; count: number; share: number }>();
  for (const { body, everyMs } of jobs) {
    const ms = exchangeMs(body.request, pace) + (impossible ? 0 : turnaroundMs);
    const name = `${ms} ${everyMs}`;
    const { count, share } = groups.get(name) ?? { count: 0, share: 0 };
    groups.set(name, { ms, everyMs, count: count + 1, share: share + ms / everyMs });
  }
  const terms = [...groups.values()].sort((a, b) => b.share - a.share);
  const sum = (word: "zh" | "en") =>
    terms
      .slice(0, maxNamed)
      .map(({ count, ms, everyMs }) => `${count} × ${decimals(ms, 1)} ms ${everyOf(everyMs)[word]}`)
      .concat(terms.length > maxNamed ? ["…"] : [])
      .join(" + ");
  const devices = new Set(jobs.map(({ device }) => device)).size;
  const factor = Math.ceil((usual.share / much) * 10 - nothing) / 10;
  const { share } = impossible ? least : usual;
  return {
    what: {
      zh: `${devices} 台的 ${jobs.length} 个请求在 ${own} 下要占线路时间的 ${percent(share)}（${sum("zh")}${impossible ? "" : `，${answering.zh}`}）：${impossible ? "跑不完" : noRoom.zh}`,
      en: `${jobs.length} requests to ${devices} slaves take ${percent(share)} of the line's time at ${own} (${sum("en")}${impossible ? "" : `, ${answering.en}`}): ${impossible ? "that cannot be done" : noRoom.en}`,
    },
    longer: { zh: `把 period 放长到 ${factor} 倍`, en: `make their periods ${factor} times as long` },
  };
}

interface Alike {
  everyMs: number;
  count: number;
  bits: boolean;
}

/** One request of the same size to each device, all as often; null: they differ. */
function alikeOf(jobs: readonly ModbusJob[]): Alike | null {
  const [first] = jobs;
  if (first === undefined) return null;
  const { everyMs } = first;
  const { fc, count } = first.body.request;
  const same = jobs.every(
    (job) => job.everyMs === everyMs && job.body.request.fc === fc && job.body.request.count === count,
  );
  if (!same || new Set(jobs.map(({ device }) => device)).size !== jobs.length) return null;
  return { everyMs, count, bits: fc <= 2 };
}

const size = (count: number, bits: boolean): Both =>
  bits ? { zh: `${count} 位`, en: `${count} bits` } : { zh: `${count} 个寄存器`, en: `${count} registers` };

const everyOf = (everyMs: number): Both =>
  everyMs === 1000 ? { zh: "每秒", en: "each second" } : { zh: `每 ${s(everyMs)}`, en: `each ${s(everyMs)}` };

/** What is more than the whole is never shown as the whole. */
const percent = (share: number) => `${share > most ? Math.ceil(share * 100) : Math.round(share * 100)} %`;
/** Milliseconds as seconds, with as many digits as they have, three at most. */
const s = (ms: number) => `${decimals(ms / 1000, 3)} s`;
const decimals = (value: number, digits: number) => String(Number(value.toFixed(digits)));
