/** What every room is for at each minute of a school week, from the seed: lessons, breaks, lunch, service, cleaning. */
import { seeded } from "../seeded.ts";
import type { RoomPlan, SchoolPlan, Stage } from "./plan.ts";

export type Activity =
  | "empty"
  | "arrival"
  | "lesson"
  | "sport"
  | "break"
  | "away"
  | "lunch"
  | "rest"
  | "service"
  | "cleaning"
  | "work";

/** From and to: minutes after local midnight. */
export interface Slot {
  from: number;
  to: number;
  activity: Activity;
  /** Which lesson of the day. */
  n?: number;
}

/** A part of a room's day: how many may be there and which share of them comes. */
export interface Stay extends Slot {
  people: number;
  share: readonly [low: number, high: number];
  teachers: number;
  /** They come from sport. */
  heated?: boolean;
}

/** First lesson not before 8:20 (primary) or 8:00 (junior) (ministry's notice of 2021); the rest assumed. */
const lessonBegins: Record<Stage, readonly number[]> = {
  primary: [500, 555, 625, 680, 810, 865],
  junior: [480, 530, 600, 650, 790, 840, 890],
};
/** Minutes (recalled). */
const lessonLength = 40;
const ends: Record<Stage, { arrival: number; lunch: number; service: number; gap: number }> = {
  primary: { arrival: 470, lunch: 50, service: 1020, gap: 15 },
  junior: { arrival: 450, lunch: 50, service: 1050, gap: 10 },
};

/** A day's slots. On Fridays the last lesson falls out and service ends an hour earlier (assumption). */
export function slotsOf(stage: Stage, weekday: number, boarding = false): Slot[] {
  const begins = weekday === 5 ? lessonBegins[stage].slice(0, -1) : lessonBegins[stage];
  const { arrival, lunch, gap } = ends[stage];
  const service = ends[stage].service - (weekday === 5 ? 60 : 0);
  const slots: Slot[] = [{ from: arrival, to: begins[0] ?? 480, activity: "arrival" }];
  begins.forEach((from, index) => {
    const to = from + lessonLength;
    slots.push({ from, to, activity: "lesson", n: index + 1 });
    const next = begins[index + 1];
    if (next === undefined) slots.push({ from: to, to: to + gap, activity: "break" });
    else if (next - to > 60) {
      slots.push({ from: to, to: to + lunch, activity: "lunch" });
      slots.push({ from: to + lunch, to: next, activity: "rest" });
    } else slots.push({ from: to, to: next, activity: next - to >= 30 ? "away" : "break" });
  });
  const from = slots.at(-1)?.to ?? service;
  slots.push({ from, to: service, activity: "service" });
  slots.push({ from: service, to: service + 30, activity: "cleaning" });
  if (boarding && weekday < 5) slots.push({ from: 1110, to: 1230, activity: "service" });
  return slots;
}

/** Where a class is in a lesson that it does not spend at home: a room, or the field (null). */
type Elsewhere = string | null;

/** Stays of each room by weekday (1 to 5). */
export type Timetable = (room: RoomPlan, weekday: number) => Stay[];

/** @returns the week of a school; the same plan gives the same week */
export function timetable(plan: SchoolPlan): Timetable {
  const away = elsewhere(plan);
  const classes = plan.rooms.filter((room) => room.use === "classroom");
  const gym = plan.rooms.find((room) => room.use === "gym")?.id;
  const sport = (to: Elsewhere | undefined) => to === null || (to !== undefined && to === gym);
  return (room, weekday) => {
    const slots = slotsOf(plan.stage, weekday, plan.boarding);
    const key = (home: RoomPlan, slot: Slot | undefined) => `${home.id}/${weekday}/${slot?.n}`;
    switch (room.use) {
      case "classroom":
        return slots.map((slot, index) => {
          const out = (at: Slot | undefined) => at?.n !== undefined && away.has(key(room, at));
          const gone =
            out(slot) || (slot.activity === "break" && out(slots[index - 1]) && out(slots[index + 1]));
          const before = slots[index - 1];
          const heated = !gone && before?.n !== undefined && sport(away.get(key(room, before)));
          return {
            ...stay(gone ? { ...slot, activity: "away" } : slot, room.pupils),
            ...(heated && { heated }),
          };
        });
      case "office":
        return slots.map((slot) => ({
          ...slot,
          activity: "work",
          people: room.pupils,
          share: [0.3, 0.7],
          teachers: 0,
        }));
      case "corridor":
        return slots
          .filter((slot) => slot.activity === "break" || slot.activity === "arrival")
          .map((slot) => ({ ...slot, people: room.pupils, share: [0.2, 0.6], teachers: 1 }));
      default:
        return slots.flatMap((slot) => {
          const here = classes.filter(
            (home) => slot.n !== undefined && away.get(key(home, slot)) === room.id,
          );
          if (here.length === 0) return [];
          const people = here.reduce((sum, home) => sum + home.pupils, 0);
          const activity = room.use === "gym" ? "sport" : "lesson";
          return [{ ...stay(slot, people), activity, teachers: here.length }];
        });
    }
  };
}

/** Shares of the class that is there (assumptions of the model day). */
function stay(slot: Slot, pupils: number): Stay {
  const share: Record<Activity, readonly [number, number]> = {
    empty: [0, 0],
    away: [0, 0],
    arrival: [0.95, 0.98],
    lesson: [0.95, 0.98],
    sport: [0.95, 0.98],
    break: [0.3, 0.6],
    lunch: [0.85, 0.97],
    rest: [0.85, 0.97],
    service: [0.6, 0.9],
    cleaning: [0.1, 0.2],
    work: [0.3, 0.7],
  };
  const teachers = ["lesson", "sport", "service", "lunch"].includes(slot.activity) ? 1 : 0;
  return { ...slot, people: pupils, share: share[slot.activity], teachers };
}

/** Six to eight lessons a week of each class are not at home: sport, and each special room once. */
function elsewhere(plan: SchoolPlan): Map<string, Elsewhere> {
  const away = new Map<string, Elsewhere>();
  const taken = new Set<string>();
  const special = plan.rooms.filter((room) => ["music", "art", "lab", "computer"].includes(room.use));
  const gym = plan.rooms.find((room) => room.use === "gym");
  for (const home of plan.rooms) {
    if (home.use !== "classroom") continue;
    const chance = seeded("week", plan.seed, home.id);
    const free: string[] = [];
    for (let weekday = 1; weekday <= 5; weekday += 1) {
      for (const slot of slotsOf(plan.stage, weekday)) {
        if (slot.n !== undefined) free.push(`${weekday}/${slot.n}`);
      }
    }
    const takeOne = (to: Elsewhere, fits: (at: string) => boolean) => {
      const choice = free.filter(fits);
      const at = choice[Math.floor(chance() * choice.length)];
      if (at === undefined) return;
      free.splice(free.indexOf(at), 1);
      away.set(`${home.id}/${at}`, to);
      if (to !== null) taken.add(`${to}/${at}`);
    };
    // Sport on four different days; in the gym when it is free, else on the field.
    const days = [1, 2, 3, 4, 5];
    days.splice(Math.floor(chance() * 5), 1);
    for (const day of days) {
      const inside = gym !== undefined && chance() < 0.3 ? gym.id : null;
      takeOne(
        inside,
        (at) => at.startsWith(`${day}/`) && !at.endsWith("/1") && !taken.has(`${inside}/${at}`),
      );
    }
    for (const room of special) takeOne(room.id, (at) => !taken.has(`${room.id}/${at}`));
  }
  return away;
}
