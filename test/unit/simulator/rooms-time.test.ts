import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SchoolModel } from "../../../simulator/rooms/model.ts";
import { at, dayMs, hourMs, minuteMs, school, snapshot, wired } from "./room-world.ts";

describe("the time of a simulated school", () => {
  const from = at("2026-10-12T07:00");
  const to = from + 7 * hourMs;

  it("has the same numbers however often it was asked", () => {
    const plan = school({ classes: 1 });
    const straight = wired(plan, from);
    straight.model.advanceTo(to);
    const want = snapshot(straight.model, straight.sensors);
    const waits = fc.array(fc.integer({ min: -hourMs, max: 2 * hourMs }), { maxLength: 40 });
    fc.assert(
      fc.property(waits, (steps) => {
        const { model, sensors } = wired(plan, from);
        let ms = from;
        for (const step of steps) {
          ms = Math.min(to, Math.max(from, ms + step));
          model.advanceTo(ms);
          for (const sensor of sensors) sensor.read();
          model.mainMeter();
        }
        model.advanceTo(to);
        expect(snapshot(model, sensors)).toBe(want);
      }),
      { numRuns: 6 },
    );
  });

  it("has the same numbers when asked every second", () => {
    const plan = school({ only: ["101"] });
    const straight = wired(plan, from);
    straight.model.advanceTo(to);
    const often = wired(plan, from);
    for (let ms = from; ms <= to; ms += 1000) {
      often.model.advanceTo(ms);
      if (ms % 3000 === 0) often.sensors[0]?.read();
    }
    expect(snapshot(often.model, often.sensors)).toBe(snapshot(straight.model, straight.sensors));
  });

  it("does not depend on which moment of a day it began", () => {
    const plan = school({ only: ["101", "corridor-1"] });
    const [early, late] = [
      new SchoolModel(plan, at("2026-10-12T00:00")),
      new SchoolModel(plan, at("2026-10-12T11:11")),
    ];
    early.advanceTo(to);
    late.advanceTo(to);
    expect(snapshot(late)).toBe(snapshot(early));
  });

  it("differs with the seed, the room and the day", () => {
    const one = new SchoolModel(school({ seed: 1 }), to);
    const two = new SchoolModel(school({ seed: 2 }), to);
    const next = new SchoolModel(school({ seed: 1 }), to + dayMs);
    const co2 = [one.room("101"), one.room("102"), two.room("101"), next.room("101")].map(
      ({ air }) => air.co2,
    );
    expect(new Set(co2).size).toBe(4);
  });

  it("takes what a hand does at the same moment the same way", () => {
    const plan = school({ only: ["101"] });
    const run = (pauses: number) => {
      const { model, sensors } = wired(plan, from);
      const go = (ms: number) => {
        for (let n = 1; n <= pauses; n += 1) model.advanceTo(model.nowMs + ((ms - model.nowMs) * n) / pauses);
      };
      go(from + 90 * minuteMs);
      model.set(
        "101",
        { windows: 1, lamps: true, ac: { power: true, mode: "heat", target: 30 } },
        { hold: true },
      );
      go(from + 150 * minuteMs);
      model.power(1, false);
      go(from + 160 * minuteMs);
      model.power(1, true);
      model.release("101");
      go(to);
      return snapshot(model, sensors);
    };
    expect(run(50)).toBe(run(1));
  });

  it("is never ahead of the moment it was asked for", () => {
    const model = new SchoolModel(school({ only: ["101"] }), from + 9999);
    expect(model.nowMs).toBe(from);
    model.advanceTo(from + 19_999);
    expect(model.nowMs).toBe(from + 10_000);
  });

  it("lets what happens in one room change no other", () => {
    const other = (busy: boolean) => {
      const { model, sensors } = wired(school({ classes: 2 }), from);
      if (busy) {
        model.power("101", false);
        model.set("101", { windows: 1, door: true }, { hold: true });
        model.extraLoad("101", 3000);
      }
      model.advanceTo(from + 3 * hourMs);
      return JSON.stringify([model.room("102").air, model.room("102").circuits, sensors[1]?.read()]);
    };
    expect(other(true)).toBe(other(false));
  });

  it("stays where it is when time steps back, and refuses to leap over years", () => {
    const model = new SchoolModel(school({ only: ["101"] }), from);
    const before = snapshot(model);
    model.advanceTo(from - dayMs);
    expect(snapshot(model)).toBe(before);
    expect(() => model.advanceTo(from + 500 * dayMs)).toThrow(RangeError);
    expect(() => model.advanceTo(Number.NaN)).toThrow(RangeError);
    expect(snapshot(model)).toBe(before);
  });

  it("says which rooms there are when a name is wrong", () => {
    const model = new SchoolModel(school({ only: ["101"] }), from);
    expect(() => model.room("110")).toThrow('no room "110"; there are 101');
    expect(() => model.power(9, false)).toThrow(RangeError);
    expect(() => model.set("101", { windows: 30 })).toThrow(RangeError);
    const twice = { ...model.plan, rooms: [...model.plan.rooms, ...model.plan.rooms] };
    expect(() => new SchoolModel(twice, from)).toThrow('two rooms are called "101"');
  });
});
