/**
 * A line of five slaves as the agent polls it, at its real pace in virtual time, with each thing wrong that the
 * simulator knows: no value is ever another one's, the others are read on, and all is well again afterwards.
 *
 * Every slave is asked the same two requests of one size, far apart, so that any answer could be taken for another.
 */
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { lineFault } from "../../drivers/line/faults.ts";
import { characterMs } from "../../drivers/line/pace.ts";
import { StreamLine } from "../../drivers/line/stream-line.ts";
import { silenceMs } from "../../drivers/modbus/pace.ts";
import { RtuSession } from "../../drivers/modbus/rtu-session.ts";
import { modbusRtuKind, type RtuLink } from "../../drivers/modbus/schema.ts";
import { Poller } from "../../edge/supervise/poller.ts";
import { SimulatedLine } from "../../simulator/links/line.ts";
import { Bank, stored } from "../../simulator/modbus/bank.ts";
import type { SlaveFault } from "../../simulator/modbus/faults.ts";
import { ModbusSlave } from "../../simulator/modbus/slave.ts";
import { driverContext } from "../driver-context.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { device } from "../unit/modbus/bytes.ts";

const link: RtuLink = { device: "/dev/simulated", baud: 9600, format: "8N1" };
const addresses = [0, 1, 300, 301];
const units = [1, 2, 3, 4, 5];
const heldAt = (unit: number, address: number) => unit * 1000 + address;

/** Our end of a simulated line. */
class Port extends Duplex {
  readonly #port: ReturnType<SimulatedLine["attach"]>;

  constructor(line: SimulatedLine) {
    super();
    this.#port = line.attach((bytes) => void this.push(bytes));
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _: unknown, done: () => void): void {
    this.#port.send(chunk);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port.detach();
    done(error);
  }
}

function slaveOf(unit: number, turnaroundMs = 5): ModbusSlave {
  const bank = new Bank();
  for (let address = 0; address < 320; address += 1)
    bank.add(stored("holding", address, heldAt(unit, address)));
  return new ModbusSlave({ unit, bank, turnaroundMs });
}

interface Read {
  unit: number;
  at: number;
  wrong: boolean;
}

