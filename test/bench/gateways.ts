/** Gateways that can be killed and started again on the same data: candidates, and mosquitto. */
import { freePort, schoolFolder } from "../scenario/school-folder.ts";
import { startPart } from "./calls.ts";
import type { CandidateCalls } from "./candidate.ts";
import type { CandidateName } from "./candidates/contract.ts";
import { whileRunning } from "./ending.ts";
import { type Saving, startBridge } from "./mosquitto-bridge.ts";
import { benchSchool } from "./school.ts";

export type GatewayName = Exclude<CandidateName, "relay"> | "mosquitto";

/** One that runs. */
export interface Running {
  /** Where devices connect. */
  port: number;
  pid: number;
  kill(): Promise<void>;
}

export interface Gateway {
  /** One at a time. @param alone the receiver is away */
  start(alone: boolean): Promise<Running>;
  /** Its data. */
  remove(): void;
}

export interface GatewayOptions {
  name: GatewayName;
  receiver: number;
  devices: number;
  values: number;
  saving?: Saving;
}

export async function gateway(options: GatewayOptions): Promise<Gateway> {
  const { name, receiver, saving = "every change" } = options;
  const folder =
    name === "campus-edge"
      ? benchSchool({ ...options, ackMs: 100, port: await freePort() })
      : schoolFolder({}, {});
  const forget = whileRunning(() => folder.remove());
  return {
    async start(alone) {
      if (name === "mosquitto") return startBridge(receiver, folder.data, saving);
      const part = startPart<CandidateCalls>("./candidate.ts");
      const data = name === "campus-edge" ? folder.config : folder.data;
      try {
        const port = await part.ask("open", { name, receiver, folder: data, alone });
        return { port, pid: part.pid, kill: () => part.kill() };
      } catch (error) {
        await part.kill();
        throw error;
      }
    },
    remove() {
      folder.remove();
      forget();
    },
  };
}
