/**
 * One Modbus slave: its tables, its pace, and what is wrong with it.
 *
 * Holds: a frame that is not whole is never answered; a broadcast is done and never answered;
 * an answer is that of the moment in which the request was heard.
 */

import { flip, randomBytes as random } from "../garble.ts";
import type { Utterance } from "../links/utterance.ts";
import { seeded } from "../seeded.ts";
import type { Bank } from "./bank.ts";
import { type Acting, FaultList } from "./faults.ts";
import { type Abilities, allAbilities, exception, serve } from "./pdu.ts";

export interface SlaveOptions {
  /** 1 to 247; on Modbus TCP 0 to 255. */
  unit: number;
  bank: Bank;
  /** Other units it answers to, as itself under that name (0xFE on some sensors). */
  aliases?: readonly number[];
  /** From the silence that ends a request to the answer's first byte; default 5 ms. */
  turnaroundMs?: number;
  /** Up to so much more, by chance; default 0. */
  jitterMs?: number;
  abilities?: Partial<Abilities>;
  seed?: string | number;
  /** It listens and talks at this speed alone; default: at that of its line, whatever it is. */
  baud?: number;
}

/** What an installer sets. */
export interface OwnSettings {
  unit: number;
  /** null: nobody has set it, it is that of its line. */
  baud: number | null;
}

/** A request as it was heard. */
export interface Asked {
  unit: number;
  pdu: Uint8Array;
  /** The whole frame. */
  bytes: Uint8Array;
}

/** Puts a PDU into a frame of its protocol. */
export type Wrap = (unit: number, pdu: Uint8Array, acting: Acting) => Uint8Array;

const broadcast = 0;
/** One piece of an endless answer. */
const babbleBytes = 32;

export class ModbusSlave {
  /** May change while running, as when somebody writes its address register. */
  unit: number;
  /** The speed at which it listens and talks; null: that of its line. */
  baud: number | null;
  /** What its registers say of itself: some devices do so only once they had no power. */
  readonly saved: OwnSettings;
  /** Whoever has changed its settings is answered as it is called and as fast as it talks by now, not as before. */
  answersAsNew = false;
  readonly bank: Bank;
  readonly faults: FaultList;
  readonly abilities: Abilities;
  /** Requests it has heard for itself, broadcasts included. */
  heard = 0;
  readonly #options: SlaveOptions;
  readonly #chance: () => number;
  #previous: Uint8Array = new Uint8Array();
  #isOff = false;

  constructor(options: SlaveOptions) {
    const seed = options.seed ?? options.unit;
    this.unit = options.unit;
    this.baud = options.baud ?? null;
    this.saved = { unit: this.unit, baud: this.baud };
    this.bank = options.bank;
    this.abilities = { ...allAbilities, ...options.abilities };
    this.faults = new FaultList(seed);
    this.#options = options;
    this.#chance = seeded("slave", seed);
  }

  /** Its installer sets it. @param when from when on it is so */
  set(change: Partial<OwnSettings>, when: "at once" | "power"): void {
    Object.assign(this.saved, change);
    if (when === "at once") Object.assign(this, change);
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** It hears and says nothing. */
  powerOff(): void {
    this.#isOff = true;
  }

  /** As it was set. */
  powerOn(): void {
    if (this.#isOff) Object.assign(this, this.saved);
    this.#isOff = false;
  }

  /** Whether a request on a serial line concerns it. */
  answersTo(unit: number): boolean {
    return unit === this.unit || unit === broadcast || this.hasAlias(unit);
  }

  hasAlias(unit: number): boolean {
    return this.#options.aliases?.includes(unit) ?? false;
  }

  /**
   * Does what is asked and gives what it says, nothing being a possible answer.
   * @param serial whether unit 0 is a broadcast, as on a serial line; on TCP it is a unit like others
   * @param nowMs monotonic time at which the request was over
   */
  hear(asked: Asked, wrap: Wrap, nowMs: number, serial = true): Utterance[] {
    if (this.#isOff) return [];
    this.heard += 1;
    const before = this.unit;
    const fc = asked.pdu[0] ?? 0;
    const acting = this.faults.draw(fc, nowMs);
    if (acting.get("silent") !== undefined || acting.reboot === "silent") return [];
    if (serial && asked.unit === broadcast) {
      serve(this.bank, asked.pdu, this.abilities);
      return [];
    }
    const { turnaroundMs = 5, jitterMs = 0 } = this.#options;
    const afterMs = turnaroundMs + jitterMs * this.#chance() + (acting.get("late")?.byMs ?? 0);
    const gapMs = acting.get("slow")?.gapMs ?? 0;
    if (acting.get("hang-up") !== undefined) {
      return [{ afterMs, bytes: new Uint8Array(), gapMs, hangUp: true }];
    }
    if (acting.get("endless") !== undefined) {
      const babble = () => random(babbleBytes, acting.chance);
      return [
        {
          afterMs,
          bytes: babble(),
          gapMs,
          more: () => (this.faults.has("endless") ? babble() : null),
        },
      ];
    }
    const lie = acting.get("lying");
    const honest = lie === undefined ? serve(this.bank, asked.pdu, this.abilities) : exception(fc, lie.code);
    const unit =
      acting.get("wrong-unit")?.unit ?? (this.answersAsNew && asked.unit === before ? this.unit : asked.unit);
    const good = wrap(unit, mangledPdu(honest, acting), acting);
    if (acting.get("mute") !== undefined) return [];
    const bytes = mangledFrame(good, asked.bytes, this.#previous, acting);
    this.#previous = good;
    return [{ afterMs, bytes, gapMs }];
  }
}

/** What goes wrong before the frame is sealed. */
function mangledPdu(pdu: Uint8Array, acting: Acting): Uint8Array {
  const out = Uint8Array.from(pdu);
  const isRead = (pdu[0] ?? 0) <= 4;
  if (acting.reboot === "wrong" && isRead) out.fill(0, 2);
  const fc = acting.get("wrong-function")?.fc;
  if (fc !== undefined) out[0] = fc;
  const by = acting.get("wrong-count")?.by;
  if (by !== undefined && isRead) out[1] = (out[1] ?? 0) + by;
  return out;
}

/** What goes wrong with the sealed frame. */
function mangledFrame(
  good: Uint8Array,
  request: Uint8Array,
  previous: Uint8Array,
  acting: Acting,
): Uint8Array {
  const { chance } = acting;
  let out = Uint8Array.from(good);
  const corrupt = acting.get("corrupt");
  if (corrupt !== undefined) flip(out, corrupt.flips, chance);
  const glued = acting.get("glued");
  if (glued !== undefined) out = Uint8Array.of(...(glued.with === "previous" ? previous : out), ...out);
  const echo = acting.get("echo");
  if (echo !== undefined) out = Uint8Array.of(...request, ...(echo.thenAnswer === true ? out : []));
  const noise = acting.get("noise");
  if (noise !== undefined) {
    out = Uint8Array.of(...random(noise.before ?? 0, chance), ...out, ...random(noise.after ?? 0, chance));
  }
  const short = acting.get("short");
  return short === undefined ? out : out.slice(0, short.bytes);
}
