import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { esphome } from "../../../simulator/devices/esphome.ts";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { shelly } from "../../../simulator/devices/shelly.ts";
import type { Speaker } from "../../../simulator/devices/speaker.ts";
import { tasmota } from "../../../simulator/devices/tasmota.ts";
import { zigbeeBridge } from "../../../simulator/devices/zigbee-bridge.ts";
import { DialectWorld, type Place, room } from "./dialect-world.ts";

let world: DialectWorld;
afterEach(() => world?.close());

/** Names as in the captures, so that topics can be compared letter by letter. */
function everybody(place: Place, seed: number, source: () => RoomValues): (() => Speaker)[] {
  const mac = "aabbccddeeff";
  const at = { ...place, seed };
  return [
    () => shelly({ ...at, model: "plus-plug-s", mac, source }),
    () => shelly({ ...at, model: "wall-display", mac, source }),
    () => shelly({ ...at, model: "pro-3em", mac, source }),
    () =>
      tasmota({ ...at, topic: "tasmota", source, chips: ["ANALOG", "DS18B20"], relay: true, switch: true }),
    () => tasmota({ ...at, topic: "tasmota_switch", source, relay: true, energy: true }),
    () => tasmota({ ...at, topic: "rfid-test", source, reader: "Data" }),
    () =>
      esphome({
        ...at,
        node: "room101",
        source,
        points: ["temperature", "co2", "lamp"],
        objects: { temperature: "room_temperature", co2: "room_co2" },
      }),
    () =>
      zigbeeBridge({
        ...at,
        devices: [
          { name: "classroom_101_th", model: "climate", source },
          { name: "classroom_101_door", model: "contact", source },
        ],
      }),
  ];
}

/** Everything that all of them say in eight minutes in which everything moves, by topic. */
async function listen(seed: number, habits = {}): Promise<Map<string, string[]>> {
  world = new DialectWorld();
  await world.server.start();
  const source = (): RoomValues => {
    const minute = Math.floor(world.clock.monotonicMs() / 60_000);
    const odd = minute % 2 === 1;
    return room({
      temperature: 23 + minute,
      humidity: 50 + minute * 2,
      co2: null,
      illuminance: odd ? 30 : 300,
      contact: odd,
      lamp: odd,
      power: 40 + minute * 10,
      voltage: 228 + minute * 3,
      energyImport: 7258.589 + minute,
      card: odd ? "BA839D07" : null,
    });
  };
  const place = { ...world.place, habits };
  for (const make of everybody(place, seed, source)) await world.start(make);
  await world.pass(8 * 60_000);
  const said = new Map<string, string[]>();
  for (const { topic, payload } of world.taken) {
    said.set(topic, [...(said.get(topic) ?? []), payload.toString()]);
  }
  await world.close();
  return said;
}

/** The type of every value of a payload by its path; a payload that is no JSON object is one word of some kind. */
function shape(payload: unknown): Map<string, string> {
  const types = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (Array.isArray(value)) for (const one of value) walk(one, `${path}[]`);
    else if (typeof value === "object" && value !== null) {
      for (const [key, one] of Object.entries(value)) walk(one, `${path}.${key}`);
    } else types.set(path, value === null ? "null" : typeof value);
  };
  const json = typeof payload === "string" ? parsed(payload) : payload;
  if (typeof json === "object" && json !== null) walk(json, "");
  else types.set("", word(String(payload)));
  return types;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function word(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text)) return "number";
  return /^(ON|OFF)$/.test(text)
    ? "ON or OFF"
    : /^(online|offline)$/i.test(text)
      ? text.replace(/ff|n/, "?")
      : text;
}

const file = new URL("../../../../shared/captures/mqtt.json", import.meta.url);

describe("the simulated dialects", () => {
  it.skipIf(!existsSync(file))(
    "say every topic and every key that was captured, with the same types",
    async () => {
      interface Item {
        id: string;
        topic: string;
        payload: unknown;
      }
      const { groups } = JSON.parse(readFileSync(file, "utf8")) as { groups: { items: Item[] }[] };
      const items = groups.flatMap((group) => group.items);
      expect(items.length).toBeGreaterThan(20);
      const said = await listen(1);
      const missing: string[] = [];
      for (const { id, topic, payload } of items) {
        const shapes = (said.get(topic) ?? []).map(shape);
        for (const [path, type] of shape(payload)) {
          if (!shapes.some((one) => one.get(path) === type)) missing.push(`${id}: ${topic} ${path} ${type}`);
        }
      }
      expect(missing).toEqual([]);
    },
  );

  it("say the same bytes for the same seed, and others for another", async () => {
    const habits = { repeats: 0.1 };
    const [first, again, other] = [await listen(3, habits), await listen(3, habits), await listen(4, habits)];
    expect([...again]).toEqual([...first]);
    expect([...other]).not.toEqual([...first]);
  });
});
