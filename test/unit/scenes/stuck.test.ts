import { expect, it } from "vitest";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";

const minuteMs = 60_000;

/** A room with one device of each kind, on a school day before the first lesson. */
function school() {
  const scene = sceneSchema.parse({
    school: { id: "3502000001" },
    floors: [{ floor: "1", rooms: "101..101" }],
    devices: [
      { name: "wired", model: "xy-md02", unit: "1" },
      { name: "desk", model: "mqtt-air" },
      { name: "door", model: "zigbee-contact" },
      { name: "people", model: "zigbee-motion" },
      { name: "plug", model: "tasmota-plug" },
      { name: "panel", model: "shelly-plug" },
    ],
  });
  const clock = { nowMs: Date.UTC(2026, 8, 15, 23), wallMs: () => clock.nowMs };
  const world = roomWorld(scene, clock);
  const troubles = new Troubles(new SimulatedSchool(scene, world, { host: "127.0.0.1" }));
  /** All that a device can measure there: neither the relay nor who is in the room, which readers of cards are told. */
  const measured = (id: string) => ({
    ...world.air(id, "101"),
    ...world.room(id, "101"),
    lamp: null,
    people: null,
  });
  /** What of it was different at some minute of the next hours. */
  const moved = (id: string) => {
    const before = Object.entries(measured(id));
    const keys = new Set<string>();
    for (let minute = 0; minute < 240; minute++) {
      clock.nowMs += minuteMs;
      const now = new Map<string, unknown>(Object.entries(measured(id)));
      for (const [key, value] of before) if (now.get(key) !== value) keys.add(key);
    }
    return keys;
  };
  return { clock, troubles, moved, world };
}

it.each(["101-wired", "101-desk", "101-door", "101-people", "101-plug", "101-panel"])(
  "%s that is stuck says the same of everything it measures, until it is free again",
  async (id) => {
    const { troubles, moved } = school();
    const free = await troubles.begin({ what: "sensor-stuck", device: id });
    expect([...moved(id)]).toEqual([]);
    await free();
    expect([...moved(id)]).toEqual(
      expect.arrayContaining(["temperature", "contact", "motion", "power", "voltage", "energyImport"]),
    );
  },
);

it("the relay of a plug whose measuring is stuck moves with the mains", async () => {
  const { troubles, world } = school();
  await troubles.begin({ what: "sensor-stuck", device: "101-plug" });
  world.power(1, false);
  expect(world.room("101-plug", "101").lamp).toBe(false);
});

it("is stuck at what it measured last, also when it says nothing at that moment", async () => {
  const { clock, troubles, world } = school();
  // Single misses and silences come at any time.
  while (world.room("101-desk", "101").co2 !== null) clock.nowMs += minuteMs;
  await troubles.begin({ what: "sensor-stuck", device: "101-desk" });
  expect(world.room("101-desk", "101").co2).toEqual(expect.any(Number));
});
