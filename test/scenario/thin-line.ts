import type { BatchBody } from "../../config/schema/batch.ts";
import type { Batch, Receipt, UplinkSession } from "../../gateway/contract/index.ts";
import { pack } from "../../gateway/encode/compression.ts";
import type { FakeClock } from "../fake-clock.ts";
import { Arrived } from "./arrived.ts";

const bitsPerMs = 256;
const wayMs = 40;

/** A line of 256 kbit/s that may stall, cut and reset, and the platform at its end, which stores each record once. */
export class ThinLine {
  readonly ages = { live: [] as number[], early: [] as number[] };
  /** Wall ms at which it came back; Infinity: it has not. */
  returned = Number.POSITIVE_INFINITY;
  bytes = 0;
  /** Records that are not the journal's own. */
  stored = 0;
  cuts = 0;
  packing = 0;
  readonly #clock: FakeClock;
  readonly #random: (() => number) | null;
  readonly #streams = new Map<string, Arrived>();
  readonly #lanes: string[] = [];
  #freeAt = 0;
  /** Monotonic ms of the next mishap. */
  #mishapAt = 0;

  /** @param random dice of its mishaps; null: it has none */
  constructor(clock: FakeClock, random: (() => number) | null) {
    this.#clock = clock;
    this.#random = random;
  }

  get alarmsFirst(): boolean {
    const backlog = this.#lanes.indexOf("backlog");
    return this.#lanes.includes("early") && (backlog < 0 || this.#lanes.indexOf("early") < backlog);
  }

  open(): UplinkSession {
    const ended = Promise.withResolvers<Error | null>();
    const gone = new AbortController();
    const end = (error: Error | null) => {
      gone.abort(error ?? new Error("closed"));
      ended.resolve(error);
    };
    this.#freeAt = this.#clock.monotonicMs();
    return {
      ended: ended.promise,
      window: 20,
      confirms: "receipt",
      send: (batch, signal, onWire = () => {}) =>
        this.#send(batch, AbortSignal.any([signal, gone.signal]), end, onWire),
      close: async () => end(null),
    };
  }

  async #send(
    batch: Batch,
    signal: AbortSignal,
    end: (error: Error) => void,
    onWire: (bytes: number) => void,
  ): Promise<Receipt> {
    this.packing += 1;
    const { bytes } = await pack(batch.bytes, "gzip").finally(() => {
      this.packing -= 1;
    });
    const now = this.#clock.monotonicMs();
    this.#mishap(now, end);
    const size = bytes.length + 150;
    this.bytes += size;
    onWire(size);
    const start = Math.max(now, this.#freeAt);
    this.#freeAt = start + (size * 8) / bitsPerMs;
    await this.#clock.sleep(this.#freeAt + wayMs - now, signal);
    const receipt = this.#arrive(batch);
    await this.#clock.sleep(wayMs, signal);
    return receipt;
  }

  /** Now and then it stalls for up to 40 s, is cut at once, or in the middle of what is under way. */
  #mishap(now: number, end: (error: Error) => void): void {
    const random = this.#random;
    if (now < this.#mishapAt || random === null) return;
    this.#mishapAt = now + 20_000 + random() * 100_000;
    const dice = random();
    if (dice < 0.5) this.#freeAt = Math.max(now, this.#freeAt) + random() * 40_000;
    else {
      this.cuts += 1;
      const cut = () => end(new Error("the line was cut"));
      if (dice < 0.75) cut();
      else void this.#clock.sleep(random() * 2000, new AbortController().signal).then(cut);
    }
  }

  #arrive(batch: Batch): Receipt {
    const body = JSON.parse(Buffer.from(batch.bytes).toString("utf8")) as BatchBody;
    const at = this.#clock.wallMs();
    const stream = this.#streams.get(body.epoch) ?? new Arrived(body.base ?? 0);
    this.#streams.set(body.epoch, stream);
    stream.head = Math.max(stream.head, body.head);
    if (body.rows.length > 0) this.#lanes.push(body.lane);
    for (const [seq, s, t, value] of body.rows) {
      const isOwn = body.series[String(s)]?.source === "journal";
      const since = Math.max(this.returned, (body.base ?? 0) + t);
      if (!stream.has(seq) && (body.lane === "live" || body.lane === "early"))
        this.ages[body.lane].push(at - since);
      if (!isOwn && !stream.has(seq)) this.stored += 1;
      stream.set(seq, isOwn ? Number.POSITIVE_INFINITY : (value as number));
    }
    if (body.gaps.length > 0) throw new Error(`a gap was claimed: ${JSON.stringify(body.gaps)}`);
    return { batch: batch.id, taken: body.rows.length, rejected: [], next: stream.next, at };
  }

  /** @param expected every value that was put in, in its order */
  compare(expected: readonly number[]): { lost: number; wrong: number } {
    let at = 0;
    let lost = 0;
    let wrong = 0;
    for (const stream of [...this.#streams.values()].sort((a, b) => a.order - b.order)) {
      for (let seq = 1; seq <= stream.head; seq++) {
        const value = stream.at(seq);
        if (value === Number.POSITIVE_INFINITY) continue;
        if (Number.isNaN(value)) lost += 1;
        else if (value !== expected[at]) wrong += 1;
        at += 1;
      }
    }
    return {
      lost: lost + Math.max(0, expected.length - at),
      wrong: wrong + Math.max(0, at - expected.length),
    };
  }
}
