/** A panel that nothing tells of but its meter, in a school that runs: real sockets, real disk, a simulated plug. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadPlan } from "../../config/load/index.ts";
import { kinds } from "../../drivers/registry.ts";
import { startAgent, systemClock } from "../../edge/agent/index.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { recordingLog } from "../fake-clock.ts";
import { drained, until } from "./apply-school.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const model = (id: string, points: string) => `profile: ${id}
text: { zh: ${id}, en: ${id} }
proof: simulated
driver: mqtt
topic: ce/v1/{device}/up/prop
payload: json
points: { ${points} }
`;

async function running() {
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  undo.push(() => platform.stop());
  const folder = schoolFolder({}, { north: "north", plug: "pw-plug", panel: "pw-panel" });
  undo.push(() => folder.remove());
  const write = ({ limits = 'on: "> 15 W", off: "< 8 W"', plug = "" } = {}) => {
    mkdirSync(join(folder.config, "profiles"), { recursive: true });
    writeFileSync(
      join(folder.config, "profiles/plug.yaml"),
      model("plug", "power: { path: p.power, type: number }"),
    );
    writeFileSync(
      join(folder.config, "profiles/panel.yaml"),
      model("panel", `display_on: { from: power-meter, ${limits}, quality: assumed }`),
    );
    writeFileSync(
      join(folder.config, "school.yaml"),
      `${schoolSection}buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north, accepts: any } }
devices:
  plug: { profile: plug, via: broker, user: plug, password: secret:plug, space: 101, simulated: true${plug} }
  panel: { profile: panel, via: broker, user: panel, password: secret:panel, space: 101, power: plug }
`,
    );
  };
  write();
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    load: () => loadPlan(folder.config, kinds, uplinkKinds, { env: {} }),
  });
  undo.push(() => agent.stop());
  const port = () => agent.status().links[0]?.listening?.split(":").at(-1);
  await until(() => port() !== undefined);
  const backoff = { minMs: 20, maxMs: 50 };
  const plug = new MqttDevice({
    ...{ id: "plug", host: "127.0.0.1", port: Number(port()), user: "plug", password: "pw-plug", backoff },
  });
  undo.push(() => plug.stop({ abrupt: true }));
  await plug.start();
  const say = async (...powers: number[]) => {
    for (const power of powers) {
      plug.emit({ power });
      await plug.idle();
    }
  };
  const told = async () => {
    await drained(agent);
    return platform.records().filter(({ device }) => device === "panel");
  };
  const state = () => agent.status().devices.find(({ id }) => id === "panel")?.state;
  return { agent, write, say, told, state };
}

it("is told as on and off, simulated as its meter is, by the limits that are in force, and is never blamed", async () => {
  const { agent, write, say, told, state } = await running();
  expect(state()).toBe("unknown");
  await say(12, 100, 120, 12);
  expect(state()).toBe("ok");
  await say(5, 12, 100);
  const first = await told();
  expect(first.map(({ point, value }) => [point, value])).toEqual([
    ["display_on", true],
    ["display_on", false],
    ["display_on", true],
  ]);
  expect(new Set(first.map(({ quality }) => quality))).toEqual(new Set([17 + 128]));

  write({ limits: 'on: "> 200 W"' });
  const { changes } = await agent.applyFiles();
  expect(changes.map(({ of, id }) => `${of} ${id}`)).toEqual(["device panel"]);
  await say(150, 119, 150, 0.2);
  expect((await told()).slice(first.length).map(({ value }) => value)).toEqual([false]);

  write({ plug: ", stage: off, why: broken" });
  await agent.applyFiles();
  expect(state()).toBe("unknown");
  expect(agent.status().reasons.filter(({ subject }) => subject.startsWith("panel"))).toEqual([]);
});
