/**
 * What one would take from the shelf: a mosquitto that keeps messages on disk and hands them on over a bridge, set
 * up as a careful person would. Debian's, in /usr/sbin.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../scenario/school-folder.ts";
import { whileRunning } from "./ending.ts";

const binary = "/usr/sbin/mosquitto";

export const mosquittoMissing = existsSync(binary)
  ? null
  : "mosquitto is not installed: no bridge beside it (apt-get install mosquitto)";

/** When it saves its database. Default of mosquitto: every 30 minutes. */
export type Saving = "every change" | "every second";

const lines = (port: number, receiver: number, folder: string, saving: Saving) => `
user ${userInfo().username}
listener ${port} 127.0.0.1
allow_anonymous true
log_type none
persistence true
persistence_location ${folder}/
autosave_interval 1
autosave_on_changes ${saving === "every change"}
max_queued_messages 0
connection platform
address 127.0.0.1:${receiver}
bridge_protocol_version mqttv311
topic ce/# out 1
cleansession false
notifications false
try_private false
restart_timeout 1 5
`;

/** Starts it on `folder`, which may hold what it kept; the caller kills it. @returns the port for devices */
export async function startBridge(receiver: number, folder: string, saving: Saving) {
  const port = await freePort();
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, lines(port, receiver, folder, saving));
  const child: ChildProcess = spawn(binary, ["-c", config], { stdio: "ignore" });
  await once(child, "spawn");
  const forget = whileRunning(() => child.kill("SIGKILL"));
  const gone = once(child, "exit").then(forget);
  return {
    port,
    pid: child.pid as number,
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
