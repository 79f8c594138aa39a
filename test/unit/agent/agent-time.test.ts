import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type Agent, startAgent } from "../../../edge/agent/index.ts";
import type { Synchronised } from "../../../edge/agent/system-time.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plan } from "../health/world.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** An agent without devices and uplinks, and what the system says of its clock. */
async function school(clockWord: "auto" | "trusted") {
  const folder = mkdtempSync(join(memoryFolder, "ce-agent-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const of = plan({}, []);
  const withClock = (word: "auto" | "trusted") => ({
    ...of,
    school: { ...of.school, clock: word },
    buffer: { ...of.buffer, folder, diskFloorBytes: 0 },
  });
  const clock = new FakeClock();
  const log = recordingLog();
  const system: { says: Synchronised; asked: number } = { says: "no", asked: 0 };
  const agent: Agent = await startAgent(withClock(clockWord), {
    clock,
    log,
    synchronised: async () => {
      system.asked += 1;
      return system.says;
    },
  });
  undo.push(() => agent.stop());
  const reasons = () => agent.status().reasons.map(({ code }) => code);
  return {
    agent,
    clock,
    log,
    system,
    reasons,
    apply: (word: "auto" | "trusted") => agent.apply(withClock(word)),
  };
}

it("an agent whose files trust the clock knows the time before its first device speaks", async () => {
  const { agent, reasons } = await school("trusted");
  expect(agent.status().clock).toMatchObject({ known: true, quality: 1 });
  expect(reasons()).toEqual([]);
});

it("an agent learns the time from the system, and tells when it is set while it runs", async () => {
  const { agent, clock, log, system, reasons } = await school("auto");
  await clock.advance(40_000);
  expect(agent.status().clock).toMatchObject({ known: false, quality: 2 });
  expect(reasons()).toEqual(["E001"]);
  system.says = "yes";
  await clock.advance(10_000);
  expect(agent.status().clock).toMatchObject({ known: true, quality: 0 });
  expect(reasons()).toEqual([]);
  clock.step(-3 * 86_400_000);
  await clock.advance(20_000);
  expect(agent.status().at).toBe(clock.wallMs());
  expect(reasons()).toEqual(["E007"]);
  expect(log.lines.filter(({ sentence }) => sentence.startsWith("the clock was set"))).toMatchObject([
    { fields: { byMs: -3 * 86_400_000 } },
  ]);
});

it("an agent takes `clock: trusted` to work, and back, without a restart", async () => {
  const { agent, clock, apply } = await school("auto");
  await apply("trusted");
  await clock.advance(10_000);
  expect(agent.status().clock).toMatchObject({ known: true, quality: 1 });
  const before = agent.status().at;
  await apply("auto");
  await clock.advance(10_000);
  clock.step(86_400_000);
  await clock.advance(10_000);
  expect(agent.status().at).toBe(before + 20_000);
});
