import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Tests with a real mosquitto are skipped where it is not installed, but never in CI. */
export const withoutMosquitto =
  process.env.CE_CI !== "1" && !["/usr/sbin/mosquitto", "/usr/bin/mosquitto_pub"].every(existsSync);

/** A real mosquitto on a free port of loopback, with its sessions on disk. */
export class Mosquitto {
  port = 0;
  #folder = "";
  #child: ChildProcess | null = null;

  /** @param more lines of its configuration */
  static async start(more: readonly string[] = []): Promise<Mosquitto> {
    const self = new Mosquitto();
    self.#folder = await mkdtemp(join(tmpdir(), "mosquitto-"));
    self.port = await freePort();
    const lines = [
      `listener ${self.port} 127.0.0.1`,
      "allow_anonymous true",
      "persistence true",
      `persistence_location ${self.#folder}/`,
      ...more,
    ];
    // Started by root it would become another user, who cannot write here.
    if (process.getuid?.() === 0) lines.push("user root");
    await writeFile(join(self.#folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
    await self.begin();
    return self;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Resolves once it accepts connections. */
  async begin(): Promise<void> {
    this.#child = spawn("/usr/sbin/mosquitto", ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: "ignore",
    });
    while (!(await accepts(this.port))) {
      if (this.#child.exitCode !== null) throw new Error("mosquitto does not start");
    }
  }

  /** Its file as it is on disk; empty while there is none. */
  file(): Promise<Buffer> {
    return readFile(join(this.#folder, "mosquitto.db")).catch(() => Buffer.alloc(0));
  }

  /** It stands still: takes connections and bytes, and does nothing with them. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end. */
export function run(program: string, ...args: string[]): Running {
  return new Running(spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] }));
}

export class Running {
  output = "";
  readonly done: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    const take = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    this.done = new Promise((resolve) => child.once("close", resolve));
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setImmediate(resolve, false));
  });
}
