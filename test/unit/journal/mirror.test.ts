import { expect, it } from "vitest";
import { Mirror } from "../../../edge/journal/mirror.ts";

const slots = 20_000;

it("forgets the slots used longest ago when there are too many, again and again, and says so to the disk", () => {
  const mirror = new Mirror();
  const use = (slot: string, rule: "set" | "once" = "set") =>
    mirror.remember([{ slot, value: "x", rule }]).filter((line) => line.startsWith("D"));
  for (let n = 0; n < slots; n++) expect(use(`s${n}`)).toEqual([]);
  // Used again: no longer the oldest.
  use("s0");
  use("s2", "once");
  mirror.remember([{ slot: "s3", value: "", rule: "drop" }]);
  expect(use("new")).toEqual([]);
  const forgotten = ["s1", "s4", "s5"];
  for (const slot of forgotten) expect(use(`beyond ${slot}`)).toEqual([`D${slot}`]);
  expect(mirror.slots).toBe(slots);
  for (const slot of forgotten) expect(mirror.repeated([{ slot, value: "x", rule: "last" }])).toBe(false);
  for (const slot of ["s0", "s2", "s6"])
    expect(mirror.repeated([{ slot, value: "x", rule: "last" }])).toBe(true);
});

it("goes on from what is on disk, in its order", () => {
  const mirror = new Mirror();
  mirror.remember([{ slot: "gone", value: "x", rule: "set" }]);
  const writer = new Mirror();
  const lines = Array.from({ length: slots }, (_, n) =>
    writer.remember([{ slot: `s${n}`, value: "x", rule: "set" }]),
  ).flat();
  mirror.load(
    lines.map((line) => {
      const [slot = "", n, key = ""] = line.slice(1).split("\t");
      return { slot, n: Number(n), key };
    }),
  );
  expect(mirror.slots).toBe(slots);
  expect(mirror.remember([{ slot: "new", value: "x", rule: "set" }])).toContain("Ds0");
  expect(mirror.repeated([{ slot: "s1", value: "x", rule: "last" }])).toBe(true);
  expect(mirror.repeated([{ slot: "s1", value: "y", rule: "last" }])).toBe(false);
});
