import { gapReasons } from "../../config/schema/batch.ts";
import type { SeqRange } from "../../config/schema/vocabulary.ts";
import type { Stream } from "./stream.ts";

/** The accounts of one epoch: head = done + rejected + lost + policy + before + missing. */
export interface StreamView {
  school: string;
  gateway: string;
  epoch: string;
  head: number;
  next: number;
  base: number | null;
  /** How many are stored, refused, lost (quota, corrupt, gone), withheld, older than the uplink. */
  done: number;
  rejected: number;
  lost: number;
  policy: number;
  before: number;
  /** The seqs declared lost, per reason. */
  losses: { quota: SeqRange[]; corrupt: SeqRange[]; gone: SeqRange[] };
  missing: SeqRange[];
}

/** A stream as tests and people look at it; a copy. */
export function viewOf(stream: Stream): StreamView {
  const { school, gateway, epoch, head, next, base, gaps } = stream;
  const size = Object.fromEntries(gapReasons.map((why) => [why, gaps[why].size]));
  const { quota = 0, corrupt = 0, gone = 0, policy = 0, before = 0 } = size;
  return {
    school,
    gateway,
    epoch,
    head,
    next,
    base,
    done: stream.done.size,
    rejected: stream.rejected.size,
    lost: quota + corrupt + gone,
    policy,
    before,
    losses: { quota: gaps.quota.ranges(), corrupt: gaps.corrupt.ranges(), gone: gaps.gone.ranges() },
    missing: stream.missing(),
  };
}
