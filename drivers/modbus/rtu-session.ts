/**
 * A serial line with its devices, from open to close: on a port of this machine, or behind a serial server.
 *
 * Holds:
 * - one request in flight, and each device rests for its `pause` between two;
 * - a serial server from which nothing came for `muteMs` is connected to anew between two requests: a connection does
 *   not tell by itself that the box lost its power. So is one that answers like a Modbus gateway, once in `muteMs`.
 *   When that fails, the session has ended and says why;
 * - the first request on such a connection asks whether the box was set to Modbus gateway meanwhile, and once it has
 *   answered as one, so do the others until a device answers: data are never taken from a gateway;
 * - `ended` settles once, when the port or the socket is free.
 */

import type { AssignPlace, AssignWrite } from "../../config/schema/kind.ts";
import type { Done, DriverContext, Fault, Found, Job, Seek, Session } from "../contract/index.ts";
import { LineError, lineFault } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { orAborted } from "../line/or-aborted.ts";
import type { ModbusAssignWrite } from "./assign.ts";
import { carryOut, type Devices, devicesOf, failed, type Order, orderOf } from "./command.ts";
import { modbusFault } from "./faults.ts";
import type {
  ModbusAction,
  ModbusDevice,
  ModbusProfile,
  ModbusSource,
  RtuAddress,
  RtuLink,
} from "./fields.ts";
import type { Needs, Outcome } from "./outcome.ts";
import { silenceMs } from "./pace.ts";
import type { Read, Write } from "./pdu.ts";
import type { ModbusJob } from "./plan.ts";
import { readingOf } from "./reading.ts";
import { wayOf } from "./rtu-link.ts";
import type { SoughtUnit } from "./rtu-seeker.ts";
import { RtuTransport } from "./rtu-transport.ts";
import type { ModbusSeek } from "./seek.ts";

/** What silences a whole line is to be told within a minute. */
const muteMs = 15_000;
/** Requests in vain that it takes as well: a line may have little to ask. */
const muteRequests = 3;
/** Every device has an answer to it, if only a refusal. */
const anyRead: Read = { kind: "read", fc: 3, address: 0, count: 1 };

type OpenLine = (link: RtuLink, context: DriverContext, signal: AbortSignal) => Promise<Line>;

