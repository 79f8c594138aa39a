/**
 * The cameras of a link, from open to close. Each is connected to when it is asked, and left again; each has its own
 * turns, its own waits and its own loop for events, so that what one does costs the others nothing.
 *
 * Holds:
 * - of a camera whose serial number is expected nothing is taken before it has shown it, again after each loss and
 *   every ten minutes;
 * - states told by events count while the subscription is alive;
 * - after `close` there is no socket and no timer.
 */
import type { Deliver, DriverContext, Fault, Job, Reading, Session } from "../contract/index.ts";
import { withEither } from "../line/either.ts";
import { LineError, lineFault } from "../line/faults.ts";
import { identityOf } from "./answers.ts";
import { Camera, type Terms } from "./camera.ts";
import { EventLoop } from "./event-loop.ts";
import { OnvifError, onvifFault } from "./faults.ts";
import {
  type OnvifAction,
  type OnvifAddress,
  type OnvifDevice,
  type OnvifLink,
  type OnvifProfile,
  type OnvifSource,
  placeOf,
} from "./fields.ts";
import type { OnvifJob } from "./plan.ts";
import { readAsks } from "./reading.ts";
import { getDeviceInformation } from "./requests.ts";
import { onvifLine } from "./schema.ts";
import { EventStates } from "./states.ts";

const verifiedMs = 600_000;

/** One camera with what is known of it. */
interface Unit {
  device: OnvifDevice;
  camera: Camera;
  states: EventStates;
  events: EventLoop | null;
  stop: AbortController;
  done: Promise<void>;
  /** When it showed the expected number, monotonic ms, and how often it had been lost by then. */
  verified: { at: number; losses: number } | null;
}

