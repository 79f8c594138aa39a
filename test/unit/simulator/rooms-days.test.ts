import { describe, expect, it } from "vitest";
import {
  dayNumber,
  dayOf,
  midnight,
  schoolWeekday,
  weekdayOf,
  zhejiang2026,
} from "../../../simulator/rooms/calendar.ts";
import { SchoolModel } from "../../../simulator/rooms/model.ts";
import { presences } from "../../../simulator/rooms/occupancy.ts";
import { usualSchool } from "../../../simulator/rooms/plan.ts";
import { slotsOf, timetable } from "../../../simulator/rooms/timetable.ts";
import { Weather } from "../../../simulator/rooms/weather.ts";
import { at, dayMs, mean, minuteMs, sampled, school } from "./room-world.ts";

const weekdayAt = (date: string) => schoolWeekday(zhejiang2026, dayNumber(date));

describe("the calendar of a simulated school", () => {
  it("knows school days, holidays, make-up Saturdays and the zone of China", () => {
    expect(weekdayAt("2026-09-01")).toBe(2);
    expect(weekdayAt("2026-10-05")).toBeNull();
    expect(weekdayAt("2026-10-10")).toBe(3);
    expect(weekdayAt("2026-10-11")).toBeNull();
    expect(weekdayAt("2026-10-17")).toBeNull();
    expect(weekdayAt("2027-02-06")).toBeNull();
    expect(weekdayAt("2027-07-15")).toBeNull();
    expect(weekdayOf(dayNumber("2026-11-27"))).toBe(5);
    expect(dayOf(Date.parse("2026-10-11T15:59:59Z"))).toBe(dayNumber("2026-10-11"));
    expect(dayOf(Date.parse("2026-10-11T16:00:00Z"))).toBe(dayNumber("2026-10-12"));
    expect(midnight(dayNumber("2027-06-15"))).toBe(at("2027-06-15T00:00"));
    expect(() => dayNumber("1.9.2026")).toThrow("write it like 2026-09-01");
  });

  it("has about 190 to 200 school days a year, and empty rooms on all others", () => {
    const days = Array.from({ length: 365 }, (_, n) => dayNumber("2026-09-01") + n);
    const on = days.filter((day) => schoolWeekday(zhejiang2026, day) !== null);
    expect(on.length).toBeGreaterThan(180);
    expect(on.length).toBeLessThan(200);
    const plan = school({ only: ["101"] });
    const table = timetable(plan);
    for (const day of days) {
      const people = presences(plan, table, plan.rooms[0] as (typeof plan.rooms)[0], day).some(
        (one) => one.people > 0,
      );
      expect(people).toBe(on.includes(day));
    }
  });
});

describe("the timetable of a simulated school", () => {
  for (const [stage, classes] of [
    ["primary", 18],
    ["junior", 24],
  ] as const) {
    const plan = usualSchool({ stage, seed: 11, classes });
    const table = timetable(plan);
    const week = [1, 2, 3, 4, 5];

    it(`gives every class of a ${stage} school its week: lessons, sport, special rooms, a shorter Friday`, () => {
      const lengths = week.map(
        (weekday) => slotsOf(stage, weekday).filter((slot) => slot.n !== undefined).length,
      );
      expect(lengths).toEqual(stage === "primary" ? [6, 6, 6, 6, 5] : [7, 7, 7, 7, 6]);
      const last = (weekday: number) => slotsOf(stage, weekday).at(-1)?.to ?? 0;
      expect(last(5)).toBeLessThan(last(4));
      for (const room of plan.rooms.filter((one) => one.use === "classroom")) {
        const away = week.flatMap((weekday) =>
          table(room, weekday).filter((one) => one.n && one.activity === "away"),
        );
        expect(away.length).toBeGreaterThanOrEqual(6);
        expect(away.length).toBeLessThanOrEqual(8);
      }
    });

    it(`puts no two classes of a ${stage} school into one room, and nobody before the allowed hour`, () => {
      const first = stage === "primary" ? 500 : 480;
      for (const room of plan.rooms) {
        for (const weekday of week) {
          const stays = table(room, weekday);
          stays.forEach((stay, n) => {
            expect(stay.from).toBeGreaterThanOrEqual(stays[n - 1]?.to ?? 0);
            expect(stay.people).toBeLessThanOrEqual(Math.max(60, room.pupils));
            if (stay.activity === "lesson") expect(stay.from).toBeGreaterThanOrEqual(first);
          });
        }
      }
      const guests = plan.rooms
        .filter((room) => ["music", "art", "lab", "computer", "gym"].includes(room.use))
        .flatMap((room) => week.flatMap((weekday) => table(room, weekday)));
      expect(guests.length).toBeGreaterThan(classes);
    });

    it(`fills the classrooms of a ${stage} school in lessons and empties them in the long break`, () => {
      const model = new SchoolModel(plan, at("2026-10-13T00:00"));
      const rooms = plan.rooms.filter((room) => room.use === "classroom").map((room) => model.room(room.id));
      model.advanceTo(at(stage === "primary" ? "2026-10-13T08:45" : "2026-10-13T08:20"));
      const here = rooms.filter(({ state }) => state.activity === "lesson");
      expect(here.length).toBeGreaterThan(classes * 0.6);
      for (const { state, plan: room } of here)
        expect(state.people / (room.pupils + 1)).toBeGreaterThan(0.93);
      for (const { state } of rooms.filter((room) => !here.includes(room))) expect(state.people).toBe(0);
      for (const local of ["2026-10-13T09:59", "2026-10-13T21:00"]) {
        model.advanceTo(at(local));
        for (const { state } of rooms) expect(state.people).toBe(0);
      }
    });
  }
});

