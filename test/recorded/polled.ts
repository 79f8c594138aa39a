/**
 * Polls the devices of a case over a line, simulated or replayed, with the real session and a clock that stands still.
 */
import { Duplex } from "node:stream";
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { DriverContext, Job } from "../../drivers/contract/index.ts";
import { lineFault } from "../../drivers/line/faults.ts";
import { characterMs } from "../../drivers/line/pace.ts";
import { StreamLine } from "../../drivers/line/stream-line.ts";
import { silenceMs } from "../../drivers/modbus/pace.ts";
import { RtuSession } from "../../drivers/modbus/rtu-session.ts";
import {
  type ModbusDevice,
  modbusRtuKind,
  type RtuAddress,
  type RtuLink,
  rtuLine,
} from "../../drivers/modbus/schema.ts";
import type { LinePort } from "../../simulator/links/line.ts";
import { driverContext } from "../driver-context.ts";
import type { FakeClock } from "../fake-clock.ts";
import { type Told, toldBy } from "./plan.ts";

export interface Attachable {
  attach(receive: (bytes: Uint8Array) => void): LinePort;
}

class PortStream extends Duplex {
  readonly #port: LinePort;
  constructor(line: Attachable) {
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

export interface Polling {
  clock: FakeClock;
  rounds: number;
  trace?: DriverContext["trace"];
  /** Before each turn. */
  between?: (turn: number) => unknown;
}

/** So long between two turns, ms. */
const pauseMs = 50;

/** Asks every device of the link, one after the other, so many times. */
export async function pollLine(line: Attachable, link: LinkPlan, polling: Polling): Promise<Told[]> {
  const { clock, rounds, trace = () => {}, between = () => {} } = polling;
  const settings = link.settings as RtuLink;
  const context = driverContext(clock, { trace });
  const never = new AbortController().signal;
  const session = await RtuSession.open(settings, context, never, async () => {
    const stream = new PortStream(line);
    return new StreamLine(stream, {
      clock,
      timing: { characterMs: characterMs(settings), silenceMs: silenceMs(settings) },
      trace: (way, bytes) => context.trace(rtuLine(settings), way, bytes),
      lossOf: () => lineFault("line.gone"),
      free: async () => void stream.destroy(),
    });
  });
  const tell = toldBy(link, () => clock.wallMs());
  const jobs: Job[] = modbusRtuKind.plan(settings, [...link.devices] as ModbusDevice<RtuAddress>[]);
  const told: Told[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [at, job] of jobs.entries()) {
      await between(round * jobs.length + at);
      told.push(tell((await passing(clock, session.run(job, never))).reading));
      await clock.advance(pauseMs);
    }
  }
  await passing(clock, session.close());
  return told;
}

async function passing<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let open = true;
  const done = () => {
    open = false;
  };
  work.then(done, done);
  while (open) await clock.advance(1);
  return work;
}
