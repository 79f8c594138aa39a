/**
 * Which devices are there. A device behind a credential is up while any connection of it is logged in;
 * one without a credential from the first word it says on a connection until that connection ends.
 */
import type { DriverFact, Fault } from "../contract/index.ts";

export class Presence<C extends object> {
  readonly #report: (fact: DriverFact) => void;
  readonly #holders = new Map<string, { by: Set<C>; up: boolean }>();
  readonly #held = new Map<C, Set<string>>();

  constructor(report: (fact: DriverFact) => void) {
    this.#report = report;
  }

  /** `connection` is about to speak for these devices: the end of another one does not take them down. */
  hold(connection: C, devices: Iterable<string>): void {
    const held = this.#held.get(connection) ?? new Set();
    this.#held.set(connection, held);
    for (const device of devices) {
      held.add(device);
      const holders = this.#holders.get(device) ?? { by: new Set<C>(), up: false };
      holders.by.add(connection);
      this.#holders.set(device, holders);
    }
  }

  /** Devices that it holds are there. */
  up(connection: C): void {
    for (const device of this.#held.get(connection) ?? []) {
      const holders = this.#holders.get(device);
      if (holders === undefined || holders.up) continue;
      holders.up = true;
      this.#report({ what: "up", device });
    }
  }

  /** True iff `connection` holds the device already. */
  holds(connection: C, device: string): boolean {
    return this.#held.get(connection)?.has(device) ?? false;
  }

  /** The connection ended. */
  release(connection: C, fault: Fault): void {
    const held = this.#held.get(connection);
    this.#held.delete(connection);
    for (const device of held ?? []) {
      const holders = this.#holders.get(device);
      holders?.by.delete(connection);
      if (holders === undefined || holders.by.size > 0) continue;
      this.#holders.delete(device);
      if (holders.up) this.#report({ what: "down", device, fault });
    }
  }
}
