/**
 * Whether a serial line can carry what is asked of its meters: time on the wire against the periods. Pure.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import type { Pace } from "../line/pace.ts";
import { wireMs } from "./pace.ts";
import type { DltJob } from "./plan.ts";

/** What a meter needs before it answers, as far as room is concerned: 20 to 500 ms are allowed (§5.3.2). */
const usualMs = 100;
/** Above this share of the line's time, answers included, it is told: there must be room for repeats. */
const much = 0.7;
/** Sums of binary fractions are not exact. */
const nothing = 1e-9;

/** A line that is asked for too much, or nearly so; null: it is well. */
export function overBudget(jobs: readonly DltJob[], pace: Pace): KindProblem | null {
  const least = shareOf(jobs, pace, 0);
  const usual = shareOf(jobs, pace, usualMs);
  if (usual <= much + nothing) return null;
  const meters = new Set(jobs.map(({ device }) => device)).size;
  const asked = {
    zh: `${meters} 块表的 ${jobs.length} 个请求在 ${pace.baud} ${pace.format} 下`,
    en: `${jobs.length} requests to ${meters} meters at ${pace.baud} ${pace.format}`,
  };
  const factor = Math.ceil((usual / much) * 10 - nothing) / 10;
  const isTooMuch = least > 1 + nothing;
  return {
    ...(isTooMuch ? {} : { severity: "warning" }),
    what: isTooMuch
      ? {
          zh: `${asked.zh}最快也要线路时间的 ${Math.ceil(least * 100)} %：跑不完`,
          en: `${asked.en} take ${Math.ceil(least * 100)} % of the line's time at best: that cannot be done`,
        }
      : {
          zh: `${asked.zh}，每次应答按 ${usualMs} ms 算，占线路时间的 ${Math.round(usual * 100)} %：表应答慢一点或要重试就没有余量`,
          en: `${asked.en} take ${Math.round(usual * 100)} % of the line's time with ${usualMs} ms for each answer: slower answers and repeats find no room`,
        },
    fix: {
      zh: `把 period 放长到 ${factor} 倍，或把不用的测点写 off，或提高波特率（表和线路一起改）`,
      en: `make their periods ${factor} times as long, write off for points that nobody needs, or raise the baud rate, of the meters as well`,
    },
  };
}

const shareOf = (jobs: readonly DltJob[], pace: Pace, answerMs: number): number =>
  jobs.reduce((sum, job) => sum + (wireMs(job, pace) + answerMs) / job.everyMs, 0);
