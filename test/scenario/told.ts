/**
 * What the simulated devices of a school said, in the words of its own log; and what of it is to be stored, by the
 * storing rule in a few lines of its own.
 */

import type { Clock } from "../../config/schema/context.ts";
import type { Plan, PointPlan } from "../../config/schema/plan.ts";
import { Quality } from "../../config/schema/vocabulary.ts";
import type { World } from "../../simulator/scenes/world.ts";

export interface Said {
  /** Wall ms. */
  at: number;
  value: number;
}

/** A world that keeps each value that a device took from it; one that is missing is the one before. */
export class LoggedWorld implements World {
  readonly #said = new Map<string, Said[]>();
  readonly #world: World;
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #meterOf: (where: string | number) => string;

  /** @param meterOf the meter of a room, or of a floor */
  constructor(world: World, clock: Pick<Clock, "wallMs">, meterOf: (where: string | number) => string) {
    this.#world = world;
    this.#clock = clock;
    this.#meterOf = meterOf;
  }

  /** What a device took under this name, in order; once for each moment. */
  said(device: string, name: string): readonly Said[] {
    return this.#said.get(`${device}/${name}`) ?? [];
  }

  air(device: string, room: string): ReturnType<World["air"]> {
    return this.#logged(device, this.#world.air(device, room));
  }

  room(device: string, room: string): ReturnType<World["room"]> {
    return this.#world.room(device, room);
  }

  circuit(room: string): ReturnType<World["circuit"]> {
    return this.#logged(this.#meterOf(room), this.#world.circuit(room));
  }

  floor(floor: number): ReturnType<World["floor"]> {
    return this.#logged(this.#meterOf(floor), this.#world.floor(floor));
  }

  fittings(room: string): ReturnType<World["fittings"]> {
    return this.#world.fittings(room);
  }

  power(floor: number, on: boolean): void {
    this.#world.power(floor, on);
  }

  stick(device: string, room: string): () => void {
    return this.#world.stick(device, room);
  }

  #logged<Values extends object>(device: string, values: Values): Values {
    return new Proxy(values, {
      get: (target, name) => {
        const value = (Reflect.get(target, name) ?? null) as unknown;
        if (typeof name !== "string" || (value !== null && typeof value !== "number")) return value;
        const key = `${device}/${name}`;
        const log = this.#said.get(key) ?? [];
        this.#said.set(key, log);
        const at = this.#clock.wallMs();
        const before = log.at(-1);
        if (before?.at === at) return before.value;
        const said = value ?? before?.value ?? 0;
        log.push({ at, value: said });
        return said;
      },
    });
  }
}

/** Values of one point that are to be stored, in their order. @param upAt wall ms at which the device came */
export function toStore(said: readonly Said[], point: PointPlan, upAt = said[0]?.at ?? 0): number[] {
  let last: (Said & { quality: number }) | null = null;
  const stored: number[] = [];
  for (const { at, value } of said) {
    const quality = at - upAt < point.warmUpMs ? Quality.inaccurate : Quality.good;
    if (
      last !== null &&
      quality === last.quality &&
      at - last.at < point.maxSilenceMs &&
      isNear(point, last.value, value)
    )
      continue;
    last = { at, value, quality };
    stored.push(value);
  }
  return stored;
}

function isNear({ deadband }: PointPlan, last: number, value: number): boolean {
  if (deadband === null) return false;
  const least = "abs" in deadband ? deadband.abs : deadband.share * Math.abs(last);
  const moved = Math.abs(value - last);
  return moved === 0 || moved < least * (1 - 1e-6);
}

/** The plan of one point. @throws when there is none */
export function pointOf(plan: Plan, device: string, point: string): PointPlan {
  const found = plan.links
    .map((link) => link.points.get(device)?.points.get(point))
    .find((each) => each !== undefined);
  if (found === undefined) throw new Error(`no point ${device}/${point}`);
  return found;
}
