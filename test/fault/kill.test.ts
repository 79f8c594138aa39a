import { expect, it } from "vitest";
import { killSchool } from "./kill-school.ts";

it("loses, doubles and invents nothing when the gateway is killed 30 times at random instants", async () => {
  const verdict = await killSchool(30, 1);
  console.log(`30 × kill -9: ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject({ lostAcked: 0, duplicates: 0, phantoms: 0, falseGaps: 0, conflicts: 0 });
  expect(verdict.acknowledgedBetween).toBeGreaterThan(500);
}, 240_000);
