/**
 * Displays in the network, from open to close: each is connected to when it is asked or told something, and left
 * again. A host that is not there is no end of the session, which ends by close() alone.
 */
import type { DevicePlan, Done, DriverContext, Fault, Job, Session } from "../contract/index.ts";
import { LineError, lineFault } from "../line/faults.ts";
import { notSent, tell, toldOver } from "./command.ts";
import { displayFault } from "./faults.ts";
import { ask, interview, type Terms } from "./interview.ts";
import type { Question } from "./question.ts";
import type { Speech } from "./serial-session.ts";
import { type Place, Visits } from "./visits.ts";

/** Between two pieces of an answer: one lost packet is repeated within 0.2 to 0.4 s. */
const betweenMs = 500;

/** D its devices. */
export interface TcpSpeech<D> extends Speech<D> {
  placeOf(device: D): Place;
  /** What is said first. */
  hello?(device: D): Question | undefined;
}

export class TcpSession<D extends DevicePlan> implements Session {
  readonly ended: Promise<Fault | null>;
  readonly #context: DriverContext;
  readonly #speech: TcpSpeech<D>;
  readonly #visits: Visits;
  #devices: ReadonlyMap<string, D>;
  #closing: Promise<void> | null = null;
  #end!: (fault: null) => void;

  constructor(devices: readonly D[], context: DriverContext, speech: TcpSpeech<D>) {
    this.#context = context;
    this.#speech = speech;
    this.#visits = new Visits(context);
    this.#devices = byId(devices);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws the reason of `signal`; LineError when the host cannot be connected to, or hung up */
  async run(job: Job, signal: AbortSignal) {
    const device = this.#device(job.device);
    const { driver } = this.#speech;
    const needs = this.#speech.needs(job);
    const terms: Terms = { driver, clock: this.#context.clock, betweenMs, fragile: true, ...needs };
    return this.#visits.visit(this.#speech.placeOf(device), signal, async (line, either) => {
      const hello = this.#speech.hello?.(device);
      if (hello !== undefined) {
        const came = await ask(hello, line, terms, either);
        if ("word" in came)
          return { reading: { device: job.device, samples: [], faults: [displayFault(driver, came.word)] } };
      }
      const { silent: _, ...result } = await interview(
        job.device,
        this.#speech.steps(job, true),
        line,
        terms,
        either,
      );
      return result;
    });
  }

  /** @throws the reason of `signal`; LineError when the session was closed */
  async command(
    { device: id, action, args }: { device: string; action: string; args: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<Done> {
    const device = this.#device(id);
    const { driver } = this.#speech;
    const order = this.#speech.order(device, { action, args }, true);
    if (order === null) return notSent(driver, "argument");
    const terms = { answerMs: order.answerMs, betweenMs };
    return toldOver(
      (said) =>
        this.#visits.visit(this.#speech.placeOf(device), signal, async (line, either) => {
          const hello = this.#speech.hello?.(device);
          if (hello !== undefined) {
            const came = await ask(hello, line, terms, either);
            if ("word" in came) return notSent(driver, came.word);
          }
          said();
          return tell(driver, order.question, line, terms, either);
        }),
      signal,
    );
  }

  async update(devices: readonly DevicePlan[]): Promise<void> {
    this.#devices = byId(devices as readonly D[]);
  }

  close(): Promise<void> {
    this.#closing ??= this.#visits.close().then(() => this.#end(null));
    return this.#closing;
  }

  #device(id: string): D {
    const device = this.#devices.get(id);
    if (device === undefined || this.#closing !== null) throw new LineError(lineFault("line.aborted"));
    return device;
  }
}

const byId = <D extends DevicePlan>(devices: readonly D[]) =>
  new Map(devices.map((device) => [device.id, device]));
