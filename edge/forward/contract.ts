/**
 * What a forwarder is given and what it says: options, facts, and how a session's service ended.
 */
import type { Lane } from "../../config/schema/batch.ts";
import type { Clock, Encoder, Log } from "../../gateway/contract/index.ts";
import type { Journal } from "../journal/contract.ts";

/** Told at once, by callback; the callback throws nothing. */
export type Fact =
  /** A receipt has been written down: its rows are delivered or quarantined. */
  | { what: "settled"; lane: Lane; taken: number; rejected: number; bytes: number }
  /** A batch was not taken and nothing of it is lost; its lane waits, or sends it in smaller pieces. */
  | { what: "kept"; lane: Lane; code: string; detail: string }
  /**
   * No receipt for so long though batches are in flight; the session wants to be replaced. `times` in a row: at the
   * second the batches are made anew as well, with the third nothing of ours is left to try and a person is needed.
   */
  | { what: "stalled"; forMs: number; times: number }
  /** The platform asks that nothing but alarms is sent for so long; 0: that is over before its time. */
  | { what: "paused"; forMs: number }
  /** A receipt that settled nothing: `late` (its sending was given up) or `unusable` (its counts do not add up, or nobody waits for it). */
  | { what: "stray"; code: string }
  /** Nothing is sent to this uplink any more until `resume`; everything is kept. A person is needed. */
  | { what: "stopped"; code: string }
  /** The platform's wall ms, between `rttMs` ago and now. */
  | { what: "platform-time"; at: number; rttMs: number };

/** When a lane may send, and how much backlog: asked before a batch is read or sent, told what was sent. */
export interface Pace {
  /** Ms until the next batch of a lane may leave, by all that is known now; 0: now. After that it is asked again. */
  waitMs(lane: Lane, now: number): number;
  /** Backlog leaves: records, and bytes on the wire. Negative: fewer bytes left than were told before. */
  spend(now: number, records: number, bytes: number): void;
  /** The platform asks for patience until then, or did not answer in time. */
  slow(now: number, until: number): void;
}

export const unlimited: Pace = { waitMs: () => 0, spend: () => {}, slow: () => {} };

export interface ForwarderOptions {
  /** Id of the uplink in the journal. */
  uplink: string;
  journal: Journal;
  encoder: Pick<Encoder, "batch">;
  clock: Clock;
  log: Log;
  /** [0, 1), for jitter. */
  random(): number;
  report(fact: Fact): void;
  /** Absent: at any time, and backlog is bounded by the lane alone. */
  pace?: Pace;
}

/** Why `serve` came back. `recycle`: close this session and open another, though it has not ended. */
export interface Served {
  why: "ended" | "aborted" | "stalled" | "stopped" | "broken";
  recycle: boolean;
  /** The loss that ended the session, when it named one; the fault of ours when `broken`. */
  error?: Error;
}
