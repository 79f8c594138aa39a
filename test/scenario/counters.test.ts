/** A meter is replaced in a running school: real files, sockets and disk. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { sayReason } from "../../config/catalogue/reasons.ts";
import { loadPlan } from "../../config/load/index.ts";
import { kinds } from "../../drivers/registry.ts";
import { type Agent, startAgent, systemClock } from "../../edge/agent/index.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { recordingLog } from "../fake-clock.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

it("is told of, not counted, and goes on once the files say that it was replaced, also after a restart", async () => {
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  undo.push(() => platform.stop());
  const folder = schoolFolder({}, { north: "north", "main-2": "pw" });
  undo.push(() => folder.remove());
  const write = (more: string) =>
    writeFileSync(
      join(folder.config, "school.yaml"),
      `${schoolSection}buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
devices:
  main-2: { profile: mqtt-senml-meter, via: broker, user: main-2, password: secret:main-2${more} }
`,
    );
  write("");
  const load = () => loadPlan(folder.config, kinds, uplinkKinds, { env: {} });
  const start = async () => {
    const agent = await startAgent(folder.plan(), {
      ...{ clock: systemClock(), log: recordingLog(), random: () => 0, load },
    });
    let open = true;
    const stop = async () => {
      if (open) await agent.stop();
      open = false;
    };
    undo.push(stop);
    return { agent, stop };
  };
  const meter = async (agent: Agent) => {
    const listening = () => agent.status().links[0]?.listening;
    await until(() => listening() !== undefined);
    const port = Number(listening()?.split(":").at(-1));
    const device = new MqttDevice({
      ...{ id: "main-2", host: "127.0.0.1", port, user: "main-2", password: "pw" },
      payload: (_n, { energy }) => JSON.stringify([{ n: "energy", u: "kWh", v: energy }]),
    });
    undo.push(() => device.stop({ abrupt: true }));
    await device.start();
    return device;
  };
  /** Values and qualities of what the platform has of a point. */
  const had = (point: string) =>
    platform
      .records()
      .filter((record) => record.device === "main-2" && record.point === point)
      .map(({ value, quality }) => [value, quality]);
  const shows = async (device: MqttDevice, ...values: number[]) => {
    for (const energy of values) {
      const before = had("energy").length;
      device.emit({ energy });
      await until(() => had("energy").length > before);
    }
  };

  const first = await start();
  const old = await meter(first.agent);
  await shows(old, 10_234.5, 0, 0.25);
  await old.stop();
  expect(had("energy")).toEqual([
    [10_234.5, 0],
    [0, 35],
    [0.25, 35],
  ]);
  await until(() => had("counter").length > 0);
  expect(had("counter")).toEqual([['{"point":"energy","what":"fell","from":10234.5,"to":0}', 0]]);
  const reason = first.agent.status().reasons.find(({ code }) => code === "E201");
  expect(reason?.state).toBe("degraded");
  if (reason === undefined) throw new Error("nobody is told");
  const { line, next } = sayReason(reason, "zh");
  expect(line).toContain("10234.5 变为 0.25 kWh");
  expect(next).toContain("swapped");

  const at = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  write(
    `, swapped: [{ at: ${at}, why: 烧毁, old: { last: { energy: 10234.56kWh } }, new: { first: { energy: 0.00kWh } } }]`,
  );
  const { changes } = await first.agent.applyFiles();
  expect(changes.map(({ what, id }) => `${what} ${id}`)).toEqual(["changes main-2"]);
  const again = await meter(first.agent);
  await shows(again, 0.5, 1);
  await again.stop();
  expect(had("energy").slice(3)).toEqual([
    [10_235.06, 0],
    [10_235.56, 0],
  ]);
  expect(first.agent.status().reasons.map(({ code }) => code)).not.toContain("E201");
  await first.stop();
  expect(existsSync(join(folder.data, "counters.json"))).toBe(true);

  const second = await start();
  await shows(await meter(second.agent), 1.5);
  expect(had("energy").at(-1)).toEqual([10_236.06, 0]);
}, 30_000);
