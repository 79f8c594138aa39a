/**
 * The status page, kept open: a taken port costs the page until it is free, never the gateway.
 */
import type { Clock, Log } from "../../config/schema/context.ts";
import type { StatusSource } from "../../gateway/contract/index.ts";
import { openStatusDoors } from "../../gateway/status/index.ts";
import { KeptOpen } from "../supervise/keep-open.ts";

export interface Page {
  /** Where it listens; null while it cannot. */
  address(): { host: string; port: number } | null;
  stop(): Promise<void>;
}

export function keepPage(
  http: { host: string; port: number },
  source: StatusSource,
  { clock, log, random }: { clock: Clock; log: Log; random(): number },
): Page {
  let told = false;
  const kept = new KeptOpen({
    clock,
    random,
    async open() {
      try {
        const doors = await openStatusDoors({ source, http, log });
        told = false;
        return { ...doors, ended: new Promise<never>(() => {}) };
      } catch (error) {
        if (!told)
          log.warn({ error: (error as Error).message }, "the status page cannot open; the gateway goes on");
        told = true;
        throw error;
      }
    },
    report: () => {},
  });
  kept.start();
  return { address: () => kept.current?.address ?? null, stop: () => kept.stop() };
}
