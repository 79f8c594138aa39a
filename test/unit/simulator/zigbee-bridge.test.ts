import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { type ZigbeeBridgeOptions, zigbeeBridge } from "../../../simulator/devices/zigbee-bridge.ts";
import type { ZigbeeDeviceOptions } from "../../../simulator/devices/zigbee-device.ts";
import { DialectWorld, room, settled } from "./dialect-world.ts";

let world: DialectWorld;
beforeEach(() => {
  world = new DialectWorld();
});
afterEach(() => world.close());

const minuteMs = 60_000;

function start(devices: ZigbeeDeviceOptions[], options: Partial<ZigbeeBridgeOptions> = {}) {
  return world.start((place) => zigbeeBridge({ ...place, devices, logging: false, ...options }));
}

const device = (
  model: ZigbeeDeviceOptions["model"],
  source: () => RoomValues | null,
  more: Partial<ZigbeeDeviceOptions> = {},
): ZigbeeDeviceOptions => ({ name: "a", model, source, ...more });

describe("a simulated Zigbee bridge", () => {
  it("is born as one client, with its state, its inventory and the availability of every device retained", async () => {
    await start([device("climate", room), device("plug", room, { name: "b" })]);
    expect(world.server.clients.map(({ clientId }) => clientId)).toEqual(["zigbee2mqtt"]);
    expect(world.taken.map(({ topic, retain }) => [topic.replace("zigbee2mqtt/", ""), retain])).toEqual([
      ["bridge/state", true],
      ["bridge/info", true],
      ["bridge/devices", true],
      ["bridge/groups", true],
      ["a/availability", true],
      ["b/availability", true],
      ["bridge/logging", false],
    ]);
    const inventory = world.taken.find(({ topic }) => topic === "zigbee2mqtt/bridge/devices");
    expect(inventory?.payload.length).toBeGreaterThan(100_000);
    expect(inventory?.payload.length).toBeLessThan(900_000);
    expect(JSON.parse(inventory?.payload.toString() ?? "").slice(1, 3)).toMatchObject([
      { friendly_name: "a", power_source: "Battery", type: "EndDevice" },
      { friendly_name: "b", power_source: "Mains (single phase)", type: "Router" },
    ]);
  });

  it("passes on what each kind of device reports, with its keys in the order of the alphabet", async () => {
    const kinds = ["climate", "contact", "motion", "illuminance", "plug", "air"] as const;
    await start(kinds.map((kind) => device(kind, () => room({ tvoc: 120 }), { name: kind })));
    world.news();
    await world.pass(minuteMs);
    const said = Object.fromEntries(
      kinds.map((kind) => {
        const { linkquality, ...state } = world.json(`zigbee2mqtt/${kind}`)[0] ?? {};
        expect(linkquality).toBeGreaterThanOrEqual(20);
        expect(linkquality).toBeLessThanOrEqual(255);
        return [kind, JSON.stringify(state)];
      }),
    );
    expect(said).toEqual({
      climate: '{"battery":100,"humidity":61.25,"temperature":23.18,"voltage":3015}',
      contact: '{"battery":100,"contact":true,"voltage":3015}',
      motion: '{"battery":100,"illuminance":320,"occupancy":false,"voltage":3015}',
      illuminance: '{"battery":100,"illuminance":320,"voltage":3015}',
      plug: '{"current":0.21,"energy":7.26,"power":48,"power_outage_memory":"restore","state":"ON","voltage":230}',
      air: '{"co2":812,"humidity":61.25,"pm25":21,"temperature":23.18,"voc":120}',
    });
  });

  it("reports a door at once, and each of two values that move together in a message of its own", async () => {
    const now = room();
    await start([device("contact", () => now), device("climate", () => now, { name: "b" })]);
    await world.pass(minuteMs);
    world.news();
    Object.assign(now, { contact: false, temperature: 24.5, humidity: 55 });
    await world.pass(1000);
    expect(world.json("zigbee2mqtt/a").map(({ contact }) => contact)).toEqual([false]);
    expect(world.json("zigbee2mqtt/b").map(({ temperature, humidity }) => [temperature, humidity])).toEqual([
      [24.5, 61.25],
      [24.5, 55],
    ]);
    world.news();
    Object.assign(now, { temperature: 24.55, humidity: 55.9 });
    await world.pass(30 * minuteMs);
    expect(world.news()).toEqual([]);
  });

  it("says the same again when nothing has changed for long", async () => {
    await start([device("contact", room)]);
    await world.pass(101 * minuteMs);
    const states = world.json("zigbee2mqtt/a").map(({ linkquality: _, ...state }) => JSON.stringify(state));
    expect(states).toHaveLength(3);
    expect(new Set(states).size).toBe(1);
  });

  it("keeps a room occupied for ninety seconds after the last movement", async () => {
    const now = room({ motion: true });
    await start([device("motion", () => now)]);
    await world.pass(minuteMs);
    now.motion = false;
    await world.pass(88_000);
    expect(world.json("zigbee2mqtt/a").map(({ occupancy }) => occupancy)).toEqual([true]);
    await world.pass(4000);
    expect(world.json("zigbee2mqtt/a").map(({ occupancy }) => occupancy)).toEqual([true, false]);
  });

  it.each([
    [false, '{"state":"offline"}', '{"state":"online"}'],
    [true, "offline", "online"],
  ])(
    "calls a device offline after it was silent, online when it is heard, plain words: %s",
    async (plain, off, on) => {
      let power: RoomValues | null = room();
      await start([device("plug", () => power)], { plain });
      await world.pass(minuteMs);
      world.news();
      power = null;
      await world.pass(11 * minuteMs);
      expect(world.news()).toEqual([`zigbee2mqtt/a/availability ${off}`]);
      power = room();
      await world.pass(2000);
      expect(world.news().map((line) => line.split('{"current')[0]?.trim())).toEqual([
        `zigbee2mqtt/a/availability ${on}`,
        "zigbee2mqtt/a",
      ]);
    },
  );

  it("shows a battery that dies: less percent, fewer millivolts, then silence and offline", async () => {
    const battery = { percent: 2, percentPerDay: 48 };
    await start([device("climate", room, { battery })], { availability: { batteryMs: 30 * minuteMs } });
    await world.pass(150 * minuteMs);
    const states = world.json("zigbee2mqtt/a").map(({ battery: percent, voltage }) => [percent, voltage]);
    expect(states).toEqual([
      [2, 2525],
      [1, 2520],
    ]);
    expect(world.taken.at(-1)?.payload.toString()).toBe('{"state":"offline"}');
  });

  it("tells everything again in its log, with the payload as text inside JSON", async () => {
    await start([device("contact", room)], { logging: true });
    world.news();
    await world.pass(minuteMs);
    const [state, log] = world.taken;
    expect(state?.topic).toBe("zigbee2mqtt/a");
    expect(JSON.parse(log?.payload.toString() ?? "")).toEqual({
      level: "info",
      message: `MQTT publish: topic 'zigbee2mqtt/a', payload '${state?.payload}'`,
      namespace: "z2m:mqtt",
    });
    expect(log?.retain).toBe(false);
  });

  it("may have Chinese names and blanks, but none that MQTT has no topic for", async () => {
    const name = "三年级 一班/温湿度";
    await start([device("climate", room, { name })]);
    await world.pass(minuteMs);
    expect(world.json(`zigbee2mqtt/${name}`)).toHaveLength(1);
    for (const bad of ["a+", "#", ""]) {
      expect(() =>
        zigbeeBridge({ ...world.place, devices: [device("climate", room, { name: bad })] }),
      ).toThrow(RangeError);
    }
  });

  it("switches a plug that is told to, and answers a question with everything", async () => {
    await start([device("plug", room)]);
    await world.pass(minuteMs);
    world.news();
    world.server.publish({ topic: "zigbee2mqtt/a/set", payload: '{"state":"OFF"}' });
    await new Promise(setImmediate);
    await world.pass(6000);
    const states = world.json("zigbee2mqtt/a");
    expect(states[0]).toMatchObject({ state: "OFF", power: 48 });
    expect(states.at(-1)).toMatchObject({ state: "OFF", power: 0, current: 0 });
    world.news();
    world.server.publish({ topic: "zigbee2mqtt/a/get", payload: "" });
    await new Promise(setImmediate);
    await world.pass(2000);
    expect(world.json("zigbee2mqtt/a")).toHaveLength(1);
  });

  it("says what is retained again only when the server has lost it", async () => {
    await start([device("climate", room)]);
    await world.down();
    world.news();
    await world.up();
    await world.pass(5000);
    expect(world.news()).toEqual(['zigbee2mqtt/bridge/state {"state":"online"}']);
    await world.down(true);
    world.news();
    await world.up();
    await world.pass(5000);
    const topics = world.taken.map(({ topic }) => topic.replace("zigbee2mqtt/", ""));
    expect(topics).toEqual([
      "bridge/state",
      ...["bridge/state", "bridge/info", "bridge/devices", "bridge/groups", "a/availability"],
    ]);
  });

  it("dies by its will, and says farewell when it may", async () => {
    const bridge = await start([device("climate", room)]);
    world.news();
    await world.kill(bridge);
    expect(world.taken[0]).toMatchObject({ topic: "zigbee2mqtt/bridge/state", retain: true, qos: 1 });
    expect(world.news()).toEqual(['zigbee2mqtt/bridge/state {"state":"offline"}']);
    await bridge.start();
    await world.quiet();
    world.news();
    await bridge.stop();
    await settled(() => world.taken.length > 0);
    expect(world.news()).toEqual(['zigbee2mqtt/bridge/state {"state":"offline"}']);
  });

  it("says what it remembers of its devices when it is started again", async () => {
    const bridge = await start([device("contact", room)], { lastSeen: "iso" });
    await world.pass(minuteMs);
    const [state] = world.json("zigbee2mqtt/a");
    expect(state?.last_seen).toMatch(/^2026-09-01T00:00:\d\d\.\d{3}Z$/);
    await bridge.stop();
    world.news();
    await bridge.start();
    await world.quiet();
    expect(world.json("zigbee2mqtt/a")).toEqual([state]);
  });
});
