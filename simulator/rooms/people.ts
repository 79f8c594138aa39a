/** What people give to the air of a room: carbon dioxide, heat, water. */
import type { Stage } from "./plan.ts";
import type { Activity } from "./timetable.ts";

/** Carbon dioxide of a seated child, L/h: 10-12.6 at 6-11 years, 12.6-17 at 11-16 years (recalled, Persily and de Jonge). */
const childLitres: Record<Stage, number> = { primary: 11.3, junior: 14.8 };
/** A seated adult, L/h: 18-20 (recalled). */
const adultLitres = 19;
/** Against an adult man (load notes for engineers: 0.75 for children); 0.85 is ours for 11-16 years. */
const childHeat: Record<Stage, number> = { primary: 0.75, junior: 0.85 };

/** Seated adult: sensible W at °C; with the latent part 115 W in all (engineering table). */
const sensible: readonly (readonly [celsius: number, watts: number])[] = [
  [20, 90],
  [22, 80],
  [24, 75],
  [26, 65],
];
const adultWatts = 115;

export interface Crowd {
  children: number;
  adults: number;
  activity: Activity;
  /** They came from sport less than ten minutes ago. */
  heated: boolean;
}

/** How lively they are against sitting: breaks 1.2, cleaning 1.5 (assumptions), after sport 1.5-2 (recalled). */
function effort(crowd: Crowd): number {
  if (crowd.heated) return 1.75;
  if (crowd.activity === "cleaning") return 1.5;
  return crowd.activity === "break" || crowd.activity === "arrival"
    ? 1.2
    : crowd.activity === "rest"
      ? 0.9
      : 1;
}

/** m³/h of carbon dioxide. */
export function carbonDioxide(crowd: Crowd, stage: Stage): number {
  return ((crowd.children * childLitres[stage] + crowd.adults * adultLitres) * effort(crowd)) / 1000;
}

/** Adults who would give as much heat. */
export function adultEquivalents(crowd: Crowd, stage: Stage): number {
  return (crowd.children * childHeat[stage] + crowd.adults) * effort(crowd);
}

/** Sensible heat of one seated adult, W, at the room's °C; 40 W at 31 °C and above, 100 W at 18 °C and below. */
export function sensibleWatts(celsius: number): number {
  if (celsius <= 20) return Math.min(100, 90 + (20 - celsius) * 5);
  for (let n = 1; n < sensible.length; n += 1) {
    const [from, more] = sensible[n - 1] as readonly [number, number];
    const [to, less] = sensible[n] as readonly [number, number];
    if (celsius <= to) return more + ((less - more) * (celsius - from)) / (to - from);
  }
  return Math.max(40, 65 - (celsius - 26) * 5);
}

/** Latent heat of one seated adult, W. */
export function latentWatts(celsius: number): number {
  return adultWatts - sensibleWatts(celsius);
}
