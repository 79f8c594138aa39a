/** Meters of a simulated school: voltage and frequency that drift, and sums of rooms as a meter shows them. */
import { clamp, Drift } from "./drift.ts";
import { circuits } from "./power.ts";
import type { Room } from "./room.ts";

/** V, A, W, var, Hz, Wh. */
export interface Metered {
  voltage: number;
  current: number;
  power: number;
  reactivePower: number;
  powerFactor: number;
  frequency: number;
  energyImport: number;
}

export type Phases = readonly [l1: number, l2: number, l3: number];

export interface MeteredPhases extends Omit<Metered, "voltage" | "current" | "power"> {
  voltage: Phases;
  current: Phases;
  power: Phases;
}

export class Mains {
  /** V of each phase, and Hz, of the last step. */
  readonly volts: [number, number, number] = [230, 230, 230];
  hertz = 50;
  readonly #volts: readonly Drift[];
  readonly #hertz: Drift;

  constructor(seed: number) {
    this.#volts = [1, 2, 3].map((n) => new Drift(`mains/${seed}/${n}`, 0.7));
    this.#hertz = new Drift(`mains/${seed}/hertz`, 0.05);
  }

  /** 220-235 V, 49.9-50.1 Hz (recalled; recorded frames show 216-235 V). */
  step(ms: number): void {
    this.#volts.forEach((drift, n) => {
      this.volts[n] = clamp(228 + 2.6 * drift.at(ms), 220, 235);
    });
    this.hertz = clamp(50 + 0.025 * this.#hertz.at(ms), 49.9, 50.1);
  }

  one(room: Room, phase: number): Metered {
    const power = watts(room);
    const apparent = Math.hypot(power, room.reactive);
    const voltage = this.volts[phase % 3] as number;
    return {
      voltage: room.state.powered ? voltage : 0,
      current: apparent / voltage,
      power,
      reactivePower: room.reactive,
      powerFactor: apparent === 0 ? 1 : power / apparent,
      frequency: room.state.powered ? this.hertz : 0,
      energyImport: energy(room),
    };
  }

  /** @param rooms with the phase that each hangs on */
  three(rooms: readonly { room: Room; phase: number }[]): MeteredPhases {
    const power: [number, number, number] = [0, 0, 0];
    const reactive: [number, number, number] = [0, 0, 0];
    let energyImport = 0;
    for (const { room, phase } of rooms) {
      const n = (phase % 3) as 0 | 1 | 2;
      power[n] += watts(room);
      reactive[n] += room.reactive;
      energyImport += energy(room);
    }
    const apparent = (n: 0 | 1 | 2) => Math.hypot(power[n], reactive[n]);
    const active = power[0] + power[1] + power[2];
    const reactivePower = reactive[0] + reactive[1] + reactive[2];
    const all = Math.hypot(active, reactivePower);
    return {
      voltage: [...this.volts],
      current: [apparent(0) / this.volts[0], apparent(1) / this.volts[1], apparent(2) / this.volts[2]],
      power,
      reactivePower,
      powerFactor: all === 0 ? 1 : active / all,
      frequency: this.hertz,
      energyImport,
    };
  }
}

/** W of all circuits. */
export function watts(room: Room): number {
  return circuits.reduce((sum, name) => sum + room.circuits[name].watts, 0);
}

/** Wh of all circuits since the model began. */
export function energy(room: Room): number {
  return circuits.reduce((sum, name) => sum + room.circuits[name].energy, 0);
}
