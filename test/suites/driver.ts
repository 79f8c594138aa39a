/**
 * The contract of a Driver, as tests: opening, ending, and what it says in between.
 * Worlds are real: real sockets or lines, a device that speaks the protocol; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Driver, Session } from "../../drivers/contract/index.ts";
import { type Deliver, type DriverFact, type Message, NotStored } from "../../drivers/contract/index.ts";
import type { FakeClock } from "../fake-clock.ts";

/** What one device put on the wire, seen from its side. */
export interface Said {
  /** True once the driver has acknowledged it. */
  acknowledged(): boolean;
  /** True once the driver has hung up on it. */
  cut(): boolean;
}

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
  /** For drivers that listen: a device says something good or something unreadable that contains `marker`. */
  say(what: "good" | "bad"): Promise<Said>;
  /** Text in every bad message, which must not come back in a fault. */
  marker: string;
}

const never = () => new AbortController().signal;

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Lets what is under way arrive, so that an absence can be seen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

export function driverSuite(name: string, makeWorld: () => Promise<DriverWorld>): void {
  describe(`${name} is a driver`, () => {
    let world: DriverWorld;
    let session: Session | null = null;
    const messages: Message[] = [];

    const open = async () => {
      session = await world.open(never());
      return session;
    };
    /** Moves the clock until a promise settles. */
    const passing = async <T>(work: Promise<T>): Promise<T> => {
      let open = true;
      const done = () => {
        open = false;
      };
      work.then(done, done);
      while (open) {
        await world.clock.advance(250);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return work;
    };
    const listen = async (deliver: Deliver = async () => {}) => {
      const opened = await open();
      await opened.listen?.((message) => {
        messages.push(message);
        return deliver(message);
      }, never());
      return opened;
    };

    beforeEach(async () => {
      messages.length = 0;
      world = await makeWorld();
    });
    afterEach(async () => {
      if (session !== null) await passing(session.close());
      session = null;
      await world.remove();
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

    it("delivers what a device says, and acknowledges it", async () => {
      await listen();
      const said = await world.say("good");
      await until(() => said.acknowledged());
      expect(messages).toHaveLength(1);
      expect(messages[0]?.readings[0]?.samples.length).toBeGreaterThan(0);
      expect(messages[0]?.readings.flatMap(({ faults }) => faults)).toEqual([]);
      expect(world.facts.some(({ what }) => what === "up")).toBe(true);
    });

    it("acknowledges nothing before it listens", async () => {
      const opened = await open();
      const said = await world.say("good");
      await settle();
      expect(said.acknowledged()).toBe(false);
      await opened.listen?.(async (message) => void messages.push(message), never());
      if (!said.cut()) await until(() => said.acknowledged() || said.cut());
    });

    it("acknowledges nothing before it is on disk", async () => {
      let stored = () => {};
      await listen(
        () =>
          new Promise((resolve) => {
            stored = resolve;
          }),
      );
      const said = await world.say("good");
      await until(() => messages.length === 1);
      await settle();
      expect(said.acknowledged()).toBe(false);
      stored();
      await until(() => said.acknowledged());
    });

    it.each(["busy", "store-down"] as const)(
      "never acknowledges what the journal refused: %s",
      async (code) => {
        let refuses = true;
        await listen(async () => {
          if (refuses) throw new NotStored(code);
        });
        const said = await world.say("good");
        await until(() => messages.length === 1);
        await settle();
        expect(said.acknowledged()).toBe(false);
        refuses = false;
        const again = await world.say("good");
        await until(() => again.acknowledged());
      },
    );

    it("survives a deliver that throws instead of rejecting", async () => {
      let throws = true;
      await listen(() => {
        if (throws) throw new TypeError("a mistake");
        return Promise.resolve();
      });
      const said = await world.say("good");
      await until(() => messages.length === 1);
      await settle();
      expect(said.acknowledged()).toBe(false);
      throws = false;
      const again = await world.say("good");
      await until(() => again.acknowledged());
    });

    it("makes a reading with a fault of what it cannot read, and says it without the text", async () => {
      await listen();
      const said = await world.say("bad");
      await until(() => said.acknowledged());
      const [reading] = messages[0]?.readings ?? [];
      expect(reading?.samples).toEqual([]);
      expect(reading?.faults[0]?.code).toMatch(new RegExp(`^${world.driver.kind.driver}\\.[a-z-]+$`));
      expect(JSON.stringify(messages)).not.toContain(world.marker);
    });

    it("delivers nothing after it has ended, and does not wait for ever for the disk", async () => {
      const opened = await listen(() => new Promise(() => {}));
      await world.say("good");
      await until(() => messages.length === 1);
      await passing(opened.close());
      await opened.ended;
      const before = messages.length;
      await world.say("good").catch(() => {});
      await settle();
      expect(messages).toHaveLength(before);
    });

    it("acknowledges while it closes what reached the disk in time", async () => {
      let stored = () => {};
      const opened = await listen(
        () =>
          new Promise((resolve) => {
            stored = resolve;
          }),
      );
      const said = await world.say("good");
      await until(() => messages.length === 1);
      const closed = opened.close();
      stored();
      await passing(closed);
      await until(() => said.cut());
      expect(said.acknowledged()).toBe(true);
    });
  });
}
