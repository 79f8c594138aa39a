/**
 * A link of Modbus TCP from open to close: one client for each host and port, made when it is first asked.
 * A host that is lost is no end of the session, which ends by close() alone.
 */
import type { Done, DriverContext, Fault, Job, Session } from "../contract/index.ts";
import { LineError, lineFault } from "../line/faults.ts";
import { openTcp } from "../line/tcp-socket.ts";
import { carryOut, type Devices, devicesOf, failed, type Order, orderOf } from "./command.ts";
import type {
  ModbusAction,
  ModbusDevice,
  ModbusProfile,
  ModbusSource,
  TcpAddress,
  TcpLink,
} from "./fields.ts";
import type { Needs } from "./outcome.ts";
import type { ModbusJob } from "./plan.ts";
import { readingOf } from "./reading.ts";
import { tcpLineOf } from "./schema.ts";
import { TcpClient } from "./tcp-client.ts";

export class TcpSession implements Session<TcpAddress, ModbusProfile, ModbusSource, ModbusAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: TcpLink;
  readonly #context: DriverContext;
  /** By line. */
  readonly #clients = new Map<string, TcpClient>();
  #hosts: ReadonlyMap<string, { host: string; port: number }>;
  /** Monotonic ms from which a unit may be asked again. */
  readonly #rested = new Map<string, number>();
  #devices: Devices;
  #closing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  constructor(link: TcpLink, devices: readonly ModbusDevice<TcpAddress>[], context: DriverContext) {
    this.#link = link;
    this.#context = context;
    this.#hosts = hostsOf(link, devices);
    this.#devices = devicesOf(devices);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws the reason of `signal`; LineError when the host cannot be connected to */
  async run(job: Job, signal: AbortSignal): Promise<ReturnType<typeof readingOf>> {
    const { unit, request, ...needs } = (job as ModbusJob).body;
    const client = this.#client(job.line);
    const ask = () => client.ask(unit, request, needs, signal);
    return readingOf(job as ModbusJob, await this.#afterRest(`${unit} ${job.line}`, needs, signal, ask));
  }

  /** @throws the reason of `signal`; LineError when it is closed */
  async command(order: Order, signal: AbortSignal): Promise<Done> {
    const found = orderOf(this.#devices, order);
    if ("fault" in found) return failed(found.fault);
    const { unit, requests, needs, address } = found;
    const line = tcpLineOf(this.#link, address as TcpAddress);
    const client = this.#client(line);
    return carryOut(unit, requests, (request) =>
      this.#afterRest(`${unit} ${line}`, needs, signal, () => client.write(unit, request, needs, signal)),
    );
  }

  /** Asks a device when it has rested, and lets it rest again. */
  async #afterRest<T>(
    device: string,
    { pauseMs }: Needs,
    signal: AbortSignal,
    ask: () => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#context;
    const restMs = (this.#rested.get(device) ?? 0) - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal);
    try {
      return await ask();
    } finally {
      if (pauseMs > 0) this.#rested.set(device, clock.monotonicMs() + pauseMs);
    }
  }

  /** Sockets stay of hosts that are still asked. */
  async update(devices: readonly ModbusDevice<TcpAddress>[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#hosts = hostsOf(this.#link, devices);
    this.#devices = devicesOf(devices);
    const now = this.#context.clock.monotonicMs();
    for (const [device, until] of this.#rested) if (until <= now) this.#rested.delete(device);
    const gone = [...this.#clients].filter(([line]) => !this.#hosts.has(line));
    for (const [line] of gone) this.#clients.delete(line);
    await Promise.all(gone.map(([, client]) => client.close()));
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    this.#end(null);
  }

  #client(line: string): TcpClient {
    const known = this.#clients.get(line);
    const at = this.#hosts.get(line);
    if (this.#closing !== null || at === undefined) throw new LineError(lineFault("line.aborted"));
    if (known !== undefined) return known;
    const context = this.#context;
    const trace = (way: "tx" | "rx", bytes: Uint8Array) => context.trace(line, way, bytes);
    const client = new TcpClient(context.clock, (signal) =>
      openTcp({ ...at, timing: null, clock: context.clock, trace }, signal),
    );
    this.#clients.set(line, client);
    return client;
  }
}

function hostsOf(link: TcpLink, devices: readonly ModbusDevice<TcpAddress>[]) {
  return new Map(
    devices.map(({ address }) => [
      tcpLineOf(link, address),
      { host: address.host, port: address.port ?? link.port },
    ]),
  );
}
