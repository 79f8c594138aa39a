/**
 * One room from step to step: its people, what they do, its air, light, noise and electricity.
 *
 * Holds: what happens in a step depends on the plan, the state before, the weather of its beginning and draws keyed by
 * room and moment; nothing else.
 */
import { seeded } from "../seeded.ts";
import { type Air, Atmosphere } from "./atmosphere.ts";
import { dayOf, midnight } from "./calendar.ts";
import { type AcWork, runAc } from "./climate.ts";
import { begin, type Mood, minute, passS } from "./habits.ts";
import { daylight, daylightFactor, lampLight, panelLight } from "./light.ts";
import { minuteLevel } from "./noise.ts";
import { arrived, type Presence, presences } from "./occupancy.ts";
import type { Crowd } from "./people.ts";
import type { RoomPlan, SchoolPlan } from "./plan.ts";
import { bootMs, burningLamps, type Circuit, type CircuitNow, consume } from "./power.ts";
import { newState } from "./state.ts";
import type { Timetable } from "./timetable.ts";
import type { Outdoors } from "./weather.ts";

/** What the school does at the moment. */
export interface Bells {
  corridor: boolean;
  rings: boolean;
}

export class Room {
  readonly plan: RoomPlan;
  readonly atmosphere: Atmosphere;
  readonly state = newState();
  readonly circuits: Record<Circuit, CircuitNow>;
  /** var */
  reactive = 0;
  readonly #school: SchoolPlan;
  readonly #table: Timetable;
  readonly #daylightFactor: number;
  readonly #idleW: number;
  readonly #work: AcWork = { watts: 0, heat: 0, drained: 0, fanning: false, started: false };
  readonly #crowd: Crowd = { children: 0, adults: 0, activity: "empty", heated: false };
  #day = Number.NaN;
  #parts: Presence[] = [];
  #part = -1;
  #before = { people: 0, adults: 0 };
  #mood: Mood | null = null;
  #burnt = 0;
  #bootedMs = Number.NaN;
  #was = true;

  /** The room at rest: as outdoors, its walls at a day's mean. @param meanC °C */
  constructor(school: SchoolPlan, plan: RoomPlan, table: Timetable, out: Outdoors, meanC: number) {
    this.plan = plan;
    this.#school = school;
    this.#table = table;
    const chance = seeded("room", school.seed, plan.id);
    this.atmosphere = new Atmosphere(school, plan, chance, out, meanC);
    // A room's standby is 15-40 W (recalled): network, camera, amplifier.
    this.#idleW = plan.use === "corridor" ? 10 : 15 + 21 * chance();
    this.#daylightFactor = daylightFactor(plan);
    const circuit = () => ({ watts: 0, peak: 0, energy: 0 });
    this.circuits = { lamps: circuit(), sockets: circuit(), ac: circuit() };
  }

  get air(): Air {
    return this.atmosphere.air;
  }

  /** One step. @param ms its beginning, ms UTC @param hours its length @param volts at the sockets */
  step(ms: number, hours: number, out: Outdoors, bells: Bells, volts: number): void {
    const second = this.#time(ms, out);
    this.#people(second, ms);
    this.#door(second);
    if (ms % 60_000 === 0) this.#eachMinute(ms, out, bells);
    const { state } = this;
    runAc(
      state.ac,
      this.plan.acKw * 1000,
      this.air.temperature,
      this.air.humidity,
      state.powered,
      ms,
      this.#work,
    );
    this.#electricity(ms, hours, volts);
    const devicesW = this.circuits.lamps.watts + this.circuits.sockets.watts;
    this.atmosphere.step(state, this.#crowd, devicesW, this.#work, out, ms, hours);
    this.#shine(out);
  }

  /** @returns seconds after local midnight */
  #time(ms: number, out: Outdoors): number {
    const day = dayOf(ms);
    if (day !== this.#day) {
      this.#day = day;
      this.#leave();
      this.#parts = presences(this.#school, this.#table, this.plan, day);
      this.#part = -1;
    }
    const second = (ms - midnight(day)) / 1000;
    while (this.#part < 0 || second >= (this.#parts[this.#part]?.to ?? Number.POSITIVE_INFINITY)) {
      this.#leave();
      this.#part += 1;
      const part = this.#parts[this.#part] as Presence;
      this.state.activity = part.activity;
      const chance = seeded("habits", this.#school.seed, this.plan.id, day, this.#part);
      this.#mood = begin(this.plan, this.state, part, out, chance, ms);
    }
    return second;
  }

  /** Who was there before the next part of the day begins. */
  #leave(): void {
    const last = this.#parts[this.#part];
    if (last !== undefined) this.#before = { people: last.people, adults: last.adults };
  }

