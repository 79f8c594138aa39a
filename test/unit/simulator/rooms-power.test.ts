import { describe, expect, it } from "vitest";
import { type Ac, newAc, restartMs, runAc } from "../../../simulator/rooms/climate.ts";
import { energy, watts } from "../../../simulator/rooms/mains.ts";
import { SchoolModel, stepMs } from "../../../simulator/rooms/model.ts";
import { circuits } from "../../../simulator/rooms/power.ts";
import { at, dayMs, hourMs, mean, minuteMs, sampled, school } from "./room-world.ts";

describe("the electricity of a simulated school", () => {
  it("counts energy that never falls and is the integral of power, for each circuit and the whole", () => {
    const from = at("2026-09-14T00:00");
    const model = new SchoolModel(school(), from);
    const rooms = model.plan.rooms.map(({ id }) => model.room(id));
    const sums = new Map<string, number>();
    let last = 0;
    let least = Number.POSITIVE_INFINITY;
    sampled(model, from + dayMs, stepMs, () => {
      for (const { plan, circuits: now } of rooms) {
        for (const name of circuits) {
          const key = `${plan.id}/${name}`;
          sums.set(key, (sums.get(key) ?? 0) + now[name].watts / 360);
        }
      }
      const total = model.mainMeter().energyImport;
      least = Math.min(least, total - last);
      last = total;
    });
    expect(least).toBeGreaterThan(0);
    for (const { plan, circuits: now } of rooms) {
      for (const name of circuits)
        expect(now[name].energy).toBeCloseTo(sums.get(`${plan.id}/${name}`) ?? 0, 5);
    }
    expect(rooms.reduce((sum, room) => sum + energy(room), 0)).toBeCloseTo(last, 5);
    // A primary school of two classes uses tens of kWh on a school day, not hundreds.
    expect(last / 1000).toBeGreaterThan(10);
    expect(last / 1000).toBeLessThan(200);
  });

  it("shows a meter's values that fit together", () => {
    const model = new SchoolModel(school(), at("2026-09-14T00:00"));
    sampled(model, at("2026-09-14T20:00"), 7 * minuteMs, () => {
      for (const { id } of model.plan.rooms) {
        const meter = model.meter(id);
        expect(meter.voltage * meter.current * meter.powerFactor).toBeCloseTo(meter.power, 6);
        expect(Math.hypot(meter.power, meter.reactivePower)).toBeCloseTo(meter.voltage * meter.current, 6);
        expect(meter.voltage).toBeGreaterThanOrEqual(220);
        expect(meter.voltage).toBeLessThanOrEqual(235);
        expect(meter.frequency).toBeGreaterThanOrEqual(49.9);
        expect(meter.frequency).toBeLessThanOrEqual(50.1);
        expect(meter.powerFactor).toBeGreaterThan(0.4);
        expect(meter.powerFactor).toBeLessThanOrEqual(1);
      }
      const all = model.mainMeter();
      const rooms = model.plan.rooms.reduce((sum, { id }) => sum + model.meter(id).power, 0);
      expect(all.power[0] + all.power[1] + all.power[2]).toBeCloseTo(rooms, 6);
      expect(model.mainMeter(1).energyImport).toBeCloseTo(all.energyImport, 6);
    });
  });

  it("is at 0 W without mains, and comes back with a peak", () => {
    const model = new SchoolModel(school(), at("2026-10-12T10:30"));
    const room = model.room("101");
    const next = () => model.advanceTo(model.nowMs + stepMs);
    model.set("101", { lamps: true, panel: true }, { hold: true });
    model.advanceTo(model.nowMs + 5 * minuteMs);
    const { lamps, sockets } = room.circuits;
    const before = { lamps: { ...lamps }, sockets: { ...sockets } };
    const lit = room.air.illuminance;
    expect(before.lamps.watts).toBe(12 * 36);
    expect(before.sockets.watts).toBeGreaterThan(room.plan.panelW);
    expect(room.state.panel).toBe("on");

    model.power(1, false);
    next();
    expect([lamps.watts, lamps.peak, sockets.watts, sockets.peak]).toEqual([0, 0, 0, 0]);
    expect(watts(room)).toBe(0);
    expect(model.meter("101")).toMatchObject({ power: 0, current: 0, voltage: 0 });
    expect(room.air.illuminance).toBeLessThan(lit - 200);
    const counted = energy(room);
    model.advanceTo(model.nowMs + 10 * minuteMs);
    expect(energy(room)).toBe(counted);

    model.power("school", true);
    next();
    expect(lamps.watts).toBe(before.lamps.watts);
    expect(lamps.peak).toBeGreaterThan(5 * before.lamps.peak);
    expect(sockets.peak).toBeGreaterThan(5 * before.sockets.peak);
    expect(room.state.panel).toBe("booting");
    expect(sockets.watts).toBeGreaterThan(before.sockets.watts);
    next();
    expect(lamps.peak).toBeCloseTo(before.lamps.peak, 1);
    model.advanceTo(model.nowMs + minuteMs);
    expect(room.state.panel).toBe("on");
    expect(sockets.watts).toBe(before.sockets.watts);
  });

  it("takes the mains from one room or one floor only", () => {
    const model = new SchoolModel(school({ classes: 10 }), at("2026-10-12T10:30"));
    model.power("201", false);
    model.advanceTo(model.nowMs + minuteMs);
    expect([watts(model.room("201")), watts(model.room("202")) > 0, watts(model.room("101")) > 0]).toEqual([
      0,
      true,
      true,
    ]);
    model.power(1, false);
    model.advanceTo(model.nowMs + minuteMs);
    expect([watts(model.room("101")), watts(model.room("gym")), watts(model.room("202")) > 0]).toEqual([
      0,
      0,
      true,
    ]);
  });

  it("keeps what a hand holds, and leaves the rest to the people", () => {
    const model = new SchoolModel(school({ only: ["101"] }), at("2026-10-12T23:00"));
    model.set("101", { lamps: true }, { hold: true });
    model.set("101", { panel: true });
    model.extraLoad("101", 2000);
    model.advanceTo(at("2026-10-14T03:00"));
    const { state, circuits: now } = model.room("101");
    expect(state.lamps).toEqual({ desks: true, board: true });
    expect(state.panel).toBe("off");
    expect(now.sockets.watts).toBeGreaterThan(2000);
    model.release("101", "lamps");
    model.extraLoad("101", 0);
    model.advanceTo(at("2026-10-17T03:00"));
    expect(state.lamps).toEqual({ desks: false, board: false });
    expect(now.sockets.watts).toBeLessThan(60);
  });

  it("leaves a door and blinds as a hand left them until somebody comes", () => {
    const model = new SchoolModel(school({ only: ["101"] }), at("2026-10-12T22:00"));
    const { state } = model.room("101");
    model.set("101", { door: true, blinds: 0.4, windows: 0.6 });
    model.advanceTo(at("2026-10-12T23:50"));
    expect([state.door, state.blinds, state.windows]).toEqual([true, 0.4, 0.6]);
    model.advanceTo(at("2026-10-13T20:00"));
    expect(state.door).toBe(false);
  });

  it("burns few lamps and takes little at night, much at noon", () => {
    const model = new SchoolModel(school({ classes: 6 }), at("2026-12-07T00:00"));
    const all = () => model.mainMeter().power.reduce((sum, one) => sum + one, 0);
    model.advanceTo(at("2026-12-08T00:00"));
    const night = mean(sampled(model, at("2026-12-08T05:00"), minuteMs, all));
    model.advanceTo(at("2026-12-08T09:00"));
    const day = mean(sampled(model, at("2026-12-08T11:00"), minuteMs, all));
    expect(day).toBeGreaterThan(5 * night);
    // Standby of a room 15-40 W, and here and there a lamp that nobody put out.
    expect(night / model.plan.rooms.length).toBeGreaterThan(15);
    expect(night / model.plan.rooms.length).toBeLessThan(150);
  });
});

