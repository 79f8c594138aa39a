import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { DevicePoints, Plan } from "../../../config/schema/plan.ts";
import { openCommands } from "../../../edge/agent/command.ts";
import type { KeptLink } from "../../../edge/agent/links.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plan, point } from "../health/world.ts";

it("what a device was told to do is asked of the meter that can tell, and of the device itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ce-witness-"));
  const clock = new FakeClock();
  const inferred = { from: { device: "plug", point: "power" }, onW: 15, offW: 8 };
  const shown = point("display_on", { type: "boolean", assumed: true, inferred });
  const of: Plan = plan({ rs1: { panel: { points: [shown, point("volume")] } }, rs2: { plug: {} } });
  const panel = of.links[0]?.points.get("panel") as DevicePoints;
  panel.actions = new Map([
    [
      "power-on",
      {
        ...{ id: "power-on", args: new Map(), tolerance: 0, withinMs: 1000, restMs: 0, everyMs: 0 },
        confirm: new Map<string, boolean | number>([
          ["display_on", true],
          ["volume", 20],
        ]),
      },
    ],
  ]);
  const hurried: string[] = [];
  const link: Pick<KeptLink, "command" | "hurry"> = {
    async command(_order, _action, begun) {
      begun();
      return { state: "done", readBack: [] };
    },
    hurry: (device, points) => void hurried.push(`${device}: ${points.join()}`),
  };
  const commands = await openCommands({
    ...{ clock, log: recordingLog(), folder, school: { id: "2133000001", gateway: "gw1" } },
    journal: { append: async () => ({ repeated: false }) },
    plan: () => of,
    devices: () => new Map(of.links.flatMap(({ points }) => [...points])),
    running: () => ({ linkOf: () => link as KeptLink }),
    wallMs: () => clock.wallMs(),
  });
  const order = { req: "local-00000001", device: "panel", action: "power-on", args: {} };
  const ended = Promise.withResolvers<string>();
  await commands.commander.local({ ...order, by: "test", why: "", duringLesson: true }, ({ state }) =>
    ended.resolve(state),
  );
  while (hurried.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(hurried.slice(0, 2)).toEqual(["plug: power", "panel: volume"]);
  commands.commander.heard("panel", [
    { point: "display_on", value: true, quality: 17 },
    { point: "volume", value: 20, quality: 0 },
  ]);
  expect(await ended.promise).toBe("done");
  await commands.close();
  rmSync(folder, { recursive: true, force: true });
});
