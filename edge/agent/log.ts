import { pino } from "pino";
import type { Log } from "../../config/schema/context.ts";

/** JSON lines on standard error: level, time, a fixed sentence, fields. */
export function createLog(level: "debug" | "info" | "warn" | "error" = "info"): Log {
  const destination = pino.destination({ fd: 2, sync: true });
  // A full disk or a closed terminal costs the line, never the gateway.
  destination.on("error", () => {});
  return pino({ level, base: null, messageKey: "say" }, destination);
}
