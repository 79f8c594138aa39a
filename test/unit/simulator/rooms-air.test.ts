import { describe, expect, it } from "vitest";
import { nextCo2, nextTemperature, relax } from "../../../simulator/rooms/air-balance.ts";
import { relativeHumidity, waterContent } from "../../../simulator/rooms/humidity.ts";
import { SchoolModel, stepMs } from "../../../simulator/rooms/model.ts";
import { at, dayMs, hourMs, mean, minuteMs, sampled, school } from "./room-world.ts";

/** Carbon dioxide after some minutes in steps of ten seconds. */
function ppmAfter(minutes: number, airChange: number): number {
  let ppm = 420;
  for (let n = 0; n < minutes * 6; n += 1)
    ppm = nextCo2(ppm, 420, airChange, (41 * 12) / 1000, 200, stepMs / hourMs);
  return ppm;
}

describe("the air of a simulated room", () => {
  it("follows the closed solution under constant conditions, however it is cut into steps", () => {
    // 41 people of 12 L/h in 200 m³: 2460 ppm/h.
    for (const [airChange, minutes] of [
      [0.5, 40],
      [4, 40],
      [0.1, 300],
      [15, 5],
    ] as const) {
      const full = 2460 / airChange;
      const closed = 420 + full * (1 - Math.exp((-airChange * minutes) / 60));
      expect(ppmAfter(minutes, airChange)).toBeCloseTo(closed, 6);
    }
    // The worked example by hand.
    expect(ppmAfter(1, 0.5) - 420).toBeCloseTo(2460 / 60, 0);
    expect(ppmAfter(40, 0.5)).toBeGreaterThan(1790);
    expect(ppmAfter(40, 0.5)).toBeLessThan(1840);
    expect(ppmAfter(40, 4)).toBeGreaterThan(970);
    expect(ppmAfter(40, 4)).toBeLessThan(1010);
    expect(ppmAfter(6000, 0.5)).toBeCloseTo(5340, 6);
    expect(ppmAfter(6000, 4)).toBeCloseTo(1035, 6);
    expect(relax(10, 0, 5, 2)).toBe(20);
  });

  it("reaches the temperature at which losses equal gains", () => {
    const shell = { ua: 150, capacity: 8e6, volume: 200 };
    let celsius = 5;
    for (let n = 0; n < 400; n += 1) celsius = nextTemperature(celsius, 5, 1, 2170, shell, 1);
    expect(celsius).toBeCloseTo(5 + 2170 / (150 + 0.335 * 200), 6);
  });

  it("turns humidity into water and back", () => {
    for (const [celsius, humidity] of [
      [-5, 80],
      [20, 50],
      [35, 95],
    ] as const) {
      expect(relativeHumidity(celsius, waterContent(celsius, humidity))).toBeCloseTo(humidity, 9);
    }
    // A textbook's value: 7.3 g/kg at 20 °C and 50 %.
    expect(waterContent(20, 50) * 1000).toBeCloseTo(7.26, 1);
  });

  it("loses and makes no carbon dioxide: what people gave is in the room or outdoors", () => {
    const from = at("2026-10-12T08:00");
    const sessions = [{ fromMs: from, toMs: from + 2 * hourMs, people: 25 }];
    const plan = school({ only: ["101"], change: { sessions, area: 60, height: 3 } });
    const model = new SchoolModel(plan, from);
    const room = model.room("101");
    const start = room.air.co2;
    let [left, given, last] = [0, 0, start];
    sampled(model, from + 3 * hourMs, stepMs, () => {
      const between = (last + room.air.co2) / 2;
      left += room.atmosphere.airChange * (between - model.outdoors.co2) * (stepMs / hourMs) * 180;
      // 19 L/h of each adult, in ppm m³.
      given += room.state.people * 19_000 * (stepMs / hourMs);
      last = room.air.co2;
    });
    expect(given).toBeGreaterThan(900_000);
    expect(left + (last - start) * 180).toBeGreaterThan(given * 0.999);
    expect(left + (last - start) * 180).toBeLessThan(given * 1.001);
  });

  it("is as stale in a shut winter classroom as measured ones, and fresher with open windows", () => {
    const lessons = (change: { windows: number; door: boolean }, seed: number) => {
      const model = new SchoolModel(school({ only: ["101"], seed }), at("2027-01-11T00:00"));
      model.set("101", change, { hold: true });
      const days = [11, 12, 13, 14].map((day) => {
        model.advanceTo(at(`2027-01-${day}T08:20`));
        return mean(sampled(model, at(`2027-01-${day}T15:05`), minuteMs, () => model.room("101").air.co2));
      });
      return mean(days);
    };
    for (const seed of [1, 2, 3]) {
      const shut = lessons({ windows: 0, door: false }, seed);
      // Daily means of 1510-3863 ppm in a primary school with windows shut in winter.
      expect(shut).toBeGreaterThan(1510);
      expect(shut).toBeLessThan(3863);
      expect(lessons({ windows: 1, door: true }, seed)).toBeLessThan(1000);
    }
  });

  it("goes back to outdoors in a school that is left alone", () => {
    const model = new SchoolModel(school({ classes: 3 }), at("2026-11-20T00:00"));
    const rooms = model.plan.rooms.map(({ id }) => model.room(id));
    model.advanceTo(at("2026-11-20T14:30"));
    expect(rooms.some(({ air }) => air.co2 > 1200)).toBe(true);
    model.advanceTo(at("2026-11-21T05:00"));
    for (const { air } of rooms) expect(Math.abs(air.co2 - model.outdoors.co2)).toBeLessThan(100);
    model.advanceTo(at("2026-11-22T22:00"));
    for (const { air, state, plan } of rooms) {
      expect(Math.abs(air.co2 - model.outdoors.co2), plan.id).toBeLessThan(20);
      expect(state.people).toBe(0);
      expect(air.pm25).toBeLessThan(model.outdoors.pm25 * 1.3);
      expect(air.noise).toBeLessThan(50);
      expect(model.meter(plan.id).power).toBeLessThan(600);
    }
  });

  it("lets about half of the outdoor PM2.5 into shut empty rooms", () => {
    const model = new SchoolModel(school({ classes: 3 }), at("2026-11-21T12:00"));
    const rooms = model.plan.rooms.map(({ id }) => model.room(id));
    const parts = sampled(model, at("2026-11-22T23:00"), 10 * minuteMs, () =>
      mean(rooms.map(({ air }) => air.pm25 / model.outdoors.pm25)),
    );
    expect(mean(parts)).toBeGreaterThan(0.35);
    expect(mean(parts)).toBeLessThan(0.65);
  });

  it("stays within what a school can be, all year", () => {
    for (const month of ["2026-09-14", "2026-12-07", "2027-03-15", "2027-06-14"]) {
      const model = new SchoolModel(school({ classes: 2 }), at(`${month}T00:00`));
      sampled(model, at(`${month}T00:00`) + 2 * dayMs, 10 * minuteMs, () => {
        for (const { id } of model.plan.rooms) {
          const { air } = model.room(id);
          expect(air.co2).toBeGreaterThan(400);
          expect(air.co2).toBeLessThan(6000);
          expect(air.temperature).toBeGreaterThan(-5);
          expect(air.temperature).toBeLessThan(40);
          expect(air.humidity).toBeGreaterThan(8);
          expect(air.humidity).toBeLessThanOrEqual(100);
          expect(air.pm25).toBeGreaterThan(0);
          expect(air.pm10).toBeGreaterThan(air.pm25);
          expect(air.pm10).toBeLessThan(500);
          expect(air.tvoc).toBeGreaterThan(0);
          expect(air.illuminance).toBeLessThan(15_000);
          expect(air.noise).toBeGreaterThan(30);
          expect(air.noise).toBeLessThan(100);
        }
      });
    }
  });
});
