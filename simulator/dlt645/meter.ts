/**
 * An electricity meter of DL/T 645-2007 on a line: it lets itself be read (functions 11, 12, 13) and nothing else.
 *
 * Holds: what is not sealed or is for another meter is never answered, nor is a broadcast;
 * an answer is that of the moment in which the request was over, and so is what follows it.
 */
import { HandFaults } from "../fault-list.ts";
import type { Station } from "../links/station-line.ts";
import type { Utterance } from "../links/utterance.ts";
import { type Chance, seeded } from "../seeded.ts";
import { type DrawnMeterFaults, type MeterFault, mangledAnswer, mangledBytes } from "./faults.ts";
import { type Frame645, frame645, highFirst, lowFirst, Reader645 } from "./frame.ts";
import { type Supply, valuesOf } from "./items.ts";
import { answer1997 } from "./meter-1997.ts";

/** How a meter answers when it is asked for a block. */
export type BlockHabit =
  | "whole"
  | /** Says so many items and no more, and does not tell. */ { early: number }
  | /** Says so many items in each frame and goes on when asked to. */ { follow: number };

export interface Meter645Options {
  /** Twelve digits, as on its plate. */
  address: string;
  /** Asked at every request. */
  source: () => Supply;
  /** Of the meter's clock, ms UTC. */
  wallMs: () => number;
  /** Bytes FE in front of an answer, 0 to 4; `varies`: another number each time. Default 4. */
  wakeUp?: number | "varies";
  /** From the end of a request to the answer, ms: 20 to 500, as the standard has it; default 40. */
  delayMs?: number;
  /** Up to so much more, by chance; default 60. */
  jitterMs?: number;
  /** Default whole. */
  blocks?: BlockHabit;
  /** What it says of a single phase that it has not: digits F, or that there is no such data. Default digits. */
  absent?: "digits" | "error";
  seed?: string | number;
}

type Said = Omit<Frame645, "address">;

/** What is left of a block, and the number of the frame that is next. */
interface Rest {
  di: string;
  values: readonly Uint8Array[];
  next: number;
}

const read = 0x11;
const readOn = 0x12;
const readAddress = 0x13;
const reply = 0x80;
const refusal = 0xc0;
const more = 0x20;
/** Bits of an error reply. */
const other = 1;
const noSuchData = 2;
const notAllowed = 4;

export class Meter645 implements Station {
  readonly name: string;
  readonly nextMs = Number.POSITIVE_INFINITY;
  readonly address: string;
  readonly faults: HandFaults<MeterFault>;
  /** Requests that it has heard for itself, oldest first; the latest hundred. */
  readonly heard: Frame645[] = [];
  readonly #options: Meter645Options;
  readonly #reader = new Reader645();
  readonly #chance: Chance;
  #rest: Rest | null = null;

  /** @throws RangeError when the standard knows no such address, delay or number of wake-up bytes */
  constructor(options: Meter645Options) {
    const { address, delayMs = 40, jitterMs = 60, wakeUp = 4, seed = address } = options;
    if (!/^\d{12}$/.test(address)) throw new RangeError(`${address} are not twelve digits`);
    if (delayMs < 20 || jitterMs < 0 || delayMs + jitterMs > 500)
      throw new RangeError(`a meter answers after 20 to 500 ms, not ${delayMs} to ${delayMs + jitterMs}`);
    if (wakeUp !== "varies" && !(wakeUp >= 0 && wakeUp <= 4))
      throw new RangeError(`0 to 4 wake-up bytes, not ${wakeUp}`);
    this.name = `meter ${address}`;
    this.address = address;
    this.faults = new HandFaults("meter", seed);
    this.#options = options;
    this.#chance = seeded("meter", seed);
  }

  join(): void {}

  speak(): readonly Utterance[] {
    return [];
  }

