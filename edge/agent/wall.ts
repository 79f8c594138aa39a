/**
 * What time it is, as far as anybody vouches for it (R3). Pure apart from its memory.
 *
 * The wall is an offset to monotonic time. Whoever vouches sets it: the machine's own clock while the system says
 * that it is synchronised or the configuration trusts it, else a platform by the `at` of its receipts. Between two
 * such words the machine's clock may be set to anything: the wall goes on by monotonic time.
 *
 * Holds:
 * - `now` moves against monotonic time only together with a `Change`, after which a new epoch has the new base.
 * - Quality is 0 only while the system says that its clock is synchronised, and for `graceMs` after.
 * - A platform never moves a clock that the machine vouches for. One that went by a platform's word follows drift
 *   at once, and a jump only when every receipt of half an hour says the same.
 * Never happens: a time outside the sane years; more changes than the bar allows, however wildly a clock jumps.
 */
import type { Clock } from "../../config/schema/context.ts";
import { clockStepMs } from "../health/index.ts";

/** Whose word the wall goes by; `nobody`: the last word was some time ago. */
export type Source = "system" | "configuration" | "platform" | "nobody";

export interface Change {
  /** Wall ms now, and its quality: 0 synced, 1 holdover. */
  wallMs: number;
  quality: 0 | 1;
  source: Source;
  /** Until now nothing was known: nothing moved. */
  first: boolean;
  /** Moved by so much, ms; 0 for a change of quality alone. A step is one of `clockStepMs` and more. */
  byMs: number;
}

export interface WallState {
  known: boolean;
  quality: 0 | 1 | 2;
  source: Source;
  /** How far a platform's clock is ahead of the wall, when it has been so for a while and is worth a word. */
  platformAheadMs: number | null;
  /** What the machine's clock shows although somebody vouches for it, when that cannot be; else null. */
  absurdMs: number | null;
}

export interface Wall {
  /** Wall ms UTC, or null while unknown. */
  now(): number | null;
  readonly state: WallState;
  /** How far the machine's clock is from the wall, ms; 0 unless the wall goes by the machine's clock. */
  readonly astrayMs: number;
  /** Who vouches for the machine's clock at this moment; null: nobody. To be called every few seconds. */
  look(voucher: "system" | "configuration" | null): void;
  /** A platform's clock showed `at` some time within the last `rttMs`. */
  platform(at: number, rttMs: number): void;
}

/** A clock that shows less was never set, one that shows more is broken. */
export const saneFrom = Date.UTC(2020, 0, 1);
export const saneUntil = Date.UTC(2050, 0, 1);
/** The wall is moved when it is off by so much. */
export const moveMs = 2000;
/** The system may be silent for so long before its clock counts as no longer synchronised. */
export const graceMs = 1_800_000;
/** After a change the next must wait, from a minute to an hour; a calm day later it is a minute again. */
const barMs = { first: 60_000, longest: 3_600_000, calm: 86_400_000 };
/** A receipt that took longer tells the time too roughly, and one above `preciseMs` does not show that all is well. */
const longestRttMs = 10_000;
const preciseMs = 1000;
/** No oscillator drifts faster. */
const driftShare = 500e-6;
/** A platform's jump is believed when it has lasted so long. */
export const jumpMs = 1_800_000;
/** A platform that is off by so much for so long is told, until it is silent or agrees. */
const tell = { apartMs: 60_000, forMs: 60_000, freshMs: 600_000 };

const isSane = (ms: number) => ms >= saneFrom && ms < saneUntil;