class School {
  readonly clock = new FakeClock();
  readonly slaves: readonly ModbusSlave[];
  readonly line: SimulatedLine;
  readonly reads: Read[] = [];
  readonly downs: string[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #session: RtuSession | null = null;
  readonly #addresses: readonly number[];

  constructor(of: { turnaroundMs?: number; addresses?: readonly number[] } = {}) {
    this.slaves = units.map((unit) => slaveOf(unit, of.turnaroundMs));
    this.line = new SimulatedLine({ baud: 9600, clock: this.clock, slaves: this.slaves });
    this.#addresses = of.addresses ?? addresses;
  }

  async open(): Promise<void> {
    const { clock } = this;
    const log = recordingLog();
    const context = driverContext(clock, { log });
    const openLine = async () => {
      const port = new Port(this.line);
      return new StreamLine(port, {
        clock,
        timing: { characterMs: characterMs(link), silenceMs: silenceMs(link) },
        trace() {},
        lossOf: () => lineFault("line.gone"),
        free: async () => void port.destroy(),
      });
    };
    this.#session = await RtuSession.open(link, context, this.#stop.signal, openLine);
    const poller: Poller = new Poller({
      link: "rs1",
      clock,
      log,
      hand: async ({ device: id, samples }) => {
        const unit = Number(id.slice(1));
        for (const { point, raw } of samples) {
          const wrong = raw !== heldAt(unit, Number(point.slice(1)));
          this.reads.push({ unit, at: clock.monotonicMs(), wrong });
        }
      },
      replan: () => poller.adopt(modbusRtuKind.plan(link, devices, poller.turnarounds)),
      presence: (fact) => void (fact.what === "down" && this.downs.push(fact.device)),
      figures() {},
    });
    const points = Object.fromEntries(this.#addresses.map((at) => [`r${at}`, { address: String(at) }]));
    const devices = units.map((unit) => {
      const planned = device(`s${unit}`, points, { unit, answer: "200ms" });
      return { ...planned, address: { unit } };
    });
    poller.adopt(modbusRtuKind.plan(link, devices));
    this.#running = poller.run(this.#session, this.#stop.signal);
  }

  async pass(seconds: number): Promise<void> {
    for (let ms = 0; ms < seconds * 1000; ms += 4) {
      await this.clock.advance(4);
      await turn();
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const [running, session] = [this.#running, this.#session];
    await this.clock.advance(5_000);
    await running;
    await session?.close();
    this.line.close();
  }

  /** Good values of a unit since a moment. */
  good(unit: number, since: number): number {
    return this.reads.filter((read) => read.unit === unit && read.at >= since && !read.wrong).length;
  }
}

let school: School;
afterEach(() => school.close());

/** Something wrong with the third slave or the line; the result mends it. */
type Trouble = (school: School) => () => void;

const slaveFault =
  (fault: SlaveFault): Trouble =>
  ({ slaves }) =>
    slaves[2]?.faults.add(fault) ?? (() => {});

const ofSlave: [string, SlaveFault][] = [
  ["is silent", { kind: "silent" }],
  ["answers 150 ms late", { kind: "late", byMs: 150 }],
  ["answers 400 ms late, behind its time", { kind: "late", byMs: 400 }],
  ["answers 1,300 ms late, into the turns of others", { kind: "late", byMs: 1300 }],
  ["is late now and then", { kind: "late", byMs: 500, chance: 0.3 }],
  ["breaks off after 4 bytes", { kind: "short", bytes: 4 }],
  ["has a flipped bit in every answer", { kind: "corrupt", flips: 1 }],
  ["has flipped bits now and then", { kind: "corrupt", flips: 3, chance: 0.4 }],
  ["answers as unit 4", { kind: "wrong-unit", unit: 4 }],
  ["answers with another function", { kind: "wrong-function", fc: 4 }],
  ["says two bytes more than it has", { kind: "wrong-count", by: 2 }],
  ["says two bytes less than it has", { kind: "wrong-count", by: -2 }],
  ["gives the request back", { kind: "echo" }],
  ["gives the request back, then answers", { kind: "echo", thenAnswer: true }],
  ["has noise before its answers", { kind: "noise", before: 3 }],
  ["has noise behind its answers", { kind: "noise", after: 3 }],
  ["says every answer twice", { kind: "glued", with: "same" }],
  ["says the answer before once more with each", { kind: "glued", with: "previous" }],
  ["starts anew, without wrong values", { kind: "rebooting", silentMs: 4000, wrongMs: 0 }],
  ["says that it is busy", { kind: "lying", code: 6 }],
  ["says that its registers do not exist", { kind: "lying", code: 2 }],
  ["pauses after every byte", { kind: "slow", gapMs: 8 }],
];

const ofLine: [string, Trouble][] = [
  [
    "an adapter that hears itself",
    ({ line }) => {
      line.echo = true;
      return () => {
        line.echo = false;
      };
    },
  ],
  [
    "two slaves at one address",
    ({ line }) => {
      const twin = slaveOf(3);
      line.add(twin);
      return () => line.remove(twin);
    },
  ],
  [
    "a master that asks for the same between our requests",
    ({ line }) => line.secondMaster({ unit: 3, pdu: Uint8Array.of(3, 0, 0, 0, 2), everyMs: 700 }),
  ],
];

it("reads across a gap that costs less than another request, once the device's own pace is known", async () => {
  school = new School({ turnaroundMs: 70, addresses: [0, 1, 30, 31] });
  await school.open();
  await school.pass(8);
  const before = school.line.counts.requests;
  await school.pass(10);
  const planned = school.line.counts.requests - before;
  expect(planned).toBeGreaterThanOrEqual(2 * 5 * 9);
  // As it is delivered, the plan takes every device for a quick one: 28 registers cost more than a request then.
  await school.pass(30);
  const later = school.line.counts.requests;
  await school.pass(10);
  expect(school.line.counts.requests - later).toBeLessThanOrEqual(5 * 11);
  expect(school.reads.filter(({ wrong }) => wrong)).toEqual([]);
  expect(school.line.counts.early).toBe(0);
});

describe("a line on which all is well", () => {
  it("gives every value each second, no request before its silence", async () => {
    school = new School();
    await school.open();
    const from = school.clock.monotonicMs();
    await school.pass(20);
    for (const unit of units) expect(school.good(unit, from)).toBeGreaterThanOrEqual(4 * 19);
    expect(school.reads.filter(({ wrong }) => wrong)).toEqual([]);
    expect(school.line.counts.early).toBe(0);
    expect(school.downs).toEqual([]);
  });
});

describe.each<[string, Trouble]>([
  ...ofSlave.map(([name, fault]): [string, Trouble] => [`a slave that ${name}`, slaveFault(fault)]),
  ...ofLine,
])("%s", (_name, trouble) => {
  it("gives no wrong value and costs the others little, and is well again when it is over", async () => {
    school = new School();
    await school.open();
    await school.pass(4);
    const from = school.clock.monotonicMs();
    const mend = trouble(school);
    await school.pass(16);
    const until = school.clock.monotonicMs();
    mend();
    // A silent device is asked again once a minute at least.
    await school.pass(68);
    const last = school.clock.monotonicMs() - 5000;
    expect(school.reads.filter(({ wrong }) => wrong)).toEqual([]);
    for (const unit of units.filter((other) => other !== 3)) {
      const during = school.reads.filter((read) => read.unit === unit && read.at >= from && read.at < until);
      expect(during.length, `unit ${unit} meanwhile`).toBeGreaterThanOrEqual(4 * 12);
    }
    for (const unit of units)
      expect(school.good(unit, last), `unit ${unit} at last`).toBeGreaterThanOrEqual(4 * 3);
  });
});
