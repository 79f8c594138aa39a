/**
 * Keeps the wall: asks the system, tells journal and health what became of it, and makes every step an event.
 *
 * Holds: an epoch's base never changes once it is known. When the wall moves, a new epoch begins with the new base, so
 * what was recorded before keeps its time, at the platform too; a step is a record, whatever the disk says meanwhile.
 */
import type { Clock, Log } from "../../config/schema/context.ts";
import type { SchoolPlan } from "../../config/schema/plan.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import { clockStepMs, type Health } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";
import type { Synchronised } from "./system-time.ts";
import { type Change, createWall, isStep, moveMs } from "./wall.ts";

export interface TimeParts {
  clock: Clock;
  log: Log;
  /** Device id of the gateway's own records. */
  gateway: string;
  /** Not asked before `begin`. */
  journal(): Pick<Journal, "clockKnown" | "roll" | "append">;
  health(): Pick<Health, "clock">;
  /** Never rejects. */
  synchronised(): Promise<Synchronised>;
  /** What the configuration says now. */
  mode(): SchoolPlan["clock"];
}

export interface KeptTime {
  /** Wall ms UTC, or null while unknown. */
  now(): number | null;
  /** A platform's clock showed `at` some time within the last `rttMs`. */
  platform(at: number, rttMs: number): void;
  /** Journal and health are there: what is known by now is told. */
  begin(): void;
  /** Looks at the clocks; to be called every few seconds. Never rejects. */
  step(): Promise<void>;
}

/** The system is asked so often once its clock is known; while it is not, at every step. */
const askAgainMs = 300_000;
/** A machine's clock that is seen to be off between two steps is looked at at once, but not more often than this. */
const hurryMs = 10_000;
/** Steps that wait for the disk. */
const maxWaiting = 64;
const stepPoint = "clock.stepped";

/** Asks the system at once, so that the answer is there when the journal is open. */
export function keepTime(parts: TimeParts): KeptTime {
  const { clock, log } = parts;
  let said: Synchronised = "unknown";
  let askedAt = Number.NEGATIVE_INFINITY;
  let hurriedAt = Number.NEGATIVE_INFINITY;
  let begun = false;
  let waiting: Draft[] = [];
  let stepping: Promise<void> | null = null;

  const wall = createWall(clock, (change) => {
    if (begun) tell(change);
  });

  const tell = (change: Change) => {
    const { wallMs, quality, source, first, byMs } = change;
    const journal = parts.journal();
    journal.clockKnown(wallMs, quality);
    // In the same turn, so that no row comes between. A store that refuses begins an epoch when it recovers.
    if (!first) void journal.roll("clock").catch(() => {});
    tellHealth();
    const fields = { source, quality, byMs };
    if (first) log.info(fields, "the time is known");
    else if (!isStep(change)) log.info(fields, "the time is known better or worse than before");
    else {
      log.warn(fields, "the clock was set; a new epoch has the new time");
      waiting = [...waiting, stepped(change)].slice(-maxWaiting);
      void append();
    }
  };

  const stepped = ({ wallMs, byMs }: Change): Draft => ({
    series: {
      device: parts.gateway,
      point: stepPoint,
      space: "",
      kind: "event",
      level: 2,
      source: "clock",
    },
    class: "K",
    value: JSON.stringify({ from: Math.round(wallMs - byMs), to: Math.round(wallMs), by: byMs }),
    quality: 0,
  });

  /** Those that the store refuses wait for the next step. */
  const append = async () => {
    const drafts = waiting;
    waiting = [];
    if (drafts.length === 0) return;
    await parts
      .journal()
      .append(drafts, [], "now")
      .catch(() => {
        waiting = [...drafts, ...waiting].slice(-maxWaiting);
      });
  };

  const tellHealth = () => {
    const { known, quality, source, platformAheadMs, absurdMs } = wall.state;
    parts.health().clock({ known, quality, source, platformAheadMs, absurdMs });
  };

  const look = () =>
    wall.look(said === "yes" ? "system" : parts.mode() === "trusted" ? "configuration" : null);

  const ask = async () => {
    askedAt = clock.monotonicMs();
    said = await parts.synchronised();
  };

  const step = async () => {
    // A clock that has moved is believed on a fresh word alone.
    const isDue = said !== "yes" || Math.abs(wall.astrayMs) >= moveMs;
    if (isDue || clock.monotonicMs() - askedAt >= askAgainMs) await ask();
    if (!begun) return;
    look();
    const now = wall.now();
    // Epochs of this boot that came in since (a damaged file is read again) and have no base yet.
    if (now !== null) parts.journal().clockKnown(now, wall.state.quality === 0 ? 0 : 1);
    tellHealth();
    void append();
  };
  const once = () => {
    stepping ??= step().finally(() => {
      stepping = null;
    });
    return stepping;
  };
  void once();

  return {
    now() {
      const now = clock.monotonicMs();
      if (begun && now - hurriedAt >= hurryMs && Math.abs(wall.astrayMs) >= clockStepMs) {
        hurriedAt = now;
        void once();
      }
      return wall.now();
    },
    platform: wall.platform,
    begin() {
      begun = true;
      look();
    },
    step: once,
  };
}
