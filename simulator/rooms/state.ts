/** What can be changed in a room, by its people, by a command or by a fault. */
import { type Ac, type AcState, newAc } from "./climate.ts";
import type { Panel } from "./power.ts";
import type { Activity } from "./timetable.ts";

/** What a hand can be on. */
export type Handle = "door" | "windows" | "blinds" | "lamps" | "panel" | "ac";

/** A change by hand; what is absent stays. */
export interface Change {
  door?: boolean;
  /** Part that is open, 0 to 1. */
  windows?: number;
  /** Part of the light that passes, 0.1 to 1. */
  blinds?: number;
  lamps?: boolean | { desks?: boolean; board?: boolean };
  panel?: boolean;
  ac?: Partial<AcState>;
}

/** Dust of chalk or a broom. */
export interface Burst {
  untilMs: number;
  /** µg/m³ in an hour */
  rate: number;
}

export interface RoomState {
  activity: Activity;
  people: number;
  adults: number;
  door: boolean;
  windows: number;
  blinds: number;
  lamps: { desks: boolean; board: boolean };
  panel: Panel;
  /** When the panel was switched on, ms UTC. */
  panelMs: number;
  ac: Ac;
  fans: boolean;
  powered: boolean;
  extraW: number;
  /** What people leave alone, because a hand holds it. */
  held: Set<Handle>;
  burst: Burst;
}

export function newState(): RoomState {
  return {
    activity: "empty",
    people: 0,
    adults: 0,
    door: false,
    windows: 0,
    blinds: 1,
    lamps: { desks: false, board: false },
    panel: "off",
    panelMs: 0,
    ac: newAc(),
    fans: false,
    powered: true,
    extraW: 0,
    held: new Set(),
    burst: { untilMs: 0, rate: 0 },
  };
}

/** @throws RangeError for a part that is none */
export function change(state: RoomState, by: Change, nowMs: number): void {
  for (const part of [by.windows, by.blinds]) {
    if (part !== undefined && !(part >= 0 && part <= 1)) {
      throw new RangeError(`windows and blinds are parts from 0 to 1, not ${part}`);
    }
  }
  state.door = by.door ?? state.door;
  state.windows = by.windows ?? state.windows;
  state.blinds = by.blinds ?? state.blinds;
  if (typeof by.lamps === "boolean") state.lamps = { desks: by.lamps, board: by.lamps };
  else if (by.lamps !== undefined) state.lamps = { ...state.lamps, ...by.lamps };
  if (by.panel !== undefined) switchPanel(state, by.panel, nowMs);
  if (by.ac !== undefined) state.ac.state = { ...state.ac.state, ...by.ac };
}

export function switchPanel(state: RoomState, on: boolean, nowMs: number): void {
  if (!on) state.panel = "off";
  else if (state.panel === "off") {
    state.panel = "booting";
    state.panelMs = nowMs;
  }
}
