/** The least anyone would write to read Modbus TCP slaves: a modbus-serial client for each, one request after the other. */
import { readFileSync } from "node:fs";
import ModbusSerial from "modbus-serial";
import { serve } from "./calls.ts";

let values = 0;
let stopped = false;
const loops: Promise<void>[] = [];

async function readFor(port: number, starts: readonly number[], registers: number): Promise<void> {
  const client = new ModbusSerial.default();
  client.on("error", () => {});
  await client.connectTCP("127.0.0.1", { port });
  client.setID(1);
  client.setTimeout(1000);
  while (!stopped) {
    for (const start of starts) {
      const { data } = await client.readHoldingRegisters(start, registers);
      values += data.length;
    }
  }
  client.close(() => {});
}

const calls = {
  open({ ports, starts, registers }: { ports: number[]; starts: number[]; registers: number }): void {
    for (const port of ports) loops.push(readFor(port, starts, registers));
  },
  values: (): number => values,
  /** CPU time of the process so far, ms. */
  cpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  /** Resident memory, MB. */
  memory(): number {
    return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024) / 1e6;
  },
};
export type BareCalls = typeof calls;

serve(calls, async () => {
  stopped = true;
  await Promise.race([Promise.allSettled(loops), new Promise((resolve) => setTimeout(resolve, 2000))]);
});
