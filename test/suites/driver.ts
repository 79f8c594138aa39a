/**
 * The contract of a driver whose devices speak by themselves, as tests: opening, ending, and what it says in between.
 * Worlds are real: real sockets or lines, a device that speaks the protocol; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deliver, type Message, NotStored, type Session } from "../../drivers/contract/index.ts";
import { type DriverWorld, never, openingSuite, pass, settle } from "./driver-opening.ts";

/** What one device put on the wire, seen from its side. */
export interface Said {
  /** True once the driver has acknowledged it. */
  acknowledged(): boolean;
  /** True once the driver has hung up on it. */
  cut(): boolean;
}

/** A driver whose devices speak by themselves. */
export interface ListeningWorld extends DriverWorld {
  /** All its devices are behind one connection, so that what could not be stored ends the session. */
  endsUnstored?: true;
  /** A device says something good or something unreadable that contains the marker. */
  say(what: "good" | "bad"): Promise<Said>;
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/**
 * The contract of a driver whose devices speak by themselves.
 * @param kind of its links, written out, as test/rules/suites.test.ts looks for it
 */
export function driverSuite(kind: string, name: string, makeWorld: () => Promise<ListeningWorld>): void {
  describe(`${name} is a driver`, () => {
    openingSuite(kind, makeWorld);

    let world: ListeningWorld;
    let session: Session | null = null;
    const messages: Message[] = [];
    const passing = <T>(work: Promise<T>) => pass(world.clock, work, 250);
    const open = async () => {
      session = await world.open(never());
      return session;
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
        if (world.endsUnstored === true) {
          expect(await passing(session?.ended ?? Promise.resolve(null))).toMatchObject({ retry: "later" });
          return;
        }
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
      if (world.endsUnstored === true) {
        expect(await passing(session?.ended ?? Promise.resolve(null))).toMatchObject({ retry: "later" });
        return;
      }
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
