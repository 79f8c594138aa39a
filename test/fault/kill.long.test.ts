import { expect, it } from "vitest";
import { killSchool } from "./kill-school.ts";

it("loses, doubles and invents nothing when the gateway is killed 1,000 times at random instants", async () => {
  const verdict = await killSchool(Number(process.env.CE_KILLS ?? 1000), 2, console.log);
  console.log(`1,000 × kill -9: ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject({ lostAcked: 0, duplicates: 0, phantoms: 0, falseGaps: 0, conflicts: 0 });
  expect(verdict.acknowledgedBetween).toBeGreaterThan(10_000);
});