describe("a simulated air conditioner", () => {
  it("brings the room to its target and holds it there", () => {
    const model = new SchoolModel(school({ only: ["101"] }), at("2027-06-16T12:00"));
    model.set(
      "101",
      { windows: 0, door: false, ac: { power: true, mode: "cool", target: 24 } },
      { hold: true },
    );
    model.advanceTo(at("2027-06-16T20:00"));
    const held = sampled(model, at("2027-06-16T23:00"), minuteMs, () => model.room("101").air.temperature);
    expect(Math.max(...held)).toBeLessThan(25.2);
    expect(Math.min(...held)).toBeGreaterThan(23);
    expect(model.outdoors.temperature).toBeGreaterThan(19);
  });

  it("warms a winter room, and dries it when it cools", () => {
    const winter = new SchoolModel(school({ only: ["101"] }), at("2027-01-13T09:00"));
    const cold = winter.room("101").air.temperature;
    winter.set("101", { ac: { power: true, mode: "heat", target: 22 } }, { hold: true });
    winter.advanceTo(winter.nowMs + 2 * hourMs);
    expect(winter.room("101").air.temperature).toBeGreaterThan(cold + 2);
    const out = { watts: 0, heat: 0, drained: 0, fanning: false, started: false };
    const ac: Ac = { ...newAc(), state: { power: true, mode: "cool", target: 24, fan: "auto" } };
    runAc(ac, 3000, 28, 80, true, 0, out);
    expect(out.heat).toBeLessThan(-3000);
    expect(out.drained).toBeGreaterThan(0.5);
    expect(out.watts).toBeLessThanOrEqual(3000 + 130);
  });

  it("waits three minutes before its compressor starts again, after a stop as after the mains", () => {
    const ac: Ac = { ...newAc(), state: { power: true, mode: "cool", target: 24, fan: "auto" } };
    const out = { watts: 0, heat: 0, drained: 0, fanning: false, started: false };
    const run = (ms: number, celsius: number, powered = true) => {
      runAc(ac, 3000, celsius, 60, powered, ms, out);
      return { running: ac.running, started: out.started, watts: out.watts };
    };
    expect(run(0, 28)).toMatchObject({ running: true, started: true });
    expect(run(10_000, 28)).toMatchObject({ running: true, started: false });
    expect(run(20_000, 23)).toMatchObject({ running: false });
    expect(run(20_000 + restartMs - 10_000, 28)).toMatchObject({ running: false, watts: 95 });
    expect(run(20_000 + restartMs, 28)).toMatchObject({ running: true, started: true });
    expect(run(300_000, 28, false)).toEqual({ running: false, started: false, watts: 0 });
    expect(run(310_000, 28)).toMatchObject({ running: false });
    expect(run(300_000 + restartMs, 28)).toMatchObject({ running: true });
    ac.state = { ...ac.state, power: false };
    expect(run(900_000, 35)).toMatchObject({ running: false, watts: 5 });
  });
});