it("has nobody in a simulated school at night", () => {
  const model = new SchoolModel(school({ classes: 2 }), at("2026-10-12T00:00"));
  const rooms = model.plan.rooms.map(({ id }) => model.room(id));
  const seen = new Set<number>();
  sampled(model, at("2026-10-15T00:00"), 10_000, (ms) => {
    const hour = new Date(ms + 8 * 3_600_000).getUTCHours();
    if (hour >= 19 || hour < 7) for (const { state } of rooms) seen.add(state.people);
  });
  expect([...seen]).toEqual([0]);
});

describe("the weather of a simulated school", () => {
  const weather = new Weather(3);
  const year = Array.from({ length: 365 * 24 }, (_, n) => ({
    ...weather.at(at("2026-09-01T00:30") + n * 3_600_000),
  }));
  const month = (n: number) =>
    year.filter((_, hour) => new Date(at("2026-09-01T08:30") + hour * 3_600_000).getUTCMonth() === n);

  it("has the year of northern Zhejiang", () => {
    const temperature = (n: number) => mean(month(n).map((hour) => hour.temperature));
    expect(temperature(0)).toBeGreaterThan(2);
    expect(temperature(0)).toBeLessThan(8);
    expect(temperature(6)).toBeGreaterThan(26);
    expect(temperature(6)).toBeLessThan(32);
    expect(mean(year.map((hour) => hour.humidity))).toBeGreaterThan(65);
    expect(mean(year.map((hour) => hour.humidity))).toBeLessThan(85);
    // 24-30 µg/m³ a year, winter nights 50-120; carbon dioxide 420-450 ppm, more at night.
    expect(mean(year.map((hour) => hour.pm25))).toBeGreaterThan(22);
    expect(mean(year.map((hour) => hour.pm25))).toBeLessThan(33);
    expect(mean(month(0).map((hour) => hour.pm25))).toBeGreaterThan(35);
    expect(mean(year.map((hour) => hour.co2))).toBeGreaterThan(420);
    expect(mean(year.map((hour) => hour.co2))).toBeLessThan(450);
    expect(Math.max(...year.map((hour) => hour.sun))).toBeGreaterThan(850);
    expect(Math.max(...year.map((hour) => hour.sun))).toBeLessThan(1050);
    expect(year.every((hour) => hour.humidity > 10 && hour.humidity <= 100 && hour.wind > 0)).toBe(true);
  });

  it("has dark nights, sun from the right side and never a jump", () => {
    const noon = {
      ...weather.at(at("2026-12-21T12:00")),
      wall: { ...weather.at(at("2026-12-21T12:00")).wall },
    };
    expect(noon.wall.south).toBeGreaterThan(noon.wall.east);
    expect(noon.wall.north).toBe(0);
    const morning = weather.at(at("2027-06-21T08:00"));
    expect(morning.wall.east).toBeGreaterThan(morning.wall.west);
    expect(weather.at(at("2026-12-21T23:00")).sun).toBe(0);
    let last = { ...weather.at(at("2026-12-31T00:00")) };
    for (let ms = at("2026-12-31T00:00"); ms < at("2027-01-02T00:00"); ms += 10_000) {
      const now = weather.at(ms);
      for (const name of ["temperature", "co2", "pm25", "humidity"] as const) {
        expect(Math.abs(now[name] - last[name])).toBeLessThan(0.6);
      }
      last = { ...now };
    }
  });
});

describe("light and noise of a simulated room", () => {
  it("has 300 lx by its lamps, next to nothing for projection, none at night", () => {
    const model = new SchoolModel(school({ only: ["101"] }), at("2026-10-12T20:00"));
    const { air, plan } = model.room("101");
    expect(air.illuminance).toBe(0);
    model.set("101", { lamps: { desks: true } }, { hold: true });
    model.advanceTo(model.nowMs + minuteMs);
    expect(air.illuminance * plan.area).toBeGreaterThan(300 * 61 * 0.9);
    expect(air.illuminance).toBeLessThan(400);
    model.set("101", { lamps: false, blinds: 0.1 }, { hold: true });
    model.advanceTo(at("2026-10-13T12:00"));
    expect(air.illuminance).toBeGreaterThan(5);
    expect(air.illuminance).toBeLessThan(200);
  });

  it("is quiet when empty, a teacher's voice in lessons, loud in breaks", () => {
    const model = new SchoolModel(school({ only: ["101"] }), at("2026-10-12T00:00"));
    const levels = new Map<string, number[]>();
    sampled(model, at("2026-10-12T00:00") + 5 * dayMs, minuteMs, () => {
      const { state, air } = model.room("101");
      levels.set(state.activity, [...(levels.get(state.activity) ?? []), air.noise]);
    });
    const median = (name: string) =>
      (levels.get(name) ?? []).sort((a, b) => a - b)[Math.floor((levels.get(name)?.length ?? 0) / 2)];
    expect(median("empty")).toBeGreaterThan(35);
    expect(median("empty")).toBeLessThan(45);
    expect(median("lesson")).toBeGreaterThan(60);
    expect(median("lesson")).toBeLessThan(72);
    expect(median("break")).toBeGreaterThan(73);
    expect(median("break")).toBeLessThan(85);
  });
});
