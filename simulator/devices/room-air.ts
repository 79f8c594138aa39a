/**
 * The air of a classroom as a pure function of a seed and the time: same room, same moment, same air.
 * CO₂ follows the room's balance: every lesson pulls it towards what the class breathes out, every break
 * towards outdoors, exponentially with the room's air change (about 1.5 per hour, windows open in breaks).
 */
import { mix, seeded } from "../seeded.ts";

export interface RoomAir {
  /** ppm */
  co2: number;
  /** °C */
  temperature: number;
  /** % relative humidity */
  humidity: number;
  /** µg/m³ */
  pm25: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** China has one zone and no summer time. */
const zoneMs = 8 * 60 * minuteMs;
const outdoorPpm = 430;

/** Minutes after midnight at which lessons begin and end. */
const lessons: readonly [number, number][] = [
  [480, 520],
  [530, 570],
  [595, 635],
  [645, 685],
  [810, 850],
  [860, 900],
  [915, 955],
];

/** @param wallMs ms UTC */
export function roomAir(seed: number, wallMs: number): RoomAir {
  const local = wallMs + zoneMs;
  const day = Math.floor(local / dayMs);
  const minute = (local - day * dayMs) / minuteMs;
  // Day 0 of the epoch was a Thursday.
  const weekday = (day + 3) % 7;
  const chance = seeded("room", seed, day);
  const pupils = weekday >= 5 ? 0 : 30 + Math.floor(chance() * 16);
  const full = outdoorPpm + pupils * 52 * (0.85 + chance() * 0.3);
  const smog = 12 + chance() * 45;
  const outdoor = outdoorTemperature(day, minute, chance());
  const co2 = co2At(minute, full);
  const present = lessons.some(([from, to]) => minute >= from && minute < to) && pupils > 0;
  const jitter = seeded("air", seed, Math.floor(wallMs / 10_000));
  const wobble = (size: number) => (jitter() - 0.5) * 2 * size;
  const warmth = (co2 - outdoorPpm) / 700;
  return {
    co2: Math.round(co2 + wobble(8)),
    temperature: round(17 + outdoor * 0.28 + warmth + wobble(0.1), 1),
    humidity: round(Math.min(95, Math.max(20, 52 + warmth * 2.5 + (mix(seed, day) % 15) + wobble(0.6))), 1),
    pm25: Math.max(1, Math.round(smog * (present ? 0.8 : 0.65) + wobble(2))),
  };
}

/** CO₂ at a minute of the day, from outdoor air at midnight, one exponential per lesson and break. */
function co2At(minute: number, full: number): number {
  let level = outdoorPpm;
  let from = 0;
  const towards = (goal: number, until: number, hours: number) => {
    level = goal + (level - goal) * Math.exp(-(until - from) / (hours * 60));
    from = until;
  };
  for (const [begin, end] of lessons) {
    towards(outdoorPpm, Math.min(minute, begin), 0.25);
    if (minute <= begin) return level;
    towards(full, Math.min(minute, end), 0.66);
    if (minute <= end) return level;
  }
  towards(outdoorPpm, minute, 0.8);
  return level;
}

/** A year from 4 to 30 °C with its coldest days in late January, a day that peaks at three in the afternoon. */
function outdoorTemperature(day: number, minute: number, chance: number): number {
  const season = -Math.cos(((day - 25) / 365.25) * 2 * Math.PI);
  const hour = Math.cos(((minute - 900) / 1440) * 2 * Math.PI);
  return 17 + 13 * season + 4 * hour + (chance - 0.5) * 6;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
