/** Whether a platform has exactly what the devices of a simulated school said, as the storing rule selects it. */
import { expect } from "vitest";
import { type LoggedWorld, pointOf, toStore } from "./told.ts";
import type { VirtualSchool } from "./virtual-school.ts";

/**
 * Points of a model, what they are called in the simulator's own words, and what a register makes of them.
 * `before` is what a meter has counted before this school began, Wh.
 */
const pointsOf: Record<
  string,
  readonly (readonly [string, string, ((value: number, before: number) => number)?])[]
> = {
  "jxct-air-board": ["co2", "temperature", "humidity", "pm25", "pm10"].map((name) => [name, name]),
  "mqtt-air": ["co2", "temperature", "humidity", "pm25"].map((name) => [name, name]),
  "chint-ddsu666": [
    ["voltage", "voltage", shortest],
    ["power", "power", (watts) => shortest(watts / 1000) * 1000],
    ["energy", "energyImport", (wh) => shortest(wh / 1000)],
  ],
  "dlt645-2007-meter": [
    ["voltage", "voltage", (volts) => Math.round(volts * 10) / 10],
    ["power", "power", (watts) => Math.round(watts * 10) / 10],
    ["energy", "energyImport", (wh, before) => Math.floor((wh + before) / 10) / 100],
  ],
  "mh-z19b": [["co2", "co2", Math.round]],
  "acrel-adw300": [["energy", "energyImport", (wh) => Math.floor(Math.round(wh) / 10) / 100]],
};

/** A register of 32 bits as people write it: the fewest digits that lead to the same bits. */
function shortest(value: number): number {
  const bits = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(bits.toPrecision(digits));
    if (Math.fround(short) === bits) return short;
  }
  return bits;
}

/**
 * Compares value by value, in their order.
 * @param upAt wall ms at which devices that connect by themselves came
 * @returns how many records of each point were compared
 */
export function expectTotals(
  school: VirtualSchool,
  world: LoggedWorld,
  upAt: number,
): Record<string, number> {
  const got = new Map<string, number[]>();
  for (const { kind, device, point, value, quality } of school.platform.records()) {
    if (kind !== "measurement" && kind !== "counter") continue;
    expect(quality & 128, `${device}/${point} is simulated`).toBe(128);
    const key = `${device}/${point}`;
    const values = got.get(key);
    if (values === undefined) got.set(key, [value as number]);
    else values.push(value as number);
  }
  const totals: Record<string, number> = {};
  for (const { id, model } of school.school.devices) {
    const emissions = school.school.sensors.get(id)?.device.emissions;
    const before = school.school.serial.before(id);
    for (const [point, name, of = (value: number) => value] of pointsOf[model] ?? []) {
      const said =
        emissions?.flatMap(({ timeMs: at, values }) => {
          const value = values[name];
          return typeof value === "number" ? [{ at, value }] : [];
        }) ?? world.said(id, name).map(({ at, value }) => ({ at, value: of(value, before) }));
      // One that is polled is there with its first answer, one that connects before it says anything.
      const wanted = toStore(
        said,
        pointOf(school.plan, id, point),
        emissions === undefined ? undefined : upAt,
      );
      const key = `${id}/${point}`;
      expect(got.get(key)?.length, `${key}: how many`).toBe(wanted.length);
      got.get(key)?.forEach((value, at) => {
        expect(value, `${key}: record ${at + 1}`).toBeCloseTo(wanted[at] as number, 3);
      });
      totals[point] = (totals[point] ?? 0) + wanted.length;
    }
  }
  return totals;
}