export class OnvifSession implements Session<OnvifAddress, OnvifProfile, OnvifSource, OnvifAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: OnvifLink;
  readonly #context: DriverContext;
  readonly #stop = new AbortController();
  readonly #under = new Set<Promise<unknown>>();
  #units: ReadonlyMap<string, Unit>;
  #deliver: Deliver | null = null;
  #closing: Promise<void> | null = null;
  #end!: (fault: null) => void;

  private constructor(link: OnvifLink, devices: readonly OnvifDevice[], context: DriverContext) {
    this.#link = link;
    this.#context = context;
    this.#units = new Map(devices.map((device) => [device.id, this.#unit(device)]));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws OnvifError secret: the password of the link cannot be read */
  static open(link: OnvifLink, devices: readonly OnvifDevice[], context: DriverContext): OnvifSession {
    try {
      if (link.password !== undefined) context.secret(link.password.name);
    } catch (error) {
      throw new OnvifError("secret", { cause: error });
    }
    return new OnvifSession(link, devices, context);
  }

  /** @throws the reason of `signal`; LineError when the camera cannot be connected to, or hung up */
  async run(job: Job, signal: AbortSignal): Promise<{ reading: Reading }> {
    signal.throwIfAborted();
    const unit = this.#units.get(job.device);
    if (unit === undefined || this.#closing !== null) throw new LineError(lineFault("line.aborted"));
    const { answerMs } = unit.device.profile;
    const turn = withEither(signal, this.#stop.signal, (either) =>
      unit.camera.turn(answerMs, either, (terms) => this.#read(unit, job as OnvifJob, terms)),
    );
    return { reading: await this.#watched(turn) };
  }

  async listen(deliver: Deliver, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#deliver = deliver;
    for (const unit of this.#units.values()) this.#hear(unit);
  }

  /** Those that stay as they are keep what is known of them, and their subscription. */
  async update(devices: readonly OnvifDevice[]): Promise<void> {
    const before = this.#units;
    const link = this.#link;
    const placed = new Map([...before.values()].map((unit) => [onvifLine(link, unit.device.address), unit]));
    const same = (known: Unit | undefined, device: OnvifDevice) =>
      known !== undefined && JSON.stringify(known.device) === JSON.stringify(device);
    this.#units = new Map(
      devices.map((device) => {
        const known = before.get(device.id);
        const there = placed.get(onvifLine(link, device.address));
        return [device.id, known !== undefined && same(known, device) ? known : this.#unit(device, there)];
      }),
    );
    const staying = new Set(this.#units.values());
    for (const unit of before.values()) if (!staying.has(unit)) unit.stop.abort("changed");
    if (this.#deliver !== null)
      for (const unit of staying)
        if (!before.has(unit.device.id) || before.get(unit.device.id) !== unit) this.#hear(unit);
  }

  again(): void {
    for (const { camera } of this.#units.values()) camera.again();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort(new LineError(lineFault("line.aborted")));
    for (const { stop } of this.#units.values()) stop.abort("closed");
    await Promise.all(this.#under);
    this.#end(null);
  }

  /** @param before the same camera, asked for other things or by another name: who it locked out stays locked out */
  #unit(device: OnvifDevice, before?: Unit): Unit {
    const { user, password } = this.#link;
    const camera =
      before?.camera ??
      new Camera(
        placeOf(this.#link, device.address),
        user === undefined || password === undefined ? null : { user, password: password.name },
        onvifLine(this.#link, device.address),
        this.#context,
      );
    return {
      ...{ device, camera, events: null, verified: null },
      states: new EventStates(device.points),
      stop: new AbortController(),
      done: Promise.resolve(),
    };
  }

  #hear(unit: Unit): void {
    const deliver = this.#deliver;
    if (!unit.states.wanted || deliver === null || unit.events !== null) return;
    const { device, camera, states, stop } = unit;
    unit.events = new EventLoop({
      ...{ device: device.id, camera, states, clock: this.#context.clock, log: this.#context.log, deliver },
      verify: async (terms) => {
        const wrong = await this.#verify(unit, terms);
        if (wrong !== null) throw new OnvifError("serial");
      },
    });
    unit.done = this.#watched(unit.events.run(stop.signal));
  }

  async #read(unit: Unit, { device, body }: OnvifJob, terms: Terms): Promise<Reading> {
    const reading: Reading = { device, samples: [], faults: [] };
    try {
      const offsetMs = await unit.camera.offset(terms);
      const wrong = await this.#verify(unit, terms);
      if (wrong !== null) return { ...reading, faults: [wrong] };
      await readAsks(unit.camera, body.asks, offsetMs, reading, terms);
    } catch (error) {
      if (!(error instanceof OnvifError)) throw error;
      reading.faults.push(error.fault);
      return reading;
    }
    for (const point of body.told) {
      const raw = unit.events?.alive === true ? unit.states.valueOf(point) : undefined;
      if (raw !== undefined) reading.samples.push({ point, raw });
      else if (unit.events?.alive === false) reading.faults.push(onvifFault("events", { point }));
    }
    return reading;
  }

  /** @returns null: it is the expected unit, or none is expected */
  async #verify(unit: Unit, terms: Terms): Promise<Fault | null> {
    const { expect: expected } = unit.device;
    if (expected === undefined) return null;
    const { camera, verified } = unit;
    const now = this.#context.clock.monotonicMs();
    if (verified !== null && verified.losses === camera.losses && now - verified.at < verifiedMs) return null;
    unit.verified = null;
    const { serial } = identityOf(await camera.ask(getDeviceInformation, null, terms));
    if (serial === undefined) return onvifFault("serial-missing", { facts: { expected } });
    if (plain(serial) !== plain(expected))
      return onvifFault("serial", {
        facts: { expected, ...(printable.test(serial) ? { found: serial } : {}) },
      });
    unit.verified = { at: now, losses: camera.losses };
    return null;
  }

  #watched<T>(work: Promise<T>): Promise<T> {
    const under = work.then(
      () => {},
      () => {},
    );
    this.#under.add(under);
    void under.then(() => this.#under.delete(under));
    return work;
  }
}

/** What may be a serial number, and surely is no name of anybody. */
const printable = /^(?=.*\d)[A-Za-z0-9._:-]{1,40}$/;

/** Case, blanks, colons and hyphens differ between a label, a web page and an answer. Leading zeros count. */
const plain = (serial: string) => serial.toLowerCase().replace(/[\s:-]/g, "");
