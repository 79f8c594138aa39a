/**
 * A sensor at the end of a serial cable of its own: it says its values every second, or when it is asked.
 *
 * Holds: it measures at the moment in which it begins to speak; a value that it has not now is the one it had before.
 */
import { type Drawn, type FaultLimits, HandFaults } from "../fault-list.ts";
import { randomBytes } from "../garble.ts";
import type { Station } from "../links/station-line.ts";
import type { Utterance } from "../links/utterance.ts";
import { type Chance, seeded } from "../seeded.ts";
import type { AirValues } from "./modbus-air.ts";

/** What makes a model: its frames, and what it understands. */
export interface SensorChip {
  /** Between what it says unasked, ms; +∞: nothing now. */
  readonly everyMs: number;
  /** The sum's place, counted from the end: 1 is the last byte. */
  readonly sumFromEnd: number;
  /** It heard a byte; `frame` stands for its values now. @returns what it answers */
  hear(byte: number): readonly ("frame" | Uint8Array)[];
  frame(values: AirValues): Uint8Array;
}

export type SensorFault = FaultLimits &
  (
    | /** No power: says nothing and understands nothing. */ { kind: "silent" }
    | /** The sum does not fit. */ { kind: "checksum" }
    | /** The frame ends after so many bytes. */ { kind: "cut"; bytes: number }
    | /** Its values stand still. */ { kind: "stuck" }
    | /** The answer begins later by so many ms. */ { kind: "late"; byMs: number }
    | /** Meaningless bytes without a pause before and behind what it says. */ {
        kind: "garbage";
        before?: number;
        after?: number;
      }
  );

export interface SerialSensorOptions {
  name: string;
  /** Asked whenever it speaks. */
  source: () => AirValues;
  seed?: string | number;
  /** From the end of a request to the answer, ms; default 20. */
  delayMs?: number;
  /** Up to so much more, by chance; default 20. */
  jitterMs?: number;
}

export class SerialSensor<Chip extends SensorChip = SensorChip> implements Station {
  readonly name: string;
  readonly chip: Chip;
  readonly faults: HandFaults<SensorFault>;
  readonly #options: SerialSensorOptions;
  readonly #chance: Chance;
  #nextMs = Number.POSITIVE_INFINITY;
  #values: AirValues = {};

  constructor(chip: Chip, options: SerialSensorOptions) {
    const { name, seed = name } = options;
    this.name = name;
    this.chip = chip;
    this.faults = new HandFaults("sensor", seed);
    this.#options = options;
    this.#chance = seeded("sensor", seed);
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  /** Sensors of one school were not switched on in the same instant. */
  join(nowMs: number): void {
    this.#nextMs = nowMs + this.chip.everyMs * this.#chance();
  }

  hear(byte: number, atMs: number): readonly Utterance[] {
    if (this.faults.has("silent")) return [];
    const answers = this.chip.hear(byte);
    if (answers.length === 0) return [];
    const { delayMs = 20, jitterMs = 20 } = this.#options;
    const { everyMs } = this.chip;
    // It was told to speak by itself from now on, or not to.
    if (everyMs === Number.POSITIVE_INFINITY) this.#nextMs = everyMs;
    else if (this.#nextMs === Number.POSITIVE_INFINITY) this.#nextMs = atMs + everyMs;
    const afterMs = delayMs + jitterMs * this.#chance();
    return answers.flatMap((answer) => this.#say(answer, afterMs));
  }

  speak(atMs: number): readonly Utterance[] {
    this.#nextMs = atMs + this.chip.everyMs;
    return this.#say("frame", 0);
  }

  #say(what: "frame" | Uint8Array, afterMs: number): Utterance[] {
    const acting = this.faults.draw();
    if (acting.get("silent") !== undefined) return [];
    const good = what === "frame" ? this.chip.frame(this.#measure(acting)) : what;
    const bytes = mangled(good, this.chip.sumFromEnd, acting);
    return [{ afterMs: afterMs + (acting.get("late")?.byMs ?? 0), bytes, gapMs: 0 }];
  }

  #measure(acting: Drawn<SensorFault>): AirValues {
    const isFirst = Object.keys(this.#values).length === 0;
    if (acting.get("stuck") !== undefined && !isFirst) return this.#values;
    const now = Object.entries(this.#options.source()).filter(([, value]) => value != null);
    this.#values = { ...this.#values, ...Object.fromEntries(now) };
    return this.#values;
  }
}

function mangled(good: Uint8Array, sumFromEnd: number, acting: Drawn<SensorFault>): Uint8Array {
  let out = Uint8Array.from(good);
  const at = out.length - sumFromEnd;
  if (acting.get("checksum") !== undefined) out[at] = (out[at] ?? 0) + 1;
  out = out.slice(0, acting.get("cut")?.bytes);
  const garbage = acting.get("garbage");
  if (garbage === undefined) return out;
  const { before = 0, after = 0 } = garbage;
  return Uint8Array.of(...randomBytes(before, acting.chance), ...out, ...randomBytes(after, acting.chance));
}

/** A value in whole steps, within what the field holds. */
export function steps(value: number | null | undefined, perUnit: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round((value ?? 0) * perUnit)));
}
