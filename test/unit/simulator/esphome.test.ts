import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EsphomeOptions, esphome } from "../../../simulator/devices/esphome.ts";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { DialectWorld, room, settled } from "./dialect-world.ts";

let world: DialectWorld;
beforeEach(() => {
  world = new DialectWorld();
});
afterEach(() => world.close());

function start(options: Partial<EsphomeOptions> = {}, source: () => RoomValues = room) {
  return world.start((place) =>
    esphome({
      ...place,
      node: "n",
      source,
      points: ["temperature", "co2", "contact", "lamp"],
      debug: false,
      discovery: false,
      ...options,
    }),
  );
}

describe("a simulated ESPHome node", () => {
  it("is born online, retained and at QoS 0, in a session that the server keeps", async () => {
    const { device } = await start();
    expect(world.server.clients[0]?.clientId).toMatch(/^n-[0-9a-f]{12}$/);
    expect(world.taken[0]).toMatchObject({ topic: "n/status", retain: true, qos: 0 });
    expect(world.news()).toEqual(["n/status online", "n/switch/lamp/state ON"]);
    const command = { topic: "n/switch/lamp/command", payload: "OFF", qos: 1 } as const;
    await settled(() => world.server.publish(command) === 1);
    device.cut();
    await device.until(({ online }) => !online);
    await settled(() => world.server.clients.length === 0);
    // Its subscription is still there.
    expect(world.server.publish(command)).toBe(1);
  });

  it("has a session that ends with its connection, where that is its habit", async () => {
    const { device } = await start({ habits: { clean: true } });
    const command = { topic: "n/switch/lamp/command", payload: "OFF", qos: 1 } as const;
    await settled(() => world.server.publish(command) === 1);
    device.cut();
    await device.until(({ online }) => !online);
    await settled(() => world.server.clients.length === 0);
    expect(world.server.publish(command)).toBe(0);
  });

  it("gives every value its own topic, a plain word, retained, sensors once a minute and doors at once", async () => {
    const now = room();
    await start({}, () => now);
    world.news();
    await world.pass(60_000);
    expect(world.taken.every(({ retain }) => retain)).toBe(true);
    expect(world.news().sort()).toEqual([
      ...["n/binary_sensor/contact/state OFF", "n/sensor/co2/state 812", "n/sensor/temperature/state 23.2"],
    ]);
    now.contact = false;
    now.co2 = 900.4;
    await world.pass(1000);
    expect(world.news()).toContain("n/binary_sensor/contact/state ON");
    await world.pass(180_000);
    expect(world.news().filter((line) => line === "n/sensor/co2/state 900")).toHaveLength(3);
  });

  it("says nan for a sensor without a value, and nothing for a door without one", async () => {
    const { device } = await start({}, () => room({ co2: null, temperature: null, contact: null }));
    world.news();
    await world.pass(61_000);
    expect(world.news().sort()).toEqual(["n/sensor/co2/state nan", "n/sensor/temperature/state nan"]);
    expect(device.emissions.at(-1)?.values).toEqual({ value: null });
  });

  it("writes numbers with the digits of each sensor, and units that its makers chose", async () => {
    await start({ points: ["pressure", "energy", "power", "current"] }, () =>
      room({ pressure: 101.325, energyImport: 7258n, power: 48, current: 0.2 }),
    );
    world.news();
    await world.pass(61_000);
    expect(world.news().sort()).toEqual([
      "n/sensor/current/state 0.200",
      "n/sensor/energy/state 7.258",
      "n/sensor/power/state 48.0",
      "n/sensor/pressure/state 1013.3",
    ]);
  });

  it("chats about everything in its coloured log, which is never retained", async () => {
    await start({ debug: true, points: ["co2"], objects: { co2: "room_co2" } });
    world.news();
    await world.pass(61_000);
    const [chat, state] = world.taken;
    expect(chat).toMatchObject({ topic: "n/debug", retain: false });
    const text = chat?.payload.toString() ?? "";
    expect(text.startsWith("\u001b[0;36m") && text.endsWith("\u001b[0m"), "coloured for a terminal").toBe(
      true,
    );
    expect(stripVTControlCharacters(text)).toMatch(
      /^\[D\]\[sensor:\d{3}\]: 'Room Co2': Sending state 812 ppm with 0 decimals of accuracy$/,
    );
    expect(state?.topic).toBe("n/sensor/room_co2/state");
  });

  it("announces its values, retained, with where they are said and when it is there", async () => {
    await start({ discovery: true, points: ["co2"] });
    expect(world.taken[1]).toMatchObject({ topic: "homeassistant/sensor/n/co2/config", retain: true });
    expect(world.json("homeassistant/sensor/n/co2/config")[0]).toMatchObject({
      ...{ stat_t: "n/sensor/co2/state", avty_t: "n/status", unit_of_meas: "ppm" },
    });
  });

  it("switches what it is told to", async () => {
    await start();
    world.news();
    for (const [word, state] of [
      ["OFF", "OFF"],
      ["TOGGLE", "ON"],
    ]) {
      world.server.publish({ topic: "n/switch/lamp/command", payload: word ?? "" });
      await settled(() => world.taken.length > 0);
      expect(world.news()).toEqual([`n/switch/lamp/state ${state}`]);
    }
  });

  it("says everything that it knows again after every connection", async () => {
    await start();
    await world.pass(61_000);
    await world.down();
    world.news();
    await world.up();
    expect(world.news()).toEqual([
      "n/status online",
      "n/sensor/temperature/state 23.2",
      "n/sensor/co2/state 812",
      "n/binary_sensor/contact/state OFF",
      "n/switch/lamp/state ON",
    ]);
  });

  it("says offline by its will when it dies, and itself when it leaves", async () => {
    const node = await start();
    world.news();
    await world.kill(node);
    expect(world.taken[0]).toMatchObject({ topic: "n/status", retain: true });
    expect(world.news()).toEqual(["n/status offline"]);
    await node.start();
    await world.quiet();
    world.news();
    await node.stop();
    await settled(() => world.taken.length > 0);
    expect(world.news()).toEqual(["n/status offline"]);
  });
});
