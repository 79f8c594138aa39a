/**
 * Processes of a benchmark and what they ask of each other: each part runs in a process of its own, so that its
 * CPU time is its own.
 *
 * Holds: a part ends when whoever started it is gone, however that ended; an unanswered call rejects when its
 * process ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { builtFile } from "./built-file.ts";
import { whileRunning } from "./ending.ts";

/** What a part can be asked, by name. */
export type Calls = Record<string, (body: never) => unknown>;

/** A part that runs elsewhere. */
export interface Part<C extends Calls> {
  /** @throws what the part threw, or that it has ended */
  ask<N extends keyof C & string>(name: N, ...body: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>>;
  /** Of its process, or of the program before it. */
  pid: number;
  /** Ends it; resolves when it is gone. */
  end(): Promise<void>;
  /** The power is cut: it does nothing more. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface PartOptions {
  /** Of node, such as --cpu-prof. */
  nodeOptions?: readonly string[];
  /** A program before node and its arguments, such as strace. */
  under?: readonly string[];
}

interface Question {
  id: number;
  name: string;
  body: unknown;
}
type Answer = { id: number; value: unknown } | { id: number; error: string };

/** Starts the part that is the module `file`. */
export function startPart<C extends Calls>(file: string, options: PartOptions = {}): Part<C> {
  const [program = process.execPath, ...rest] = [
    ...(options.under ?? []),
    process.execPath,
    ...(options.nodeOptions ?? []),
    builtFile(file, import.meta.url),
  ];
  const child = spawn(program, rest, { stdio: ["ignore", "inherit", "pipe", "ipc"] });
  const told = lastWords(child);
  const forget = whileRunning(() => child.kill("SIGKILL"));
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  const gone = new Promise<void>((resolve) => {
    const over = (why: string) => {
      forget();
      for (const { reject } of waiting.values()) reject(new Error(`${file} ${why}\n${told()}`));
      waiting.clear();
      resolve();
    };
    child.once("error", (error) => over(`did not start: ${error.message}`));
    child.once("exit", (code, signal) => over(`ended by itself (${signal ?? code})`));
  });
  child.on("message", (answer: Answer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) question?.reject(new Error(`${file}: ${answer.error}`));
    else question?.resolve(answer.value);
  });
  return {
    ask(name, ...[body]) {
      return new Promise((resolve, reject) => {
        const id = ++asked;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        const question: Question = { id, name, body };
        if (child.connected) child.send(question);
        else reject(new Error(`${file} has ended\n${told()}`));
      });
    },
    pid: child.pid ?? 0,
    kill() {
      child.kill("SIGKILL");
      return gone;
    },
    async end() {
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(late);
    },
  };
}

/** Serves the calls of this process until whoever started it is gone; `end` is given the time it needs then. */
export function serve(calls: Calls, end: () => unknown = () => {}): void {
  process.on("SIGINT", () => {}); // a Ctrl-C reaches the whole group; who started us decides
  process.on("message", async ({ id, name, body }: Question) => {
    let answer: Answer;
    try {
      const call = calls[name] as ((body: unknown) => unknown) | undefined;
      if (call === undefined) throw new Error(`no call ${name}`);
      answer = { id, value: await call(body) };
    } catch (error) {
      answer = { id, error: (error as Error).stack ?? String(error) };
    }
    if (process.connected) process.send?.(answer);
  });
  process.once("disconnect", async () => {
    setTimeout(() => process.exit(1), 8000);
    await end();
    process.exit(0);
  });
}

/** A program that takes no calls, until it is told to end. */
export function startProgram(file: string, args: readonly string[]): { stop(): Promise<void> } {
  const child = spawn(process.execPath, [file, ...args], { stdio: "ignore" });
  const forget = whileRunning(() => child.kill("SIGKILL"));
  const gone = once(child, "exit").then(forget);
  return {
    async stop() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** The end of what a process wrote to standard error. */
function lastWords(child: ChildProcess): () => string {
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-2000);
  });
  return () => words;
}
