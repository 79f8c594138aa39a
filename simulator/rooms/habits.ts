/**
 * What people do with door, windows, blinds, lamps, panel, fans and air conditioner. Chances are assumptions unless
 * they say otherwise; every draw comes from a sequence of its own, keyed by room, day and part of the day.
 */
import type { Chance } from "../seeded.ts";
import { clamp } from "./drift.ts";
import type { Presence } from "./occupancy.ts";
import type { RoomPlan } from "./plan.ts";
import { type RoomState, switchPanel } from "./state.ts";
import type { Outdoors } from "./weather.ts";

/** What the people of this part of the day are minded to do when it comes to it. */
export interface Mood {
  /** Seconds after midnight at which the door is shut; before, it is open. */
  doorShuts: number;
  /** As they left the door, and the blinds. */
  door: boolean;
  blindsAt: number;
  /** When somebody goes through the shut door, seconds after midnight, rising. */
  passes: number[];
  lamps: boolean;
  boardLamps: boolean;
  /** They put the lamps out when there is daylight enough. */
  thrifty: boolean;
  /** Minutes of stuffy air that they bear before somebody opens a window; counted down. */
  patience: number;
  ac: boolean;
  acTarget: number;
  blinds: boolean;
  /** The room is dark for projection. */
  projecting: boolean;
}

/** A shut door stands open this long when somebody goes through, s. */
export const passS = 10;
/** In mild weather somebody opens a window after an hour or two of stuffy air, in cold after hours (assumption). */
const patienceMinutes = 90;
const stuffyPpm = 1800;
const stuffyC = 27.5;
const workful = new Set(["lesson", "service", "work", "arrival", "sport", "cleaning"]);
const sitting = new Set(["lesson", "service", "work", "rest"]);

/** A part of the day begins. */
export function begin(
  room: RoomPlan,
  state: RoomState,
  part: Presence,
  out: Outdoors,
  chance: Chance,
  nowMs: number,
): Mood {
  const { activity } = part;
  // Every draw is made every time, so that one decision never shifts another.
  const draw = Array.from({ length: 14 }, () => chance()) as number[];
  const of = (n: number) => draw[n] as number;
  const free = (handle: Parameters<typeof state.held.has>[0]) => !state.held.has(handle);
  const cool = state.ac.state.power;
  // 0 below 5 °C or with the air conditioner on, 1 from 12 °C on.
  const mild = cool ? 0 : clamp((out.temperature - 5) / 7, 0, 1);
  if (free("windows")) state.windows = windowsOf(room, activity, mild, of(0), of(1));
  const doorShuts = doorOf(room, part, mild, of(2), of(3));
  if (free("door")) state.door = part.from < doorShuts;
  // What is switched off when they go: not always.
  const leaves: Partial<Record<Presence["activity"], number>> = {
    break: 0.3,
    away: 0.7,
    lunch: 0.5,
    rest: 0.95,
    empty: 0.97,
  };
  const off = leaves[activity] ?? 0;
  if (free("lamps") && of(4) < off) state.lamps = { desks: false, board: false };
  const projecting = activity === "lesson" && room.panelW > 0 && of(5) < 0.1;
  if (free("panel") && room.panelW > 0) {
    const wanted = activity === "lesson" ? 0.85 : activity === "service" ? 0.3 : 0;
    if (state.powered && (projecting || of(6) < wanted)) switchPanel(state, true, nowMs);
    else if (activity === "lesson" || of(6) > 1 - off) switchPanel(state, false, nowMs);
  }
  const acOff = activity === "empty" ? 0.97 : activity === "away" ? 0.75 : 0;
  if (free("ac") && of(7) < acOff) state.ac.state = { ...state.ac.state, power: false };
  if (activity === "empty" || activity === "away") state.fans &&= of(8) > 0.9;
  // Chalk and brooms: 10-40 µg/m³ within 10-20 min (sizes recalled); always when they clean, else now and then.
  if (activity === "cleaning" || (activity === "break" && of(9) < 0.1)) {
    const minutes = 10 + 10 * of(10);
    state.burst = { untilMs: nowMs + minutes * 60_000, rate: (10 + 30 * of(11)) * (60 / minutes) };
  }
  const temper = chance();
  const patience = (-Math.log(1 - chance()) * patienceMinutes) / (0.1 + 0.9 * mild);
  return {
    doorShuts,
    door: part.from < doorShuts,
    blindsAt: Number.NaN,
    passes: sitting.has(activity) ? passesOf(part, chance) : [],
    lamps: of(12) < 0.95,
    boardLamps: of(12) < 0.75,
    thrifty: temper < 0.3,
    patience,
    ac: of(13) < 0.85,
    acTarget: Math.round(temper * 2),
    blinds: temper < 0.7,
    projecting,
  };
}

