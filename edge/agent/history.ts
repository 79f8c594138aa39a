/**
 * The local history, kept open: an uplink that no configuration names, fed by a forwarder like any other.
 *
 * Never happens: trouble with it stops the agent, or is told more than once a time.
 */

import { historyId } from "../../config/schema/history.ts";
import type { BufferPlan } from "../../config/schema/plan.ts";
import type {
  Clock,
  HistoryQuestion,
  Log,
  Outcome,
  UplinkSession,
  View,
} from "../../gateway/contract/index.ts";
import { Forwarder, Schedule } from "../forward/index.ts";
import type { Health } from "../health/index.ts";
import { History, type HistoryFact, historyEncoder, historyFile } from "../history/index.ts";
import type { Journal, UplinkFilter } from "../journal/index.ts";
import { KeptOpen } from "../supervise/keep-open.ts";

/** It takes everything and nothing waits for it: what is gone before it came is gone. */
export const historyFilter: UplinkFilter = {
  id: historyId,
  accepts: () => true,
  start: "oldest",
  holds: false,
};

/** The history gives way at this multiple of the disk's free floor, before the journal has to. */
const beforeFloor = 1.2;
/** Of a file that is no longer what was written. */
const damage = /^SQLITE_(CORRUPT|NOTADB)/;
/** What a new one is sent of old records a second: it is in no hurry, and the machine has other things to do. */
const backlog = { recordsPerS: 2000, bytesPerS: 1_000_000 };

export interface HistoryParts {
  journal: Journal;
  clock: Clock;
  log: Log;
  /** Wall ms UTC; null while nobody vouches for it. */
  wallMs(): number | null;
  health: Pick<Health, "history">;
  random(): number;
}

export interface KeptHistory {
  /** By config/schema/history, or why there is no answer now. */
  ask(question: HistoryQuestion, view: View): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts it at once; the caller stops it. */
export function keepHistory(
  { folder, keepMs, diskFloorBytes }: BufferPlan,
  { quotaBytes }: { quotaBytes: number },
  { journal, clock, log, wallMs, health, random }: HistoryParts,
): KeptHistory {
  let stopped = false;
  let closed = false;
  let resting = false;
  const report = (fact: HistoryFact) => {
    if (fact.what === "anew") {
      const { why } = fact;
      const sentence =
        "the local history's file could not be used; it is set aside, and the history begins anew";
      log.warn({ file: historyFile, why }, sentence);
      health.history({ what: "anew" });
    } else if (fact.what === "resting") {
      if (!resting) log.warn({}, "the disk has no room for the local history; it does not grow");
      resting = true;
    } else {
      resting = false;
      health.history(fact);
    }
  };
  const history = new History({
    ...{ folder, quotaBytes, keepMs, clock, wallMs, report },
    diskFloorBytes: diskFloorBytes * beforeFloor,
  });
  const forwarder = new Forwarder({
    ...{ uplink: historyId, journal, encoder: historyEncoder, clock, log, random },
    pace: new Schedule({ backlog }, { wallMs, share: 0 }),
    report: ({ what }) => {
      if (what === "settled") kept.useful();
    },
  });
  const kept: KeptOpen<UplinkSession> = new KeptOpen<UplinkSession>({
    clock,
    random,
    open: () => history.open(),
    async run(session, signal) {
      const { recycle, why } = await forwarder.serve(session, signal);
      if (recycle) kept.recycle(why);
    },
    report({ state, code }) {
      if (stopped) return;
      if (state === "closed" && code !== null) {
        // A damaged file is told when it has been set aside.
        if (!closed && !damage.test(code))
          log.warn({ code }, "the local history cannot be written; nothing else depends on it");
        closed = true;
        health.history({ what: "closed", code });
      } else if (state === "open") closed = false;
    },
  });
  kept.start();
  return {
    async ask(question, { level }) {
      try {
        const answer = await history.find({ ...question, level });
        return { done: true, body: { v: 1, device: question.device, ...answer } };
      } catch (error) {
        const { code = "failed" } = error as { code?: string };
        return { done: false, body: { error: { code } } };
      }
    },
    async stop() {
      stopped = true;
      await forwarder.stop();
      await kept.stop();
      await history.stop();
    },
  };
}
