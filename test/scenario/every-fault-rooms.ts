/** Rooms with one of each that speaks on a serial line, which are a function of time alone. */
import type { AirValues } from "../../simulator/devices/modbus-air.ts";
import type { OnePhase } from "../../simulator/devices/modbus-meters.ts";
import type { ModelName } from "../../simulator/scenes/models.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";

export const models = {
  meter: "dlt645-2007-meter",
  pms: "plantower-pms5003",
  sds: "sds011",
  co2: "mh-z19b",
  qr: "gm65",
  card: "rdm6300",
  wiegand: "wiegand-26-34",
} as const satisfies Record<string, ModelName>;

export const scene = sceneSchema.parse({
  school: { id: "2133000008" },
  floors: [{ floor: "1", rooms: "101..102" }],
  devices: Object.entries(models).map(([name, model]) => ({
    ...{ name, model, every: "15s" },
    in: name === "meter" ? ["101", "102"] : ["101"],
  })),
});

/** What a room is at a moment, wall ms: nothing stays as it is for a second, and no room is like the other. */
export const airAt = (atMs: number): AirValues => {
  const s = Math.floor(atMs / 1000);
  const pm25 = 20 + (s % 70);
  return { pm25, pm10: pm25 + 80, co2: 500 + (s % 400) * 3, temperature: 20 + (s % 20) };
};
const startMs = Date.UTC(2026, 8, 19, 2);
export const circuitAt = (room: string, atMs: number): OnePhase => {
  const s = Math.floor(atMs / 1000);
  const more = room === "101" ? 0 : 1;
  return {
    voltage: 214 + more * 12 + (s % 100) / 10,
    current: 3 + more * 2 + (s % 100) / 100,
    power: 700 + more * 400 + (s % 100) * 2,
    powerFactor: 0.8 + more * 0.1 + (s % 60) / 1000,
    frequency: 49.5 + more * 0.5 + (s % 30) / 100,
    energyImport: 1000 + more * 500_000 + Math.floor((atMs - startMs) / 100),
    energyExport: 4000 + more * 1000,
  };
};

/** What a device says of a point, had it begun to speak at this moment. @param before Wh that a meter has counted before */
export function saidAt(device: string, point: string, atMs: number, before: number): number | undefined {
  const [room = "", name = ""] = device.split("-");
  if (name === "meter") {
    const circuit = circuitAt(room, atMs);
    const shown = (wh: number | bigint = 0) => Math.floor(Number(wh) / 10) / 100;
    const values: Record<string, number> = {
      voltage: circuit.voltage,
      current: circuit.current,
      power: circuit.power,
      power_factor: circuit.powerFactor,
      frequency: circuit.frequency,
      energy: shown(Number(circuit.energyImport) + before),
      energy_export: shown(circuit.energyExport),
    };
    return values[point];
  }
  const { pm25 = 0, pm10, co2, temperature } = airAt(atMs);
  const values: Record<string, number | null | undefined> = {
    ...{ pm1: Math.round((pm25 ?? 0) * 0.7), pm25, pm10, co2, device_temperature: temperature },
  };
  return values[point] ?? undefined;
}
