/**
 * A real mosquitto on a free loopback port, for tests that need a broker nobody here wrote.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const binary = "/usr/sbin/mosquitto";

/** Whether to run such tests: where it must be there (CE_CI=1), they run and fail without it. */
export const hasMosquitto = existsSync(binary) || process.env.CE_CI === "1";

export interface Mosquitto {
  port: number;
  /** Ends the broker and removes its files. Idempotent. */
  stop(): Promise<void>;
}

export interface MosquittoFiles {
  /** File name → content; the configuration names them as `{folder}/NAME`. */
  [name: string]: string;
}

/**
 * Starts it with these configuration lines, in which `{folder}` is its own folder; the listener is given.
 * Resolves when it accepts connections; rejects with what it printed when it ends before.
 */
export async function startMosquitto(lines: string[], files: MosquittoFiles = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "ce-mosquitto-"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  const port = await freePort();
  const own = [`user ${userInfo().username}`, "persistence false", `listener ${port} 127.0.0.1`];
  const config = [...own, ...lines].join("\n").replaceAll("{folder}", folder);
  writeFileSync(join(folder, "mosquitto.conf"), `${config}\n`);
  const child = spawn(binary, ["-c", join(folder, "mosquitto.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let printed = "";
  child.stderr.on("data", (bytes) => {
    printed = `${printed}${bytes}`.slice(-4000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async () => {
    if (isRunning(child)) child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while (isRunning(child) && !(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  if (isRunning(child)) return { port, stop };
  await stop();
  throw new Error(`mosquitto did not start: ${printed}`);
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
