/** A school as plain data: its rooms, its days, its seed; and one of usual size for who has no other. */
import { seeded } from "../seeded.ts";
import { type Calendar, zhejiang2026 } from "./calendar.ts";

export type Stage = "primary" | "junior";
export type RoomUse =
  | "classroom"
  | "music"
  | "art"
  | "lab"
  | "computer"
  | "library"
  | "gym"
  | "office"
  | "corridor";
export type Facing = "north" | "east" | "south" | "west";
/** How well windows shut: new seals, usual, or old frames. */
export type WindowQuality = "tight" | "usual" | "old";

/** People in a room at a known time, whatever the timetable says; ms UTC. */
export interface Session {
  fromMs: number;
  toMs: number;
  people: number;
}

export interface RoomPlan {
  id: string;
  use: RoomUse;
  floor: number;
  /** m² */
  area: number;
  /** m */
  height: number;
  /** Who belongs here: pupils of the class, seats of a special room, teachers of an office. */
  pupils: number;
  facing: Facing;
  windows: WindowQuality;
  /** Glass, m². */
  windowArea: number;
  /** Electric power of the air conditioner at full load, kW; 0: none. */
  acKw: number;
  /** Panel with its computer when on, W; 0: none. */
  panelW: number;
  /** Luminaires of 36 W over the desks and before the board. */
  lamps: { desks: number; board: number };
  /** Ceiling fans. */
  fans: number;
  /** Plugged in besides the panel while people work here (computers, benches), W. */
  plugsW: number;
  /** Fresh air of a ventilation system while people are here, m³/h; default none. */
  freshAir?: number;
  /** Adults sit here, not children of the stage. */
  adults?: boolean;
  /** Chance that windows are open in lessons and breaks; default what weather and air conditioning make of it. */
  windowHabit?: { lesson: number; break: number };
  /** Chance that the door stays open through a lesson; default a quarter. */
  doorHabit?: number;
  /** These replace the timetable in this room. */
  sessions?: readonly Session[];
}

export interface SchoolPlan {
  stage: Stage;
  seed: number;
  calendar: Calendar;
  /** Evening study 18:30-20:30 of a junior school whose pupils live there. */
  boarding?: boolean;
  rooms: readonly RoomPlan[];
}

export interface SchoolSize {
  stage: Stage;
  seed: number;
  classes: number;
  /** Classrooms of one floor; default 8. */
  perFloor?: number;
  calendar?: Calendar;
}

/**
 * A usual school: classrooms of 61-70 m² and 3.0-3.2 m (GB 50099, recalled) with 40-45 pupils at primary and 45-50
 * at junior stage (recalled), a corridor on each floor, special rooms and an office on the ground.
 */
export function usualSchool(size: SchoolSize): SchoolPlan {
  const { stage, seed, classes, perFloor = 8, calendar = zhejiang2026 } = size;
  const rooms: RoomPlan[] = [];
  const floors = Math.max(1, Math.ceil(classes / perFloor));
  for (let n = 0; n < classes; n += 1) {
    const floor = 1 + Math.floor(n / perFloor);
    rooms.push(
      usualRoom(stage, seed, "classroom", `${floor}${String((n % perFloor) + 1).padStart(2, "0")}`, floor),
    );
  }
  for (const use of ["music", "art", "lab", "computer", "library", "gym", "office"] as const) {
    rooms.push(usualRoom(stage, seed, use, use, 1));
  }
  for (let floor = 1; floor <= floors; floor += 1) {
    rooms.push(usualRoom(stage, seed, "corridor", `corridor-${floor}`, floor));
  }
  return { stage, seed, calendar, rooms };
}

/** One room of a use, its differences drawn from seed and id. */
export function usualRoom(stage: Stage, seed: number, use: RoomUse, id: string, floor: number): RoomPlan {
  const chance = seeded("plan", seed, id);
  const between = (low: number, high: number) => low + (high - low) * chance();
  const classSize = Math.round(stage === "primary" ? between(40, 45) : between(45, 50));
  const area = Math.round(between(61, 70));
  const room: RoomPlan = {
    id,
    use,
    floor,
    area,
    height: Number(between(3, 3.2).toFixed(2)),
    pupils: classSize,
    facing: chance() < 0.7 ? "south" : "north",
    windows: chance() < 0.2 ? "tight" : chance() < 0.7 ? "usual" : "old",
    // A fifth of the floor or more (quoted norm), 10-14 m² of glass (recalled).
    windowArea: Number(between(area / 5, 14).toFixed(1)),
    // 3-5 HP: 2.2-4 kW (recalled).
    acKw: Number(between(2.2, 4).toFixed(1)),
    // A panel of 75-86 inch, 180-350 W, with a computer of 30-65 W (recalled).
    panelW: Math.round(between(210, 415)),
    lamps: { desks: 9, board: 3 },
    fans: 4 + Math.floor(chance() * 3),
    plugsW: 0,
  };
  switch (use) {
    case "classroom":
    case "art":
      return room;
    case "music":
      return { ...room, area: 90, plugsW: 60 };
    case "lab":
      return { ...room, area: 96, plugsW: 400 };
    case "computer":
      return { ...room, area: 96, plugsW: 80 * classSize, acKw: 4 };
    case "library":
      return { ...room, area: 120, pupils: 30, panelW: 0, plugsW: 100 };
    case "gym":
      return {
        ...room,
        area: 600,
        height: 8,
        windowArea: 80,
        acKw: 0,
        panelW: 0,
        fans: 0,
        lamps: { desks: 40, board: 0 },
      };
    case "office":
      return { ...room, pupils: 12, panelW: 0, plugsW: 700, adults: true };
    case "corridor":
      return { ...room, area: 160, pupils: 60, acKw: 0, panelW: 0, fans: 0, lamps: { desks: 10, board: 0 } };
  }
}
