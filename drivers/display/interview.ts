/**
 * What a device is asked in one turn, one question after the other over one line, and what comes of it.
 *
 * Holds: who says nothing to the first question is not asked the others; a device whose power is off, neither. What
 * it refuses is a fault of those points alone.
 */
import type { Clock, Fault, Reading, Sample } from "../contract/index.ts";
import type { Line } from "../line/line.ts";
import { orAborted } from "../line/or-aborted.ts";
import { type DisplayDriver, type DisplayWord, displayFault } from "./faults.ts";
import type { Heard, Question } from "./question.ts";

/** A point, and the word under which an answer gives it. */
export interface AskedPoint {
  id: string;
  word: string;
}

export interface Step {
  question: Question;
  points: readonly AskedPoint[];
  /** Whether these values say that nothing else can be asked, and the one word that counts all the same. */
  isLast?(values: Readonly<Record<string, unknown>>): boolean;
}

/** What of a gate's answer is true while the device is off. */
const gateWord = "power";

export interface Terms {
  driver: DisplayDriver;
  clock: Clock;
  /** Longest time until an answer begins, where its question does not say, ms. */
  answerMs: number;
  /** Longest rest inside an answer, ms. */
  betweenMs: number;
  /** Rest of the device between two questions, ms. */
  pauseMs: number;
  /** After an answer that cannot be read the next would be doubtful, too. */
  fragile: boolean;
}

export interface Interviewed {
  reading: Reading;
  /** Nothing came at all. */
  silent: boolean;
  turnaroundMs?: number;
}

/** @throws the reason of `signal`; LineError when the line has ended */
export async function interview(
  device: string,
  steps: readonly Step[],
  line: Line,
  terms: Terms,
  signal: AbortSignal,
): Promise<Interviewed> {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  const { driver, clock, pauseMs } = terms;
  let answered = 0;
  let turnaroundMs: number | undefined;
  for (const [index, step] of steps.entries()) {
    const { question, points } = step;
    if (index > 0 && pauseMs > 0) await clock.sleep(pauseMs, signal);
    const came = await ask(question, line, terms, signal);
    if ("word" in came) {
      const { word } = came;
      if (answered === 0 || (terms.fragile && word !== "silent")) {
        faults.push(displayFault(driver, word));
        break;
      }
      faults.push(...points.map(({ id }) => displayFault(driver, word, id)));
      continue;
    }
    answered += 1;
    turnaroundMs ??= came.turnaroundMs;
    const meaning = meaningOf(driver, step, came.heard);
    samples.push(...meaning.samples);
    faults.push(...meaning.faults);
    if (meaning.isOver) break;
  }
  const silent = answered === 0 && faults.every(({ code }) => code === `${driver}.silent`);
  return {
    reading: { device, samples, faults },
    silent,
    ...(turnaroundMs === undefined ? {} : { turnaroundMs }),
  };
}

/** What an answer is for the points that it was asked for. `isOver`: nothing else can be asked. */
export function meaningOf(
  driver: DisplayDriver,
  { points, isLast }: Pick<Step, "points" | "isLast">,
  heard: Heard,
): { samples: Sample[]; faults: Fault[]; isOver: boolean } {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  if ("refusal" in heard) faults.push(...points.map(({ id }) => displayFault(driver, heard.refusal, id)));
  if (!("values" in heard)) return { samples, faults, isOver: false };
  const isOver = isLast?.(heard.values) === true;
  for (const { id, word } of points) {
    if (isOver && word !== gateWord) continue;
    const raw = Object.hasOwn(heard.values, word) ? heard.values[word] : null;
    if (raw === undefined || raw === null) faults.push(displayFault(driver, "value", id));
    else samples.push({ point: id, raw });
  }
  return { samples, faults, isOver };
}

/** One exchange. @throws as `interview` */
export async function ask(
  question: Question,
  line: Line,
  { answerMs, betweenMs }: Pick<Terms, "answerMs" | "betweenMs">,
  signal: AbortSignal,
): Promise<{ heard: Heard; turnaroundMs: number } | { word: DisplayWord }> {
  // What came unasked answers nobody.
  line.takeStrays();
  const limits = { firstMs: question.answerMs ?? answerMs, betweenMs };
  const exchanged = await orAborted(line.exchange(question.bytes, question.judge, limits, signal), signal);
  if ("answer" in exchanged) return { heard: exchanged.answer, turnaroundMs: exchanged.turnaroundMs };
  const { fault } = exchanged;
  return { word: fault === "restless" ? "noise" : fault };
}
