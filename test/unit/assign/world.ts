/** Devices out of the box on a simulated line, and whoever sets them, in virtual time. */
import { Duplex } from "node:stream";
import type { Model } from "../../../config/load/index.ts";
import { loadModels } from "../../../config/load/index.ts";
import type { AssignAsk, AssignEnd, AssignRefusal, AssignTaken } from "../../../config/schema/assign.ts";
import type { DevicePoints, LinkPlan } from "../../../config/schema/plan.ts";
import type { Session } from "../../../drivers/contract/index.ts";
import { LineError, lineFault } from "../../../drivers/line/faults.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import { silenceMs } from "../../../drivers/modbus/pace.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import type { RtuLink } from "../../../drivers/modbus/schema.ts";
import { kinds } from "../../../drivers/registry.ts";
import { Assignments } from "../../../edge/assign/assignments.ts";
import type { AuditFacts } from "../../../edge/audit.ts";
import type { Hands } from "../../../edge/search/line-search.ts";
import { type AirModel, airModels, modbusAir } from "../../../simulator/devices/modbus-air.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

const models: Model[] = await loadModels("/nowhere", "modbus", kinds);

/** A sensor as its maker sends it. */
export const fresh = (model: AirModel, more: { unit?: number; baud?: number } = {}): ModbusSlave =>
  modbusAir(
    model,
    () => ({ temperature: 21.5, humidity: 40, illuminance: 320, co2: 600, pm25: 9, pm10: 12, tvoc: 90 }),
    {
      unit: 1,
      baud: airModels[model].line.baud,
      ...more,
    },
  );

class Port extends Duplex {
  readonly #port: ReturnType<SimulatedLine["attach"]>;
  #asked: Uint8Array = new Uint8Array();
  constructor(line: SimulatedLine, isLost: (request: Uint8Array) => boolean) {
    super();
    this.#port = line.attach((bytes) => void (isLost(this.#asked) || this.push(bytes)));
  }
  override _read(): void {}
  override _write(chunk: Uint8Array, _: unknown, done: () => void): void {
    this.#asked = chunk;
    this.#port.send(chunk);
    done();
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port.detach();
    done(error);
  }
}

interface Options {
  link?: RtuLink;
  /** Units of the files, by device. */
  known?: Readonly<Record<string, { unit: number; profile: string }>>;
  audit?: "broken" | "none";
}

type Start = Partial<Extract<AssignAsk, { do: "start" }>>;

export class AssignWorld {
  readonly clock = new FakeClock();
  readonly line: SimulatedLine;
  readonly entries: { who: string; what: string; facts: AuditFacts }[] = [];
  readonly steps: string[] = [];
  readonly assignments: Assignments;
  /** How often the line was lent, and given back. */
  lent = [0, 0];
  /** Told at each look of who sets it; what it does comes before the next. */
  onStep: (taken: AssignTaken) => void = () => {};
  /** Whether the answer to a request is lost on its way. */
  loses: (request: Uint8Array) => boolean = () => false;
  /** Whether it may write. */
  agrees = true;
  #cable = new AbortController();
  readonly #taken = new AbortController();

