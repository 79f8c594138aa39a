import { expect, it } from "vitest";
import { meter, metered } from "./meter-profile.ts";
import { planOf } from "./school-folder.ts";

const pointsOf = (more: string) =>
  planOf(
    metered("  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 } }\n", {
      "profiles/meter.yaml": meter.replace(/voltage: \{ /, `voltage: { ${more}`),
    }),
  ).links[0]?.points.get("m1")?.points;

it("a point that says what it was told last is planned so, and no other is", () => {
  expect(pointsOf("assumed: true, ")?.get("voltage")?.assumed).toBe(true);
  expect(pointsOf("assumed: true, ")?.get("energy")?.assumed).toBeUndefined();
  expect(pointsOf("")?.get("voltage")?.assumed).toBeUndefined();
});
