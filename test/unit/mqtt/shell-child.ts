/** The broker in a process of its own (shell-process.ts), from outside. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { builtFile } from "../../bench/built-file.ts";
import type { Told } from "./shell-process.ts";

export interface ShellChild {
  port: number;
  /** Bytes now, after a collection, and the most since it was asked last. */
  memory(): Promise<{ rss: number; peak: number; connections: number }>;
  stop(): Promise<void>;
}

export async function shellChild(how: "devices" | "wide"): Promise<ShellChild> {
  const child = fork(builtFile("./shell-process.ts", import.meta.url), [how], {
    execArgv: ["--expose-gc", "--max-semi-space-size=2"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const told = async () => {
    const [message] = (await once(child, "message")) as [Told];
    return message;
  };
  const first = await told();
  if (!("port" in first)) throw new Error("it did not say its port");
  return {
    port: first.port,
    async memory() {
      const answer = told();
      child.send("rss");
      const message = await answer;
      if (!("rss" in message)) throw new Error("it did not say its memory");
      return message;
    },
    async stop() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
