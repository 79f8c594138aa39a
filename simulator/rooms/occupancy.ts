/** Who is in a room on one day, second by second, from the timetable and keyed draws. */
import { seeded } from "../seeded.ts";
import { dayMs, midnight, schoolWeekday } from "./calendar.ts";
import type { RoomPlan, SchoolPlan, Session } from "./plan.ts";
import type { Activity, Timetable } from "./timetable.ts";

/** One part of a day; the parts of a day follow each other without a gap. Seconds after local midnight. */
export interface Presence {
  from: number;
  to: number;
  activity: Activity;
  /** All who will be there, and how many of them are adults. */
  people: number;
  adults: number;
  /** How long it takes until they are there, s. */
  ramp: number;
  /** They come from sport. */
  heated: boolean;
}

const dayS = 86_400;
/** Through one door, a class needs about a minute and a half (assumption). */
const walkS = 90;
/** Where people come for sessions, the house is locked at nine in the evening (assumption). */
const lockS = 21 * 3600;

/** @returns the day of a room, from midnight to midnight */
export function presences(plan: SchoolPlan, table: Timetable, room: RoomPlan, day: number): Presence[] {
  if (room.sessions !== undefined) return covered(fromSessions(room.sessions, day));
  const weekday = schoolWeekday(plan.calendar, day);
  if (weekday === null) return covered([]);
  const chance = seeded("presence", plan.seed, room.id, day);
  return covered(
    table(room, weekday).map((stay) => {
      const [low, high] = stay.share;
      const guests = Math.round(stay.people * (low + (high - low) * chance()));
      const from = stay.from * 60;
      const to = stay.to * 60;
      return {
        from,
        to,
        activity: stay.activity,
        people: guests + stay.teachers,
        adults: room.adults ? guests : stay.teachers,
        ramp: stay.activity === "arrival" ? (to - from) * 0.8 : walkS,
        heated: stay.heated === true || stay.activity === "sport",
      };
    }),
  );
}

/** Recorded or booked people; where two sessions overlap, the later begins. */
function fromSessions(sessions: readonly Session[], day: number): Presence[] {
  const start = midnight(day);
  const today = sessions
    .filter((one) => one.toMs > start && one.fromMs < start + dayMs)
    .sort((one, other) => one.fromMs - other.fromMs);
  return today.flatMap((one, index) => {
    const next = Math.min(dayS, ((today[index + 1]?.fromMs ?? start + dayMs) - start) / 1000);
    const to = Math.min(next, (one.toMs - start) / 1000);
    const here: Presence = {
      from: Math.max(0, (one.fromMs - start) / 1000),
      to,
      activity: "lesson",
      people: one.people,
      adults: one.people,
      ramp: one.fromMs < start ? 0 : walkS,
      heated: false,
    };
    // They leave it as it is; somebody locks up in the evening.
    const left: Presence = {
      ...here,
      from: to,
      to: Math.min(next, Math.max(lockS, to + 1800)),
      activity: "away",
      people: 0,
      adults: 0,
    };
    return [here, left].filter((part) => part.to > part.from);
  });
}

/** Fills the gaps of a day with an empty room. */
function covered(stays: Presence[]): Presence[] {
  const all: Presence[] = [];
  const empty = (from: number, to: number) => {
    if (to > from) {
      all.push({ from, to, activity: "empty", people: 0, adults: 0, ramp: walkS, heated: false });
    }
  };
  let until = 0;
  for (const stay of stays) {
    empty(until, stay.from);
    all.push(stay);
    until = stay.to;
  }
  empty(until, dayS);
  return all;
}

/** Part of the change that is done, 0 to 1. @param second after local midnight */
export function arrived(presence: Presence, second: number): number {
  return presence.ramp <= 0 ? 1 : Math.min(1, (second - presence.from) / presence.ramp);
}
