import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { type ShellyOptions, shelly } from "../../../simulator/devices/shelly.ts";
import { DialectWorld, room, settled } from "./dialect-world.ts";

let world: DialectWorld;
beforeEach(() => {
  world = new DialectWorld();
});
afterEach(() => world.close());

const mac = "aabbccddeeff";
const plug = `shellyplusplugs-${mac}`;

function start(
  model: ShellyOptions["model"],
  source: () => RoomValues = room,
  options: Partial<ShellyOptions> = {},
) {
  return world.start((place) => shelly({ ...place, model, mac, source, ...options }));
}

interface Frame {
  method: string;
  params: Record<string, Record<string, unknown>>;
}

const frames = (id: string, method: string) =>
  (world.json(`${id}/events/rpc`) as unknown as Frame[])
    .filter((frame) => frame.method === method)
    .map(({ params }) => params);

describe("a simulated Shelly device", () => {
  it("is born online, retained, and says its full status in one frame and by component, at QoS 1", async () => {
    await start("plus-plug-s");
    expect(world.server.clients[0]?.clientId).toBe(plug);
    expect(world.taken.map(({ topic, retain, qos }) => [topic.slice(plug.length + 1), retain, qos])).toEqual([
      ["online", true, 1],
      ["events/rpc", false, 1],
      ...["ble", "cloud", "mqtt", "plugs_ui", "switch:0", "sys", "wifi", "ws"].map((name) => [
        ...[`status/${name}`, false, 1],
      ]),
    ]);
    const [{ ts, ...full } = {}] = frames(plug, "NotifyFullStatus");
    expect(ts).toBe(world.clock.wallMs() / 1000);
    expect(full["switch:0"]).toEqual({
      ...{ id: 0, source: "init", output: true, apower: 48.4, voltage: 229.9, current: 0.211 },
      aenergy: { total: 7258.589, by_minute: [0, 0, 0], minute_ts: 1_788_220_800 },
      temperature: { tC: 33.4, tF: 92.2 },
    });
    expect(world.json(`${plug}/status/switch:0`)).toEqual([full["switch:0"]]);
  });

  it("tells only what has moved, and by how much it takes to be told", async () => {
    const now = room();
    await start("plus-plug-s", () => now);
    world.news();
    Object.assign(now, { power: 48.9, voltage: 230.4 });
    await world.pass(2000);
    expect(world.news()).toEqual([]);
    now.power = 60;
    await world.pass(1000);
    expect(frames(plug, "NotifyStatus")).toEqual([
      {
        ts: expect.any(Number),
        "switch:0": { id: 0, apower: 60, voltage: 230.4, temperature: expect.anything() },
      },
    ]);
    expect(world.json(`${plug}/status/switch:0`)[0]).toMatchObject({
      output: true,
      apower: 60,
      current: 0.211,
    });
  });

  it("counts energy in Wh and the mWh of the last three minutes, and tells it once a minute", async () => {
    const now = room({ energyImport: 1000 });
    await start("plus-plug-s", () => now);
    await world.pass(1000);
    world.news();
    for (const wh of [2, 3, 5]) {
      now.energyImport = Number(now.energyImport) + wh;
      await world.pass(60_000);
    }
    const energy = frames(plug, "NotifyStatus").map((params) => params["switch:0"]?.aenergy);
    expect(energy).toEqual([
      { total: 1002, by_minute: [2000, 0, 0], minute_ts: expect.any(Number) },
      { total: 1005, by_minute: [3000, 2000, 0], minute_ts: expect.any(Number) },
      { total: 1010, by_minute: [5000, 3000, 2000], minute_ts: expect.any(Number) },
    ]);
  });

  it("tells what has moved its relay: the room, a command, a request", async () => {
    const now = room();
    await start("plus-1pm", () => now);
    const id = `shellyplus1pm-${mac}`;
    await world.pass(1000);
    world.news();
    const said = () =>
      frames(id, "NotifyStatus").flatMap(({ "switch:0": one }) =>
        one === undefined ? [] : [[one.output, one.source]],
      );
    now.lamp = false;
    await world.pass(1000);
    world.server.publish({ topic: `${id}/command/switch:0`, payload: "on", qos: 1 });
    await new Promise(setImmediate);
    await world.pass(3000);
    const request = { id: 7, src: "asker", method: "Switch.Set", params: { id: 0, on: false } };
    world.server.publish({ topic: `${id}/rpc`, payload: JSON.stringify(request), qos: 1 });
    await settled(() => world.taken.some(({ topic }) => topic === "asker/rpc"));
    await world.pass(1000);
    expect(said()).toEqual([
      [false, "button"],
      [true, "MQTT"],
      [false, "MQTT"],
    ]);
    expect(world.json("asker/rpc")).toEqual([{ id: 7, src: id, dst: "asker", result: { was_on: true } }]);
  });

  it("answers requests that it knows, refuses others, and is silent to what is none", async () => {
    await start("plus-plug-s");
    const ask = async (payload: string) => {
      world.news();
      world.server.publish({ topic: `${plug}/rpc`, payload, qos: 1 });
      await settled(() => world.taken.length > 0);
      return world.json("me/rpc")[0];
    };
    expect(await ask('{"id":1,"src":"me","method":"Shelly.GetStatus"}')).toMatchObject({
      result: { "switch:0": { output: true } },
    });
    world.server.publish({ topic: `${plug}/rpc`, payload: "no JSON", qos: 1 });
    world.server.publish({ topic: `${plug}/rpc`, payload: '{"id":1,"method":"Shelly.GetStatus"}', qos: 1 });
    expect(await ask('{"id":2,"src":"me","method":"Cover.Open"}')).toEqual({
      ...{ id: 2, src: plug, dst: "me", error: { code: 404, message: "No handler for Cover.Open" } },
    });
  });

  it("says a component again when it is asked to", async () => {
    await start("plus-plug-s");
    world.news();
    world.server.publish({ topic: `${plug}/command`, payload: "status_update", qos: 1 });
    await settled(() => world.taken.length === 8);
    world.news();
    world.server.publish({ topic: `${plug}/command/switch:0`, payload: "status_update", qos: 1 });
    await settled(() => world.taken.length === 1);
    expect(world.taken[0]?.topic).toBe(`${plug}/status/switch:0`);
  });

  it("tells an input as an event and as a status", async () => {
    const now = room({ contact: false });
    await start("plus-1pm", () => now);
    await world.pass(1000);
    world.news();
    now.contact = true;
    await world.pass(1000);
    const id = `shellyplus1pm-${mac}`;
    const ts = expect.any(Number);
    expect(world.json(`${id}/events/rpc`).map(({ method, params }) => [method, params])).toEqual([
      ["NotifyEvent", { ts, events: [{ component: "input:0", id: 0, event: "toggle", state: true, ts }] }],
      ["NotifyStatus", { ts, "input:0": { id: 0, state: true } }],
    ]);
    expect(world.json(`${id}/status/input:0`)).toEqual([{ id: 0, state: true }]);
  });

  it("measures three phases, with nulls where it has no sensor and no voltage", async () => {
    const phases = {
      ...({ voltage: [230, 231, 232], current: [1, 2, 3], power: [200, 400, 600] } as const),
      ...{ powerFactor: 0.9, frequency: 50, energyImport: 3000n, energyExport: 30 },
    };
    let lent: RoomValues = { phases };
    await start("pro-3em", () => lent, { meterMs: 5000 });
    const id = `shellypro3em-${mac}`;
    expect(world.json(`${id}/status/em:0`)[0]).toMatchObject({
      ...{ a_voltage: 230, b_current: 2, c_act_power: 600, n_current: null },
      ...{ total_current: 6, total_act_power: 1200, total_aprt_power: 1388, user_calibrated_phase: [] },
    });
    expect(world.json(`${id}/status/emdata:0`)[0]).toMatchObject({
      ...{ a_total_act_energy: 1000, c_total_act_ret_energy: 10, total_act: 3000, total_act_ret: 30 },
    });
    world.news();
    lent = { phases: { ...phases, voltage: null, current: null, power: null } };
    await world.pass(5000);
    expect(world.json(`${id}/status/em:0`).at(-1)).toMatchObject({
      ...{ a_voltage: null, a_pf: null, total_act_power: 0 },
    });
    await world.pass(120_000);
    expect(world.json(`${id}/status/emdata:0`)).toHaveLength(3);
  });

  it("on a battery connects, says everything, says that it sleeps, and is offline until its next hour", async () => {
    const now = room();
    await start("plus-ht", () => now, { battery: { percent: 73 } });
    const id = `shellyplusht-${mac}`;
    await world.pass(5000);
    expect(world.json(`${id}/status/devicepower:0`)).toEqual([
      { id: 0, battery: { V: 5.51, percent: 73 }, external: { present: false } },
    ]);
    expect(world.json(`${id}/status/sys`)[0]).toMatchObject({ time: null, unixtime: null });
    expect(frames(id, "NotifyFullStatus")).toHaveLength(1);
    expect(frames(id, "NotifyEvent")).toMatchObject([{ events: [{ component: "sys", event: "sleep" }] }]);
    expect(world.news().at(-1)).toBe(`${id}/online false`);
    expect(world.server.clients).toEqual([]);
    await world.pass(3600_000);
    expect(world.news()).toEqual([]);
    now.temperature = 25;
    await world.pass(10_000);
    expect(world.json(`${id}/status/temperature:0`)).toEqual([{ id: 0, tC: 25, tF: 77 }]);
    world.news();
    await world.pass(7_200_000 + 20_000);
    expect(frames(id, "NotifyFullStatus")).toHaveLength(1);
  });

  it("on a battery gives up when no server answers, and tries again with the next period", async () => {
    const { device } = await start("plus-ht");
    await world.pass(5000);
    await world.server.stop();
    await world.clock.advance(7_200_000 + 60_000);
    expect(device.online).toBe(false);
    await world.server.start();
    world.news();
    await world.clock.advance(600_000);
    expect(world.taken).toHaveLength(0);
    await world.pass(7_200_000);
    expect(frames(`shellyplusht-${mac}`, "NotifyFullStatus")).toHaveLength(1);
  });

  it("on a battery wakes up with new power, and never again once the battery is empty", async () => {
    const speaker = await start("plus-ht", room, { battery: { percent: 1, percentPerDay: 12 } });
    await world.pass(5000);
    await speaker.stop();
    world.news();
    await speaker.start();
    await world.pass(5000);
    expect(world.news().at(-1)).toBe(`shellyplusht-${mac}/online false`);
    await world.pass(2.1 * 3_600_000);
    expect(world.news()).toEqual([]);
  });

  it("says nothing about components or nothing over RPC where that is switched off", async () => {
    await start("plus-plug-s", room, { statusNtf: false });
    expect(world.taken.map(({ topic }) => topic)).toEqual([`${plug}/online`, `${plug}/events/rpc`]);
    await world.close();
    world = new DialectWorld();
    await start("plus-plug-s", room, { rpcNtf: false });
    expect(world.taken.some(({ topic }) => topic.endsWith("/events/rpc"))).toBe(false);
  });

  it("dies by its will, and says all again after an outage", async () => {
    const device = await start("plus-plug-s");
    const births = world.news().length;
    await world.down();
    world.news();
    await world.up();
    expect(world.news()).toHaveLength(births);
    await world.kill(device);
    expect(world.taken[0]).toMatchObject({ topic: `${plug}/online`, retain: true, qos: 1 });
    expect(world.news()).toEqual([`${plug}/online false`]);
  });
});
