import { expect, it } from "vitest";
import type { Key } from "../../../drivers/contract/index.ts";
import { Mirror } from "../../../edge/journal/mirror.ts";
import { seeded } from "../../../simulator/seeded.ts";

const slots = 100_000;

const keyed = (mirror: Mirror) => ({
  remember: (keys: Key[]) => mirror.remember(mirror.marks(keys)),
  repeated: (keys: Key[]) => mirror.repeated(mirror.marks(keys)),
});

it("forgets the slots used longest ago when there are too many, again and again, and says so to the disk", () => {
  const mirror = new Mirror();
  const use = (slot: string, rule: "set" | "once" = "set") =>
    keyed(mirror)
      .remember([{ slot, value: "x", rule }])
      .filter((line) => line.startsWith("D"));
  for (let n = 0; n < slots; n++) expect(use(`s${n}`)).toEqual([]);
  // Used again: no longer the oldest.
  use("s0");
  use("s2", "once");
  keyed(mirror).remember([{ slot: "s3", value: "", rule: "drop" }]);
  expect(use("new")).toEqual([]);
  const forgotten = ["s1", "s4", "s5"];
  for (const slot of forgotten) expect(use(`beyond ${slot}`)).toEqual([`D${slot}`]);
  expect(mirror.slots).toBe(slots);
  for (const slot of forgotten)
    expect(keyed(mirror).repeated([{ slot, value: "x", rule: "last" }])).toBe(false);
  for (const slot of ["s0", "s2", "s6"])
    expect(keyed(mirror).repeated([{ slot, value: "x", rule: "last" }])).toBe(true);
});

it("goes on from what is on disk, in its order", () => {
  const mirror = new Mirror();
  keyed(mirror).remember([{ slot: "gone", value: "x", rule: "set" }]);
  const writer = new Mirror();
  const lines = Array.from({ length: slots }, (_, n) =>
    keyed(writer).remember([{ slot: `s${n}`, value: "x", rule: "set" }]),
  ).flat();
  mirror.load([lines.slice(0, 9).join("\n"), lines.slice(9).join("\n")]);
  expect(mirror.slots).toBe(slots);
  expect(keyed(mirror).remember([{ slot: "new", value: "x", rule: "set" }])).toContain("Ds0");
  expect(keyed(mirror).repeated([{ slot: "s1", value: "x", rule: "last" }])).toBe(true);
  expect(keyed(mirror).repeated([{ slot: "s1", value: "y", rule: "last" }])).toBe(false);
});

it("is the same after it was read from disk, whatever was remembered, repeated and dropped, and stays short there", () => {
  const mirror = new Mirror();
  let disk: string[] = [];
  const next = seeded(7);
  let longest = 0;
  for (let step = 0; step < 60_000; step++) {
    const slot = `s${Math.floor(next() * 40)}`;
    const dice = next();
    const rule = slot < "s2" ? "once" : dice < 0.9 ? "set" : "drop";
    const lines = keyed(mirror).remember([{ slot, value: String(step), rule }]);
    if (lines[0] === "X") disk = [];
    disk.push(...lines);
    longest = Math.max(longest, disk.length);
  }
  expect(longest).toBeLessThan(16_384 + 5 * 40 * 256);
  const again = new Mirror();
  again.load([disk.join("\n")]);
  expect(again.slots).toBe(mirror.slots);
  for (let slot = 0; slot < 40; slot++)
    for (let step = 59_000; step < 60_000; step++) {
      const key: Key[] = [{ slot: `s${slot}`, value: String(step), rule: "last" }];
      expect(keyed(again).repeated(key)).toBe(keyed(mirror).repeated(key));
    }
  const more: Key[] = [{ slot: "s1", value: "more", rule: "once" }];
  expect(keyed(again).remember(more)).toEqual(keyed(mirror).remember(more));
});
