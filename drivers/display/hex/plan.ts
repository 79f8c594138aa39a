/** Which rows of its table a panel is asked, and what a turn takes. Pure. */
import type { Job } from "../../../config/schema/kind.ts";
import type { Step } from "../interview.ts";
import { byteAt, bytesOf, type Pattern, questionOf, type Row, replyBytes } from "./codec.ts";
import type { HexDevice, HexSource } from "./fields.ts";

interface AskedRow extends Row {
  reply: Pattern;
  waitMs: number;
  points: readonly { id: string; at: number }[];
}

export interface HexBody {
  rows: readonly AskedRow[];
  pauseMs: number;
}
export type HexJob = Job & { body: HexBody };

/** What connecting may take. */
const connectMs = 5_000;
/** What a row may take beyond its wait. */
const marginMs = 500;

const nameOf = ({ ask, reply, checksum }: HexSource) => JSON.stringify([ask, reply, checksum]);

export function planHex(device: HexDevice, line: string): HexJob[] {
  const groups = Map.groupBy(device.points, ({ everyMs }) => everyMs);
  return [...groups].map(([everyMs, points]) => {
    const rows = [...Map.groupBy(points, ({ source }) => nameOf(source)).values()].flatMap(
      (same): AskedRow[] => {
        const [first] = same;
        if (first === undefined) return [];
        const { ask, reply, checksum } = first.source;
        const waitMs = Math.max(...same.map(({ source }) => source.wait));
        return [
          {
            send: ask,
            reply,
            checksum,
            waitMs,
            points: same.map(({ id, source }) => ({ id, at: source.at })),
          },
        ];
      },
    );
    const { pauseMs } = device.profile;
    const takes = rows.reduce((total, { waitMs }) => total + waitMs + pauseMs + marginMs, connectMs);
    return {
      device: device.id,
      line,
      points: points.map(({ id }) => id),
      everyMs,
      deadlineMs: takes,
      txBytes: rows.reduce((total, row) => total + (bytesOf(row, null)?.length ?? 0), 0),
      rxBytes: rows.reduce((total, row) => total + replyBytes(row), 0),
      body: { rows, pauseMs },
    };
  });
}

export const stepsOf = ({ rows }: HexBody): Step[] =>
  rows.flatMap((row) => {
    const bytes = bytesOf(row, null);
    if (bytes === null) return [];
    const places = row.points.map(({ id, at }) => ({ word: id, at }));
    return [
      {
        question: { ...questionOf(row, bytes, byteAt(places)), answerMs: row.waitMs },
        points: row.points.map(({ id }) => ({ id, word: id })),
      },
    ];
  });
