/**
 * The contract of a driver whose devices are polled, as tests.
 * Worlds are real: real sockets or lines, a device that speaks the protocol; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Job, Session } from "../../drivers/contract/index.ts";
import { type DriverWorld, never, openingSuite, pass } from "./driver-opening.ts";

/** A driver whose devices speak when they are asked. */
export interface PolledWorld extends DriverWorld {
  job: Job;
  /** What the job's device answers from now on: a good answer, an unreadable one that contains the marker, or none. */
  device(does: "answer" | "garble" | "nothing"): void;
}

/**
 * The contract of a driver whose devices are polled.
 * @param kind of its links, written out, as test/rules/suites.test.ts looks for it
 */
export function polledDriverSuite(kind: string, name: string, makeWorld: () => Promise<PolledWorld>): void {
  describe(`${name} is a driver`, () => {
    openingSuite(kind, makeWorld);

    let world: PolledWorld;
    let session: Session | null = null;
    const passing = <T>(work: Promise<T>, stepMs = 4) => pass(world.clock, work, stepMs);
    const open = async () => {
      session = await world.open(never());
      return session;
    };
    const run = (opened: Session, signal = never()) => {
      if (opened.run === undefined) throw new Error("it is not polled");
      return opened.run(world.job, signal);
    };

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      if (session !== null) await passing(session.close(), 250);
      session = null;
      await world.remove();
    });

    it("answers a job with a reading of its device and all of its points", async () => {
      world.device("answer");
      const { reading, instead } = await passing(run(await open()));
      expect(reading).toMatchObject({ device: world.job.device, faults: [] });
      expect(reading.samples.map(({ point }) => point).sort()).toEqual([...world.job.points].sort());
      expect(instead).toBeUndefined();
    });

    it.each([
      ["what it cannot read", "garble"],
      ["silence", "nothing"],
    ] as const)(
      "makes a reading with a fault of %s, says it without the text, and reads on",
      async (_, does) => {
        const opened = await open();
        world.device(does);
        const { reading } = await passing(run(opened));
        expect(reading).toMatchObject({ device: world.job.device, samples: [] });
        expect(reading.faults[0]?.code).toMatch(new RegExp(`^${world.driver.kind.driver}\\.[a-z-]+$`));
        expect(JSON.stringify(reading)).not.toContain(world.marker);
        world.device("answer");
        expect((await passing(run(opened))).reading.samples.length).toBeGreaterThan(0);
      },
    );

    it("lets go of a turn at once when its signal is aborted, at any moment, and reads on", async () => {
      const opened = await open();
      for (let moment = 0; moment < 24; moment += 2) {
        world.device("nothing");
        const abort = new AbortController();
        const turn = run(opened, abort.signal);
        turn.catch(() => {});
        for (let passed = 0; passed < moment; passed++) await world.clock.advance(1);
        const reason = new Error("given up");
        abort.abort(reason);
        await expect(turn).rejects.toBe(reason);
        world.device("answer");
        // A turn may go into making sure that no answer to the one before is taken for its own.
        const next = [await passing(run(opened)), await passing(run(opened))];
        expect(next.some(({ reading }) => reading.samples.length > 0)).toBe(true);
      }
    });

    it("ends a turn that is under way when it is closed, and begins none after it", async () => {
      const opened = await open();
      world.device("nothing");
      const turn = run(opened);
      turn.catch(() => {});
      await world.clock.advance(5);
      await passing(opened.close());
      await expect(turn).rejects.toMatchObject({ fault: { retry: "later" } });
      expect(await opened.ended).toBeNull();
      await expect(run(opened)).rejects.toMatchObject({ fault: { retry: "later" } });
      expect(world.clock.sleeping).toBe(0);
    });
  });
}
