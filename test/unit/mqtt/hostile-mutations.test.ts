import { expect, it } from "vitest";
import { mutations } from "./hostile-mutations.ts";

it("three thousand sessions changed by dice neither end the broker nor disturb another device", async () => {
  const verdict = await mutations(3_000, 20260901);
  expect(verdict).toMatchObject({ served: 150, left: 0, rejections: [] });
  // The dice do throw what gets in, what is stored, and what is turned away.
  expect(Math.min(verdict.admitted, verdict.acknowledged, verdict.cut)).toBeGreaterThan(200);
});