  constructor(slaves: readonly ModbusSlave[], options: Options = {}) {
    const { link = { device: "/dev/simulated", baud: 9600, format: "8N1" } } = options;
    this.line = new SimulatedLine({ baud: link.baud, clock: this.clock, slaves });
    const known = Object.entries(options.known ?? {});
    const plan: LinkPlan = {
      ...{ id: "rs1", kind: "modbus-rtu", settings: link, simulated: false },
      devices: known.map(([id, { unit }]) => ({
        ...{ id, address: { unit }, profile: {}, simulated: false, points: [], actions: {} },
      })),
      points: new Map(known.map(([id, { profile }]) => [id, { profile } as DevicePoints])),
    };
    const mqtt: LinkPlan = { ...plan, id: "tcp1", kind: "modbus-tcp" };
    this.assignments = new Assignments({
      ...{ clock: this.clock, log: recordingLog(), kinds },
      plan: () => ({ links: [plan, mqtt] }),
      models: async (driver) => (driver === "modbus" ? models : []),
      hands: () => ({ lend: (work) => this.#lend(work) }),
      audit:
        options.audit === "none"
          ? null
          : {
              write: async (who, what, facts) => {
                if (options.audit === "broken") throw new Error("the disk is full");
                this.entries.push({ who, what, facts });
                return "";
              },
            },
    });
  }

  /** Whoever has the line takes it back: the gateway stops. */
  takeBack(): void {
    this.#taken.abort();
  }

  /** The adapter is pulled out. */
  pull(): void {
    this.#cable.abort();
  }

  /** What is written on the wire, by unit and PDU. */
  get writes(): { unit: number; pdu: string }[] {
    return this.line.requests
      .filter(({ bytes }) => [5, 6, 15, 16].includes(bytes[1] ?? 0))
      .map(({ bytes }) => ({ unit: bytes[0] ?? 0, pdu: Buffer.from(bytes.subarray(1, -2)).toString("hex") }));
  }

  async start(asked: Start = {}): Promise<{ id: string } | AssignRefusal> {
    const { body } = await this.assignments.ask({
      ...{
        do: "start",
        link: "rs1",
        profile: "renke-rs-gzws-n01",
        to: "12",
        replace: false,
        power: false,
        by: "li",
      },
      ...asked,
    });
    return "error" in body ? (body.error as AssignRefusal) : (body as { id: string });
  }

  /** Goes on until it has ended, whatever is done on the way. */
  async set(asked: Start = {}, signal = new AbortController().signal): Promise<AssignEnd> {
    const started = await this.start(asked);
    if (!("id" in started)) throw new Error(JSON.stringify(started));
    const { id } = started;
    for (let looks = 0; looks < 20_000; looks++) {
      const order = signal.aborted ? "stop" : "take";
      const asking = this.assignments.ask({ do: order, id });
      const { body } = await this.#passing(asking);
      const taken = body as AssignTaken;
      const step = `${taken.step.what} ${taken.step.place ?? "-"}`;
      if (this.steps.at(-1) !== step) this.steps.push(step);
      if (taken.end !== null) return taken.end;
      this.onStep(taken);
      if (taken.step.what === "offer" && this.agrees === true)
        await this.assignments.ask({ do: "agree", id });
      await this.clock.advance(50);
    }
    throw new Error("it does not end");
  }

  async close(): Promise<void> {
    await this.#passing(this.assignments.close());
    this.line.close();
  }

  async #passing<T>(work: Promise<T>): Promise<T> {
    let open = true;
    const done = () => {
      open = false;
    };
    work.then(done, done);
    await new Promise(setImmediate);
    while (open) await this.clock.advance(20);
    return work;
  }

  async #lend(work: Parameters<Hands["lend"]>[0]): Promise<never> {
    this.lent[0] = (this.lent[0] ?? 0) + 1;
    const before = this.line.baud;
    try {
      return (await work(
        (settings, signal) => this.#open(settings as RtuLink, signal),
        this.#taken.signal,
      )) as never;
    } finally {
      this.line.baud = before;
      this.lent[1] = (this.lent[1] ?? 0) + 1;
    }
  }

  async #open(link: RtuLink, signal: AbortSignal): Promise<Session> {
    const opened: Promise<unknown> = RtuSession.open(
      link,
      driverContext(this.clock, {}),
      signal,
      async () => {
        if (this.#cable.signal.aborted) throw new LineError(lineFault("line.absent"));
        if ("device" in link) this.line.baud = link.baud;
        const port = new Port(this.line, (request) => this.loses(request));
        this.#cable.signal.addEventListener("abort", () => port.destroy(new Error("gone")));
        return new StreamLine(port, {
          clock: this.clock,
          timing: { characterMs: characterMs(link), silenceMs: silenceMs(link) },
          trace() {},
          lossOf: () => lineFault("line.gone"),
          free: async () => void port.destroy(),
        });
      },
    );
    return opened as Promise<Session>;
  }
}
