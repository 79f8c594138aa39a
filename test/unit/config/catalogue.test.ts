import { describe, expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { pointPattern } from "../../../config/load/shape/identifier.ts";

const points = [...cataloguePoints.values()];

describe("the catalogue of points", () => {
  it("has every point once, by a usable id, with both names", () => {
    for (const [id, point] of cataloguePoints) {
      expect(point.id).toBe(id);
      expect(id).toMatch(pointPattern);
      expect(point.text.zh).not.toBe("");
      expect(point.text.en).toMatch(/^[\x20-\x7e]+$/);
    }
    expect(points.length).toBeGreaterThanOrEqual(25);
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
        expect(standard).toMatch(/^GB/);
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
      "noise: GB 50118-2010, table 5.1",
      "voltage: GB/T 12325",
      "voltage_a: GB/T 12325",
      "voltage_b: GB/T 12325",
      "voltage_c: GB/T 12325",
      "frequency: GB/T 15945",
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
