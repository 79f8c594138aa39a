import type { Clock, DriverContext } from "../drivers/contract/index.ts";
import { recordingLog } from "./fake-clock.ts";

/**
 * What whoever runs a driver gives it: a link of a school that has no secrets, where nobody hears what is told.
 * A digest tells the length of what it stands for, so that it shows where an identity came through in clear.
 * @param own what a test has an eye on
 */
export function driverContext(clock: Clock, own: Partial<DriverContext> = {}): DriverContext {
  return {
    clock,
    log: recordingLog(),
    self: "2133000001-gw1-line",
    secret: () => new Uint8Array(),
    digest: (identity) => `digest of ${identity.length}`,
    trace() {},
    report() {},
    ...own,
  };
}

/** Those of a school that has these. */
export function secretsOf(known: ReadonlyMap<string, Uint8Array>): DriverContext["secret"] {
  return (name) => {
    const bytes = known.get(name);
    if (bytes === undefined) throw new Error("no such secret");
    return bytes;
  };
}
