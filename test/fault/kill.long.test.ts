import { expect, it } from "vitest";
import { killSchool } from "./kill-school.ts";

/** Two schools at once: a start leaves half of the machine idle. */
const schools = [2, 3];
const kills = 500;

it("loses, doubles and invents nothing when gateways are killed 1,000 times at random instants", async () => {
  const verdicts = await Promise.all(
    schools.map((seed) => killSchool(kills, seed, (progress) => console.log(`school ${seed}: ${progress}`))),
  );
  for (const verdict of verdicts) {
    console.log(`${kills} × kill -9: ${JSON.stringify(verdict)}`);
    expect(verdict).toMatchObject({ lostAcked: 0, duplicates: 0, phantoms: 0, falseGaps: 0, conflicts: 0 });
    expect(verdict.acknowledgedBetween).toBeGreaterThan(5000);
  }
}, 7_200_000);
