/** What is kept for those who are away stays within its bounds, and with its owner. */
import { afterEach, describe, expect, it } from "vitest";
import {
  Kept,
  maxQueued,
  maxQueuedBytesInAll,
  maxSessions,
  maxSessionsEach,
} from "../../../drivers/mqtt/kept.ts";
import type { KeptPacket } from "../../../drivers/mqtt/kept-packet.ts";
import { maxRetained, maxRetainedBytes, Retained } from "../../../drivers/mqtt/retained.ts";
import { guest } from "./guest.ts";
import { device, secretOf, settle, type World, world } from "./world.ts";

const message = (topic: string, bytes: number, brokerCounter = 1): KeptPacket => ({
  cmd: "publish",
  topic,
  payload: Buffer.alloc(bytes),
  qos: 1,
  retain: false,
  dup: false,
  brokerId: "b",
  brokerCounter,
});

describe("retained messages", () => {
  it("are so many and no more, the newest ones", () => {
    const retained = new Retained();
    for (let n = 0; n < maxRetained + 10; n++) retained.store(message(`t/${n}`, 1));
    const topics = retained.matching(["t/#"]).map(({ topic }) => topic);
    expect(topics).toHaveLength(maxRetained);
    expect([topics[0], topics.at(-1)]).toEqual(["t/10", `t/${maxRetained + 9}`]);
  });

  it("are so many bytes and no more, also when one topic says more and more", () => {
    const retained = new Retained();
    for (let n = 0; n < 100; n++) retained.store(message(`t/${n % 30}`, 60_000));
    const bytes = retained.matching(["#"]).reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(maxRetainedBytes);
    expect(bytes).toBeGreaterThan(maxRetainedBytes - 70_000);
    for (let n = 0; n < 30; n++) retained.store(message(`t/${n}`, 0));
    expect(retained.matching(["#"])).toEqual([]);
    retained.store(message("huge", 2 * maxRetainedBytes));
    expect(retained.matching(["#"])).toEqual([]);
  });

  it("hold no more memory than their own", () => {
    const retained = new Retained();
    const piece = Buffer.alloc(64 * 1024);
    retained.store({ ...message("t", 0), payload: piece.subarray(0, 10) });
    const [{ payload } = {}] = retained.matching(["t"]);
    expect(payload).toHaveLength(10);
    expect((payload as Buffer).buffer.byteLength).toBe(10);
  });
});

