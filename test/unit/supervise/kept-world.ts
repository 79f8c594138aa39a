import { afterEach, beforeEach, expect } from "vitest";
import { KeptOpen, type KeptState, type Openable } from "../../../edge/supervise/keep-open.ts";
import { FakeClock } from "../../fake-clock.ts";

/** Something openable in the test's hand: it ends when told, and counts its closes. */
export class Thing implements Openable {
  closes = 0;
  readonly #end = Promise.withResolvers<unknown>();
  readonly ended = this.#end.promise;
  readonly #closing: (thing: Thing) => Promise<void>;
  constructor(closing: (thing: Thing) => Promise<void> = async (thing) => thing.lose(null)) {
    this.#closing = closing;
  }
  lose(why: unknown): void {
    this.#end.resolve(why);
  }
  close(): Promise<void> {
    this.closes += 1;
    return this.#closing(this);
  }
}

export const never = () => new Promise<never>(() => {});
export const hourMs = 3_600_000;

/** What a test changes while its thing is kept open. */
interface KeptWorld {
  clock: FakeClock;
  /** What the dice show. */
  share: number;
  reports: KeptState[];
  /** Monotonic ms of each attempt. */
  opened: number[];
  opener(signal: AbortSignal): Promise<Thing>;
  run: ((thing: Thing, signal: AbortSignal) => Promise<void>) | undefined;
  kept: KeptOpen<Thing>;
  last(): KeptState | undefined;
  /** Lets everything run that no timer holds. */
  settle(): Promise<void>;
  /** What was just set going reaches its timer before time passes. */
  pass(ms: number): Promise<void>;
}

/** A fresh world for each test of a file; whatever the test did, it stops in time and no timer is left. */
export function keptWorld(): KeptWorld {
  const world = {
    last: () => world.reports.at(-1),
    settle: () => world.clock.advance(0),
    pass: async (ms) => {
      await world.settle();
      await world.clock.advance(ms);
    },
  } as KeptWorld;
  beforeEach(() => {
    const clock = new FakeClock();
    Object.assign(world, { clock, share: 0.5, reports: [], opened: [], run: undefined });
    world.opener = async () => new Thing();
    world.kept = new KeptOpen<Thing>({
      clock,
      random: () => world.share,
      open: (signal) => {
        world.opened.push(clock.monotonicMs());
        return world.opener(signal);
      },
      run: (thing, signal) => world.run?.(thing, signal) ?? Promise.resolve(),
      report: (state) => void world.reports.push(state),
    });
  });
  afterEach(async () => {
    const stopping = world.kept.stop();
    await world.pass(3_000);
    await stopping;
    expect(world.clock.sleeping).toBe(0);
  });
  return world;
}
