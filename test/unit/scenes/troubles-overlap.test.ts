import { describe, expect, it } from "vitest";
import { NoSuchTrouble } from "../../../simulator/faults/no-such-trouble.ts";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import type { World } from "../../../simulator/scenes/world.ts";

/** Two floors with wired and Zigbee devices, not started; what is on and off in them is written down. */
function school() {
  const scene = sceneSchema.parse({
    school: { id: "3502000001" },
    floors: [
      { floor: "1", rooms: "101..102" },
      { floor: "2", rooms: "201..202" },
    ],
    devices: [
      { name: "air", model: "xy-md02", unit: "1" },
      { name: "meter", model: "chint-ddsu666", unit: "41" },
      { name: "door", model: "zigbee-contact" },
    ],
  });
  const said: string[] = [];
  const world: World = {
    air: () => ({}),
    room: () => ({}) as ReturnType<World["room"]>,
    circuit: () => ({}) as ReturnType<World["circuit"]>,
    floor: () => ({}) as ReturnType<World["floor"]>,
    fittings: () => ({}) as ReturnType<World["fittings"]>,
    power: (floor, on) => void said.push(`floor ${floor} ${on ? "on" : "off"}`),
    stick: (device) => {
      said.push(`${device} stuck`);
      return () => void said.push(`${device} free`);
    },
  };
  const built = new SimulatedSchool(scene, world, { host: "127.0.0.1" });
  const setPower = built.setPower.bind(built);
  built.setPower = (id, on) => {
    said.push(`${id} ${on ? "on" : "off"}`);
    return setPower(id, on);
  };
  const troubles = new Troubles(built, {
    async platformDown() {
      said.push("platform down");
      return async () => void said.push("platform up");
    },
  });
  return { built, troubles, said };
}

describe("two faults that hit the same thing", () => {
  it.each([
    ["a Zigbee device", { what: "device-off", device: "202-door" }, ["202-door off", "202-door on"]],
    ["a sensor", { what: "sensor-stuck", device: "201-air" }, ["201-air stuck", "201-air free"]],
    ["the platform", { what: "platform-down" }, ["platform down", "platform up"]],
  ] as const)("keep %s so until both are over", async (_, fault, [wrong, right]) => {
    const { troubles, said } = school();
    const [first, second] = [await troubles.begin(fault), await troubles.begin(fault)];
    await first();
    expect(said).toEqual([wrong]);
    await second();
    expect(said).toEqual([wrong, right]);
  });

  it("keep a floor dark, and what has no power of its own beside", async () => {
    const { troubles, said } = school();
    const dark = { what: "power-out", floor: 2 } as const;
    const alone = await troubles.begin({ what: "device-off", device: "202-door" });
    const [first, second] = [await troubles.begin(dark), await troubles.begin(dark)];
    await first();
    await second();
    expect(said.filter((one) => one.startsWith("floor"))).toEqual(["floor 2 off", "floor 2 on"]);
    expect(said).not.toContain("202-door on");
    await alone();
    expect(said.at(-1)).toBe("202-door on");
  });
});

describe("what cannot happen here", () => {
  it.each([
    ["a floor that is not there", { what: "power-out", floor: 3 }, "it has 1, 2"],
    ["a meter that measures no air", { what: "sensor-stuck", device: "101-meter" }, "for example 101-air"],
    ["a flood of what speaks no MQTT", { what: "broker-flood", device: "201-air" }, "no device here"],
  ] as const)("is refused with what can: %s", async (_, fault, told) => {
    const { troubles, said } = school();
    const refused = await troubles.begin(fault).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NoSuchTrouble);
    expect((refused as NoSuchTrouble).text.en).toContain(told);
    expect(said).toEqual([]);
  });
});

it("a wired sensor has what was set in it once its power is back for good", async () => {
  const { built, troubles } = school();
  const slave = built.slaves.get("201-air");
  const unit = slave?.unit;
  slave?.set({ unit: 77 }, "power");
  const one = await troubles.begin({ what: "device-off", device: "201-air" });
  const dark = await troubles.begin({ what: "power-out", floor: 2 });
  expect(slave?.isOff).toBe(true);
  await one();
  expect([slave?.isOff, slave?.unit]).toEqual([true, unit]);
  await dark();
  expect([slave?.isOff, slave?.unit]).toEqual([false, 77]);
});
