/** What the plan knows of how a point counts. */
import { expect, it } from "vitest";
import { meter, metered } from "./meter-profile.ts";
import { planOf } from "./school-folder.ts";

const rolling = meter.replace("scale: 0.01*$ct }", "scale: 0.01*$ct, rollOver: 10000 }");
const pointOf = (device: string, profile = rolling) =>
  planOf(
    metered(`  m1: { profile: meter, via: rs1, unit: 1, ${device} }\n`, { "profiles/meter.yaml": profile }),
  )
    .links[0]?.points.get("m1")
    ?.points.get("energy");

it("keeps apart what the meter shows and what transformers in front of it make of that", () => {
  const point = pointOf("with: { ct: 80 }");
  expect(point?.scale).toBe(0.8);
  expect(point?.counter).toEqual({
    ratio: 80,
    rollOver: 10_000,
    noise: 0.02,
    perHour: 2000,
    display: { unit: "kWh", factor: 1 },
  });
});

it("takes the correction of one device for no number that its meter shows", () => {
  const corrected = "with: { ct: 80 }, points: { energy: { scale: 1.01, why: compared } }";
  expect(pointOf(corrected)?.counter?.ratio).toBe(80.8);
});

it("has a ratio of 1 where the scale is written out", () => {
  expect(pointOf("with: { ct: 80 }", meter.replace("0.01*$ct", "0.01"))?.counter).toEqual({
    ratio: 1,
    noise: 0.02,
    perHour: 2000,
    display: { unit: "kWh", factor: 1 },
  });
});

it("says nothing of the kind of what is no counter", () => {
  const plan = planOf(metered("  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 } }\n"));
  expect(plan.links[0]?.points.get("m1")?.points.get("voltage")?.counter).toBeUndefined();
});
