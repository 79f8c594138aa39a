import { expect, it } from "vitest";
import { commandKill } from "./command-kill.ts";

const clean = { twice: 0, lies: 0, open: 0, contradicted: 0, auditBreaks: 0 };

it("does no command twice when the gateway is killed 12 times at random instants, and answers each", async () => {
  const verdict = await commandKill(12, 1);
  console.log(`commands and 12 × kill -9: ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject(clean);
  expect(verdict.answers.done).toBeGreaterThan(3);
}, 400_000);
