/** Which commands a projector is asked with, and what a conversation takes. Pure. */
import type { Job } from "../../../config/schema/kind.ts";
import { pjlinkAsks } from "./codec.ts";
import type { PjlinkDevice } from "./fields.ts";

export interface PjlinkBody {
  answerMs: number;
  /** Each with the points that its answer gives. */
  asks: readonly { command: string; points: readonly { id: string; ask: string; lamp: number }[] }[];
}
export type PjlinkJob = Job & { body: PjlinkBody };

/** What connecting may take. */
const connectMs = 5_000;
/** What a command may take beyond the time until its answer begins. */
const marginMs = 500;
/** `%1POWR ?` with its return, and a usual answer. */
const [askBytes, answerBytes] = [9, 16];
/** Greeting, and the digest in front of the first command. */
const [greetingBytes, digestBytes] = [18, 32];

export function planPjlink(device: PjlinkDevice, line: string): PjlinkJob[] {
  const groups = Map.groupBy(device.points, ({ everyMs }) => everyMs);
  const { answerMs } = device.profile;
  return [...groups].map(([everyMs, points]) => {
    const byCommand = Map.groupBy(
      points.flatMap(({ id, source: { ask, lamp = 1 } }) => {
        const command = pjlinkAsks[ask]?.command;
        return command === undefined ? [] : [{ id, ask, lamp, command }];
      }),
      ({ command }) => command,
    );
    const asks = [...byCommand].map(([command, same]) => ({
      command,
      points: same.map(({ id, ask, lamp }) => ({ id, ask, lamp })),
    }));
    return {
      device: device.id,
      line,
      points: points.map(({ id }) => id),
      everyMs,
      deadlineMs: connectMs + (asks.length + 1) * (answerMs + marginMs),
      txBytes: digestBytes + askBytes * asks.length,
      rxBytes: greetingBytes + answerBytes * asks.length,
      body: { answerMs, asks },
    };
  });
}
