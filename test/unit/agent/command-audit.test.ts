import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { DevicePoints, Plan } from "../../../config/schema/plan.ts";
import { openCommands } from "../../../edge/agent/command.ts";
import type { KeptLink } from "../../../edge/agent/links.ts";
import { auditName } from "../../../edge/audit.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plan, point } from "../health/world.ts";

it("an audit that cannot be opened refuses every command, with one error, and stops nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ce-audit-shut-"));
  mkdirSync(join(folder, auditName));
  const [clock, log] = [new FakeClock(), recordingLog()];
  const of: Plan = plan({ rs1: { panel: { points: [point("volume")] } } });
  const panel = of.links[0]?.points.get("panel") as DevicePoints;
  const action = { id: "beep", args: new Map(), confirm: new Map(), tolerance: 0 };
  panel.actions = new Map([["beep", { ...action, withinMs: 1000, restMs: 0, everyMs: 0 }]]);
  const commands = await openCommands({
    ...{ clock, log, folder, school: { id: "2133000001", gateway: "gw1" } },
    journal: { append: async () => ({ repeated: false }) },
    plan: () => of,
    devices: () => new Map(of.links.flatMap(({ points }) => [...points])),
    running: () => ({
      linkOf: (): KeptLink => {
        throw new Error("it must not be done");
      },
    }),
    wallMs: () => clock.wallMs(),
  });
  expect(commands.audited).toBe(false);
  expect(await commands.commander.begin()).toEqual([]);
  expect(log.lines.map(({ level }) => level)).toEqual(["error"]);
  const order = { req: "local-00000001", device: "panel", action: "beep", args: {} };
  const answer = await commands.commander.local(
    { ...order, by: "test", why: "", duringLesson: true },
    () => {},
  );
  expect(answer).toMatchObject({ state: "failed", code: "store-down" });
  await commands.close();
  rmSync(folder, { recursive: true, force: true });
});