/** @param changed called when the wall becomes known, moves or changes its quality; `now` already says the new time */
export function createWall(clock: Clock, changed: (change: Change) => void): Wall {
  let known: { offset: number; quality: 0 | 1; source: Source } | null = null;
  let absurdMs: number | null = null;
  /** When the system said last that its clock is synchronised; when a platform agreed last. */
  let syncedAt = Number.NEGATIVE_INFINITY;
  let agreedAt = 0;
  /** A platform's clock that is off, always by the same. */
  let dissent: { offset: number; since: number; lastAt: number } | null = null;
  let bar = { changedAt: Number.NEGATIVE_INFINITY, ms: 0 };

  const mono = () => clock.monotonicMs();

  const take = (offset: number, quality: 0 | 1, source: Source) => {
    const now = mono();
    const before = known;
    if (before !== null) {
      const isOff = Math.abs(offset - before.offset) >= moveMs;
      if (!isOff && quality === before.quality) {
        if (source === "nobody") agreedAt = now;
        before.source = source;
        return;
      }
      if (now - bar.changedAt < bar.ms) return;
      const calm = now - bar.changedAt >= barMs.calm;
      bar = { changedAt: now, ms: calm ? barMs.first : Math.min(barMs.longest, bar.ms * 2) };
    }
    known = { offset, quality, source };
    agreedAt = now;
    dissent = null;
    const byMs = before === null ? 0 : Math.round(offset - before.offset);
    changed({ wallMs: offset + now, quality, source, first: before === null, byMs });
  };

  /** A platform said what time it was within the last `rttMs`; how far that is from ours, 0 when it may be the same. */
  const apart = (ours: number, at: number, rttMs: number) =>
    ours < at ? at - ours : ours > at + rttMs ? at + rttMs - ours : 0;

  return {
    now: () => (known === null ? null : known.offset + mono()),
    get state(): WallState {
      const isTold =
        known !== null &&
        dissent !== null &&
        Math.abs(dissent.offset - known.offset) >= tell.apartMs &&
        dissent.lastAt - dissent.since >= tell.forMs &&
        mono() - dissent.lastAt <= tell.freshMs;
      return {
        known: known !== null,
        quality: known?.quality ?? 2,
        source: known?.source ?? "nobody",
        platformAheadMs: isTold && known && dissent ? dissent.offset - known.offset : null,
        absurdMs,
      };
    },
    get astrayMs() {
      if (known?.source !== "system" && known?.source !== "configuration") return 0;
      return clock.wallMs() - mono() - known.offset;
    },
    look(voucher) {
      const wallMs = clock.wallMs();
      absurdMs = voucher !== null && !isSane(wallMs) ? wallMs : null;
      const now = mono();
      if (voucher === "system") syncedAt = now;
      const isSynced = known?.quality === 0 && now - syncedAt < graceMs;
      if (voucher !== null && absurdMs === null) {
        const offset = wallMs - now;
        const isSteady = isSynced && Math.abs(offset - (known?.offset ?? 0)) < moveMs;
        take(offset, voucher === "system" || isSteady ? 0 : 1, voucher);
        return;
      }
      if (known === null || known.source === "platform" || known.source === "nobody" || isSynced) return;
      take(known.offset, 1, "nobody");
    },
    platform(at, rttMs) {
      if (!(rttMs >= 0 && rttMs <= longestRttMs) || !isSane(at)) return;
      const now = mono();
      const offset = at + rttMs / 2 - now;
      if (known === null) {
        take(offset, 1, "platform");
        return;
      }
      const off = apart(known.offset + now, at, rttMs);
      if (Math.abs(off) < moveMs) {
        if (rttMs > preciseMs) return;
        agreedAt = now;
        dissent = null;
        if (known.source === "nobody") known.source = "platform";
        return;
      }
      const isSame = dissent !== null && Math.abs(offset - dissent.offset) < moveMs + rttMs;
      if (dissent === null || !isSame) dissent = { offset, since: now, lastAt: now };
      else dissent.lastAt = now;
      if (known.source === "system" || known.source === "configuration") return;
      const isDrift = Math.abs(off) < moveMs + (now - agreedAt) * driftShare;
      if (isDrift || now - dissent.since >= jumpMs) take(offset, 1, "platform");
    },
  };
}

/** Whether a change is a step: the wall was wrong, not merely refined. */
export const isStep = ({ byMs }: Change): boolean => Math.abs(byMs) >= clockStepMs;
