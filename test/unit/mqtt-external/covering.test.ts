import { describe, expect, it, vi } from "vitest";
import { checkExternal } from "../../../drivers/mqtt/external/check.ts";
import { Covering } from "../../../drivers/mqtt/external/covering.ts";
import { covers, subscriptionsOf } from "../../../drivers/mqtt/external/subscriptions.ts";
import { device, link } from "./world.ts";

const words = ["a", "b", "+"];
/** Every filter of up to three levels of these words, and those that end with #. */
const all: string[] = [];
const grow = (levels: string[]) => {
  all.push([...levels, "#"].join("/"));
  if (levels.length > 0) all.push(levels.join("/"));
  if (levels.length < 3) for (const word of words) grow([...levels, word]);
};
grow([]);

describe("what covers a filter", () => {
  it("is the same as one by one, for every pair of filters", () => {
    expect(all.length).toBeGreaterThan(70);
    for (const outer of all) {
      const covering = new Covering([outer]);
      for (const inner of all)
        expect([outer, inner, covering.hasOther(inner)]).toEqual([
          outer,
          inner,
          outer !== inner && covers(outer, inner),
        ]);
    }
  });

  it("is found among all of them, but for itself", () => {
    const covering = new Covering(all);
    for (const inner of all)
      expect([inner, covering.hasOther(inner)]).toEqual([
        inner,
        all.some((outer) => outer !== inner && covers(outer, inner)),
      ]);
  });
});

const wildcards = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    device(`d${n}`, { co2: "co2" }, { address: { topics: [`a/d${n}/+`, `b/d${n}/#`] } }),
  );

/** How often a filter is taken apart while a school of so many devices with two wildcards each is asked for. */
function takenApart(count: number): number {
  const devices = wildcards(count);
  const split = vi.spyOn(String.prototype, "split");
  try {
    expect(subscriptionsOf(devices).size).toBe(2 * count);
    return split.mock.calls.length;
  } finally {
    split.mockRestore();
  }
}

describe("a school with hundreds of wildcards", () => {
  it("takes twice the work when it has twice the devices, not four times", () => {
    const once = takenApart(100);
    expect(once).toBeGreaterThan(0);
    expect(takenApart(200)).toBe(2 * once);
  });

  it("has nothing wrong with it", () => {
    expect(checkExternal(link(1883), wildcards(100))).toEqual([]);
  });
});
