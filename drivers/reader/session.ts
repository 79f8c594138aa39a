/**
 * A serial line with its one reader, from open to close. Nothing is ever sent.
 *
 * Holds:
 * - what was read leaves this driver as its keyed digest alone: it is in no trace, log, fault or error; the bytes are
 *   wiped as soon as they are understood. While the link is recorded, this driver's own scrubber is shown them before;
 * - the same card or code within `againMs` of its last sight is no new event; the same fault is told every 3 s at most;
 * - a scan that has no room in memory is forgotten, so that it counts when it is shown again;
 * - a reader that says nothing is well: only its port can be lost;
 * - `ended` settles once, when the port or the socket is free, and nothing is delivered afterwards.
 */
import type { Deliver, DriverContext, Fault, Session } from "../contract/index.ts";
import { LineError, lineFault } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { characterMs } from "../line/pace.ts";
import { type ReaderFaultCode, readerFault } from "./faults.ts";
import type {
  ReaderAction,
  ReaderAddress,
  ReaderDevice,
  ReaderLink,
  ReaderProfile,
  ReaderSource,
} from "./fields.ts";
import { type Framed, Framer } from "./framer.ts";
import { identityOf } from "./identity.ts";
import { veiled } from "./veiled.ts";
import { Waiting } from "./waiting.ts";

/** How long the disk is waited for at the end. */
const closeMs = 2_000;
/** What a serial server kept while nobody was connected comes within this: its moment is not known. */
const keptMs = 300;
/** The same fault is told so often at most. */
const tellMs = 3_000;
/** Cards that are remembered for `againMs`: more are not shown in it. */
const mostSeen = 64;

export class ReaderSession implements Session<ReaderAddress, ReaderProfile, ReaderSource, ReaderAction> {
  readonly ended: Promise<Fault | null>;
  readonly #context: DriverContext;
  readonly #device: ReaderDevice | undefined;
  readonly #framer: Framer;
  readonly #waiting: Waiting;
  /** Monotonic ms of its last sight, by digest, oldest first. */
  readonly #seen = new Map<string, number>();
  /** Monotonic ms when each fault was told last. */
  readonly #told = new Map<ReaderFaultCode, number>();
  /** Monotonic ms until which what comes may be of any moment before. */
  #keptUntil = Number.NEGATIVE_INFINITY;
  #line: Line | null = null;
  #resting: AbortController | null = null;
  #listening = false;
  #closing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  private constructor(device: ReaderDevice | undefined, context: DriverContext) {
    this.#context = context;
    this.#device = device;
    this.#framer = new Framer(device?.profile.end ?? "CR", device?.profile.gapMs ?? 0);
    this.#waiting = new Waiting(context.clock);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  static async open(
    link: ReaderLink,
    [device]: readonly ReaderDevice[],
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<ReaderSession> {
    const session = new ReaderSession(device, context);
    const { clock } = context;
    // A line shows every byte to its trace before it does anything else with it.
    const trace = (name: string, way: "tx" | "rx", bytes: Uint8Array) => session.#heard(name, way, bytes);
    const line = await openLine(link, characterMs(link), { clock, trace }, signal);
    session.#line = line;
    if (!("device" in link)) session.#keptUntil = clock.monotonicMs() + keptMs;
    void line.ended.then((fault) => session.#finish(fault));
    return session;
  }

  /** @throws LineError when the line was lost meanwhile; the reason of `signal` */
  async listen(deliver: Deliver, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#closing !== null) throw new LineError(lineFault("line.gone"));
    this.#listening = true;
    if (this.#device !== undefined)
      this.#context.report({ what: "up", device: this.#device.id, running: true });
    this.#waiting.start(async (message) => deliver(message));
  }

  close(): Promise<void> {
    return this.#finish(null);
  }

  #finish(fault: Fault | null): Promise<void> {
    this.#closing ??= this.#shutDown(fault);
    return this.#closing;
  }

  async #shutDown(fault: Fault | null): Promise<void> {
    const { clock, log } = this.#context;
    this.#resting?.abort("closed");
    // What it still says is said to nobody.
    const freed = this.#line?.close();
    const limit = new AbortController();
    const late = clock.sleep(closeMs, limit.signal).catch(() => {});
    if (this.#listening) await Promise.race([this.#waiting.settled(), late]);
    limit.abort("closed");
    this.#waiting.stop();
    await freed;
    const lost = this.#waiting.unstored;
    const device = this.#device?.id;
    if (lost > 0) log.error({ device, scans: lost }, "a reader was closed before all it had read was stored");
    if (fault !== null && device !== undefined && this.#listening)
      this.#context.report({ what: "down", device, fault });
    this.#end(fault);
  }

  /** Every byte of the line; afterwards it is gone. */
  #heard(name: string, way: "tx" | "rx", bytes: Uint8Array): void {
    try {
      this.#context.trace(name, way, veiled(bytes));
      if (way === "rx") this.#context.traceScan?.(name, bytes);
      if (this.#closing === null && way === "rx") this.#take(this.#framer.push(bytes));
    } catch (error) {
      // Not its message: it may repeat what was read.
      const kind = error instanceof Error ? error.name : typeof error;
      this.#context.log.error(
        { error: kind },
        "what a reader said was not taken because of a mistake in the program",
      );
    } finally {
      bytes.fill(0);
    }
    this.#awaitRest();
  }

  #awaitRest(): void {
    this.#resting?.abort("more came");
    this.#resting = null;
    if (!this.#framer.pending || this.#closing !== null) return;
    const resting = new AbortController();
    this.#resting = resting;
    void this.#context.clock.sleep(this.#framer.restMs, resting.signal).then(
      () => this.#take(this.#framer.rest()),
      () => {},
    );
  }

  #take(framed: readonly Framed[]): void {
    const device = this.#device;
    if (device === undefined) return;
    for (const one of framed) {
      const read = "scan" in one ? identityOf(one.scan, device.profile) : one;
      if ("scan" in one) one.scan.fill(0);
      if ("identity" in read) this.#identity(device, this.#context.digest(read.identity));
      else this.#fault(device, read.fault);
    }
  }

  #identity({ id, profile, points }: ReaderDevice, digest: string): void {
    const at = this.#context.clock.monotonicMs();
    const isAgain = at - (this.#seen.get(digest) ?? Number.NEGATIVE_INFINITY) < profile.againMs;
    const stale = at < this.#keptUntil ? { stale: true } : {};
    const samples = points.map((point) => ({ point: point.id, raw: digest, ...stale }));
    this.#seen.delete(digest);
    if (!isAgain && !this.#waiting.add({ device: id, at, samples, faults: [] })) return;
    this.#seen.set(digest, at);
    for (const [first] of this.#seen) {
      if (this.#seen.size <= mostSeen) break;
      this.#seen.delete(first);
    }
  }

  #fault({ id }: ReaderDevice, code: ReaderFaultCode): void {
    const at = this.#context.clock.monotonicMs();
    if (at - (this.#told.get(code) ?? Number.NEGATIVE_INFINITY) < tellMs) return;
    if (this.#waiting.add({ device: id, at, samples: [], faults: [readerFault(code)] }))
      this.#told.set(code, at);
  }
}
