/** Modbus slaves in a process of their own: on a line at its real pace behind a serial server, or in the network. */

import { SimulatedLine } from "../../simulator/links/line.ts";
import { ModbusTcpServer } from "../../simulator/links/modbus-tcp.ts";
import { PreciseClock } from "../../simulator/links/precise-clock.ts";
import { SerialServer } from "../../simulator/links/serial-server.ts";
import { Bank, stored } from "../../simulator/modbus/bank.ts";
import { ModbusSlave } from "../../simulator/modbus/slave.ts";
import { serve } from "./calls.ts";
import { type Latencies, Stopwatch } from "./latencies.ts";

let line: SimulatedLine | null = null;
const ends: (() => Promise<unknown> | unknown)[] = [];

function slave(unit: number, addresses: readonly number[], turnaroundMs: number): ModbusSlave {
  const bank = new Bank();
  // What lies between two registers of a device can be read as well.
  for (let address = 0; address <= Math.max(...addresses); address += 1)
    bank.add(stored("holding", address, addresses.indexOf(address) + 1));
  return new ModbusSlave({ unit, bank, turnaroundMs });
}

const calls = {
  /** Units 1 to `slaves`, of which the last `dead` never answer. @returns the serial server's port */
  async line(of: {
    slaves: number;
    dead: number;
    addresses: number[];
    turnaroundMs: number;
  }): Promise<number> {
    const clock = new PreciseClock();
    const slaves = Array.from({ length: of.slaves }, (_, n) => slave(n + 1, of.addresses, of.turnaroundMs));
    for (const one of slaves.slice(of.slaves - of.dead)) one.faults.add({ kind: "silent" });
    const made = new SimulatedLine({ baud: 9600, format: "8N1", slaves, clock });
    const server = new SerialServer(made);
    await server.start();
    ends.push(async () => {
      await server.stop();
      made.close();
      await clock.close();
    });
    line = made;
    return server.port;
  },
  /** Forgets what the line has counted. */
  forget(): void {
    line?.forget();
  },
  /** Ms from one request to the next of the same unit, since then. */
  cycles(): Latencies {
    const before = new Map<number, number>();
    const watch = new Stopwatch();
    watch.start();
    for (const { unit, startMs } of line?.requests ?? []) {
      if (unit === null) continue;
      const last = before.get(unit);
      if (last !== undefined) watch.note(startMs - last);
      before.set(unit, startMs);
    }
    return watch.stop();
  },
  counts(): { requests: number; early: number } {
    const { requests = 0, early = 0 } = line?.counts ?? {};
    return { requests, early };
  },
  /** @returns a port for each server */
  async network(of: {
    servers: number;
    units: number;
    addresses: number[];
    turnaroundMs: number;
  }): Promise<number[]> {
    return Promise.all(
      Array.from({ length: of.servers }, async () => {
        const units = Array.from({ length: of.units }, (_, n) => slave(n + 1, of.addresses, of.turnaroundMs));
        const server = new ModbusTcpServer({ units });
        await server.start();
        ends.push(() => server.stop());
        return server.port;
      }),
    );
  },
};
export type SlavesCalls = typeof calls;

serve(calls, () => Promise.all(ends.map((end) => end())));
