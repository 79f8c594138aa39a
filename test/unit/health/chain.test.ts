import { describe, expect, it } from "vitest";
import { breakIn, type Member } from "../../../edge/health/chain.ts";

const chain = ["201", "202", "203", "204", "205", "206"];
const [airMs, meterMs] = [10_000, 60_000];
const cutMs = 1_000_000;

/** Two devices in each room, asked at their own times; what is broken from `from` on is noticed after three questions. */
function rooms(from: string, nowMs: number): Member[] {
  return chain.flatMap((space, at) =>
    [airMs, meterMs].map((periodMs): Member => {
      // Who hangs farther out was asked earlier.
      const phaseMs = ((chain.length - at) * 7100 + periodMs / 7) % periodMs;
      const untilMs = space >= from ? Math.min(nowMs, cutMs) : nowMs;
      const heardAt = untilMs - ((((untilMs - phaseMs) % periodMs) + periodMs) % periodMs);
      const noticedMs = 3 * periodMs;
      return {
        space,
        periodMs,
        noticedMs,
        heardAt,
        silentSince: nowMs - heardAt > noticedMs ? heardAt : null,
      };
    }),
  );
}

describe("where a cable is broken", () => {
  it.each(["202", "204", "206"])(
    "is never told wrong in front of %s, however late some are asked again",
    (from) => {
      const told = new Set<string>();
      for (let afterMs = 0; afterMs <= 600_000; afterMs += 500) {
        const found = breakIn(chain, rooms(from, cutMs + afterMs));
        if (found !== null) told.add(found.from);
        if (afterMs > 250_000) expect(found?.from).toBe(from);
      }
      expect([...told]).toEqual([from]);
    },
  );

  it("is not told while the last in front of it were not asked again", () => {
    const silent = { silentSince: 100_000, noticedMs: 30_000, heardAt: 100_000, periodMs: 10_000 };
    const behind = ["203", "204"].map((space) => ({ ...silent, space }));
    const front = (heardAt: number) => ({ ...silent, space: "202", silentSince: null, heardAt });
    expect(breakIn(chain, [front(105_000), ...behind])).toBeNull();
    expect(breakIn(chain, [front(110_001), ...behind])).toMatchObject({ after: "202", from: "203" });
  });
});
