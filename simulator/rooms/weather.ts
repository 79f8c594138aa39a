/**
 * Outdoors in northern Zhejiang (30.5° N, 120° E) as a pure function of a seed and the time: season, day, and a drift
 * between keyed draws. Never a jump.
 */
import { dayMs, dayOf, midnight, yearPart } from "./calendar.ts";
import { clamp, Drift } from "./drift.ts";
import { relativeHumidity, waterContent } from "./humidity.ts";
import type { Facing } from "./plan.ts";

export interface Outdoors {
  /** °C */
  temperature: number;
  /** % relative humidity */
  humidity: number;
  /** kg of water in a kg of dry air */
  water: number;
  /** m/s */
  wind: number;
  /** 0 clear to 1 overcast */
  cloud: number;
  /** On the ground, W/m². */
  sun: number;
  diffuse: number;
  /** Direct sun on a wall, W/m². */
  wall: Record<Facing, number>;
  /** ppm */
  co2: number;
  /** µg/m³ */
  pm25: number;
  pm10: number;
  /** ppb */
  tvoc: number;
  /** kPa */
  pressure: number;
}

const latitude = (30.5 * Math.PI) / 180;
const walls: readonly [Facing, number][] = [
  ["north", Math.PI],
  ["east", -Math.PI / 2],
  ["south", 0],
  ["west", Math.PI / 2],
];

/** The answer object is the same at every call: read it, do not keep it. */
export class Weather {
  readonly #warm: Drift;
  readonly #cloud: Drift;
  readonly #damp: Drift;
  readonly #wind: Drift;
  readonly #gust: Drift;
  readonly #smog: Drift;
  readonly #puff: Drift;
  readonly #carbon: Drift;
  readonly #now: Outdoors;

  constructor(seed: number) {
    const drift = (name: string, hours: number) => new Drift(`weather/${seed}/${name}`, hours);
    this.#warm = drift("warm", 60);
    this.#cloud = drift("cloud", 11);
    this.#damp = drift("damp", 37);
    this.#wind = drift("wind", 13);
    this.#gust = drift("gust", 0.4);
    this.#smog = drift("smog", 41);
    this.#puff = drift("puff", 5);
    this.#carbon = drift("carbon", 7);
    this.#now = {
      temperature: 0,
      humidity: 0,
      water: 0,
      wind: 0,
      cloud: 0,
      sun: 0,
      diffuse: 0,
      wall: { north: 0, east: 0, south: 0, west: 0 },
      co2: 0,
      pm25: 0,
      pm10: 0,
      tvoc: 0,
      pressure: 0,
    };
  }

  at(wallMs: number): Outdoors {
    const now = this.#now;
    const day = dayOf(wallMs);
    const dayPart = (wallMs - midnight(day)) / dayMs;
    const year = yearPart(day) + dayPart / 365.25;
    // Coldest about 20 January: -1 there, 1 in July.
    const season = -Math.cos((year - 0.055) * 2 * Math.PI);
    const hour = (hours: number) => Math.cos((dayPart - hours / 24) * 2 * Math.PI);
    now.cloud = clamp(0.62 + 0.3 * this.#cloud.at(wallMs), 0, 1);
    // Hangzhou: about 5 °C in January, 29 °C in July; day and night 3-9 K apart (recalled).
    const mean = 17 + 12 * season + (2.4 - 0.7 * season) * this.#warm.at(wallMs);
    now.temperature = mean + (4.3 - 2.6 * now.cloud) * hour(14.5);
    // The dew point lies below the day's mean, less in damp weather and in the rains of June.
    const below = Math.max(0.5, 6.5 - 4 * now.cloud - 1.6 * this.#damp.at(wallMs) - 1.2 * season);
    now.water = Math.min(waterContent(mean - below, 100), waterContent(now.temperature, 98));
    now.humidity = relativeHumidity(now.temperature, now.water);
    const night = (1 - hour(14)) / 2;
    now.wind =
      2.2 * Math.exp(0.4 * this.#wind.at(wallMs) + 0.15 * this.#gust.at(wallMs)) * (1.2 - 0.5 * night);
    this.#sunlight(year, dayPart);
    // 420-450 ppm (recalled); more in still nights.
    now.co2 = 430 + 5 * this.#carbon.at(wallMs) - 4 * season + (14 * night) / (0.5 + now.wind / 2);
    // A year's mean of 24-30 µg/m³, winter nights 50-120 (recalled).
    const smog = Math.exp(0.42 * this.#smog.at(wallMs) + 0.14 * this.#puff.at(wallMs));
    now.pm25 = (25 - 13 * season) * smog * (0.85 + 0.45 * night);
    now.pm10 = now.pm25 * 1.35 + 9 * Math.exp(0.3 * this.#puff.at(wallMs));
    now.tvoc = 25 + 0.4 * now.pm25;
    now.pressure = 101.6 - 0.9 * season + 0.25 * this.#damp.at(wallMs);
    return now;
  }

  /** Clear sky after Haurwitz, clouds after Kasten and Czeplak (recalled). */
  #sunlight(year: number, dayPart: number): void {
    const now = this.#now;
    const declination = -0.4093 * Math.cos((year + 10 / 365.25) * 2 * Math.PI);
    const turn = (dayPart - 0.5) * 2 * Math.PI;
    const high =
      Math.sin(latitude) * Math.sin(declination) +
      Math.cos(latitude) * Math.cos(declination) * Math.cos(turn);
    if (high <= 0) {
      now.sun = 0;
      now.diffuse = 0;
      for (const [facing] of walls) now.wall[facing] = 0;
      return;
    }
    const clear = 1098 * high * Math.exp(-0.057 / high);
    now.sun = clear * (1 - 0.75 * now.cloud ** 3.4);
    now.diffuse = Math.min(now.sun, now.sun * (0.2 + 0.8 * now.cloud ** 2));
    const beam = (now.sun - now.diffuse) / Math.max(0.12, high);
    const flat = Math.sqrt(1 - high * high);
    const azimuth = Math.atan2(
      Math.sin(turn) * Math.cos(declination),
      Math.sin(latitude) * Math.cos(declination) * Math.cos(turn) -
        Math.cos(latitude) * Math.sin(declination),
    );
    for (const [facing, angle] of walls)
      now.wall[facing] = beam * flat * Math.max(0, Math.cos(azimuth - angle));
  }
}
