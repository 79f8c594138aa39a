/** A slave that nobody here wrote: Debian's python3-pymodbus, in a process of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const python = "/usr/bin/python3";
const script = `${import.meta.dirname}/pymodbus-slave.py`;

/** Whether to run such tests: where it must be there (CE_CI=1), they run and fail without it. */
export const hasPymodbus =
  process.env.CE_CI === "1" || spawnSync(python, ["-c", "import pymodbus"]).status === 0;

/** What lies where in its holding registers. */
export interface Laid {
  address: number;
  type: string;
  order: string;
  /** As text: whole numbers of 64 bits have no other exact form. */
  value: string;
}

export interface PymodbusSlave {
  unit: number;
  points: Laid[];
  /** How many registers it has; as input registers they lie there in reverse. */
  registers: number;
  coils: boolean[];
  stop(): Promise<void>;
}

/** @param where `tcp HOST PORT` or `rtu PATH BAUD`; it may take a moment more until it accepts */
export async function startPymodbus(...where: string[]): Promise<PymodbusSlave> {
  const child: ChildProcess = spawn(python, [script, ...where], { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr?.on("data", (bytes) => {
    complaint = `${complaint}${bytes}`.slice(-2000);
  });
  const exited = once(child, "exit");
  const first = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  const line = await Promise.race([first, exited.then(() => null)]);
  if (line === null) throw new Error(`pymodbus did not start: ${complaint}`);
  return {
    ...JSON.parse(line[0] as string),
    async stop() {
      child.stdin?.end();
      await exited;
    },
  };
}
