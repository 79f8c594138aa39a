import { pino } from "pino";
import type { Log } from "../../config/schema/context.ts";

/** JSON lines on standard error: level, time, a fixed sentence, fields. */
export function createLog(level: "debug" | "info" | "warn" | "error" = "info"): Log {
  return pino({ level, base: null, messageKey: "say" }, pino.destination({ fd: 2, sync: true }));
}
