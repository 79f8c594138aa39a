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
        noticedMs,
        heardAt,
        vainAt: heardAt + periodMs <= nowMs ? heardAt + periodMs : null,
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
    const silent = { silentSince: 100_000, noticedMs: 30_000, heardAt: 100_000, vainAt: 110_000 };
    const behind = ["203", "204"].map((space) => ({ ...silent, space }));
    const front = (heardAt: number) => ({ ...silent, space: "202", silentSince: null, heardAt });
    expect(breakIn(chain, [front(105_000), ...behind])).toBeNull();
    expect(breakIn(chain, [front(110_001), ...behind])).toMatchObject({ after: "202", from: "203" });
    const unknown = behind.map((member) => ({ ...member, vainAt: null }));
    expect(breakIn(chain, [front(110_001), ...unknown])).toBeNull();
  });

  describe("with silences of before", () => {
    const noticedMs = 30_000;
    const well = (space: string): Member => ({
      ...{ space, noticedMs },
      ...{ silentSince: null, heardAt: 9_000_000, vainAt: null },
    });
    const since = (space: string, at: number): Member => ({
      ...{ space, noticedMs },
      ...{ silentSince: at, heardAt: at, vainAt: at + 10_000 },
    });
    const [longAgo, lately] = [1_000_000, 8_000_000];

    it.each([
      [
        "behind it",
        [well("201"), well("202"), since("203", lately), since("204", longAgo), since("205", lately)],
      ],
      [
        "at its end",
        [well("201"), well("202"), since("203", lately), since("204", lately), since("205", longAgo)],
      ],
      ["beside the first", [well("202"), since("203", longAgo), since("203", lately), since("205", lately)]],
    ])("is told where one is dead %s since long, which is its own cause", (_, members) => {
      const found = breakIn(chain, members);
      expect(found).toMatchObject({ after: "202", from: "203", since: lately });
      expect(found?.silent.map(({ silentSince }) => silentSince)).toEqual([lately, lately]);
    });

    it("is told where the last in front of it is dead since long, or died meanwhile", () => {
      for (const at of [longAgo, lately + 500_000]) {
        const members = [well("201"), since("202", at), since("203", lately), since("204", lately)];
        expect(breakIn(chain, members)).toMatchObject({ after: "201", from: "203", since: lately });
      }
    });

    it("is the nearer one of two, with everybody behind", () => {
      const members = [well("201"), ...["202", "203"].map((space) => since(space, lately))];
      const farther = ["204", "205"].map((space) => since(space, longAgo));
      const found = breakIn(chain, [...members, ...farther]);
      expect(found).toMatchObject({ after: "201", from: "202", since: lately });
      expect(new Set(found?.silent.map(({ space }) => space))).toEqual(new Set(["202", "203", "204", "205"]));
    });

    it("is none where devices die one by one", () => {
      const members = [well("201"), ...chain.slice(1).map((space, n) => since(space, longAgo * (n + 1)))];
      expect(breakIn(chain, members)).toBeNull();
    });
  });
});
