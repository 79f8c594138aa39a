/**
 * Where a device may be while it is set. Pure.
 *
 * Holds: as long as each write is told before it is sent, every place where the device is, or will be once it had no
 * power, is among `may`.
 */
import type { Assignment, AssignPlace } from "../../config/schema/kind.ts";

export class Whereabouts {
  readonly #places: readonly AssignPlace[];
  /** By write: whether it is in effect; null: it may be, or will be. */
  #has: (boolean | null)[];

  constructor({ places, writes }: Pick<Assignment, "places" | "writes">) {
    this.#places = places;
    this.#has = writes.map(() => false);
  }

  get may(): AssignPlace[] {
    return this.#places.filter(({ has }) =>
      has.every((one, write) => this.#has[write] === null || this.#has[write] === one),
    );
  }

  sending(write: number): void {
    this.#has[write] = null;
  }

  /** The device said no to it. */
  refused(write: number): void {
    this.#has[write] = false;
  }

  /** What is in effect where it was heard stays so. */
  heardAt({ has }: AssignPlace): void {
    this.#has = this.#has.map((before, write) => (has[write] === true ? true : before));
  }

  /** It was heard there after it had no power: what is not in effect by now never will be. */
  settledAt({ has }: AssignPlace): void {
    this.#has = [...has];
  }
}
