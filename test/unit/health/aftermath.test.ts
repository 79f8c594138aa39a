import { beforeEach, describe, expect, it } from "vitest";
import { Aftermath } from "../../../edge/health/aftermath.ts";
import type { InVain } from "../../../edge/health/facts.ts";
import type { Finding } from "../../../edge/health/verdict.ts";

const cut = (from: string): Finding => ({ code: "E112", state: "down", since: 0, facts: { from } });
/** Who was asked in vain. */
const asked = new Map<string, InVain>();
beforeEach(() => asked.clear());
const silent = (...ids: string[]) =>
  ids.map((id) => ({
    id,
    noticedMs: id.endsWith("hourly") ? 10_800_000 : 180_000,
    inVain: asked.get(id) ?? null,
  }));
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

  it("hides one no longer that was asked in vain often enough since, and one that was asked before", () => {
    const aftermath = mended();
    asked.set("205-air", { first: -60_000, enough: 1 });
    asked.set("206-hourly", { first: -60_000, enough: -1 });
    asked.set("204-air", { first: 1, enough: null });
    const held = aftermath.hold(null, silent("204-air", "205-air", "206-hourly"), 10);
    expect(held?.silenced).toEqual(new Set(["204-air", "206-hourly"]));
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
