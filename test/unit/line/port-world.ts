/** A driver on a serial port that can be pulled and put back, with the machine's own clock. */
import { expect } from "vitest";
import type { DevicePlan, Done, Job, Reading, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { driverContext } from "../../driver-context.ts";
import { until } from "./far-end.ts";
import { Pty } from "./pty.ts";

const never = new AbortController().signal;

export class PortWorld {
  readonly port: Pty;
  readonly devices: readonly DevicePlan[];
  readonly #kind: string;
  readonly #link: unknown;
  /** How long each piece was that the driver got. */
  readonly #heard: number[] = [];
  #session: Session | null = null;

  private constructor(port: Pty, kind: string, link: unknown, devices: readonly DevicePlan[]) {
    this.port = port;
    this.devices = devices;
    this.#kind = kind;
    this.#link = link;
  }

  /** @param linkTo the link as the loader gives it, on the port of that path */
  static async create(
    kind: string,
    linkTo: (path: string) => unknown,
    devices: readonly DevicePlan[],
  ): Promise<PortWorld> {
    const port = await Pty.create();
    return new PortWorld(port, kind, linkTo(port.path), devices);
  }

  get session(): Session {
    if (this.#session === null) throw new Error("it is not open");
    return this.#session;
  }

  async open(): Promise<void> {
    this.#session = await this.opened();
  }

  /** A session that is not this world's own: whoever opens it closes it. */
  async opened(): Promise<Session> {
    const driver = await openDriver(this.#kind);
    const context = driverContext(systemClock(), {
      trace: (_, way, bytes) => {
        if (way === "rx") this.#heard.push(bytes.length);
      },
    });
    return driver.open(this.#link, [...this.devices], context, never);
  }

  /** One turn of each device. */
  async readAll(): Promise<Reading[]> {
    const { kind } = await openDriver(this.#kind);
    const readings: Reading[] = [];
    for (const job of kind.plan(this.#link, [...this.devices])) readings.push(await this.#read(job));
    return readings;
  }

  /** Where the machine is busy an answer may be torn, which says so; then it is asked again. */
  async #read(job: Job): Promise<Reading> {
    if (this.session.run === undefined) throw new Error("it is not polled");
    for (let attempt = 1; ; attempt++) {
      const { reading } = await this.session.run(job, never);
      if (attempt === 10 || !reading.faults.some(({ code }) => code.endsWith(".short"))) return reading;
    }
  }

  async tell(device: string, action: string, args: Record<string, number> = {}): Promise<Done> {
    if (this.session.command === undefined) throw new Error("it takes no commands");
    return this.session.command({ req: "r", device, action, args }, never);
  }

  /** Says them one by one, each when the driver has heard the one before. @returns how long the pieces were for it */
  async sayByteByByte(said: Iterable<number>): Promise<readonly number[]> {
    const from = this.#heard.length;
    // Or each waits for the word that the one before has arrived.
    for (const socket of this.port.end.sockets) socket.setNoDelay(true);
    for (const byte of said) {
      const before = this.#heard.length;
      this.port.end.say([byte]);
      await until(() => this.#heard.length > before);
    }
    return this.#heard.slice(from);
  }

  /** Pulled while it is open, and opened in vain; put back, and open again. */
  async outAndBack(): Promise<void> {
    await this.port.unplug();
    await this.back();
  }

  /** The second half of it. */
  async back(): Promise<void> {
    expect(await this.session.ended).toMatchObject({ code: "line.gone", layer: "port", retry: "later" });
    await expect(this.opened()).rejects.toMatchObject({ fault: { code: "line.absent" } });
    await this.port.plugIn();
    await this.open();
  }

  async remove(): Promise<void> {
    await this.#session?.close();
    await this.port.remove();
  }
}
