/**
 * Electricity of a room by circuit: what the loads take now, the peak when they start, and the register.
 *
 * Holds: the register never falls; it is the integral of the power of every step. Without mains everything is 0.
 */
import type { AcWork } from "./climate.ts";
import { lampW } from "./light.ts";
import type { RoomPlan } from "./plan.ts";

export type Circuit = "lamps" | "sockets" | "ac";
export const circuits: readonly Circuit[] = ["lamps", "sockets", "ac"];

export interface CircuitNow {
  /** W, mean of the step. */
  watts: number;
  /** Highest current of the step, A: what trips a breaker. */
  peak: number;
  /** Wh since the model began. */
  energy: number;
}

export type Panel = "off" | "booting" | "on";

export interface Loads {
  lamps: { desks: boolean; board: boolean };
  panel: Panel;
  fans: boolean;
  /** Part of the plugs in use, 0 to 1. */
  plugs: number;
  extraW: number;
  ac: AcWork;
}

/** A panel needs 20-40 s until it shows a picture (recalled); it then takes a tenth more. */
export const bootMs = 30_000;
const bootFactor = 1.1;
/** Standby in a network 2-6 W (recalled). */
const panelStandbyW = 4;
/** Ceiling fan 55-75 W (recalled). */
const fanW = 65;

/** Power factors: LED 0.9, panel 0.95, idle 0.4-0.6 (recalled); compressor 0.93 (assumption). */
const factorOf = { lamps: 0.9, panel: 0.95, idle: 0.5, ac: 0.93 };
/**
 * Peaks against the current in use (assumptions): LED drivers charge within a millisecond, a panel's supply within
 * half a mains period, an inverter's compressor starts softly. Too short to be seen in a mean.
 */
const inrush = { lamps: 12, panel: 8, ac: 2, idle: 5 };

/** Peaks of a step: true where something starts in it. */
export interface Starts {
  /** Lamps that begin to burn. */
  lamps: number;
  panel: boolean;
  /** The mains came back. */
  mains: boolean;
}

/** One step. @returns reactive power, var */
export function consume(
  now: Record<Circuit, CircuitNow>,
  room: RoomPlan,
  loads: Loads,
  starts: Starts,
  idleW: number,
  powered: boolean,
  volts: number,
  hours: number,
): number {
  if (!powered) {
    for (const name of circuits) {
      now[name].watts = 0;
      now[name].peak = 0;
    }
    return 0;
  }
  const burning = burningLamps(room, loads.lamps);
  const lamps = burning * lampW;
  const idle = idleW + (room.panelW > 0 && loads.panel === "off" ? panelStandbyW : 0);
  const panel = loads.panel === "off" ? 0 : room.panelW * (loads.panel === "booting" ? bootFactor : 1);
  const plugs = (loads.fans ? room.fans * fanW : 0) + loads.plugs * room.plugsW + loads.extraW;
  set(now.lamps, lamps, (lamps + starts.lamps * lampW * (inrush.lamps - 1)) / volts / factorOf.lamps, hours);
  const surge =
    (starts.panel ? room.panelW * (inrush.panel - 1) : 0) + (starts.mains ? idle * (inrush.idle - 1) : 0);
  set(now.sockets, idle + panel + plugs, (idle + panel + plugs + surge) / volts / factorOf.panel, hours);
  const compressor = loads.ac.watts;
  set(now.ac, compressor, (compressor * (loads.ac.started ? inrush.ac : 1)) / volts / factorOf.ac, hours);
  return (
    reactive(lamps, factorOf.lamps) +
    reactive(idle, factorOf.idle) +
    reactive(panel + plugs, factorOf.panel) +
    reactive(compressor, factorOf.ac)
  );
}

export function burningLamps(room: RoomPlan, lamps: { desks: boolean; board: boolean }): number {
  return (lamps.desks ? room.lamps.desks : 0) + (lamps.board ? room.lamps.board : 0);
}

function set(circuit: CircuitNow, watts: number, peak: number, hours: number): void {
  circuit.watts = watts;
  circuit.peak = peak;
  circuit.energy += watts * hours;
}

function reactive(watts: number, factor: number): number {
  return watts * Math.sqrt(1 / (factor * factor) - 1);
}
