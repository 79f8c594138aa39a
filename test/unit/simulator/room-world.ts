import { SchoolModel } from "../../../simulator/rooms/model.ts";
import { type RoomPlan, type SchoolPlan, usualSchool } from "../../../simulator/rooms/plan.ts";
import { Sensor } from "../../../simulator/rooms/sensor.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** A moment in China, `2026-10-12T08:00`, as ms UTC. */
export function at(local: string): number {
  return Date.parse(`${local}:00+08:00`);
}

/** A school of a few classes, its rooms changed. */
export function school(
  options: { classes?: number; seed?: number; only?: string[]; change?: Partial<RoomPlan> } = {},
): SchoolPlan {
  const { classes = 2, seed = 7, only, change = {} } = options;
  const plan = usualSchool({ stage: "primary", seed, classes });
  const rooms = plan.rooms
    .filter((room) => only === undefined || only.includes(room.id))
    .map((room) => ({ ...room, ...change }));
  return { ...plan, rooms };
}

/** Every number of a model as one text, to the last bit. */
export function snapshot(model: SchoolModel, sensors: readonly Sensor[] = []): string {
  const rooms = model.plan.rooms.map(({ id }) => {
    const { air, state, circuits, atmosphere } = model.room(id);
    return [id, air, { ...state, held: [...state.held] }, circuits, atmosphere.airChange, model.meter(id)];
  });
  const { nowMs, outdoors } = model;
  return JSON.stringify([nowMs, outdoors, rooms, model.mainMeter(), sensors.map((one) => one.read())]);
}

/** A school with a sensor of everything in each of its rooms. */
export function wired(plan: SchoolPlan, fromMs: number): { model: SchoolModel; sensors: Sensor[] } {
  const model = new SchoolModel(plan, fromMs);
  const sensors = plan.rooms.map(({ id }) => {
    const sensor = new Sensor({
      seed: plan.seed,
      unit: id,
      quantities: ["co2", "temperature", "humidity", "pm25", "pm10", "tvoc", "illuminance", "noise"],
    });
    model.hang(id, sensor);
    return sensor;
  });
  return { model, sensors };
}

/** What a function says at every step of a stretch of time. */
export function sampled<T>(model: SchoolModel, toMs: number, everyMs: number, look: (ms: number) => T): T[] {
  const seen: T[] = [];
  for (let ms = model.nowMs + everyMs; ms <= toMs; ms += everyMs) {
    model.advanceTo(ms);
    seen.push(look(ms));
  }
  return seen;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
