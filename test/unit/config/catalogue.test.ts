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
      for (const { above, below, standard } of limits) {
        expect(standard).toMatch(/^GB/);
        for (const bound of [above, below]) {
          if (bound === undefined) continue;
          expect(bound).toBeGreaterThan(range?.[0] ?? 0);
          expect(bound).toBeLessThan(range?.[1] ?? 0);
        }
      }
    }
  });
});
