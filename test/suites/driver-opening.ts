/**
 * What holds of every driver, as tests: opening, giving up, ending.
 * Worlds are real: real sockets or lines, a device that speaks the protocol; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Driver, DriverFact, Session } from "../../drivers/contract/index.ts";
import type { FakeClock } from "../fake-clock.ts";

export interface DriverWorld {
  driver: Driver;
  clock: FakeClock;
  facts: DriverFact[];
  /** Opens the link of this world. */
  open(signal: AbortSignal): Promise<Session>;
  /** Opens a link that cannot be opened. */
  openBroken(signal: AbortSignal): Promise<Session>;
  /** True while the driver holds the port or the line of this world's link. */
  held(): Promise<boolean>;
  remove(): Promise<void>;
  /** Text in everything bad, which must not come back in a fault. */
  marker: string;
}

export const never = () => new AbortController().signal;

/** Lets what is under way arrive, so that an absence can be seen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Moves the clock until a promise settles. */
export async function pass<T>(clock: FakeClock, work: Promise<T>, stepMs: number): Promise<T> {
  let open = true;
  const done = () => {
    open = false;
  };
  work.then(done, done);
  while (open) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return work;
}

/** What holds of every driver. */
export function openingSuite(kind: string, makeWorld: () => Promise<DriverWorld>): void {
  describe("opening and closing", () => {
    let world: DriverWorld;
    let session: Session | null = null;
    const passing = <T>(work: Promise<T>) => pass(world.clock, work, 250);
    const open = async () => {
      session = await world.open(never());
      return session;
    };
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      if (session !== null) await passing(session.close());
      session = null;
      await world.remove();
    });

    it(`is that of links of kind ${kind}`, () => {
      expect(world.driver.kind.kind).toBe(kind);
    });

    it("opens what can be opened, and frees it when closed", async () => {
      expect(await world.held()).toBe(false);
      const opened = await open();
      expect(await world.held()).toBe(true);
      await passing(opened.close());
      expect(await world.held()).toBe(false);
    });

    it("rejects what cannot be opened with a fault of its own, and leaves nothing behind", async () => {
      const failure = await world.openBroken(never()).then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(Error);
      expect(failure).toMatchObject({
        fault: { code: expect.stringMatching(/^[a-z0-9-]+\.[a-z-]+$/), retry: expect.any(String) },
      });
      expect(world.clock.sleeping).toBe(0);
    });

    it("opens nothing for a signal that is aborted already", async () => {
      await expect(world.open(AbortSignal.abort(new Error("given up")))).rejects.toThrow();
      await settle();
      expect(await world.held()).toBe(false);
      expect(world.clock.sleeping).toBe(0);
    });

    it("gives up at any moment while it opens, and nothing is held then", async () => {
      for (let moment = 0; moment < 40; moment++) {
        const abort = new AbortController();
        const opening = world.open(abort.signal).then(
          (opened) => opened,
          () => null,
        );
        for (let passed = 0; passed < moment; passed++) {
          // Moments of three sizes: a promise's, a tick's and a turn of the loop.
          if (moment < 15) await null;
          else if (moment < 30) await new Promise<void>((resolve) => process.nextTick(resolve));
          else await new Promise(setImmediate);
        }
        abort.abort(new Error("given up"));
        // Too late to give up is allowed; the session must then be whole.
        const outcome = await opening;
        if (outcome !== null) await passing(outcome.close());
        await settle();
        expect(await world.held(), `given up at moment ${moment}`).toBe(false);
        expect(world.clock.sleeping).toBe(0);
      }
    });

    it("ends once, with null, however often it is closed", async () => {
      const opened = await open();
      let ends = 0;
      void opened.ended.then(() => {
        ends += 1;
      });
      await passing(Promise.all([opened.close(), opened.close()]));
      await passing(opened.close());
      expect(await opened.ended).toBeNull();
      expect(ends).toBe(1);
      expect(world.clock.sleeping).toBe(0);
    });

    it("opens again after it was closed", async () => {
      await passing((await open()).close());
      const again = await open();
      expect(again.ended).not.toBe(null);
      expect(await world.held()).toBe(true);
    });
  });
}
