/**
 * A link of PJLink from open to close: each projector is connected to, asked all, and left.
 *
 * Holds:
 * - a password that a projector refused is not tried there again while it is the same: the projector is not even
 *   connected to;
 * - what it does not know (ERR1) or cannot say while it warms or cools (ERR3) is no fault; of the first it is not asked
 *   again for a day, unless there is nothing else to ask;
 * - a command is sent once.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Done, DriverContext, Fault, Job, Reading, Session } from "../../contract/index.ts";
import { LineError, lineFault } from "../../line/faults.ts";
import { LockedOut } from "../../line/locked-out.ts";
import { notSent, toldOver } from "../command.ts";
import { DisplayError, type DisplayWord, displayFault } from "../faults.ts";
import { Visits } from "../visits.ts";
import { pjlinkAsks, pjlinkSets } from "./codec.ts";
import { Conversation } from "./conversation.ts";
import type {
  PjlinkAction,
  PjlinkAddress,
  PjlinkDevice,
  PjlinkLink,
  PjlinkProfile,
  PjlinkSource,
} from "./fields.ts";
import type { PjlinkBody, PjlinkJob } from "./plan.ts";
import { pjlinkLine } from "./schema.ts";
import { Unsupported } from "./unsupported.ts";

const fault = (word: DisplayWord, point?: string): Fault => displayFault("pjlink", word, point);

interface Ran {
  reading: Reading;
  instead?: Job[];
}

export class PjlinkSession implements Session<PjlinkAddress, PjlinkProfile, PjlinkSource, PjlinkAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: PjlinkLink;
  readonly #context: DriverContext;
  readonly #visits: Visits;
  readonly #locked = new LockedOut();
  readonly #unsupported = new Unsupported();
  #devices: ReadonlyMap<string, PjlinkDevice>;
  #closing: Promise<void> | null = null;
  #end!: (fault: null) => void;

  private constructor(link: PjlinkLink, devices: readonly PjlinkDevice[], context: DriverContext) {
    this.#link = link;
    this.#context = context;
    this.#visits = new Visits(context);
    this.#devices = byId(devices);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws DisplayError when the password of the link cannot be read */
  static open(link: PjlinkLink, devices: readonly PjlinkDevice[], context: DriverContext): PjlinkSession {
    const session = new PjlinkSession(link, devices, context);
    try {
      if (link.password !== undefined) context.secret(link.password.name);
    } catch (error) {
      throw new DisplayError(fault("secret"), { cause: error });
    }
    return session;
  }

  /** @throws the reason of `signal`; LineError when the projector cannot be connected to, or hung up */
  async run(job: Job, signal: AbortSignal): Promise<Ran> {
    signal.throwIfAborted();
    const device = this.#device(job.device);
    const { asks, answerMs } = (job as PjlinkJob).body;
    const now = this.#context.clock.monotonicMs();
    const known = asks.filter(({ command }) => !this.#unsupported.has(device.id, command, now));
    const wanted = known.length === 0 ? asks : known;
    const nothing = (word: DisplayWord): Ran => ({
      reading: { device: job.device, samples: [], faults: [fault(word)] },
    });
    return this.#converse(device, answerMs, signal, nothing, async (talk) => {
      const reading = await this.#askAll(device, wanted, talk);
      const isEmpty = reading.samples.length === 0 && reading.faults.length === 0;
      const after = this.#context.clock.monotonicMs();
      const isUnknown = wanted.every(({ command }) => this.#unsupported.has(device.id, command, after));
      // Nothing of this job is there: it is asked for seldom.
      return isEmpty && isUnknown ? { reading, instead: [] } : { reading };
    });
  }

  /** @throws the reason of `signal`; LineError when the session was closed */
  async command(
    { device: id, action, args }: { device: string; action: string; args: Record<string, Value> },
    signal: AbortSignal,
  ): Promise<Done> {
    const device = this.#device(id);
    const known = Object.hasOwn(device.actions, action) ? device.actions[action] : undefined;
    const set = known === undefined ? undefined : pjlinkSets[known.set];
    if (known === undefined || set === undefined) return notSent("pjlink", "argument");
    const given =
      known.arg === undefined ? known.value : Object.hasOwn(args, known.arg) ? args[known.arg] : null;
    const parameter = set.parameter(given ?? null);
    if (parameter === null) return notSent("pjlink", "argument");
    return toldOver(
      (said) =>
        this.#converse(
          device,
          device.profile.answerMs,
          signal,
          (word) => notSent("pjlink", word),
          async (talk) => {
            said();
            const came = await talk.say(set.command, parameter);
            if ("said" in came && came.said.toUpperCase() === "OK") return { state: "done", readBack: [] };
            if ("error" in came) return notSent("pjlink", errors[came.error]);
            const word = "fault" in came ? came.fault : "value";
            if (word === "password") this.#lock(device);
            return word === "password"
              ? notSent("pjlink", word)
              : { state: "unknown", readBack: [], fault: fault(word) };
          },
        ),
      signal,
    );
  }

  async update(devices: readonly PjlinkDevice[]): Promise<void> {
    this.#devices = byId(devices);
    const ids = new Set(this.#devices.keys());
    this.#locked.retain(ids);
    this.#unsupported.retain(ids);
  }

  close(): Promise<void> {
    this.#closing ??= this.#visits.close().then(() => this.#end(null));
    return this.#closing;
  }

  /** @param nothing what it comes to when there is no conversation */
  async #converse<T>(
    device: PjlinkDevice,
    answerMs: number,
    signal: AbortSignal,
    nothing: (word: DisplayWord) => T,
    work: (talk: Conversation) => Promise<T>,
  ): Promise<T> {
    const password = this.#passwordOf(device);
    if (password === "unreadable") return nothing("secret");
    if (this.#locked.has(device.id, password)) return nothing(password === null ? "no-password" : "password");
    const { host, port } = device.address;
    const place = {
      host,
      port: port ?? this.#link.port,
      line: pjlinkLine(this.#link, device.address),
      timing: null,
    };
    return this.#visits.visit(place, signal, async (line, either) => {
      const talk = new Conversation(line, answerMs, either);
      const word = await talk.greet(password);
      if (word === null) return work(talk);
      if (word === "password") this.#lock(device);
      return nothing(word);
    });
  }

  async #askAll(device: PjlinkDevice, asks: PjlinkBody["asks"], talk: Conversation): Promise<Reading> {
    const reading: Reading = { device: device.id, samples: [], faults: [] };
    const { samples, faults } = reading;
    for (const { command, points } of asks) {
      const came = await talk.say(command, "?");
      if ("fault" in came) {
        if (came.fault === "password") this.#lock(device);
        faults.push(fault(came.fault));
        return reading;
      }
      if ("error" in came) {
        if (came.error === 1) this.#unsupported.add(device.id, command, this.#context.clock.monotonicMs());
        // Unknown to it, or not now: nothing is wrong.
        else if (came.error !== 3) for (const { id } of points) faults.push(fault(errors[came.error], id));
        continue;
      }
      for (const { id, ask, lamp } of points) {
        const raw = pjlinkAsks[ask]?.read(came.said, lamp);
        if (raw === undefined) continue;
        if (raw === null) faults.push(fault("value", id));
        else samples.push({ point: id, raw });
      }
    }
    return reading;
  }

  #lock(device: PjlinkDevice): void {
    const password = this.#passwordOf(device);
    if (password !== "unreadable") this.#locked.add(device.id, password);
  }

  /** null: it has none. */
  #passwordOf({ address }: PjlinkDevice): Uint8Array | null | "unreadable" {
    const named = address.password ?? this.#link.password;
    if (named === undefined) return null;
    try {
      return this.#context.secret(named.name);
    } catch {
      return "unreadable";
    }
  }

  #device(id: string): PjlinkDevice {
    const device = this.#devices.get(id);
    if (device === undefined || this.#closing !== null) throw new LineError(lineFault("line.aborted"));
    return device;
  }
}

const errors = { 1: "refused", 2: "refused", 3: "not-now", 4: "failure" } as const satisfies Record<
  number,
  DisplayWord
>;

const byId = (devices: readonly PjlinkDevice[]) => new Map(devices.map((device) => [device.id, device]));
