/**
 * What a real sensor makes of the air on its wall: it is late, noisy, coarse, a little wrong; sometimes it is stuck,
 * silent or says 0.
 *
 * Holds: a reading depends on the seed, the unit, the air since it was hung up and the moment, not on how often it
 * was asked. A carbon dioxide sensor never says less than its floor of 400 ppm, but for a fault's 0.
 */
import { mix, seeded } from "../seeded.ts";
import type { Air } from "./atmosphere.ts";
import { dayOf, midnight } from "./calendar.ts";
import { type Habit, habits } from "./sensor-habits.ts";

export type Quantity = keyof Air;

export interface SensorOptions {
  seed: number;
  /** Which unit it is: two of a kind differ. */
  unit: string;
  quantities: readonly Quantity[];
  /** Silent every night between these minutes after local midnight, as a logger that is switched off. */
  nightGap?: { from: number; to: number };
  /** Overrides how it errs, by quantity. */
  habits?: Partial<Record<Quantity, Partial<Habit>>>;
}

/** What the factory takes for fresh air, ppm. */
const factoryFresh = 425;

export type Readings = Partial<Record<Quantity, number | null>>;

interface Channel {
  quantity: Quantity;
  habit: Habit;
  /** Part of the way to the true value in one step. */
  follow: number;
  /** In the quantity's unit. */
  offset: number;
  slow: number;
  /** Lowest of today, and what is taken for fresh air. */
  lowest: number;
  fresh: number;
}

/** When a unit is stuck or silent, ms UTC. */
interface Spell {
  fromMs: number;
  toMs: number;
  kind: "stuck" | "silent";
}

export class Sensor {
  readonly #options: SensorOptions;
  readonly #channels: Channel[] = [];
  #ms = Number.NaN;
  #day = Number.NaN;
  #spells: Spell[] = [];
  #stuck: Readings | null = null;

  constructor(options: SensorOptions) {
    this.#options = options;
  }

  /** The owner calls it at every step of the model; the first call hangs it up. @param ms ms UTC */
  step(ms: number, air: Air): void {
    const stepS = (ms - this.#ms) / 1000;
    const first = this.#channels.length === 0;
    if (first) this.#hang(air);
    this.#ms = ms;
    const newDay = dayOf(ms) !== this.#day;
    for (const channel of this.#channels) {
      if (newDay && !first) this.#calibrate(channel);
      if (stepS > 0) channel.follow = 1 - Math.exp(-stepS / channel.habit.lagS);
      channel.slow += (air[channel.quantity] - channel.slow) * (stepS > 0 ? channel.follow : 1);
      if (channel.slow < channel.lowest) channel.lowest = channel.slow;
    }
    if (newDay) {
      this.#day = dayOf(ms);
      // One of yesterday may last until today.
      this.#spells = [this.#day - 1, this.#day].flatMap((day) => spellsOf(this.#options, day));
    }
    const spell = this.#spell();
    if (spell !== "stuck") this.#stuck = null;
    else this.#stuck ??= this.#measure();
  }

  /** As a device would say it now: null where it says nothing. */
  read(): Readings {
    if (this.#spell() === "silent")
      return Object.fromEntries(this.#channels.map((one) => [one.quantity, null]));
    return { ...(this.#stuck ?? this.#measure()) };
  }

  /** What its registers hold before it is asked for the first time: it has measured since it has power. */
  held(): Readings {
    const held: Readings = {};
    for (const channel of this.#channels) held[channel.quantity] = this.#value(channel, true);
    return held;
  }

  #hang(air: Air): void {
    const { seed, unit, quantities, habits: other = {} } = this.#options;
    for (const quantity of quantities) {
      const habit = { ...habits[quantity], ...other[quantity] };
      const chance = seeded("sensor", seed, unit, quantity);
      const offset = (chance() + chance() + chance() - 1.5) * 2 * habit.offset;
      const slow = air[quantity];
      this.#channels.push({ quantity, habit, follow: 1, offset, slow, lowest: slow, fresh: factoryFresh });
    }
  }

  /** Once a day, automatic calibration takes the lowest of the day, and slowly the past, for fresh air. */
  #calibrate(channel: Channel): void {
    channel.fresh += (channel.lowest - channel.fresh) * (channel.lowest < channel.fresh ? 0.5 : 0.15);
    channel.lowest = channel.slow;
  }

  #spell(): Spell["kind"] | null {
    const found = this.#spells.find((one) => this.#ms >= one.fromMs && this.#ms < one.toMs);
    return found?.kind ?? null;
  }

  #measure(): Readings {
    const readings: Readings = {};
    for (const channel of this.#channels) readings[channel.quantity] = this.#value(channel);
    return readings;
  }

  #value(channel: Channel, always = false): number | null {
    const { habit, quantity } = channel;
    const { seed, unit } = this.#options;
    const chance = seeded(mix("noise", seed, unit, quantity), this.#ms / 1000);
    const fate = chance();
    if (fate < habit.missing && !always) return null;
    if (fate < habit.missing + habit.zeros && !always) return 0;
    const even = (chance() + chance() + chance() - 1.5) * 2;
    // Air comes in clouds: far values are more often than a bell curve has them.
    const wobble = even * (0.7 + 0.3 * even * even);
    let value = channel.slow + channel.offset;
    if (habit.calibratesTo !== undefined)
      value += habit.calibratesTo + habit.freshMargin - channel.fresh - channel.offset;
    value += wobble * (habit.noise + habit.share * Math.abs(value - (habit.floor ?? 0)));
    // At its floor a unit plays between a few steps, it does not stand still.
    if (habit.floor !== undefined && value < habit.floor + habit.play)
      value = habit.floor + habit.play * chance() ** 1.3;
    const steps = Math.floor(value / habit.step + 0.5) * habit.step;
    return Number(Math.min(habit.high ?? Number.POSITIVE_INFINITY, Math.max(habit.low, steps)).toFixed(3));
  }
}

/** Spells of one day, from keyed draws: a unit is rarely stuck and then for long; short silences come now and then. */
function spellsOf(options: SensorOptions, day: number): Spell[] {
  const { seed, unit, nightGap } = options;
  const start = midnight(day);
  const chance = seeded("spells", seed, unit, day);
  const spells: Spell[] = [];
  if (nightGap !== undefined) {
    spells.push({
      fromMs: start + nightGap.from * 60_000,
      toMs: start + nightGap.to * 60_000,
      kind: "silent",
    });
  }
  return spells.concat(oneSpell("silent", chance, start), oneSpell("stuck", chance, start));
}

/**
 * Recorded: in 87 days each of two rooms stood still twice, for 50 min and for 4 or 16 h; 5 and 30 silences of
 * 25-60 min besides the ones that belong to the log.
 */
function oneSpell(kind: Spell["kind"], chance: () => number, start: number): Spell[] {
  const [whether, when, long] = [chance(), chance(), chance()];
  const often = kind === "stuck" ? 2 / 87 : 17 / 87;
  if (whether >= often) return [];
  const minutes = kind === "stuck" ? 50 * 19 ** long : 25 + 35 * long;
  const fromMs = start + Math.floor(when * 1440) * 60_000;
  return [{ fromMs, toMs: fromMs + Math.floor(minutes) * 60_000, kind }];
}