  #people(second: number, ms: number): void {
    const part = this.#parts[this.#part] as Presence;
    const done = arrived(part, second);
    const { state } = this;
    state.people = Math.round(this.#before.people + (part.people - this.#before.people) * done);
    state.adults = Math.min(
      state.people,
      Math.round(this.#before.adults + (part.adults - this.#before.adults) * done),
    );
    const crowd = this.#crowd;
    crowd.adults = state.adults;
    crowd.children = state.people - state.adults;
    crowd.activity = part.activity;
    crowd.heated = part.heated && (part.activity === "sport" || second - part.from < 600);
    if (state.panel === "booting" && ms - state.panelMs >= bootMs) state.panel = "on";
  }

  #door(second: number): void {
    const { state } = this;
    const mood = this.#mood;
    if (mood === null || state.held.has("door")) return;
    const pass = mood.passes[0];
    if (pass !== undefined && second >= pass + passS) mood.passes.shift();
    const passing = pass !== undefined && second >= pass && second < pass + passS;
    const open = passing || second < mood.doorShuts;
    // Only who goes through moves it: a hand's door stays until then.
    if (open !== mood.door) state.door = open;
    mood.door = open;
  }

  #eachMinute(ms: number, out: Outdoors, bells: Bells): void {
    const { plan, state, air } = this;
    const felt = {
      celsius: air.temperature,
      co2: air.co2,
      daylight: daylight(plan, this.#daylightFactor, out, 1),
    };
    if (this.#mood !== null) minute(plan, state, this.#mood, felt, out);
    const scene = {
      activity: state.activity,
      people: state.people,
      seats: plan.pupils,
      windows: state.windows,
      door: state.door,
      ac: this.#work.fanning,
      corridor: bells.corridor && plan.use !== "corridor",
      bell: bells.rings,
    };
    air.noise = minuteLevel(scene, seeded("noise", this.#school.seed, plan.id, ms / 60_000));
  }

  #electricity(ms: number, hours: number, volts: number): void {
    const { plan, state, circuits } = this;
    const mains = state.powered && !this.#was;
    this.#was = state.powered;
    if (mains) state.ac.stoppedMs = ms;
    if (mains && state.panel !== "off") {
      state.panel = "booting";
      state.panelMs = ms;
    }
    const burning = state.powered ? burningLamps(plan, state.lamps) : 0;
    const starts = {
      lamps: Math.max(0, burning - this.#burnt),
      panel: state.panel === "booting" && state.panelMs !== this.#bootedMs,
      mains,
    };
    this.#burnt = burning;
    this.#bootedMs = state.panelMs;
    const using = state.activity === "lesson" || state.activity === "work";
    const loads = {
      lamps: state.lamps,
      panel: state.panel,
      fans: state.fans,
      plugs: using && state.people > 0 ? Math.min(1, state.people / plan.pupils) : 0,
      extraW: state.extraW,
      ac: this.#work,
    };
    this.reactive = consume(circuits, plan, loads, starts, this.#idleW, state.powered, volts, hours);
  }

  #shine(out: Outdoors): void {
    const { plan, state, air } = this;
    const sky = daylight(plan, this.#daylightFactor, out, state.blinds);
    const lamps = state.powered ? lampLight(plan, state.lamps) : 0;
    air.illuminance = sky + lamps + panelLight(state.powered && state.panel !== "off");
  }
}
