import { describe, expect, it } from "vitest";
import { Aftermath } from "../../../edge/health/aftermath.ts";
import type { Finding } from "../../../edge/health/verdict.ts";

const cut = (from: string): Finding => ({ code: "E112", state: "down", since: 0, facts: { from } });
const silent = (...ids: string[]) =>
  ids.map((id) => ({ id, noticedMs: id.endsWith("hourly") ? 10_800_000 : 180_000 }));
const all = ["203-air", "204-air", "205-air", "206-hourly"];

/** A cable that was cut in front of 203; 203 answers again at 0. */
function mended(): Aftermath {
  const aftermath = new Aftermath();
  expect(aftermath.hold({ finding: cut("203"), silenced: all }, silent(...all), -1000)).toBeNull();
  const held = aftermath.hold(null, silent("204-air", "205-air", "206-hourly"), 0);
  expect(held?.finding).toEqual(cut("203"));
  return aftermath;
}

describe("the cause of a silence, while its devices come back", () => {
  it("hides one that died meanwhile no longer than its own silence may go unnoticed", () => {
    const aftermath = mended();
    const at = (now: number) => aftermath.hold(null, silent("205-air", "206-hourly"), now)?.silenced;
    expect(at(180_000)).toEqual(new Set(["205-air", "206-hourly"]));
    expect(at(180_001)).toEqual(new Set(["206-hourly"]));
  });

  it("gives way at once to a break that is nearer", () => {
    const aftermath = mended();
    const nearer = ["202-air", "203-air", "204-air", "205-air", "206-hourly"];
    expect(
      aftermath.hold(
        { finding: cut("202"), silenced: nearer },
        silent(...nearer.filter((id) => id !== "203-air")),
        60_000,
      ),
    ).toBeNull();
  });

  it("stays while fewer of the same are silent, wherever the rest would seem to begin", () => {
    const rest = ["205-air", "206-hourly"];
    const held = mended().hold({ finding: cut("205"), silenced: rest }, silent(...rest), 60_000);
    expect(held).toEqual({ finding: cut("203"), silenced: new Set(rest) });
  });
});