describe("sessions", () => {
  const here = new Set<string>();
  const kept = () =>
    new Kept<{ id: string; owner?: string }>({
      rights: ({ owner }) => ({ owner, maySubscribe: () => true }),
      isHere: (id) => here.has(id),
      onReleased: () => {},
    });
  const queueOf = async (store: ReturnType<typeof kept>, id: string) =>
    (await store.outgoingStream({ id }).toArray()) as KeptPacket[];

  it("are so many and no more: whoever is away longest is forgotten, never who is here", async () => {
    const store = kept();
    here.add("s0");
    for (let n = 0; n < maxSessions + 5; n++) {
      await store.addSubscriptions({ id: `s${n}` }, [{ topic: "a", qos: 1 }]);
    }
    expect(store.sessions).toBe(maxSessions);
    const subscribers = (await store.subscriptionsByTopic("a")).map(({ clientId }) => clientId);
    expect(subscribers.slice(0, 2)).toEqual(["s0", "s6"]);
    here.clear();
  });

  it("of one credential are so many and no more: they push out its own alone", async () => {
    const store = kept();
    const subscribe = (id: string, owner: string) =>
      store.addSubscriptions({ id, owner }, [{ topic: "a", qos: 1 }]);
    await subscribe("other", "other");
    for (let n = 0; n < maxSessionsEach + 5; n++) await subscribe(`s${n}`, "bad");
    expect(store.sessions).toBe(maxSessionsEach + 1);
    const ids = (await store.subscriptionsByTopic("a")).map(({ clientId }) => clientId);
    expect(ids.slice(0, 2)).toEqual(["other", "s5"]);
  });

  it("wait for so many messages and no more, the first ones, in order", async () => {
    const store = kept();
    await store.addSubscriptions({ id: "s" }, [{ topic: "a", qos: 1 }]);
    for (let n = 0; n < maxQueued + 50; n++) {
      await store.outgoingEnqueueCombi(await store.subscriptionsByTopic("a"), message("a", 10, n));
    }
    const counters = (await queueOf(store, "s")).map(({ brokerCounter }) => brokerCounter);
    expect(counters).toEqual(Array.from({ length: maxQueued }, (_, n) => n));
  });

  it("hold so many bytes and no more over all, and give them back", async () => {
    const store = kept();
    const ids = Array.from({ length: 200 }, (_, n) => `s${n}`);
    for (const id of ids) await store.addSubscriptions({ id }, [{ topic: "a", qos: 1 }]);
    for (let n = 0; n < 60; n++) {
      await store.outgoingEnqueueCombi(await store.subscriptionsByTopic("a"), message("a", 10_000, n));
    }
    expect(store.queuedBytes).toBeLessThanOrEqual(maxQueuedBytesInAll);
    expect(store.queuedBytes).toBeGreaterThan(maxQueuedBytesInAll - 20_000);
    for (const id of ids.slice(1)) await store.cleanSubscriptions({ id });
    for (const packet of await queueOf(store, "s0")) {
      const sent = { ...packet, messageId: 1 + (packet.brokerCounter ?? 0) };
      await store.outgoingUpdate({ id: "s0" }, sent);
      await store.outgoingUpdate({ id: "s0" }, { cmd: "pubrel", messageId: sent.messageId });
      await store.outgoingClearMessageId({ id: "s0" }, sent);
    }
    expect(store.queuedBytes).toBe(0);
  });

  it("know two releases apart", async () => {
    const store = kept();
    await store.addSubscriptions({ id: "s" }, [{ topic: "a", qos: 2 }]);
    for (const n of [1, 2]) {
      const packet = { ...message("a", 1, n), qos: 2 };
      await store.outgoingEnqueueCombi([{ clientId: "s", topic: "a", qos: 2 }], packet);
      await store.outgoingUpdate({ id: "s" }, { ...packet, messageId: n });
      await store.outgoingUpdate({ id: "s" }, { cmd: "pubrel", messageId: n });
    }
    expect((await queueOf(store, "s")).map(({ messageId }) => messageId)).toEqual([1, 2]);
    await store.outgoingClearMessageId({ id: "s" }, { cmd: "pubcomp", messageId: 1 });
    expect((await queueOf(store, "s")).map(({ messageId }) => messageId)).toEqual([2]);
  });

  it("cost nothing by acknowledgements of what was never sent", async () => {
    const store = kept();
    for (let n = 0; n < 1000; n++)
      await store.outgoingClearMessageId({ id: `c${n}` }, { cmd: "puback", messageId: n });
    expect(store.sessions).toBe(0);
  });

  it("have so many unreleased QoS 2 messages and no more", () => {
    const store = kept();
    for (let n = 1; n <= 64; n++) expect(store.isNew("c", n)).toBe(true);
    expect(store.isNew("c", 64)).toBe(false);
    expect(() => store.isNew("c", 65)).toThrow(RangeError);
  });
});

describe("a session under the client id of another credential", () => {
  let w: World;
  afterEach(() => w.close());
  const login = (user: string) => ({
    username: user,
    password: secretOf(user),
    clientId: "same",
    clean: false,
  });

  it("begins with nothing: neither subscriptions nor messages that wait", async () => {
    w = await world([device("air", { co2: "co2" })], { guest });
    const first = await w.client();
    first.connect({ clientId: "same", clean: false });
    await first.next("connack");
    first.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "private", qos: 1 }] });
    await first.next("suback");
    first.send({ cmd: "disconnect" });
    await first.end();
    const speaker = await w.client();
    speaker.connect({ clientId: "speaker" });
    await speaker.next("connack");
    speaker.send({
      cmd: "publish",
      topic: "private",
      payload: "x",
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    await speaker.next("puback");
    const thief = await w.client();
    thief.connect(login("air"));
    expect(await thief.next("connack")).toMatchObject({ returnCode: 0, sessionPresent: false });
    thief.send({ cmd: "pingreq" });
    await thief.next("pingresp");
    await settle();
    expect(thief.packets.map(({ cmd }) => cmd)).toEqual(["connack", "pingresp"]);
  });
});
