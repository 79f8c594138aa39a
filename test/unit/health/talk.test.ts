import { describe, expect, it } from "vitest";
import { Talk } from "../../../edge/health/talk.ts";

/** Messages evenly over `seconds` from `fromS` on. */
function says(talk: Talk, perS: number, seconds: number, everyMs: number | null, fromS = 0): void {
  for (let n = 0; n < perS * seconds; n++) talk.hear(everyMs, (fromS + n / perS) * 1000);
}

describe("a device that never stops sending", () => {
  it("is found after a minute, and is well soon after it stops", () => {
    const talk = new Talk();
    says(talk, 100, 90, 10_000);
    expect(talk.at(90_000)?.perS).toBeCloseTo(100, 0);
    says(talk, 0.1, 40, 10_000, 90);
    expect(talk.at(130_000)).toBeNull();
  });

  it.each([
    ["a burst of half a minute, as after an outage", 200, 30, 10_000],
    ["what it is planned to say", 10, 300, 100],
    ["a device that speaks now and then", 0.2, 300, 60_000],
  ])("is not %s", (_, perS, seconds, everyMs) => {
    const talk = new Talk();
    says(talk, perS, seconds, everyMs);
    expect(talk.at(seconds * 1000)).toBeNull();
  });

  it("is over by itself when it falls silent", () => {
    const talk = new Talk();
    says(talk, 100, 90, 10_000);
    expect(talk.at(111_000)).toBeNull();
  });
});
