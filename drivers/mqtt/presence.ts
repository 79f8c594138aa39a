/**
 * Which devices are there. A device behind a credential is there while any connection of it is logged in; one
 * without a credential from the first word it says on a connection until that connection ends; and none of them on
 * a connection that says it is gone (its own word, or that of the bridge in front of it).
 *
 * Holds: one fact per change; a device goes only when no connection is left that holds it and has not said it is
 * gone, so that the end of an old connection, or its will, takes nobody down who is already back on a new one.
 */
import type { DriverFact, Fault } from "../contract/index.ts";

interface Held<C> {
  by: Set<C>;
  /** By connection: who said that it is gone, itself or what stands in front of it. */
  gone: Map<C, Set<string>>;
  /** What was reported last. */
  told: "up" | "down" | null;
}

const nobody: ReadonlySet<string> = new Set();

export class Presence<C extends object> {
  readonly #report: (fact: DriverFact) => void;
  readonly #holders = new Map<string, Held<C>>();
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
      const holders = this.#holders.get(device) ?? { by: new Set<C>(), gone: new Map(), told: null };
      holders.by.add(connection);
      this.#holders.set(device, holders);
    }
  }

  /**
   * Devices that it holds are there.
   * @param waiting those of whom its login says nothing
   */
  up(connection: C, waiting: ReadonlySet<string> = nobody): void {
    for (const device of this.#held.get(connection) ?? []) {
      if (!waiting.has(device)) this.#up(connection, device);
    }
  }

  /** It said something: it is there, unless it is said to be gone. */
  heard(connection: C, device: string): void {
    if (!this.holds(connection, device)) this.hold(connection, [device]);
    this.#up(connection, device);
  }

  #up(connection: C, device: string): void {
    const holders = this.#holders.get(device);
    if (holders === undefined || holders.told === "up" || holders.gone.has(connection)) return;
    holders.told = "up";
    this.#report({ what: "up", device });
  }

  /**
   * A birth. What hangs on the device is back with it, unless it has said for itself that it is gone.
   * @param waiting those who are back from their own first word
   */
  online(connection: C, device: string, behind: readonly string[], waiting: ReadonlySet<string>): void {
    for (const id of [device, ...behind]) {
      const gone = this.#holders.get(id)?.gone;
      const sayers = gone?.get(connection);
      sayers?.delete(device);
      if (sayers?.size === 0) gone?.delete(connection);
      if (id === device) this.heard(connection, id);
      else if (!waiting.has(id) && this.holds(connection, id)) this.#up(connection, id);
    }
  }

  /** It, or its bridge for it, says that it is gone, and what hangs on it with it. */
  offline(connection: C, device: string, behind: readonly string[], fault: Fault): void {
    if (!this.holds(connection, device)) this.hold(connection, [device]);
    for (const id of [device, ...behind]) {
      const holders = this.#holders.get(id);
      if (holders === undefined || !holders.by.has(connection)) continue;
      const sayers = holders.gone.get(connection) ?? new Set();
      holders.gone.set(connection, sayers.add(device));
      this.#downIfGone(id, holders, fault);
    }
  }

  #downIfGone(device: string, holders: Held<C>, fault: Fault): void {
    if (holders.told === "down" || [...holders.by].some((connection) => !holders.gone.has(connection)))
      return;
    holders.told = "down";
    this.#report({ what: "down", device, fault });
  }

  /** True iff `connection` holds the device already. */
  holds(connection: C, device: string): boolean {
    return this.#held.get(connection)?.has(device) ?? false;
  }

  /** True iff another connection speaks for the device, too. */
  heldByOther(connection: C, device: string): boolean {
    const by = this.#holders.get(device)?.by;
    return by !== undefined && by.size > (by.has(connection) ? 1 : 0);
  }

  /** The connection ended. */
  release(connection: C, fault: Fault): void {
    this.only(connection, nobody, fault);
    this.#held.delete(connection);
  }

  /** From now on the connection speaks for no others than these, as far as it has spoken for them at all. */
  only(connection: C, devices: ReadonlySet<string>, fault: Fault): void {
    const held = this.#held.get(connection);
    for (const device of held ?? []) {
      if (devices.has(device)) continue;
      held?.delete(device);
      const holders = this.#holders.get(device);
      if (holders === undefined) continue;
      holders.by.delete(connection);
      holders.gone.delete(connection);
      // Who never was there does not go.
      if (holders.told === "up") this.#downIfGone(device, holders, fault);
      if (holders.by.size === 0) this.#holders.delete(device);
    }
  }
}
