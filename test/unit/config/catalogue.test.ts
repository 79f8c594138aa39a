import { describe, expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { pointPattern } from "../../../config/load/shape/identifier.ts";

const points = [...cataloguePoints.values()];

/** Names that are the same in both languages. */
const same = ["PM1", "PM2.5", "PM10"];

/** Written by hand from the UCUM tables: what stands in braces is an annotation. */
const ucum =
  "% 1 A Cel Hz K V V.A V.A{reactive} W W/m2 [ppb] [ppm] dB[SPL] dB[mW] h hPa kV.A.h{reactive} kW.h lx m/s m3/h mA mg/m3 s ug/m3 {count}";

/** National standards, and the one notice of the State Council that sets a figure. */
const standards =
  /^(?:(?:GB(?:\/T)? \d{3,5}(?:\.\d+)?(?:-\d{4})?(?:, (?:table )?[\d.]+)?)(?:; |$))+$|^国办发〔2007〕42号$/;

describe("the catalogue of points", () => {
  it("has every point once, by a usable id, with both names", () => {
    for (const [id, point] of cataloguePoints) {
      expect(point.id).toBe(id);
      expect(id).toMatch(pointPattern);
      expect(point.text.zh).not.toBe("");
      expect(point.text.en).toMatch(/^[\x20-\x7e]+$/);
    }
    expect(points.length).toBeGreaterThanOrEqual(60);
    const names = points.flatMap(({ text }) => [text.zh, text.en]);
    expect(new Set(names).size).toBe(names.length - same.length);
  });

  it("says of each point all that storing and showing it needs", () => {
    const keys: Record<string, string[]> = {
      event: ["id", "kind", "level", "text", "type"],
      true: ["deadband", "display", "id", "kind", "level", "maxSilenceMs", "range", "text", "type", "unit"],
      false: ["deadband", "id", "kind", "level", "maxSilenceMs", "text", "type"],
    };
    for (const point of points) {
      const { id, kind, type, level, deadband, maxSilenceMs } = point;
      const said = Object.keys(point).filter((key) => !["limits", "identity", "perHour"].includes(key));
      // A counter without it could jump by any amount unseen.
      expect(point.perHour !== undefined, id).toBe(kind === "counter");
      expect(said.sort(), id).toEqual(keys[kind === "event" ? kind : String(type === "number")]);
      expect([1, 2, 3, 4]).toContain(level);
      if (kind === "event") continue;
      const size = deadband === undefined ? 0 : "abs" in deadband ? deadband.abs : deadband.share;
      expect(size, id).toBeGreaterThan(0);
      if (type !== "number") expect(deadband, id).toEqual({ abs: 1 });
      expect(maxSilenceMs, id).toBeGreaterThanOrEqual(5 * 60_000);
      expect(maxSilenceMs, id).toBeLessThanOrEqual(12 * 3_600_000);
    }
  });

  it("writes every unit as UCUM does, and nowhere a second unit for the same thing", () => {
    const units = new Set(points.flatMap(({ unit }) => unit ?? []));
    expect([...units].sort()).toEqual(ucum.split(" ").sort());
    for (const { id, unit, display } of points)
      if (id.includes("temperature") && !id.startsWith("colour"))
        expect([unit, display?.unit]).toEqual(["Cel", "℃"]);
  });

  it("has units, display and range exactly for numbers", () => {
    for (const { type, unit, display, range } of points) {
      const number = type === "number";
      expect([unit !== undefined, display !== undefined, range !== undefined]).toEqual([
        number,
        number,
        number,
      ]);
      if (unit !== undefined) expect(unit.length).toBeLessThanOrEqual(16);
      if (range !== undefined) expect(range[0]).toBeLessThan(range[1]);
    }
  });

  it("keeps people apart: head counts and motion at level 3, passes at level 4 as digests, every one stored", () => {
    expect(points.filter(({ level }) => level === 3).map(({ id }) => id)).toEqual(["occupancy", "motion"]);
    const personal = points.filter(({ level }) => level === 4);
    expect(personal.map(({ id }) => id)).toEqual(["card", "qr"]);
    for (const { identity, deadband, kind } of personal) {
      expect([identity, deadband, kind]).toEqual([true, undefined, "event"]);
    }
  });

  it("names the standard of every limit, inside the physical range", () => {
    for (const { range, limits = [] } of points) {
      for (const { above, below, standard, text, verified } of limits) {
        expect(standard).toMatch(standards);
        expect(above ?? below).toBeDefined();
        expect(typeof verified).toBe("boolean");
        expect([text.zh, text.en]).not.toContain("");
        if (above !== undefined && below !== undefined) expect(below).toBeLessThan(above);
        for (const bound of [above, below]) {
          if (bound === undefined) continue;
          expect(bound).toBeGreaterThan(range?.[0] ?? 0);
          expect(bound).toBeLessThan(range?.[1] ?? 0);
        }
      }
    }
  });

  it("calls no number verified that is only recalled", () => {
    const recalled = points.flatMap(({ id, limits = [] }) =>
      limits.filter(({ verified }) => !verified).map(({ standard }) => `${id}: ${standard}`),
    );
    // Read the standard, compare the number, then take its line away here and set verified.
    expect(recalled).toEqual([
      "co2: GB/T 18883-2022",
      "co2: GB/T 17226-2017",
      "temperature: GB 50099-2011, table 10.1.7",
      "pm25: GB/T 18883-2022",
      "pm10: GB/T 18883-2022",
      "co: GB/T 18883-2022",
      "o3: GB/T 18883-2022",
      "nh3: GB/T 18883-2022",
      "no2: GB/T 18883-2022",
      "noise: GB 50118-2010, table 5.1",
      "noise: GB 50118-2010, table 5.1",
      "voltage: GB/T 12325",
      "voltage_a: GB/T 12325",
      "voltage_b: GB/T 12325",
      "voltage_c: GB/T 12325",
      "frequency: GB/T 15945",
      "ac_setpoint: 国办发〔2007〕42号",
      "ac_setpoint: 国办发〔2007〕42号",
    ]);
  });

  it.each([
    [
      "air sensor",
      ["co2", "temperature", "humidity", "pm25", "pm10", "tvoc", "hcho", "illuminance", "noise"],
    ],
    ["single-phase meter", ["energy", "power", "voltage", "current", "power_factor", "frequency"]],
    [
      "three-phase meter",
      ["a", "b", "c"].flatMap((phase) => [`voltage_${phase}`, `current_${phase}`, `power_${phase}`]),
    ],
    ["electrical safety unit", ["leakage", "cable_temperature", "current_n"]],
    ["plug of a wireless dialect", ["switch", "power", "energy", "voltage", "device_temperature", "input_1"]],
    ["battery sensor", ["battery", "battery_voltage", "battery_low", "link_quality", "button"]],
    ["panel", ["display_on", "display_input", "volume", "mute", "lamp_hours"]],
    ["switch", ["switch", "switch_1", "switch_2", "switch_3", "switch_4"]],
  ])("has what a %s says", (_, ids) => {
    expect(ids.filter((id) => !cataloguePoints.has(id))).toEqual([]);
  });

  it("shows every number within its range with as many decimals as its dead band needs", () => {
    for (const { id, display, deadband, range } of points) {
      if (display === undefined || range === undefined) continue;
      const { decimals, factor = 1 } = display;
      for (const bound of range)
        expect(Number((bound * factor).toFixed(decimals)), id).toBeCloseTo(bound * factor, 9);
      if (deadband !== undefined && "abs" in deadband)
        expect(Number((deadband.abs * factor).toFixed(decimals)), id).toBeGreaterThan(0);
    }
  });
});
