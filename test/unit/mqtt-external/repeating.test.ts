import { afterEach, describe, expect, it } from "vitest";
import type { Message } from "../../../drivers/contract/index.ts";
import { Mirror } from "../../../edge/journal/mirror.ts";
import { device, settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

/** What the journal remembers of keys: the real thing, in memory. */
function memory() {
  const mirror = new Mirror();
  return {
    /** True: stored; false: it was here before. */
    take({ keys }: Message): boolean {
      const marks = mirror.marks(keys);
      if (mirror.repeated(marks)) return false;
      mirror.remember(marks);
      return true;
    },
  };
}

/** Which of the messages from `from` on are stored. */
async function stored(journal: ReturnType<typeof memory>, from: number, count: number): Promise<boolean[]> {
  await until(() => made.messages.length === from + count);
  return made.messages.slice(from).map((message) => journal.take(message));
}

const again = async (connack: object = {}) => {
  made.broker.script.connack = connack;
  return made.listening();
};

describe("what the broker sends again", () => {
  it("after our kill -9, in the session that it kept, is known by packet id and what it says", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    const [one, two] = [1, 2].map((co2) => made.broker.message(topicOf("air"), { co2 }));
    if (one === undefined || two === undefined) throw new Error("two messages");
    made.broker.send(one, two);
    expect(await stored(journal, 0, 2)).toEqual([true, true]);
    made.broker.end();
    // Nothing of the first session is remembered but what is on disk.
    await again({ sessionPresent: true });
    made.broker.send({ ...one, dup: true }, { ...two, dup: true });
    // It had been sent and never came here: marked as a repeat, and new.
    made.broker.publish(topicOf("air"), { co2: 3 }, { messageId: 3, dup: true });
    // The same packet id for something else.
    made.broker.publish(topicOf("air"), { co2: 4 }, { messageId: 1, dup: true });
    expect(await stored(journal, 2, 4)).toEqual([false, false, true, true]);
  });

  it("without the mark is a new message: two equal values may follow each other", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    for (const messageId of [5, 5]) made.broker.publish(topicOf("air"), { co2: 1 }, { messageId });
    expect(await stored(journal, 0, 2)).toEqual([true, true]);
  });

  it("in a session that it began anew is no repeat of what an earlier one brought under that packet id", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    made.broker.publish(topicOf("air"), { co2: 1 }, { messageId: 1 });
    expect(await stored(journal, 0, 1)).toEqual([true]);
    made.broker.end();
    await again({ sessionPresent: false });
    made.broker.publish(topicOf("air"), { co2: 1 }, { messageId: 1, dup: true });
    expect(await stored(journal, 1, 1)).toEqual([true]);
    // Now it has been seen in this session.
    made.broker.publish(topicOf("air"), { co2: 1 }, { messageId: 1, dup: true });
    expect(await stored(journal, 2, 1)).toEqual([false]);
  });

  it("is of another broker, or for another client id, when the link leads elsewhere", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    made.broker.publish(topicOf("air"), { co2: 1 }, { messageId: 1 });
    expect(await stored(journal, 0, 1)).toEqual([true]);
    made.broker.end();
    made.broker.script.connack = { sessionPresent: true };
    await made.listening({ link: { clientId: "another" } });
    made.broker.publish(topicOf("air"), { co2: 1 }, { messageId: 1, dup: true });
    expect(await stored(journal, 1, 1)).toEqual([true]);
  });

  it("is forgotten a keep-alive after its acknowledgement, so that its packet id can be used again", async () => {
    made = await world();
    await made.listening({ link: { keepAlive: "10s" } });
    for (let co2 = 1; co2 <= 40; co2++) made.broker.publish(topicOf("air"), { co2 });
    await until(() => made.messages.length === 40);
    await made.passing(made.clock.sleep(21_000, new AbortController().signal));
    await settle();
    made.broker.publish(topicOf("air"), { co2: 41 });
    made.broker.publish(topicOf("air"), { co2: 42 });
    await until(() => made.messages.length === 42);
    const drops = made.messages.slice(40).flatMap(({ keys }) => keys.filter(({ rule }) => rule === "drop"));
    expect(drops).toHaveLength(32);
  });

  it("is not forgotten while the broker has not shown that it read the acknowledgement", async () => {
    made = await world();
    await made.listening({ link: { keepAlive: "10s" } });
    made.broker.script.pings = false;
    for (let second = 0; second < 40; second++) {
      for (let n = 0; n < 3; n++) made.broker.publish(topicOf("air"), { co2: 3 * second + n });
      await until(() => made.messages.length === 3 * (second + 1));
      await made.clock.advance(1000);
    }
    const keys = made.messages.flatMap((message) => message.keys);
    expect(keys.filter(({ rule }) => rule === "drop")).toEqual([]);
  });
});

it("a busy broker's packet ids push out no key of a quiet device", async () => {
  made = await world();
  const mirror = new Mirror();
  made.deliver = async ({ keys }) => void mirror.remember(mirror.marks(keys));
  await made.listening();
  const quiet = { slot: "d/quiet", value: "1/1", rule: "once" } as const;
  mirror.remember(mirror.marks([quiet]));
  await sending(30_000);
  expect(mirror.repeated(mirror.marks([quiet]))).toBe(true);
  // And the topic.
  expect(mirror.slots).toBe(30_000 + 2);
});

