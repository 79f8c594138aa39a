/** Which questions a display is asked, and what a turn takes. Pure. */
import type { Job } from "../../../config/schema/kind.ts";
import { characterMs, type Pace } from "../../line/pace.ts";
import type { AskedPoint, Step } from "../interview.ts";
import { protocolOf } from "../protocols/index.ts";
import type { DisplayAddress, DisplayDevice, DisplayProfile } from "./fields.ts";
import { numberOf } from "./fields.ts";

export interface DisplayBody {
  profile: DisplayProfile;
  id: number;
  answerMs: number;
  /** In their order; power first, as one that is off is not asked for the rest. */
  queries: readonly string[];
  points: readonly AskedPoint[];
}
export type DisplayJob = Job & { body: DisplayBody };

/** What connecting may take. */
const connectMs = 5_000;
/** What a question may take beyond the time until its answer begins. */
const marginMs = 500;

/** @param pace of a serial line; absent: over TCP */
export function planDisplay(
  device: DisplayDevice<DisplayAddress>,
  line: string,
  pace: Pace | null,
): DisplayJob[] {
  const { asks } = protocolOf(device.profile.protocol);
  const power = asks.power?.query;
  const groups = Map.groupBy(
    device.points.flatMap(({ id, source: { ask: word }, everyMs }) => {
      const known = Object.hasOwn(asks, word) ? asks[word] : undefined;
      return known === undefined ? [] : [{ id, word, query: known.query, everyMs }];
    }),
    ({ everyMs }) => everyMs,
  );
  return [...groups].map(([everyMs, points]) => {
    const wanted = points.map(({ query }) => query);
    const queries = [...new Set(power === undefined ? wanted : [power, ...wanted])];
    const answerMs = device.address.answer ?? device.profile.answerMs;
    const body: DisplayBody = {
      profile: device.profile,
      id: numberOf(device.address),
      answerMs,
      queries,
      points: points.map(({ id, word }) => ({ id, word })),
    };
    const questions = stepsOf(body, pace === null).map(({ question }) => question);
    const sum = (of: (question: (typeof questions)[number]) => number) =>
      questions.reduce((total, question) => total + of(question), 0);
    const wireMs = pace === null ? connectMs : 2 * characterMs(pace) * sum(({ rxBytes }) => rxBytes);
    return {
      device: device.id,
      line,
      points: points.map(({ id }) => id),
      everyMs,
      deadlineMs: Math.ceil(wireMs + queries.length * (answerMs + device.profile.pauseMs + marginMs)),
      txBytes: sum(({ bytes }) => bytes.length),
      rxBytes: sum(({ rxBytes }) => rxBytes),
      body,
    };
  });
}

/** @param network frames go over TCP, where some models want them as text */
export function stepsOf({ profile, id, queries, points }: DisplayBody, network: boolean): Step[] {
  const protocol = protocolOf(profile.protocol);
  const manner = { hexText: network && profile.hexText, lax: profile.lax };
  const gate = protocol.asks.power?.query;
  return queries.map((query) => ({
    question: protocol.query(query, id, manner),
    points: points.filter(({ word }) => protocol.asks[word]?.query === query),
    ...(query === gate ? { isLast: ({ power }) => typeof power === "number" && !protocol.isOn(power) } : {}),
  }));
}
