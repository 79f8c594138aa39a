/** A split air conditioner: its thermostat, its compressor that waits before it starts again, what it takes and gives. */
import { clamp } from "./drift.ts";

export interface AcState {
  power: boolean;
  mode: "cool" | "heat" | "auto" | "fan" | "dry";
  /** °C */
  target: number;
  fan: "auto" | "quiet" | "low" | "medium" | "high";
}

export interface Ac {
  state: AcState;
  running: boolean;
  /** When the compressor last stopped, or power came back; ms UTC. */
  stoppedMs: number;
}

export interface AcWork {
  /** Electric, W. */
  watts: number;
  /** Into the room, W; cooling is negative. */
  heat: number;
  /** Water taken out, kg/h. */
  drained: number;
  fanning: boolean;
  /** The compressor started in this step. */
  started: boolean;
}

/** A compressor waits three minutes after it stopped (recalled). */
export const restartMs = 180_000;
/** Fan 60-120 W, standby 3-10 W (recalled). */
const fanW: Record<AcState["fan"], number> = { auto: 90, quiet: 60, low: 70, medium: 90, high: 120 };
const standbyW = 5;
/** Heat moved for each unit of electricity (assumption). */
const coolFactor = 3;
const heatFactor = 3.2;
/** Most of cooling that can go into drying, and how it grows with humidity (assumption). */
const mostDrying = 0.45;
const dryingOf = (humidity: number) => clamp((humidity - 40) / 110, 0, mostDrying);

export function newAc(): Ac {
  return {
    state: { power: false, mode: "cool", target: 26, fan: "auto" },
    running: false,
    stoppedMs: Number.NEGATIVE_INFINITY,
  };
}

/**
 * One step.
 * @param ratedW electric power at full load; 0: there is none
 * @param celsius in the room
 * @param humidity % relative humidity in the room
 */
export function runAc(
  ac: Ac,
  ratedW: number,
  celsius: number,
  humidity: number,
  powered: boolean,
  nowMs: number,
  work: AcWork,
): void {
  work.watts = 0;
  work.heat = 0;
  work.drained = 0;
  work.fanning = false;
  work.started = false;
  if (ratedW <= 0) return;
  const { state } = ac;
  const heating = state.mode === "heat" || (state.mode === "auto" && celsius < state.target - 1);
  // How far the room is from what is wanted, K; above 0 there is something to do.
  const off = heating ? state.target - celsius : celsius - state.target;
  const wanted = powered && state.power && state.mode !== "fan";
  if (ac.running && (!wanted || off < -0.5)) {
    ac.running = false;
    ac.stoppedMs = nowMs;
  } else if (!ac.running && wanted && off > 0.7 && nowMs - ac.stoppedMs >= restartMs) {
    ac.running = true;
    work.started = true;
  }
  if (!powered) return;
  work.watts = standbyW;
  if (!state.power) return;
  work.fanning = true;
  work.watts += fanW[state.fan];
  if (!ac.running) return;
  // An inverter takes 0.4-2.5 kW of its 2.2-4 kW most of the time (recalled).
  const load = clamp(0.3 + 0.35 * off, 0.18, state.mode === "dry" ? 0.4 : 1);
  const electric = load * ratedW;
  work.watts += electric;
  if (heating) {
    work.heat = electric * heatFactor;
    return;
  }
  const moved = electric * coolFactor;
  const drying = dryingOf(humidity);
  work.heat = -moved * (1 - drying);
  work.drained = (moved * drying * 3600) / 2.45e6;
}
