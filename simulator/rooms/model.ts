/**
 * The physical world of a school. Ask it for a moment; it goes there in steps of ten seconds that stand on a grid of
 * absolute time.
 *
 * Holds: the same plan, the same day of beginning, the same changes by hand at the same moments: the same numbers to
 * the last bit, however often it was asked. Time never goes back: an earlier moment leaves everything as it is.
 * Nothing here has a clock, a timer or a shared stream of chance.
 */

import type { Air } from "./atmosphere.ts";
import { dayMs, dayOf, midnight, schoolWeekday } from "./calendar.ts";
import { Mains, type Metered, type MeteredPhases } from "./mains.ts";
import type { SchoolPlan } from "./plan.ts";
import { Room } from "./room.ts";
import type { Sensor } from "./sensor.ts";
import { type Change, change, type Handle } from "./state.ts";
import { slotsOf, timetable } from "./timetable.ts";
import { type Outdoors, Weather } from "./weather.ts";

export const stepMs = 10_000;
const hours = stepMs / 3_600_000;
/** Further at once is a mistake of whoever asks, not a school year. */
const mostDays = 400;

interface Placed {
  room: Room;
  phase: number;
}

export class SchoolModel {
  readonly plan: SchoolPlan;
  readonly #weather: Weather;
  readonly #mains: Mains;
  readonly #rooms = new Map<string, Placed>();
  readonly #all: readonly Placed[];
  readonly #sensors: { air: Air; sensor: Sensor }[] = [];
  /** Steps since 1970. */
  #step: number;
  #out: Outdoors;
  #day = Number.NaN;
  #breaks: { from: number; to: number }[] = [];
  #rings = new Set<number>();

  /**
   * Begins with rooms at rest at local midnight of that day and goes on to the moment.
   * @param fromMs ms UTC
   */
  constructor(plan: SchoolPlan, fromMs: number) {
    this.plan = plan;
    this.#weather = new Weather(plan.seed);
    this.#mains = new Mains(plan.seed);
    const start = midnight(dayOf(fromMs));
    this.#step = start / stepMs;
    let mean = 0;
    for (let back = 0; back < 48; back += 3)
      mean += this.#weather.at(start - back * 3_600_000).temperature / 16;
    this.#out = this.#weather.at(start);
    const table = timetable(plan);
    plan.rooms.forEach((room, phase) => {
      if (this.#rooms.has(room.id))
        throw new RangeError(`two rooms are called "${room.id}"; give each its own id`);
      this.#rooms.set(room.id, { room: new Room(plan, room, table, this.#out, mean), phase });
    });
    this.#all = [...this.#rooms.values()];
    this.advanceTo(fromMs);
  }

  /** The moment that the numbers are of, ms UTC: the last point of the grid. */
  get nowMs(): number {
    return this.#step * stepMs;
  }

  get outdoors(): Readonly<Outdoors> {
    return this.#out;
  }

  /**
   * @param wallMs ms UTC; an earlier one than before changes nothing
   * @throws RangeError when it is more than 400 days ahead
   */
  advanceTo(wallMs: number): void {
    const goal = Math.floor(wallMs / stepMs);
    if (!(goal - this.#step <= (mostDays * dayMs) / stepMs)) {
      throw new RangeError(
        `${wallMs} is more than ${mostDays} days after ${this.nowMs}; begin a new model there`,
      );
    }
    while (this.#step < goal) this.#once();
  }

  #once(): void {
    const ms = this.nowMs;
    this.#out = this.#weather.at(ms);
    this.#mains.step(ms);
    const bells = this.#bells(ms);
    for (const { room, phase } of this.#all) {
      room.step(ms, hours, this.#out, bells, this.#mains.volts[phase % 3] as number);
    }
    this.#step += 1;
    for (const { air, sensor } of this.#sensors) sensor.step(this.nowMs, air);
  }

  /** A step at a time, so that a break of the school is known to every room. */
  #bells(ms: number): { corridor: boolean; rings: boolean } {
    const day = dayOf(ms);
    if (day !== this.#day) {
      this.#day = day;
      const weekday = schoolWeekday(this.plan.calendar, day);
      const slots = weekday === null ? [] : slotsOf(this.plan.stage, weekday, this.plan.boarding);
      this.#breaks = slots.filter((slot) => slot.activity === "break");
      this.#rings = new Set(
        slots.filter((slot) => slot.n !== undefined).flatMap((slot) => [slot.from, slot.to]),
      );
    }
    const at = Math.floor((ms - midnight(day)) / 60_000);
    return {
      corridor: this.#breaks.some((one) => at >= one.from && at < one.to),
      rings: this.#rings.has(at),
    };
  }

  /** @throws RangeError when the plan has no such room */
  room(id: string): Room {
    return this.#placed(id).room;
  }

  /** The meter of one room. */
  meter(id: string): Metered {
    const { room, phase } = this.#placed(id);
    return this.#mains.one(room, phase);
  }

  /** The meter of a floor, or of the whole school. */
  mainMeter(floor?: number): MeteredPhases {
    return this.#mains.three(this.#on(floor));
  }

  /** Mains of a room (its id), a floor (its number) or the school on or off, from the next step on. */
  power(where: string | number | "school", on: boolean): void {
    const rooms =
      where === "school" ? this.#all : typeof where === "number" ? this.#on(where) : [this.#placed(where)];
    for (const { room } of rooms) room.state.powered = on;
  }

  /**
   * Somebody, or a command, changes something in a room; people may change it again when they come, go, or find it
   * too dark, unless it is held.
   */
  set(id: string, by: Change, options: { hold?: boolean } = {}): void {
    const { state } = this.room(id);
    change(state, by, this.nowMs);
    if (options.hold) for (const handle of Object.keys(by) as Handle[]) state.held.add(handle);
  }

  /** Leaves what was held to the people again. */
  release(id: string, ...handles: Handle[]): void {
    const { held } = this.room(id).state;
    for (const handle of handles.length === 0 ? [...held] : handles) held.delete(handle);
  }

  /** Plugged in besides what the plan has, W; 0 ends it. */
  extraLoad(id: string, watts: number): void {
    this.room(id).state.extraW = watts;
  }

  /** From now on the sensor hangs in that room. */
  hang(id: string, sensor: Sensor): void {
    const { air } = this.room(id);
    sensor.step(this.nowMs, air);
    this.#sensors.push({ air, sensor });
  }

  #placed(id: string): Placed {
    const placed = this.#rooms.get(id);
    if (placed !== undefined) return placed;
    throw new RangeError(`no room "${id}"; there are ${[...this.#rooms.keys()].join(", ")}`);
  }

  #on(floor: number | undefined): readonly Placed[] {
    const rooms = this.#all.filter(({ room }) => floor === undefined || room.plan.floor === floor);
    if (rooms.length > 0) return rooms;
    throw new RangeError(`no room on floor ${floor}`);
  }
}