/**
 * Part that is open. In breaks 0.8 of the rooms open them when it is mild, 0.3 below 5 °C or with the air conditioner
 * on; through lessons 0.5 and 0.05.
 */
function windowsOf(
  room: RoomPlan,
  activity: Presence["activity"],
  mild: number,
  whether: number,
  how: number,
): number {
  const lesson = room.windowHabit?.lesson ?? 0.05 + 0.45 * mild;
  const pause = room.windowHabit?.break ?? 0.3 + 0.5 * mild;
  const open =
    activity === "empty"
      ? 0.03
      : sitting.has(activity)
        ? lesson
        : activity === "lunch"
          ? (lesson + pause) / 2
          : pause;
  if (whether >= open) return 0;
  const wide = sitting.has(activity) ? 0.65 : 0.5;
  return how < wide * (0.3 + 0.7 * mild) ? 0.5 + 0.5 * how : 0.1 + 0.39 * how;
}

/** Until when the door is open, seconds after midnight: 60-80 % of a break; in lessons it is shut behind the last. */
function doorOf(room: RoomPlan, part: Presence, mild: number, whether: number, how: number): number {
  const { activity, from, to } = part;
  if (activity === "empty") return from;
  if (activity === "away") return whether < 0.7 ? to : from;
  if (sitting.has(activity)) {
    const stays = room.doorHabit ?? 0.05 + 0.2 * mild;
    return whether < stays ? to : from + Math.min(part.ramp, to - from);
  }
  return from + (to - from) * (0.6 + 0.2 * how);
}

/** A lesson of 40 min has 0.5-2 of them. */
function passesOf(part: Presence, chance: Chance): number[] {
  const apart = 2400 / (0.5 + 1.5 * chance());
  const passes: number[] = [];
  let at = part.from;
  for (;;) {
    at -= Math.log(1 - chance()) * apart;
    if (at >= part.to) return passes;
    passes.push(at);
  }
}

export interface Felt {
  /** °C in the room. */
  celsius: number;
  /** ppm in the room. */
  co2: number;
  /** Daylight on the desks with open blinds, lx. */
  daylight: number;
}

/** Once a minute: what it is too dark, too hot, too bright for. */
export function minute(room: RoomPlan, state: RoomState, mood: Mood, felt: Felt, out: Outdoors): void {
  const { held } = state;
  if (state.people === 0) return;
  if (!held.has("blinds")) {
    const glare = mood.blinds && out.wall[room.facing] > 250;
    const blinds = mood.projecting ? 0.1 : glare ? 0.35 : 1;
    if (blinds !== mood.blindsAt) state.blinds = blinds;
    mood.blindsAt = blinds;
  }
  if (!held.has("windows") && state.windows === 0 && (felt.co2 > stuffyPpm || felt.celsius > stuffyC)) {
    mood.patience -= 1;
    if (mood.patience < 0) state.windows = 0.3;
  }
  const light = felt.daylight * state.blinds;
  if (!held.has("lamps")) {
    if (mood.projecting) state.lamps = { desks: false, board: false };
    else if (mood.lamps && light < 350 && workful.has(state.activity)) {
      state.lamps.desks = true;
      state.lamps.board ||= mood.boardLamps && state.activity === "lesson";
    } else if (mood.thrifty && light > 900) state.lamps = { desks: false, board: false };
  }
  const ac = state.ac.state;
  if (!held.has("ac") && room.acKw > 0 && mood.ac && !ac.power && state.people >= 3) {
    if (felt.celsius > 28)
      state.ac.state = { power: true, mode: "cool", target: 24 + mood.acTarget, fan: "auto" };
    else if (felt.celsius < 13)
      state.ac.state = { power: true, mode: "heat", target: 18 + mood.acTarget, fan: "auto" };
  }
  state.fans = room.fans > 0 && felt.celsius > 27 && !state.ac.state.power;
}
