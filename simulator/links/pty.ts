/**
 * A line's end as a serial device of this machine: a pseudo-terminal whose other side is the simulated line (needs socat).
 *
 * Holds: its path stays the same over unplugging and plugging in; `close` leaves no process and no file;
 * should this program end in any way, socat ends as well, since its input does.
 * Settings of the terminal mean nothing, the pace is the line's, unless the line shall follow: then the terminal is asked for the
 * speed that its master has set before anything of it goes onto the line (by `stty`, which takes a few ms).
 */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Attachable, LinePort } from "./cable.ts";

type Socat = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Bytes that wait here for a terminal that nobody reads; more are lost. The system's own buffers hold some more: who opens
 * the terminal after the line has chattered finds old bytes in it.
 */
const maxUnreadBytes = 4096;

export interface PtyOptions {
  /** The line takes the speed that a master sets, where it has a speed to set. Default false. */
  followsBaud?: boolean;
}

export class Pty {
  /** What a master opens. */
  readonly path: string;
  readonly #folder: string;
  readonly #line: Attachable;
  #socat: Socat | null = null;
  #ended: Promise<void> = Promise.resolve();
  /** Kept open: with its last reader gone a terminal would end for good. */
  #held: FileHandle | null = null;
  #port: LinePort | null = null;
  readonly #followsBaud: boolean;
  /** What came before is on the line. */
  #sent: Promise<void> = Promise.resolve();

  private constructor(line: Attachable, folder: string, { followsBaud = false }: PtyOptions) {
    this.#followsBaud = followsBaud;
    this.#line = line;
    this.#folder = folder;
    this.path = join(folder, "tty");
  }

  /** Rejects when there is no socat. */
  static async open(line: Attachable, options: PtyOptions = {}): Promise<Pty> {
    const pty = new Pty(line, await mkdtemp(join(tmpdir(), "line-")), options);
    try {
      await pty.plug();
    } catch (error) {
      await pty.close();
      throw error;
    }
    return pty;
  }

  get plugged(): boolean {
    return this.#socat !== null;
  }

  /** The adapter is put in (again). */
  async plug(): Promise<void> {
    if (this.#socat !== null) return;
    const socat: Socat = spawn("socat", ["-d", "-d", "-t", "0", "-", `PTY,link=${this.path},rawer`], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve) => {
      socat.once("close", () => resolve());
      socat.once("error", () => resolve());
    });
    socat.stdin.on("error", () => undefined);
    await started(socat);
    this.#socat = socat;
    this.#held = await open(this.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const port = this.#line.attach((bytes) => {
      if (socat.stdin.writable && socat.stdin.writableLength < maxUnreadBytes) socat.stdin.write(bytes);
    });
    this.#port = port;
    socat.stdout.on("data", (bytes: Buffer) => this.#send(port, bytes));
  }

  #send(port: LinePort, bytes: Buffer): void {
    if (!this.#followsBaud) {
      port.send(bytes);
      return;
    }
    this.#sent = this.#sent.then(async () => {
      const baud = await speedOf(this.path);
      if (this.#port !== port) return;
      if (baud !== null && baud !== this.#line.baud) this.#line.baud = baud;
      port.send(bytes);
    });
  }

  /** The adapter is pulled out: its device is gone, and whoever has it open is told so by the system. */
  async unplug(): Promise<void> {
    this.#port?.detach();
    this.#port = null;
    await this.#held?.close();
    this.#held = null;
    this.#socat?.kill("SIGTERM");
    this.#socat = null;
    await this.#ended;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.unplug();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Bits a second that were set at a terminal; null: it does not say. */
function speedOf(path: string): Promise<number | null> {
  return new Promise((resolve) => {
    execFile("stty", ["-F", path, "speed"], (error, said) => {
      const speed = Number(said);
      resolve(error === null && speed > 0 ? speed : null);
    });
  });
}

/** Resolves when the terminal is there; rejects with what socat says when it ends before. */
function started(socat: Socat): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    socat.stderr.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-2000);
      if (said.includes("starting data transfer loop")) resolve();
    });
    socat.once("error", reject);
    socat.once("close", () => reject(new Error(`socat ended: ${said}`)));
  });
}
