/**
 * Faults that somebody has set by hand, and which of them act once.
 *
 * Holds: faults add up and act until taken back or used up; the same seed misbehaves in the same way.
 */
import { type Chance, seeded } from "./seeded.ts";

/** When a fault acts; without any of these, always. */
export interface FaultLimits {
  /** Acts so many times, then is gone. */
  times?: number;
  /** Acts with this probability, 0 to 1. */
  chance?: number;
}

export type AnyFault = FaultLimits & { kind: string };
type Of<Fault extends AnyFault, Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

/** The faults that act this time. */
export class Drawn<Fault extends AnyFault> {
  readonly all: readonly Fault[];
  readonly chance: Chance;

  constructor(all: readonly Fault[], chance: Chance) {
    this.all = all;
    this.chance = chance;
  }

  /** The fault of a kind; the one set last, when there are several. */
  get<Kind extends Fault["kind"]>(kind: Kind): Of<Fault, Kind> | undefined {
    return this.all.findLast((fault): fault is Of<Fault, Kind> => fault.kind === kind);
  }
}

export class HandFaults<Fault extends AnyFault> {
  readonly #chance: Chance;
  #held: { fault: Fault; left: number }[] = [];

  constructor(...seed: (string | number)[]) {
    this.#chance = seeded("faults", ...seed);
  }

  /** Sets a fault; the result takes it back. */
  add(fault: Fault): () => void {
    const held = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#held.push(held);
    return () => {
      this.#held = this.#held.filter((other) => other !== held);
    };
  }

  clear(): void {
    this.#held = [];
  }

  /** The one of a kind that was set last, without using it up: for what lasts, whatever is asked. */
  lasting<Kind extends Fault["kind"]>(kind: Kind): Of<Fault, Kind> | undefined {
    return this.#held
      .map(({ fault }) => fault)
      .findLast((fault): fault is Of<Fault, Kind> => fault.kind === kind);
  }

  has(kind: Fault["kind"]): boolean {
    return this.#held.some(({ fault }) => fault.kind === kind);
  }

  /** Draws what is wrong now. @param concerns which faults it could be */
  draw(concerns: (fault: Fault) => boolean = () => true): Drawn<Fault> {
    const acting: Fault[] = [];
    for (const held of this.#held) {
      const { fault } = held;
      if (held.left < 1 || !concerns(fault)) continue;
      if (fault.chance !== undefined && this.#chance() >= fault.chance) continue;
      held.left -= 1;
      acting.push(fault);
    }
    this.#held = this.#held.filter(({ left }) => left > 0);
    return new Drawn(acting, this.#chance);
  }
}
