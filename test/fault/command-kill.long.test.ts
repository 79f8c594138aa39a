import { expect, it } from "vitest";
import { commandKill } from "./command-kill.ts";

const clean = { twice: 0, lies: 0, open: 0, contradicted: 0, auditBreaks: 0 };

it("does no command twice when the gateway is killed 1,000 times at random instants, and answers each", async () => {
  const verdict = await commandKill(1000, 2, (progress) => console.log(progress));
  console.log(`commands and 1000 × kill -9: ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject(clean);
  expect(verdict.answers.done).toBeGreaterThan(100);
  expect(verdict.answers["unknown interrupted"]).toBeGreaterThan(0);
}, 7_200_000);
