/** What a simulated device may ask of whoever lends it a room: names and units as the wired ones have them. */
import type { AirValues } from "./modbus-air.ts";
import type { OnePhase, ThreePhase } from "./modbus-meters.ts";

/** Null or absent: the device has no value. */
export interface RoomValues extends AirValues, Lent<OnePhase> {
  /** Door or window; true: closed, the two halves touch. */
  contact?: boolean | null;
  /** How many are in the room. */
  people?: number | null;
  /** Somebody moves. */
  motion?: boolean | null;
  /** What hangs on the device's relay is switched on. */
  lamp?: boolean | null;
  /** The card that lies on the reader now, as the reader spells it. */
  card?: string | null;
  /** All three phases, for a meter of three. */
  phases?: Lent<ThreePhase> | null;
}

type Lent<Values> = { [Key in keyof Values]?: Values[Key] | null };

/** Rounds as firmware does before it writes a number; null stays null, absent stays absent. */
export function rounded(value: number | bigint, digits: number): number;
export function rounded<None extends null | undefined>(
  value: number | bigint | None,
  digits: number,
): number | None;
export function rounded(value: number | bigint | null | undefined, digits: number) {
  return value === null || value === undefined ? value : Number(Number(value).toFixed(digits));
}

/** A relay that the room and a master both move: whoever moved it last decides. */
export class Relay {
  on: boolean;
  #room: boolean | null = null;

  /** @param on how it lies as long as nobody has moved it */
  constructor(on = true) {
    this.on = on;
  }

  /** Hears what the room says, and gives how the relay lies. */
  follow(lamp: boolean | null | undefined): boolean {
    if (typeof lamp === "boolean" && lamp !== this.#room) {
      this.#room = lamp;
      this.on = lamp;
    }
    return this.on;
  }

  /** What a master asks for: on, off, toggle in any case, also as 1 and 0. Gives whether it was understood. */
  command(word: string): boolean {
    const wanted = word.trim().toLowerCase();
    if (!["on", "1", "true", "off", "0", "false", "toggle", "2"].includes(wanted)) return false;
    this.on = wanted === "toggle" || wanted === "2" ? !this.on : ["on", "1", "true"].includes(wanted);
    return true;
  }
}
