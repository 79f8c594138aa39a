import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type Key, NotStored } from "../../../drivers/contract/index.ts";
import { AnsweredSlots } from "../../../drivers/mqtt/answered.ts";
import { dropBundle, maxUnreleased, RepeatKeys } from "../../../drivers/mqtt/repeat-keys.ts";
import { device, publish, settle, topicOf, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;

const digestOf = (id: string, body: object) =>
  createHash("sha256")
    .update(`${topicOf(id)}\0${JSON.stringify(body)}`)
    .digest("hex");

describe("keys on the wire", () => {
  afterEach(() => w.close());

  it("are none for QoS 0", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(publish("air", { co2: 1 }, { qos: 0 }));
    await until(() => w.messages.length === 1);
    expect(w.messages[0]?.keys).toEqual([]);
  });

  it("of QoS 1 and 2 hold credential, client, packet id and digest, and are asked for only when DUP says so", async () => {
    w = await world([air()]);
    const client = await w.login("air", { clientId: "esp" });
    client.send(
      publish("air", { co2: 1 }, { messageId: 7 }),
      publish("air", { co2: 1 }, { messageId: 7, dup: true }),
      publish("air", { co2: 1 }, { messageId: 8, qos: 2 }),
      publish("air", { co2: 1 }, { messageId: 8, qos: 2, dup: true }),
    );
    await until(() => w.messages.length === 4);
    const value = digestOf("air", { co2: 1 });
    expect(w.messages.map(({ keys }) => keys)).toEqual([
      [{ slot: "q1/air/esp/7", value, rule: "set" }],
      [{ slot: "q1/air/esp/7", value, rule: "last" }],
      [{ slot: "q2/air/esp/8", value, rule: "set" }],
      [{ slot: "q2/air/esp/8", value, rule: "last" }],
    ]);
  });

  it("are the same after our own restart, so that what was stored before it is recognised", async () => {
    const asked: Key[][] = [];
    for (const dup of [false, true]) {
      w = await world([air()]);
      w.automatic = false;
      const client = await w.login("air", { clean: false });
      client.send(
        publish("air", { co2: 5 }, { messageId: 3, dup }),
        publish("air", { co2: 6 }, { messageId: 4, qos: 2, dup }),
      );
      await until(() => w.delivered.length === 2);
      asked.push(w.messages.flatMap(({ keys }) => keys));
      client.socket.destroy();
      if (!dup) await w.close();
    }
    const [before, after] = asked;
    expect(after).toEqual(before?.map((key) => ({ ...key, rule: "last" })));
  });

  it("are of no use to another credential that takes the same client id", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    const first = await w.login("air", { clientId: "esp" });
    first.send(publish("air", { co2: 1 }, { messageId: 7 }));
    await first.next("puback");
    first.socket.destroy();
    await until(() => w.facts.some(({ what }) => what === "down"));
    const second = await w.login("other", { clientId: "esp" });
    second.send(publish("other", { t: 1 }, { messageId: 7, dup: true }));
    await second.next("puback");
    expect(w.messages.map(({ keys }) => keys[0]?.slot)).toEqual(["q1/air/esp/7", "q1/other/esp/7"]);
  });

  it("of a device that uses up all packet ids push out none of another", () => {
    const keys = new RepeatKeys();
    const [quiet, loud] = [new AnsweredSlots(), new AnsweredSlots()];
    const say = (name: string, slots: AnsweredSlots, messageId: number, now: number) => {
      const packet = { qos: 1, dup: false, messageId, topic: "t", payload: new Uint8Array() };
      const key = keys.of(name, slots, packet);
      if (key !== null) keys.acknowledged(slots, key, now);
    };
    for (let id = 1; id <= dropBundle; id++) say("u/quiet", quiet, id, 0);
    for (let id = 1; id <= 65_535; id++) say("u/loud", loud, id, 0);
    expect(loud.size).toBe(512);
    expect(quiet.size).toBe(dropBundle);
    keys.delivered(quiet, 10, 20);
    expect(keys.takeDrops().map(({ slot }) => slot)).toContain("q1/u/quiet/1");
  });

  it("come beside the device's own", async () => {
    w = await world([device("air", { co2: "co2" }, { profile: { identity: { epoch: "boot", seq: "n" } } })]);
    const client = await w.login("air");
    client.send(publish("air", { co2: 1, boot: 4, n: 77 }));
    await until(() => w.messages.length === 1);
    expect(w.messages[0]?.keys.map(({ slot, rule }) => [slot, rule])).toEqual([
      ["d/air", "once"],
      ["q1/air/air/1", "set"],
    ]);
    expect(w.messages[0]?.keys[0]?.value).toBe("4/77");
  });

  it("are dropped once the device went on for a keep-alive after its acknowledgement", async () => {
    w = await world([air()]);
    const client = await w.login("air", { keepalive: 30 });
    const send = async (first: number, count: number) => {
      const before = w.messages.length;
      client.send(
        ...Array.from({ length: count }, (_, n) => publish("air", { co2: n }, { messageId: first + n })),
      );
      await until(() => client.ids("puback").length === before + count);
    };
    await send(1, dropBundle);
    for (let second = 0; second < 30; second += 10) {
      await w.clock.advance(10_000);
      client.send({ cmd: "pingreq" });
      await until(() => client.packets.at(-1)?.cmd === "pingresp");
    }
    await settle();
    await send(100, 2);
    const drops = w.messages.flatMap(({ keys }) => keys.filter(({ rule }) => rule === "drop"));
    expect(drops.map(({ slot }) => slot)).toEqual(
      Array.from({ length: dropBundle }, (_, n) => `q1/air/air/${n + 1}`),
    );
  });

  it("of QoS 2 are dropped when the device releases the packet", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    for (let n = 1; n <= dropBundle; n++) {
      client.send(publish("air", { co2: n }, { messageId: n, qos: 2 }));
      await until(() => client.ids("pubrec").length === n);
      client.send({ cmd: "pubrel", messageId: n });
      await until(() => client.ids("pubcomp").length === n);
    }
    // A repeat is not stored, so nothing may ride on it.
    client.send(publish("air", { co2: 0 }, { messageId: 98, dup: true }));
    await until(() => client.ids("puback").length === 1);
    expect(w.messages.at(-1)?.keys.map(({ rule }) => rule)).toEqual(["last"]);
    client.send(publish("air", { co2: 0 }, { messageId: 99 }));
    await until(() => client.ids("puback").length === 2);
    const last = w.messages.at(-1)?.keys ?? [];
    expect(last.filter(({ rule }) => rule === "drop")).toHaveLength(dropBundle);
  });

  it("let in 64 unreleased QoS 2 packets and send the device away at the next", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(
      ...Array.from({ length: maxUnreleased + 1 }, (_, n) =>
        publish("air", { co2: n }, { messageId: n + 1, qos: 2 }),
      ),
    );
    await client.end();
    expect(client.ids("pubrec")).toHaveLength(maxUnreleased);
    expect(w.codes("refused")).toEqual(["mqtt.unreleased"]);
  });

  it("answer a PUBREL of an unknown packet, as after our restart", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send({ cmd: "pubrel", messageId: 12 });
    expect((await client.next("pubcomp")).messageId).toBe(12);
  });

  it("that could not be dropped because the disk refused are dropped later", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    for (let n = 1; n <= dropBundle; n++) {
      client.send(publish("air", { co2: n }, { messageId: n, qos: 2 }), { cmd: "pubrel", messageId: n });
    }
    await until(() => client.ids("pubcomp").length === dropBundle);
    w.automatic = false;
    client.send(publish("air", { co2: 0 }, { messageId: 1 }));
    await until(() => w.delivered.length === dropBundle + 1);
    w.delivered.at(-1)?.reject(new NotStored("busy"));
    await client.end();
    w.automatic = true;
    const again = await w.login("air");
    again.send(publish("air", { co2: 0 }, { messageId: 1 }));
    await again.next("puback");
    const drops = w.messages.map(({ keys }) => keys.filter(({ rule }) => rule === "drop").length);
    expect(drops.slice(-2)).toEqual([dropBundle, dropBundle]);
  });
});

