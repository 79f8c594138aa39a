/** The rooms of a scene as the simple formulas of room-air.ts know them. */
import type { Clock } from "../../config/schema/context.ts";
import { roomAir } from "../devices/room-air.ts";
import { mix } from "../seeded.ts";
import type { SceneFile } from "./scene-schema.ts";
import type { World } from "./world.ts";

export function roomWorld(scene: SceneFile, clock: Pick<Clock, "wallMs">): World {
  const { seed } = scene.school;
  const stuck = new Map<string, ReturnType<World["air"]>>();
  const off = new Set<number>();
  const watts = (room: string) => {
    const { co2 } = roomAir(mix(room, seed), clock.wallMs());
    return 25 + Math.max(0, co2 - 450) * 0.6;
  };
  const circuit = (power: number): ReturnType<World["circuit"]> => ({
    voltage: 229,
    current: power / 229,
    power,
    powerFactor: 0.93,
    frequency: 50,
    energyImport: Math.floor(clock.wallMs() / 36_000),
  });
  return {
    air: (device, room) =>
      stuck.get(device) ?? { ...roomAir(mix(room, seed), clock.wallMs()), tvoc: 120, pm10: 40 },
    circuit: (room) => circuit(watts(room)),
    floor(floor) {
      const rooms = scene.floors.find((each) => each.floor === floor)?.rooms ?? [];
      const power = off.has(floor) ? 0 : rooms.reduce((sum, room) => sum + watts(room), 0);
      const { voltage, current, ...more } = circuit(power);
      const [volts, amps, share] = [voltage, current / 3, power / 3];
      return {
        ...more,
        voltage: [volts, volts, volts],
        current: [amps, amps, amps],
        power: [share, share, share],
      };
    },
    power(floor, on) {
      if (on) off.delete(floor);
      else off.add(floor);
    },
    stick(device) {
      stuck.set(device, this.air(device, device.split("-")[0]?.toUpperCase() ?? ""));
      return () => void stuck.delete(device);
    },
  };
}
