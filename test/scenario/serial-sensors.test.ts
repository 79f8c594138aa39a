/** Sensors on serial lines through a whole gateway: one that speaks by itself and one that is asked. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startAgent, systemClock } from "../../edge/agent/index.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { recordingLog } from "../fake-clock.ts";
import { FarEnd } from "../unit/line/far-end.ts";
import { mhz, pms } from "../unit/serial/sensors.ts";
import { until } from "./apply-school.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

it("their values arrive, their silence is told at the device, and they are well again by themselves", async () => {
  const stream = await FarEnd.listen();
  const asked = await FarEnd.listen();
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  const folder = schoolFolder({}, { north: "north" });
  undo.push(
    () => folder.remove(),
    () => platform.stop(),
    () => stream.close(),
    () => asked.close(),
  );
  writeFileSync(
    join(folder.config, "school.yaml"),
    `${schoolSection}
defaults: { period: 1s, points: { pm25: { deadband: off }, co2: { deadband: off } } }
buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links:
  pm: { kind: serial, host: 127.0.0.1, port: ${stream.port} }
  co: { kind: serial, host: 127.0.0.1, port: ${asked.port} }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
devices:
  dust: { profile: plantower-pms5003, via: pm, space: 101 }
  air: { profile: mh-z19b, via: co, space: 102 }
`,
  );
  let pm25 = 0;
  let speaks = true;
  const speaking = setInterval(() => {
    if (speaks) stream.say(pms(0, 0, 0, 0, ++pm25));
  }, 150);
  undo.push(() => clearInterval(speaking));
  asked.onData = () => asked.say(mhz(700));
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    random: () => 0,
  });
  undo.push(() => agent.stop());

  const valuesOf = (device: string, point: string) =>
    platform.records().filter((one) => one.device === device && one.point === point);
  const stateOf = (device: string) => agent.status().devices.find(({ id }) => id === device);
  await until(() => valuesOf("dust", "pm25").length > 2 && valuesOf("air", "co2").length > 2);
  expect(valuesOf("air", "co2")[0]).toMatchObject({ value: 700, unit: "[ppm]", quality: 18 });
  // Each turn takes a frame of its own, in their order.
  const seen = valuesOf("dust", "pm25").map(({ value }) => Number(value));
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  expect([stateOf("dust")?.state, stateOf("air")?.state]).toEqual(["ok", "ok"]);

  speaks = false;
  asked.onData = () => {};
  await until(() => ["dust", "air"].every((id) => stateOf(id)?.code === "E113"));
  speaks = true;
  asked.onData = () => asked.say(mhz(800));
  await until(() => ["dust", "air"].every((id) => stateOf(id)?.state === "ok"));
  expect(agent.status().links.map(({ state }) => state)).toEqual(["ok", "ok"]);
});
