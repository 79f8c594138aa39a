/**
 * A serial line with its one sensor, from open to close.
 *
 * Holds:
 * - a turn waits until the line rests, so that a frame that began before it is no answer; of a sensor that speaks by
 *   itself nothing is taken between two turns;
 * - a reading is of one whole frame, the newest, or has none of its values;
 * - a serial server from which nothing came for `muteMs` is connected to anew between two turns, as a connection does
 *   not tell by itself that the box lost its power. When that fails, the session has ended and says why;
 * - `ended` settles once, when the port or the socket is free.
 */
import type { DriverContext, Fault, Job, Reading, Session } from "../contract/index.ts";
import { LineError, lineFault } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { orAborted } from "../line/or-aborted.ts";
import { decode } from "./decode.ts";
import { serialFault } from "./faults.ts";
import type { SerialAction, SerialAddress, SerialProfile, SerialSensorLink, SerialSource } from "./fields.ts";
import { judge, judgeAll } from "./frame.ts";
import { type SerialBody, type SerialJob, silenceMs } from "./plan.ts";

const muteMs = 60_000;
/** Turns in vain that it takes as well: a sensor may be read seldom. */
const muteTurns = 3;

export class SerialSession implements Session<SerialAddress, SerialProfile, SerialSource, SerialAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: SerialSensorLink;
  readonly #context: DriverContext;
  readonly #stop = new AbortController();
  #line: Line;
  /** Closed to be made anew. */
  #leaving: Line | null = null;
  #mute: { turns: number; since: number } | null = null;
  #renewing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  private constructor(link: SerialSensorLink, context: DriverContext, line: Line) {
    this.#link = link;
    this.#context = context;
    this.#line = line;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#watch(line);
  }

  static async open(
    link: SerialSensorLink,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<SerialSession> {
    return new SerialSession(link, context, await openLine(link, silenceMs(link), context, signal));
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async run(job: Job, signal: AbortSignal): Promise<{ reading: Reading; turnaroundMs?: number }> {
    const { device, body } = job as SerialJob;
    if (this.#renewing !== null) await orAborted(this.#renewing, signal);
    const read = await readOnce(this.#line, body, signal);
    if ("fault" in read) {
      this.#heard(read.fault !== "serial.silent");
      return { reading: { device, samples: [], faults: [serialFault(read.fault)] } };
    }
    this.#heard(true);
    const reading = { device, ...decode(body.points, read.frame) };
    return "turnaroundMs" in read ? { reading, turnaroundMs: read.turnaroundMs } : { reading };
  }

  /** Nothing is held of a device. */
  async update(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort(new LineError(lineFault("line.aborted")));
    await this.#renewing;
    await this.#line.close();
    await this.ended;
  }

  #watch(line: Line): void {
    void line.ended.then((fault) => {
      if (line === this.#line && line !== this.#leaving) this.#end(fault);
    });
  }

  /** Counts turns in vain. */
  #heard(something: boolean): void {
    const now = this.#context.clock.monotonicMs();
    if (something) {
      this.#mute = null;
      return;
    }
    const mute = this.#mute ?? { turns: 0, since: now };
    mute.turns += 1;
    this.#mute = mute;
    if ("device" in this.#link || mute.turns < muteTurns || now - mute.since < muteMs) return;
    this.#mute = null;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
  }

  async #renew(): Promise<void> {
    // Most serial servers take one connection for each port.
    this.#leaving = this.#line;
    await this.#line.close();
    const { signal } = this.#stop;
    try {
      signal.throwIfAborted();
      this.#line = await openLine(this.#link, silenceMs(this.#link), this.#context, signal);
    } catch (error) {
      const lost = error instanceof LineError ? error.fault : lineFault("line.gone");
      this.#end(signal.aborted ? null : lost);
      return;
    }
    this.#watch(this.#line);
  }
}

/** Asks, if it is to be asked, and waits for the next whole frame. */
async function readOnce(line: Line, { ask, shape, limits }: SerialBody, signal: AbortSignal) {
  const sent = Uint8Array.from(ask);
  const exchanged = await line.exchange(sent, (received) => judge(shape, sent, received), limits, signal);
  if ("answer" in exchanged) {
    const { answer: frame, turnaroundMs } = exchanged;
    // Of one that speaks by itself it is no more than when it happened to speak.
    return ask.length === 0 ? { frame } : { frame, turnaroundMs };
  }
  if (exchanged.fault === "restless") return { fault: "serial.restless" } as const;
  return judgeAll(shape, sent, exchanged.received);
}
