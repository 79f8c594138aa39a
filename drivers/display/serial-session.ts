/**
 * A serial line with its displays, from open to close: on a port of this machine, or behind a serial server.
 *
 * Holds: one exchange at a time; each device has its rest between two; a serial server from which nothing came for a
 * minute ends the session with its fault, and whoever opened it opens it anew; `ended` settles once.
 */
import type { DevicePlan, Done, DriverContext, Fault, Job, Session } from "../contract/index.ts";
import { withEither } from "../line/either.ts";
import { LineError, lineFault } from "../line/faults.ts";
import type { SerialLink } from "../line/fields.ts";
import type { Line } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { characterMs } from "../line/pace.ts";
import { notSent, tell, toldOver } from "./command.ts";
import { type DisplayDriver, displayFault } from "./faults.ts";
import { interview, type Step, type Terms } from "./interview.ts";
import { MuteLine } from "./mute-line.ts";
import type { Question } from "./question.ts";

/** What is asked and told, by the driver that knows the bytes. D its devices. */
export interface Speech<D> {
  driver: DisplayDriver;
  /** @param network over TCP to the device itself */
  steps(job: Job, network: boolean): readonly Step[];
  needs(job: Job): { answerMs: number; pauseMs: number };
  /** null: there is no such action, or its argument does not fit. */
  order(
    device: D,
    order: { action: string; args: Readonly<Record<string, unknown>> },
    network: boolean,
  ): { question: Question; answerMs: number } | null;
}

/** What an adapter, a serial server or a busy machine adds to the time for an answer. */
const adapterMs = { port: 50, network: 250 } as const;
/** Longest rest inside an answer. */
const betweenMs = { port: 100, network: 200 } as const;

export class SerialSession<D extends DevicePlan> implements Session {
  readonly ended: Promise<Fault | null>;
  readonly #link: SerialLink;
  readonly #line: Line;
  readonly #context: DriverContext;
  readonly #speech: Speech<D>;
  readonly #mute = new MuteLine();
  /** Monotonic ms from which a device may be asked again. */
  readonly #rested = new Map<string, number>();
  #devices: ReadonlyMap<string, D>;
  /** Why the line was closed by this session itself. */
  #why: Fault | null = null;
  /** Ends what is under way with the line. */
  readonly #over = new AbortController();

  private constructor(
    link: SerialLink,
    devices: readonly D[],
    context: DriverContext,
    line: Line,
    speech: Speech<D>,
  ) {
    this.#link = link;
    this.#line = line;
    this.#context = context;
    this.#speech = speech;
    this.#devices = byId(devices);
    this.ended = line.ended.then((fault) => {
      const why = this.#why ?? fault;
      this.#over.abort(new LineError(why ?? lineFault("line.aborted")));
      return why;
    });
  }

  /** @throws LineError when the line cannot be opened; the reason of `signal` */
  static async open<D extends DevicePlan>(
    link: SerialLink,
    devices: readonly D[],
    context: DriverContext,
    signal: AbortSignal,
    speech: Speech<D>,
  ): Promise<SerialSession<D>> {
    const line = await openLine(link, 3.5 * characterMs(link), context, signal);
    return new SerialSession(link, devices, context, line, speech);
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  run(job: Job, signal: AbortSignal) {
    return withEither(signal, this.#over.signal, (either) => this.#run(job, either));
  }

  async #run(job: Job, signal: AbortSignal) {
    const { clock } = this.#context;
    const { answerMs, pauseMs } = this.#speech.needs(job);
    await this.#rest(job.device, signal);
    try {
      const { silent, ...result } = await interview(
        job.device,
        this.#speech.steps(job, false),
        this.#line,
        this.#terms(answerMs, pauseMs),
        signal,
      );
      if (this.#mute.after(silent, clock.monotonicMs()) && !("device" in this.#link)) {
        this.#why = displayFault(this.#speech.driver, "mute");
        void this.#line.close();
      }
      return result;
    } finally {
      this.#rested.set(job.device, clock.monotonicMs() + pauseMs);
    }
  }

  /** @throws the reason of `signal` alone, and what says that the session was closed */
  async command(
    { device, action, args }: { device: string; action: string; args: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<Done> {
    const { driver } = this.#speech;
    const known = this.#devices.get(device);
    const order = known === undefined ? null : this.#speech.order(known, { action, args }, false);
    if (order === null) return notSent(driver, "argument");
    const said = (isSaid: () => void) =>
      withEither(signal, this.#over.signal, async (either) => {
        await this.#rest(device, either);
        isSaid();
        return tell(driver, order.question, this.#line, this.#terms(order.answerMs, 0), either);
      });
    return toldOver(said, signal);
  }

  async update(devices: readonly DevicePlan[]): Promise<void> {
    this.#devices = byId(devices as readonly D[]);
    for (const device of this.#rested.keys()) if (!this.#devices.has(device)) this.#rested.delete(device);
  }

  async close(): Promise<void> {
    await this.#line.close();
    await this.ended;
  }

  #terms(answerMs: number, pauseMs: number): Terms {
    const way = "device" in this.#link ? "port" : "network";
    return {
      driver: this.#speech.driver,
      clock: this.#context.clock,
      answerMs: answerMs + adapterMs[way],
      betweenMs: betweenMs[way],
      pauseMs,
      fragile: false,
    };
  }

  async #rest(device: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const restMs = (this.#rested.get(device) ?? 0) - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal);
  }
}

const byId = <D extends DevicePlan>(devices: readonly D[]) =>
  new Map(devices.map((device) => [device.id, device]));
