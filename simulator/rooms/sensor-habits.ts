/** How sensors err, by quantity. */
import type { Air } from "./atmosphere.ts";

export interface Habit {
  /** First-order lag, s. */
  lagS: number;
  /** What a reading is off by, about, in the quantity's unit and as a share of the value above the floor. */
  noise: number;
  share: number;
  /** What the last digit counts. */
  step: number;
  /** sd of what units of a kind differ by. */
  offset: number;
  /** Never less, and never more than this. */
  low: number;
  high?: number;
  /** Where a self-calibrating unit rests, and how far it plays above. */
  floor?: number;
  play: number;
  /** What the lowest value of the days is taken for. */
  calibratesTo?: number;
  freshMargin: number;
  /** Share of readings that are missing, and that say 0. */
  missing: number;
  zeros: number;
}

const usual = { low: 0, play: 0, freshMargin: 0, missing: 0.0005, zeros: 0, share: 0 } as const;

/** Lags: carbon dioxide 60-120 s, temperature 3-10 min, particles 5-10 s (assumptions of the field). */
export const habits: Record<keyof Air, Habit> = {
  /**
   * Recorded rooms rest at 400-404 ppm with steps of 1 ppm, 14-16 % of all rows at 400 itself and about 22 % equal
   * to the row before; a building's own sensor said 0 ppm in 21 of 34,446 rows.
   */
  co2: {
    ...usual,
    lagS: 90,
    noise: 1.5,
    share: 0.038,
    step: 1,
    offset: 15,
    low: 0,
    floor: 400,
    play: 4.3,
    calibratesTo: 400,
    freshMargin: -12,
    zeros: 0.0006,
  },
  /** Recorded: 68-75 % of the rows equal to the row before, steps of 0.1 °C. */
  temperature: { ...usual, lagS: 360, noise: 0.02, step: 0.1, offset: 0.25, low: -40 },
  /** Recorded: 77-84 % equal, steps of 0.5-1 %. */
  humidity: { ...usual, lagS: 60, noise: 0.15, step: 0.5, offset: 1.5, high: 100 },
  /** Recorded: 33-36 % and 28-31 % equal, steps of 1 µg/m³, neighbours 1-3 apart at night. */
  pm25: { ...usual, lagS: 8, noise: 0.6, share: 0.06, step: 1, offset: 1 },
  pm10: { ...usual, lagS: 8, noise: 0.7, share: 0.07, step: 1, offset: 1.5 },
  tvoc: { ...usual, lagS: 30, noise: 3, share: 0.03, step: 1, offset: 20 },
  illuminance: { ...usual, lagS: 1, noise: 1, share: 0.01, step: 1, offset: 3 },
  noise: { ...usual, lagS: 1, noise: 0.3, step: 0.1, offset: 0.5 },
  pressure: { ...usual, lagS: 2, noise: 0.01, step: 0.1, offset: 0.05, low: 80 },
};