it("what a broker sends again that went back is known, though it is many times what we said that we receive", async () => {
  made = await world();
  const mirror = new Mirror();
  let count = 0;
  made.deliver = async ({ keys }) => {
    const marks = mirror.marks(keys);
    if (mirror.repeated(marks)) return;
    mirror.remember(marks);
    count += 1;
  };
  await made.listening();
  const all = await sending(25_000);
  expect(count).toBe(25_000);
  made.broker.end();
  await again({ sessionPresent: true });
  await sending(25_000, all);
  expect(count).toBe(25_000);
});

/** Sends so many messages, or these again, and waits for their acknowledgement. */
async function sending(count: number, before?: readonly ReturnType<World["broker"]["message"]>[]) {
  const answered = made.broker.of("puback").length;
  const all =
    before?.map((packet) => ({ ...packet, dup: true })) ??
    Array.from({ length: count }, (_, co2) => made.broker.message(topicOf("air"), { co2 }));
  for (let from = 0; from < count; from += 1000) {
    made.broker.send(...all.slice(from, from + 1000));
    await until(() => made.broker.of("puback").length === answered + from + 1000);
  }
  return all;
}

describe("a retained message", () => {
  const retained = { retain: true } as const;

  it("is not fresh, and stored only if it says something else than was said last on its topic", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    made.broker.publish(topicOf("air"), { co2: 1 }, retained);
    expect(await stored(journal, 0, 1)).toEqual([true]);
    expect(made.messages[0]?.readings[0]?.samples).toEqual([{ point: "co2", raw: 1, stale: true }]);
    made.broker.end();
    await again();
    made.broker.publish(topicOf("air"), { co2: 1 }, retained);
    made.broker.publish(topicOf("air"), { co2: 2 }, retained);
    made.broker.publish(topicOf("air"), { co2: 1 }, retained);
    expect(await stored(journal, 1, 3)).toEqual([false, true, true]);
  });

  it("that we heard live is not stored once more when the broker shows it at the next login", async () => {
    made = await world();
    const journal = memory();
    await made.listening();
    made.broker.publish(topicOf("air"), { co2: 7 });
    expect(await stored(journal, 0, 1)).toEqual([true]);
    expect(made.messages[0]?.readings[0]?.samples[0]).not.toHaveProperty("stale");
    made.broker.end();
    await again();
    made.broker.publish(topicOf("air"), { co2: 7 }, retained);
    expect(await stored(journal, 1, 1)).toEqual([false]);
    // A live message may say the same as before.
    made.broker.publish(topicOf("air"), { co2: 7 });
    expect(await stored(journal, 2, 1)).toEqual([true]);
  });

  it("on any of 5,000 topics behind a wildcard is stored once, though they say the same", async () => {
    made = await world();
    const mirror = new Mirror();
    let count = 0;
    made.deliver = async ({ keys }) => {
      const marks = mirror.marks(keys);
      if (mirror.repeated(marks)) return;
      mirror.remember(marks);
      count += 1;
    };
    const wide = device("all", { co2: "co2" }, { address: { topics: ["t/+"] } });
    const show = async (name: string) => {
      const before = made.broker.of("puback").length;
      for (let from = 0; from < 5000; from += 1000) {
        const some = Array.from({ length: 1000 }, (_, n) =>
          made.broker.message(`t/${name}${from + n}`, { co2: 1 }, { retain: true }),
        );
        made.broker.send(...some);
        await until(() => made.broker.of("puback").length === before + from + 1000);
      }
    };
    await made.listening({ devices: [wide] });
    await show("a");
    expect(count).toBe(5000);
    made.broker.end();
    // Others, invented: all of them together have no more slots than before.
    await made.listening({ devices: [wide] });
    await show("b");
    expect(count).toBe(10_000);
    expect(mirror.slots).toBeLessThan(14_100);
  });

  it("behind a wildcard that was shown before is not stored again", async () => {
    made = await world();
    const journal = memory();
    const wide = device("all", { co2: "co2" }, { address: { topics: ["t/+"] } });
    await made.listening({ devices: [wide] });
    made.broker.publish("t/a", { co2: 1 }, retained);
    expect(await stored(journal, 0, 1)).toEqual([true]);
    made.broker.end();
    await made.listening({ devices: [wide] });
    made.broker.publish("t/a", { co2: 1 }, retained);
    made.broker.publish("t/b", { co2: 1 }, retained);
    expect(await stored(journal, 1, 2)).toEqual([false, true]);
  });

  it("that is taken back says nothing", async () => {
    made = await world();
    await made.listening();
    made.broker.publish(topicOf("air"), "", retained);
    made.broker.publish(topicOf("air"), "");
    await until(() => made.broker.of("puback").length === 2);
    expect(made.messages).toEqual([]);
  });

  it("of a device takes nobody for being there by a value, whatever the broker had kept", async () => {
    made = await world();
    await made.listening();
    made.broker.publish(topicOf("air"), { co2: 1 }, retained);
    await until(() => made.messages.length === 1);
    await settle();
    expect(made.facts).toEqual([]);
    made.broker.publish(topicOf("air"), { co2: 1 });
    await until(() => made.facts.length === 1);
    expect(made.facts).toEqual([{ what: "up", device: "air", running: true }]);
  });
});
