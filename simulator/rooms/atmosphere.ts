/** The air of one room: what comes in from outdoors, from its people and its devices, balanced step by step. */
import { type Chance, seeded } from "../seeded.ts";
import { nextCo2, nextParticles, nextTemperature, nextWater, relax, type Shell } from "./air-balance.ts";
import type { AcWork } from "./climate.ts";
import { relativeHumidity, waterContent } from "./humidity.ts";
import { airChange, crackChange, push } from "./openings.ts";
import { adultEquivalents, type Crowd, carbonDioxide, latentWatts, sensibleWatts } from "./people.ts";
import type { RoomPlan, SchoolPlan } from "./plan.ts";
import type { RoomState } from "./state.ts";
import type { Outdoors } from "./weather.ts";

/** The air of a room and what a sensor on its wall could feel. */
export interface Air {
  /** ppm */
  co2: number;
  /** °C */
  temperature: number;
  /** % relative humidity */
  humidity: number;
  /** µg/m³ */
  pm25: number;
  pm10: number;
  /** ppb */
  tvoc: number;
  /** lx on the desks */
  illuminance: number;
  /** dB(A), LAeq of a minute */
  noise: number;
  /** kPa */
  pressure: number;
}

/** A place in a state's range of air change is held for 15 of 20 minutes, then drifts to the next. */
const holdMs = 1_200_000;
/** Deposition, 1/h: PM2.5 0.25 of 0.1-0.6 (recalled); coarse dust falls faster (assumption). */
const fineFall = 0.25;
const coarseFall = 1.2;
/** Through cracks: 0.78 of PM2.5 (two papers); less of coarse dust (assumption). */
const finePass = 0.78;
const coarsePass = 0.4;
/** Dust that a person raises, µg/h, seated and moving (assumptions: active pupils lift indoors above outdoors). */
const fineStir = { calm: 12, lively: 70 };
const coarseStir = { calm: 120, lively: 900 };
/** ppb m³/h from each m³ of furnished room, each person, a wet mop (assumptions). */
const vocs = { furniture: 45, person: 2400, mop: 30_000 };
/** Of the sun's energy on the glass, what comes in (recalled). */
const glassG = 0.5;
const lively = new Set(["break", "arrival", "cleaning", "sport", "lunch"]);

export class Atmosphere {
  readonly air: Air;
  /** 1/h, of the last step. */
  airChange = 0;
  readonly #plan: RoomPlan;
  readonly #school: SchoolPlan;
  readonly #shell: Shell;
  readonly #shut: number;
  #water: number;
  #coarse: number;
  #block = Number.NaN;
  #places: [number, number] = [0, 0];

  /** At rest: as outdoors, its walls at a day's mean. @param meanC °C @param chance of this room */
  constructor(school: SchoolPlan, plan: RoomPlan, chance: Chance, out: Outdoors, meanC: number) {
    this.#school = school;
    this.#plan = plan;
    this.#shut = crackChange(plan, chance());
    this.#shell = {
      ua: (100 + 150 * chance()) * (plan.area / 65),
      capacity: (110_000 + 55_000 * chance()) * plan.area,
      volume: plan.area * plan.height,
    };
    const temperature = meanC + 1.5;
    this.#water = Math.min(out.water, waterContent(temperature, 95));
    this.#coarse = (out.pm10 - out.pm25) * 0.1;
    this.air = {
      co2: out.co2,
      temperature,
      humidity: relativeHumidity(temperature, this.#water),
      pm25: out.pm25 * 0.5,
      pm10: out.pm25 * 0.5 + this.#coarse,
      tvoc: out.tvoc + vocs.furniture / this.#shut,
      illuminance: 0,
      noise: 40,
      pressure: out.pressure,
    };
  }

  /**
   * One step.
   * @param devicesW lamps and everything plugged in: all of it ends as heat
   */
  step(
    state: RoomState,
    crowd: Crowd,
    devicesW: number,
    ac: AcWork,
    out: Outdoors,
    ms: number,
    hours: number,
  ): void {
    const { air } = this;
    const plan = this.#plan;
    const { volume } = this.#shell;
    const draught = airChange(
      this.#shut,
      state.door,
      state.windows,
      this.#place(ms),
      push(out, air.temperature),
    );
    const fresh = state.powered && state.people > 0 ? (plan.freshAir ?? 0) / volume : 0;
    const change = draught + fresh;
    this.airChange = change;
    const people = crowd.children + crowd.adults;
    const gas = people === 0 ? 0 : carbonDioxide(crowd, this.#school.stage);
    air.co2 = nextCo2(air.co2, out.co2, change, gas, volume, hours);
    this.#warm(
      people === 0 ? 0 : adultEquivalents(crowd, this.#school.stage),
      state,
      devicesW,
      ac,
      out,
      hours,
    );
    this.#dust(people, state, out, ms, hours);
    const mop = state.activity === "cleaning" ? vocs.mop : 0;
    const voc = vocs.furniture * volume + people * vocs.person + mop;
    air.tvoc = relax(air.tvoc, change, change * out.tvoc + voc / volume, hours);
    air.pressure = out.pressure;
  }

  #warm(adults: number, state: RoomState, devicesW: number, ac: AcWork, out: Outdoors, hours: number): void {
    const { air, airChange: change } = this;
    const plan = this.#plan;
    const shine = glassG * plan.windowArea * (out.wall[plan.facing] + 0.4 * out.diffuse);
    const sun = shine * (0.4 + 0.6 * state.blinds);
    const watts = adults * sensibleWatts(air.temperature) + devicesW + sun + ac.heat;
    const wet = adults * latentWatts(air.temperature);
    air.temperature = nextTemperature(air.temperature, out.temperature, change, watts, this.#shell, hours);
    const water = nextWater(this.#water, out.water, change, wet, ac.drained, this.#shell.volume, hours);
    // What is too much runs down the panes.
    this.#water = Math.min(water, waterContent(air.temperature, 98));
    air.humidity = relativeHumidity(air.temperature, this.#water);
  }

  #dust(people: number, state: RoomState, out: Outdoors, ms: number, hours: number): void {
    const { air, airChange: change } = this;
    const { volume } = this.#shell;
    const open = state.windows > 0 || state.door;
    const stir = lively.has(state.activity) ? "lively" : "calm";
    const burst = ms < state.burst.untilMs ? state.burst.rate * volume : 0;
    const fine = people * fineStir[stir] + burst;
    const through = open ? 1 : finePass;
    air.pm25 = nextParticles(air.pm25, out.pm25, change, through, fineFall, fine, volume, hours);
    const coarse = people * coarseStir[stir] + burst;
    const outdoors = out.pm10 - out.pm25;
    const gap = open ? 1 : coarsePass;
    this.#coarse = nextParticles(this.#coarse, outdoors, change, gap, coarseFall, coarse, volume, hours);
    air.pm10 = air.pm25 + this.#coarse;
  }

  /** Where in its range the air change is, 0 to 1. */
  #place(ms: number): number {
    const block = Math.floor(ms / holdMs);
    if (block !== this.#block) {
      this.#block = block;
      const draw = (at: number) => seeded("draught", this.#school.seed, this.#plan.id, at)();
      this.#places = [draw(block), draw(block + 1)];
    }
    const x = Math.max(0, (ms / holdMs - block) * 4 - 3);
    return this.#places[0] + (this.#places[1] - this.#places[0]) * x;
  }
}