export class RtuSession implements Session<RtuAddress, ModbusProfile, ModbusSource, ModbusAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: RtuLink;
  readonly #context: DriverContext;
  readonly #transport: RtuTransport;
  readonly #openLine: OpenLine;
  readonly #stop = new AbortController();
  /** Monotonic ms from which a unit may be asked again. */
  readonly #rested = new Map<number, number>();
  #devices: Devices = new Map();
  #line: Line;
  /** Closed to be made anew. */
  #leaving: Line | null = null;
  #mute: { requests: number; since: number } | null = null;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** It is connected to anew since no device answered: a gateway would take the first bytes for what they are. */
  #mayBeGateway = false;
  /** It answered as one, and no device has answered since. */
  #isGateway = false;
  #renewing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  private constructor(link: RtuLink, context: DriverContext, line: Line, openLine: OpenLine) {
    this.#link = link;
    this.#context = context;
    this.#line = line;
    this.#openLine = openLine;
    this.#transport = new RtuTransport(line, context.clock, link, wayOf(link));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#watch(line);
  }

  /** @param openLine for tests alone: another line than a port or a socket */
  static async open(
    link: RtuLink,
    context: DriverContext,
    signal: AbortSignal,
    openLine: OpenLine = openRtuLine,
  ): Promise<RtuSession> {
    return new RtuSession(link, context, await openLine(link, context, signal), openLine);
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async run(job: Job, signal: AbortSignal): Promise<ReturnType<typeof readingOf>> {
    const { unit, request, ...needs } = (job as ModbusJob).body;
    const outcome = await this.#afterRest(unit, needs, signal, () =>
      this.#mayBeGateway || this.#isGateway
        ? this.#askGateway(unit, request, needs, signal)
        : this.#transport.ask(unit, request, needs, signal),
    );
    this.#heed("fault" in outcome ? outcome : {});
    return readingOf(job as ModbusJob, outcome);
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async command(order: Order, signal: AbortSignal): Promise<Done> {
    const found = orderOf(this.#devices, order);
    if ("fault" in found) return failed(found.fault);
    return this.#carryOut(found.unit, found.requests, found.needs, signal);
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async assign(address: AssignPlace["address"], write: AssignWrite, signal: AbortSignal): Promise<Done> {
    const { request, ...needs } = (write as ModbusAssignWrite).body;
    return this.#carryOut(Number(address.unit), [request], needs, signal);
  }

  async #carryOut(
    unit: number,
    requests: readonly Write[],
    needs: Needs,
    signal: AbortSignal,
  ): Promise<Done> {
    // To a gateway, what is written would be the beginning of something else.
    if (this.#mayBeGateway || this.#isGateway)
      await this.#afterRest(unit, needs, signal, () => this.#askGateway(unit, anyRead, needs, signal));
    if (this.#isGateway) return failed(lineFault("line.gateway"));
    return carryOut(unit, requests, async (request) => {
      const written = await this.#afterRest(unit, needs, signal, () =>
        this.#transport.write(unit, request, needs, signal),
      );
      this.#heed("fault" in written ? { fault: written.fault.code } : {});
      return written;
    });
  }

  /**
   * Who answers at one unit, and who has answered an earlier question meanwhile, if only too late for it (its fault says
   * so). Nobody's silence is counted: most units of a line are nobody's.
   * @throws the reason of `signal`; LineError when the line has ended
   */
  async seek(seek: Seek, signal: AbortSignal): Promise<Found[]> {
    const { unit, reads, ...needs } = (seek as ModbusSeek).body;
    const known = [...this.#devices.values()].filter(({ address }) => address.unit === unit);
    const pauseMs = Math.max(needs.pauseMs, ...known.map(({ profile }) => profile.pauseMs));
    const found = new Map<number, SoughtUnit>();
    for (const request of reads) {
      const sought = await this.#afterRest(unit, { ...needs, pauseMs }, signal, () =>
        this.#seek(unit, request, needs, signal),
      );
      for (const one of sought) found.set(one.unit, one);
      if (found.has(unit)) break;
    }
    if (found.size > 0) this.#mute = null;
    return [...found.values()].map(foundOf);
  }

  async #seek(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<SoughtUnit[]> {
    if (this.#mayBeGateway || this.#isGateway) {
      this.#mayBeGateway = false;
      this.#isGateway ||= await this.#transport.isGateway(unit, request, needs, signal);
      if (this.#isGateway) return [{ unit, fault: "modbus.silent", sign: "line.gateway-proved" }];
    }
    return this.#transport.seek(unit, request, needs, signal);
  }

  /** Asks a unit when it has rested, and lets it rest again. */
  async #afterRest<T>(
    unit: number,
    { pauseMs }: Needs,
    signal: AbortSignal,
    ask: () => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#context;
    if (this.#renewing !== null) await orAborted(this.#renewing, signal);
    const restMs = (this.#rested.get(unit) ?? 0) - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal);
    try {
      return await ask();
    } finally {
      if (pauseMs > 0) this.#rested.set(unit, clock.monotonicMs() + pauseMs);
    }
  }

  async #askGateway(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<Outcome> {
    this.#mayBeGateway = false;
    if (await this.#transport.isGateway(unit, request, needs, signal)) {
      this.#isGateway = true;
      return { fault: "modbus.silent", sign: "line.gateway-proved" };
    }
    const outcome = await this.#transport.ask(unit, request, needs, signal);
    // It may have been too slow for once.
    if (!("fault" in outcome)) this.#isGateway = false;
    return outcome;
  }

  /** What each of them may be told. */
  async update(devices: readonly ModbusDevice<RtuAddress>[]): Promise<void> {
    this.#devices = devicesOf(devices);
  }

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

  /** Counts requests in vain; a serial server is connected to anew when it is mute, or seems to be a gateway. */
  #heed({ fault, sign }: { fault?: string; sign?: string }): void {
    const now = this.#context.clock.monotonicMs();
    if (fault === "modbus.silent" && sign === undefined) {
      this.#mute ??= { requests: 0, since: now };
      this.#mute.requests += 1;
    } else this.#mute = null;
    const { requests = 0, since = now } = this.#mute ?? {};
    const isMute = requests >= muteRequests && now - since >= muteMs;
    const mayBeGateway = sign === "line.gateway" && now - this.#renewedAt >= muteMs;
    if ("device" in this.#link || !(isMute || mayBeGateway)) return;
    this.#mute = null;
    this.#renewedAt = now;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
  }

  async #renew(): Promise<void> {
    // Most serial servers take one connection for each port.
    this.#leaving = this.#line;
    await this.#line.close();
    if (this.#stop.signal.aborted) {
      this.#end(null);
      return;
    }
    try {
      this.#line = await this.#openLine(this.#link, this.#context, this.#stop.signal);
    } catch (error) {
      const lost = error instanceof LineError ? error.fault : lineFault("line.gone");
      this.#end(this.#stop.signal.aborted ? null : lost);
      return;
    }
    this.#transport.renew(this.#line);
    this.#mayBeGateway = true;
    this.#watch(this.#line);
  }
}

const foundOf = ({ unit, fault, sign }: SoughtUnit): Found => ({
  address: { unit },
  told: {},
  ...(sign !== undefined
    ? { fault: lineFault(sign) }
    : fault !== undefined
      ? { fault: modbusFault(fault, { facts: { unit } }) }
      : {}),
});

const openRtuLine: OpenLine = (link, context, signal) => openLine(link, silenceMs(link), context, signal);