describe("keys to be dropped", () => {
  const packet = (messageId: number, more: object = {}) => ({
    qos: 1,
    dup: false,
    messageId,
    topic: "t",
    payload: new Uint8Array(),
    ...more,
  });
  const enough = (keys: RepeatKeys, answered: AnsweredSlots, at: number) => {
    for (let id = 1; id <= dropBundle; id++) {
      const key = keys.of("c", answered, packet(id));
      if (key !== null) keys.acknowledged(answered, key, at);
    }
  };

  it("never meet a newer packet with the same id", () => {
    const keys = new RepeatKeys();
    const answered = new AnsweredSlots();
    enough(keys, answered, 0);
    // Used again before its time, and once more after it was noted for dropping.
    const again = keys.of("c", answered, packet(5));
    if (again !== null) keys.acknowledged(answered, again, 900);
    keys.delivered(answered, 1000, 1000);
    expect(keys.pendingDrops).toBe(dropBundle - 1);
    keys.of("c", answered, packet(6));
    expect(keys.pendingDrops).toBe(dropBundle - 2);
  });

  it("are over: a packet with DUP=1 that comes then is another message, though it says the same", () => {
    const keys = new RepeatKeys();
    const answered = new AnsweredSlots();
    const first = keys.of("c", answered, packet(1));
    if (first !== null) keys.acknowledged(answered, first, 0);
    expect(keys.of("c", answered, packet(1, { dup: true }))).toMatchObject({ rule: "last" });
    if (first !== null) keys.acknowledged(answered, first, 0);
    keys.delivered(answered, 1000, 1000);
    expect(keys.of("c", answered, packet(1, { dup: true }))).toMatchObject({ rule: "set" });
  });

  it("stay when the connection ends, for the device may send again", () => {
    const keys = new RepeatKeys();
    const answered = new AnsweredSlots();
    enough(keys, answered, 0);
    keys.left(answered);
    keys.delivered(answered, 1000, 5000);
    expect(keys.pendingDrops).toBe(0);
  });

  it("of one packet id used all the time are one slot", () => {
    const keys = new RepeatKeys();
    const answered = new AnsweredSlots();
    for (let at = 0; at < 10_000; at++) {
      const key = keys.of("c", answered, packet(1));
      if (key !== null) keys.acknowledged(answered, key, at);
    }
    expect(answered.size).toBe(1);
    keys.delivered(answered, 100, 10_050);
    expect(keys.pendingDrops).toBe(0);
    keys.delivered(answered, 100, 10_099);
    expect(keys.pendingDrops).toBe(1);
  });

  it("are bounded, however many there are", () => {
    const keys = new RepeatKeys();
    for (let id = 0; id < 70_000; id++) keys.released(`c${id % 7}`, id);
    expect(keys.pendingDrops).toBe(4096);
    expect(keys.takeDrops()).toHaveLength(dropBundle);
  });
});
