/**
 * Whether a serial line can carry what is asked of it: time on the wire against the periods. Pure.
 *
 * Counted is what no device can go below: bytes and silences (pace.ts), without the time that devices need to answer.
 * So beyond the whole of it a plan is impossible, and well before that it has no room for them, nor for repeats.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { exchangeMs, type Format, type Pace } from "./pace.ts";
import type { ModbusJob } from "./plan.ts";

/** From this share of the line's time on it is told, and above `most` refused. */
export const much = 0.7;
const most = 1;

export interface Budget {
  /** Time on the wire for one round of all jobs, ms. */
  roundMs: number;
  /** Share of the line's time: 1 is all of it. */
  share: number;
}

export function budgetOf(jobs: readonly ModbusJob[], pace: Pace): Budget {
  let roundMs = 0;
  let share = 0;
  for (const { body, everyMs } of jobs) {
    const ms = exchangeMs(body.request, pace);
    roundMs += ms;
    share += ms / everyMs;
  }
  return { roundMs, share };
}

/** A line that is asked for too much, or nearly so; null: it is well. */
export function overBudget(jobs: readonly ModbusJob[], pace: Pace): KindProblem | null {
  const budget = budgetOf(jobs, pace);
  if (budget.share < much) return null;
  const { what, longer } = sentences(jobs, pace, budget);
  return {
    ...(budget.share > most ? {} : { severity: "warning" }),
    what,
    fix: {
      zh: `${longer.zh}；或提高波特率（设备和串口服务器一起改），或把一部分设备移到另一条线路`,
      en: `${longer.en}; or raise the baud rate, of the devices as well, or move some devices to another line`,
    },
  };
}

type Both = KindProblem["what"];

function sentences(jobs: readonly ModbusJob[], pace: Pace, budget: Budget): { what: Both; longer: Both } {
  const { share, roundMs } = budget;
  const impossible = share > most;
  const own = `${pace.baud} ${pace.format}`;
  const other: Format = pace.format === "8N1" ? "8E1" : "8N1";
  const otherwise = budgetOf(jobs, { ...pace, format: other });
  const percent = `${impossible ? Math.ceil(share * 100) : Math.round(share * 100)} %`;
  const alike = alikeOf(jobs);
  if (alike === null) {
    const factor = Math.ceil((share / much) * 10) / 10;
    const devices = new Set(jobs.map(({ device }) => device)).size;
    const verdict = impossible
      ? { zh: "跑不完", en: "that cannot be done" }
      : { zh: "设备应答和重试没有余量", en: "devices that answer slowly and repeats find no room" };
    return {
      what: {
        zh: `${devices} 台的 ${jobs.length} 个请求在 ${own} 下要占线路时间的 ${percent}：${verdict.zh}`,
        en: `${jobs.length} requests to ${devices} slaves take ${percent} of the line's time at ${own}: ${verdict.en}`,
      },
      longer: { zh: `把 period 放长到 ${factor} 倍`, en: `make their periods ${factor} times as long` },
    };
  }
  const { everyMs, count, bits } = alike;
  const each = bits ? { zh: "位", en: "bits" } : { zh: "个寄存器", en: "registers" };
  const every =
    everyMs === 1000
      ? { zh: "每秒", en: "each second" }
      : { zh: `每 ${s(everyMs)}`, en: `each ${s(everyMs)}` };
  const asked = {
    zh: `${jobs.length} 台 × ${count} ${each.zh}，${every.zh}一遍`,
    en: `${jobs.length} slaves × ${count} ${each.en} ${every.en}`,
  };
  const wanted = `${Math.ceil(roundMs / much / 1000)}s`;
  return {
    what: impossible
      ? {
          zh: `${asked.zh}，在 ${own} 下跑不完：最快 ${s(roundMs)}（${other} 时 ${s(otherwise.roundMs)}）`,
          en: `${asked.en} cannot be done at ${own}: ${s(roundMs)} is the best (${s(otherwise.roundMs)} at ${other})`,
        }
      : {
          zh: `${asked.zh}，在 ${own} 下每遍至少 ${s(roundMs)}，占线路时间的 ${percent}：设备应答和重试没有余量`,
          en: `${asked.en} take ${s(roundMs)} or more at ${own}, ${percent} of the line's time: devices that answer slowly and repeats find no room`,
        },
    longer: { zh: `把 period 放长到 ${wanted} 或以上`, en: `set a period of ${wanted} or more` },
  };
}

/** One request of the same size to each device, all as often; null: they differ. */
function alikeOf(jobs: readonly ModbusJob[]): { everyMs: number; count: number; bits: boolean } | null {
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

/** Milliseconds as seconds, with as many digits as they have, three at most. */
const s = (ms: number) => `${decimals(ms / 1000, 3)} s`;
const decimals = (value: number, digits: number) => String(Number(value.toFixed(digits)));
