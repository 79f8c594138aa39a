/** A session with real sockets and a clock that stands still, and jobs as the supervisor hands them over. */
import type { DriverContext, DriverFact, Job } from "../../../drivers/contract/index.ts";
import {
  type ModbusDevice,
  modbusRtuKind,
  modbusTcpKind,
  type RtuAddress,
  type RtuLink,
  type TcpAddress,
  type TcpLink,
} from "../../../drivers/modbus/schema.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock } from "../../fake-clock.ts";
import { device, type Written } from "../modbus/bytes.ts";

export interface World {
  clock: FakeClock;
  context: DriverContext;
  facts: DriverFact[];
  traced: { line: string; way: "tx" | "rx"; bytes: Uint8Array }[];
}

export function world(): World {
  const clock = new FakeClock();
  const facts: DriverFact[] = [];
  const traced: World["traced"] = [];
  const context = driverContext(clock, {
    digest: (identity) => identity,
    trace: (line, way, bytes) => void traced.push({ line, way, bytes: Uint8Array.from(bytes) }),
    report: (fact) => void facts.push(fact),
  });
  return { clock, context, facts, traced };
}

/** Moves the clock until a promise settles, slowly enough for what goes over loopback. */
export async function passing<T>(clock: FakeClock, work: Promise<T>, stepMs = 1): Promise<T> {
  let open = true;
  const done = () => {
    open = false;
  };
  work.then(done, done);
  while (open) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return work;
}

type Points = Record<string, Written>;
type More = { unit?: number } & Record<string, string | number>;

/** A device that answers within 200 ms. */
export const rtuDevice = (id: string, points: Points, more: More = {}): ModbusDevice<RtuAddress> => {
  const planned = device(id, points, { answer: "200ms", ...more });
  return { ...planned, address: { unit: more.unit ?? 1 } };
};

export const tcpDevice = (
  id: string,
  port: number,
  points: Points,
  more: More = {},
): ModbusDevice<TcpAddress> => ({
  ...rtuDevice(id, points, more),
  address: { host: "127.0.0.1", port, unit: more.unit ?? 1 },
});

/** A serial server on this machine. */
export const linkTo = (port: number): RtuLink => ({ host: "127.0.0.1", port, baud: 9600, format: "8N1" });

export function only(jobs: Job[]): Job {
  const [job] = jobs;
  if (job === undefined || jobs.length !== 1) throw new Error("one job");
  return job;
}

export const rtuJobs = (link: RtuLink, devices: ModbusDevice<RtuAddress>[]): Job[] =>
  modbusRtuKind.plan(link, devices);
export const tcpJobs = (link: TcpLink, devices: ModbusDevice<TcpAddress>[]): Job[] =>
  modbusTcpKind.plan(link, devices);
