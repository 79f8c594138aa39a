/**
 * Random lives of one kept thing against its promises. Every opener, thing and person acts by a script that
 * fast-check draws; what is checked is only what was promised, at every instant and at the end.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeptOpen, type KeptState, type Openable } from "../../../edge/supervise/keep-open.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { FakeClock } from "../../fake-clock.ts";

interface Opening {
  outcome: "opens" | "fails" | "refused";
  tookMs: number;
  /** Ends its work as soon as the signal aborts. */
  heeds: boolean;
  livesMs: number;
  closeMs: number;
}

const opening: fc.Arbitrary<Opening> = fc.record({
  outcome: fc.constantFrom("opens", "opens", "fails", "refused"),
  tookMs: fc.constantFrom(0, 5, 29_000, 31_000, 40_000),
  heeds: fc.boolean(),
  livesMs: fc.constantFrom(0, 100, 59_000, 61_000, 10_000_000),
  closeMs: fc.constantFrom(0, 10, 2_900, 3_500, 100_000),
});
const act = fc.record({
  afterMs: fc.constantFrom(0, 1, 500, 3_000, 30_000, 70_000, 500_000, 4_000_000),
  what: fc.constantFrom("kick", "recycle", "useful", "nothing"),
});

async function live(openings: Opening[], acts: { afterMs: number; what: string }[], shares: number[]) {
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  const later = (ms: number) => clock.sleep(ms, signal);
  const reports: KeptState[] = [];
  const closes: number[] = [];
  /** Attempts under way and things not closed yet, of those that end in time. */
  let orderly = 0;
  let mostOrderly = 0;
  let nth = 0;
  /** Monotonic ms before which no attempt is due after a refusal. */
  let refusedUntil = 0;
  /** A person asked and no attempt has begun since. */
  let asked = false;
  const early: number[] = [];

  const open = async (aborted: AbortSignal): Promise<Openable> => {
    const script = openings[nth % openings.length] as Opening;
    const self = nth++;
    if (clock.monotonicMs() < refusedUntil && !asked) early.push(self);
    asked = false;
    refusedUntil = 0;
    closes[self] = 0;
    const isOrderly = script.heeds && script.closeMs < 3_000;
    const enter = (by: number) => {
      if (isOrderly) orderly += by;
      mostOrderly = Math.max(mostOrderly, orderly);
    };
    enter(1);
    const cut = new Promise<void>((resolve) => aborted.addEventListener("abort", () => resolve()));
    await (script.heeds ? Promise.race([later(script.tookMs), cut]) : later(script.tookMs));
    if (script.heeds && aborted.aborted) {
      enter(-1);
      throw aborted.reason;
    }
    if (script.outcome !== "opens") {
      enter(-1);
      const refused = script.outcome === "refused";
      if (refused && !aborted.aborted) refusedUntil = clock.monotonicMs() + 3_600_000;
      throw new UplinkError(script.outcome, refused ? "never" : "later", "");
    }
    if (!aborted.aborted) asked = false;
    return {
      ended: later(script.livesMs),
      close: async () => {
        closes[self] = (closes[self] ?? 0) + 1;
        await later(script.closeMs);
        enter(-1);
      },
    };
  };

  let drawn = 0;
  const kept = new KeptOpen({
    clock,
    random: () => shares[drawn++ % shares.length] as number,
    open,
    report: (state) => void reports.push(state),
  });
  kept.start();
  await clock.advance(0);
  for (const { afterMs, what } of acts) {
    await clock.advance(afterMs);
    if (what === "kick" && kept.current === null) asked = true;
    if (what === "kick") kept.kick();
    if (what === "recycle") kept.recycle("asked");
    if (what === "useful") kept.useful();
    await clock.advance(0);
  }
  const stoppedAt = clock.monotonicMs();
  let stopMs = Number.POSITIVE_INFINITY;
  const stopping = kept.stop().then(() => {
    stopMs = clock.monotonicMs() - stoppedAt;
  });
  await clock.advance(0);
  await clock.advance(3_000);
  await stopping;
  const before = nth;
  await clock.advance(20_000_000);
  return { clock, reports, closes, mostOrderly, early, stopMs, opened: nth, openedByStop: before };
}

describe("what is kept open, whatever happens", () => {
  it("is one at a time, closed once, never tried too early, and stopped in time", async () => {
    let attempts = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(opening, { minLength: 1, maxLength: 8 }),
        fc.array(act, { maxLength: 12 }),
        fc.array(fc.constantFrom(0.3, 0.5, 0.999), { minLength: 1, maxLength: 5 }),
        async (openings, acts, shares) => {
          const life = await live(openings, acts, shares);
          attempts += life.opened;
          const allOrderly = openings.every(({ heeds, closeMs }) => heeds && closeMs < 3_000);
          if (allOrderly) expect(life.mostOrderly).toBeLessThanOrEqual(1);
          expect(life.early, "attempts within an hour after a refusal").toEqual([]);
          expect(life.stopMs).toBeLessThanOrEqual(3_000);
          expect(life.opened, "opened after the stop").toBe(life.openedByStop);
          expect(Math.max(...life.closes), "closes of one thing").toBeLessThanOrEqual(1);
          const states = life.reports.map(({ state }) => state);
          for (const [n, state] of states.entries()) {
            const next = states[n + 1];
            if (state === "open") expect(next).toBe("closed");
            if (state === "closed" && next !== undefined && n + 2 < states.length)
              expect(next).toBe("opening");
          }
          // Whatever was opened has been closed: those that opened in time are those reported open.
          expect(life.closes.filter((count) => count === 1).length).toBeGreaterThanOrEqual(
            states.filter((state) => state === "open").length,
          );
          expect(life.reports.at(-1)).toMatchObject({ state: "closed", code: "stopped", nextMs: null });
        },
      ),
      { numRuns: 300 },
    );
    expect(attempts).toBeGreaterThan(1000);
  });
});