  hear(byte: number, atMs: number): readonly Utterance[] {
    const frame = this.#reader.read(byte, atMs);
    if (frame === null || !this.#isForMe(frame)) return [];
    this.heard.push(frame);
    if (this.heard.length > 100) this.heard.shift();
    const acting = this.faults.draw();
    const { delayMs = 40, jitterMs = 60 } = this.#options;
    const afterMs = delayMs + jitterMs * this.#chance() + (acting.get("late")?.byMs ?? 0);
    const said = acting.get("silent") === undefined ? this.#answer(frame, acting) : null;
    if (said === null) return [];
    const mangled = mangledAnswer({ ...said, address: this.address }, acting);
    const good = frame645(mangled, this.#wakeUp());
    const bytes = mangledBytes(good, frame645(frame), acting);
    return [{ afterMs, bytes, gapMs: acting.get("slow")?.gapMs ?? 0 }];
  }

  #wakeUp(): number {
    const { wakeUp = 4 } = this.#options;
    return wakeUp === "varies" ? Math.floor(this.#chance() * 5) : wakeUp;
  }

  /** A request, with its own number, or with AA for digits that do not matter. */
  #isForMe({ address, control }: Frame645): boolean {
    if ((control & reply) !== 0) return false;
    const wanted = address.match(/../g) ?? [];
    return wanted.every((pair, n) => pair === "AA" || pair === this.address.slice(2 * n, 2 * n + 2));
  }

  #answer(frame: Frame645, acting: DrawnMeterFaults): Said | null {
    const { control } = frame;
    const old = acting.get("standard-1997");
    if (old !== undefined) {
      const said = answer1997(frame, this.#options.source());
      return said ?? (old.refuses === true ? refused(control, noSuchData) : null);
    }
    const error = acting.get("error");
    if (error !== undefined) return refused(control, error.bits);
    if (control === readAddress) return { control: control | reply, data: lowFirst(this.address) };
    if (control === read) return this.#read(frame);
    if (control === readOn) return this.#readOn(frame);
    return refused(control, notAllowed);
  }

  #read({ control, data }: Frame645): Said {
    this.#rest = null;
    if (data.length !== 4) return refused(control, other);
    const di = highFirst(data);
    const { source, wallMs, blocks: habit = "whole", absent = "digits" } = this.#options;
    const values = valuesOf(di, { supply: source(), address: this.address, wallMs: wallMs() });
    if (values === null) return refused(control, noSuchData);
    if (values.length === 1 && absent === "error" && values[0]?.every((byte) => byte === 0xff) === true)
      return refused(control, noSuchData);
    if (habit === "whole") return { control: control | reply, data: Uint8Array.of(...data, ...flat(values)) };
    const count = "early" in habit ? habit.early : habit.follow;
    const said = Uint8Array.of(...data, ...flat(values.slice(0, count)));
    if ("early" in habit || values.length <= count) return { control: control | reply, data: said };
    this.#rest = { di, values: values.slice(count), next: 1 };
    return { control: control | reply | more, data: said };
  }

  /** The identifier and the number of the frame; the answer ends with that number (recalled: 7.2 of the standard). */
  #readOn({ control, data }: Frame645): Said {
    const rest = this.#rest;
    const { blocks: habit = "whole" } = this.#options;
    if (data.length !== 5) return refused(control, other);
    if (rest === null || typeof habit === "string" || !("follow" in habit))
      return refused(control, noSuchData);
    if (highFirst(data.slice(0, 4)) !== rest.di || data[4] !== rest.next) return refused(control, noSuchData);
    const said = flat(rest.values.slice(0, habit.follow));
    const values = rest.values.slice(habit.follow);
    this.#rest = values.length === 0 ? null : { di: rest.di, values, next: rest.next + 1 };
    return {
      control: control | reply | (values.length === 0 ? 0 : more),
      data: Uint8Array.of(...data.slice(0, 4), ...said, rest.next),
    };
  }
}

const refused = (control: number, bits: number): Said => ({
  control: control | refusal,
  data: Uint8Array.of(bits),
});
const flat = (values: readonly Uint8Array[]): number[] => values.flatMap((value) => [...value]);
