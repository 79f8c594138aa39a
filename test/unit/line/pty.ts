/** A serial port of a pair: a pseudo-terminal with a fixed path, whose other end is a TCP connection of ours. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FarEnd, until } from "./far-end.ts";

/** Where it must be there (CE_CI=1), such tests run and fail without it. */
export const withoutSocat = process.env.CE_CI !== "1" && !existsSync("/usr/bin/socat");

export class Pty {
  readonly #folder: string;
  readonly path: string;
  /** What is on the line. */
  readonly end: FarEnd;
  #child: ChildProcess | null = null;

  private constructor(end: FarEnd) {
    this.#folder = mkdtempSync(join(tmpdir(), "ce-pty-"));
    this.path = join(this.#folder, "port");
    this.end = end;
  }

  static async create(): Promise<Pty> {
    const pty = new Pty(await FarEnd.listen());
    await pty.plugIn();
    return pty;
  }

  async plugIn(): Promise<void> {
    this.#child = spawn(
      "/usr/bin/socat",
      [`PTY,link=${this.path},raw,echo=0`, `TCP:127.0.0.1:${this.end.port}`],
      {
        stdio: "ignore",
      },
    );
    await until(() => existsSync(this.path) && this.end.sockets.size > 0);
  }

  /** The port hangs up, and its path is gone. */
  async unplug(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    rmSync(this.path, { force: true });
    await until(() => this.end.sockets.size === 0);
  }

  async remove(): Promise<void> {
    await this.unplug();
    await this.end.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
