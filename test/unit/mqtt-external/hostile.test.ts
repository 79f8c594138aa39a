import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { ExternalConnection } from "../../../drivers/mqtt/external/connection.ts";
import { accessOf } from "../../../drivers/mqtt/external/subscriptions.ts";
import { device, settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(values.map((value) => (typeof value === "number" ? Buffer.of(value) : Buffer.from(value))));

/** As a variable byte integer. */
function varying(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [low] : [low + 128, ...varying(Math.floor(value / 128))];
}

/** CONNACK and so on for MQTT 5, as a server would never send them. */
const violations: [string, Buffer][] = [
  ["a type that there is not", bytes(0x00, 0)],
  ["AUTH, which was not asked for", bytes(0xf0, 0)],
  ["a second CONNACK", bytes(0x20, 3, 0, 0, 0)],
  ["CONNECT", bytes(0x10, 2, 0, 0)],
  ["SUBSCRIBE", bytes(0x82, 2, 0, 1)],
  ["PUBACK, where nothing was published", bytes(0x40, 2, 0, 1)],
  ["PINGREQ", bytes(0xc0, 0)],
  ["SUBACK for nothing", bytes(0x90, 4, 0, 99, 0, 1)],
  ["packet id 0", bytes(0x32, 8, 0, 3, "a/b", 0, 0, 0)],
  ["PUBREL with packet id 0", bytes(0x62, 2, 0, 0)],
  ["QoS 3", bytes(0x36, 8, 0, 3, "a/b", 0, 1, 0)],
  ["no topic", bytes(0x32, 5, 0, 0, 0, 1, 0)],
  ["a topic with a wildcard", bytes(0x32, 8, 0, 3, "a/#", 0, 1, 0)],
  ["a topic that is not UTF-8", bytes(0x32, 8, 0, 3, "a/", 0xff, 0, 1, 0)],
  ["a topic beyond the end", bytes(0x32, 4, 0, 200, "ab")],
  ["properties beyond the end", bytes(0x32, 8, 0, 3, "a/b", 0, 1, 100)],
  ["a length of five bytes", bytes(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f)],
];

describe("a broker that sends what no broker may", () => {
  it.each(violations)("ends the session at once: %s", async (_, sent) => {
    made = await world(5);
    const session = await made.listening();
    made.broker.sendBytes(sent);
    expect(await made.end(session)).toMatchObject({ code: "mqtt.not-mqtt", retry: "later" });
    await until(() => made.broker.connected === 0);
    expect(made.messages).toEqual([]);
    expect(made.clock.sleeping).toBe(0);
  });

  it.each([
    ["none that is known", bytes(0xff, 1, 2, 3)],
    [
      "20,000 of a user",
      Buffer.concat(Array.from({ length: 20_000 }, () => bytes(0x26, 0, 1, "a", 0, 1, "b"))),
    ],
  ])("is not judged by the properties that somebody behind it wrote: %s", async (_, properties) => {
    made = await world(5);
    await made.listening();
    const topic = topicOf("air");
    const body = Buffer.concat([
      bytes(0, topic.length, topic, 0, 9, ...varying(properties.length)),
      properties,
      bytes('{"co2":7}'),
    ]);
    made.broker.sendBytes(Buffer.concat([bytes(0x32, ...varying(body.length)), body]));
    await until(() => made.broker.of("puback").length === 1);
    expect(made.broker.ids("puback")).toEqual([9]);
    expect(made.messages[0]?.readings[0]?.samples).toMatchObject([{ point: "co2", raw: 7 }]);
  });

  it("ends it as well with an answer that is larger than any of ours can have", async () => {
    made = await world(5);
    const session = await made.listening();
    const codes = Buffer.alloc(20_000, 1);
    made.broker.sendBytes(Buffer.concat([bytes(0x90, ...varying(codes.length + 3), 0, 1, 0), codes]));
    expect(await made.end(session)).toMatchObject({ code: "mqtt.their-frame" });
  });

  it("ends it as well with a packet larger than any but a message may be, at its header", async () => {
    made = await world(5);
    const session = await made.listening();
    made.broker.sendBytes(bytes(0x90, 0xff, 0xff, 0xff, 0x7f));
    expect(await made.end(session)).toMatchObject({ code: "mqtt.their-frame" });
  });

  it("is told apart from one that is only fed with rubbish by a device", async () => {
    made = await world(5);
    await made.listening();
    for (const payload of [Buffer.from([0xff, 0xfe]), "[[[[", '{"face":"x"}'])
      made.broker.publish(topicOf("air"), payload);
    await until(() => made.broker.of("puback").length === 3);
    expect(made.messages.flatMap(({ readings }) => readings[0]?.faults.map(({ code }) => code))).toEqual([
      "mqtt.encoding",
      "mqtt.json",
      "mqtt.forbidden",
    ]);
  });
});

describe("a broker that gives no answer", () => {
  it.each([
    ["none at all", null],
    ["one that trickles", Buffer.of(0x20)],
  ])("to CONNECT (%s) is given up after 8 s", async (_, connack) => {
    made = await world();
    made.broker.script.connack = connack;
    const since = made.clock.monotonicMs();
    await expect(made.passing(made.open())).rejects.toMatchObject({ fault: { code: "mqtt.no-answer" } });
    expect(made.clock.monotonicMs() - since).toBeLessThanOrEqual(9_000);
    expect(made.broker.connected).toBe(0);
    expect(made.clock.sleeping).toBe(0);
  });

  it("to SUBSCRIBE is given up, too", async () => {
    made = await world();
    made.broker.script.suback = () => null;
    const session = await made.open();
    const listening = session.listen(made.deliver, new AbortController().signal);
    await expect(made.passing(listening)).rejects.toMatchObject({ fault: { code: "mqtt.no-answer" } });
    expect(await made.end(session)).toMatchObject({ code: "mqtt.no-answer", retry: "later" });
  });

  it("to SUBSCRIBE is waited for while our own disk keeps us from reading", async () => {
    made = await world(4);
    made.broker.script.suback = () => null;
    made.automatic = false;
    const session = await made.open();
    const listening = session.listen(made.deliver, new AbortController().signal);
    const many = Array.from({ length: 300 }, (_, n) => made.broker.message(topicOf("air"), { co2: n }));
    made.broker.send(...many);
    await until(() => made.delivered.length === 200);
    await made.clock.advance(30_000);
    made.broker.send({ cmd: "suback", messageId: 1, granted: [1] });
    made.automatic = true;
    for (const { resolve } of made.delivered) resolve();
    await listening;
    await until(() => made.broker.of("puback").length === 300);
  });

  it("to SUBSCRIBE for that many topics is one that answers something else", async () => {
    made = await world();
    made.broker.script.suback = () => null;
    const session = await made.open();
    const listening = session.listen(made.deliver, new AbortController().signal);
    await until(() => made.broker.of("subscribe").length === 1);
    made.broker.send({ cmd: "suback", messageId: 1, granted: [1, 1, 1] });
    await expect(listening).rejects.toMatchObject({ fault: { code: "mqtt.not-mqtt" } });
  });
});

describe("topics that were not asked for", () => {
  it("are acknowledged and left out, and unsubscribed from, once each", async () => {
    made = await world();
    await made.listening();
    for (const topic of ["old/a", "old/a", "old/b", "ce/v1/air/dn/cmd"]) made.broker.publish(topic, "x");
    await until(() => made.broker.of("puback").length === 4);
    await settle();
    expect(made.messages).toEqual([]);
    expect(made.broker.unsubscribed).toEqual(["old/a", "old/b", "ce/v1/air/dn/cmd"]);
  });

  it("come no more by a wide subscription of an earlier configuration, which the broker kept with our session", async () => {
    made = await world();
    made.broker.script.connack = { sessionPresent: true };
    await made.listening();
    made.broker.publish("old/a/state", "x");
    made.broker.publish("old/b/state", "x");
    await until(() => made.broker.of("puback").length === 2);
    await settle();
    const gone = new Set(made.broker.unsubscribed);
    expect(made.broker.unsubscribed).toHaveLength(gone.size);
    for (const filter of ["old/+/state", "old/#", "#", "old/a/state", "old/b/+", topicOf("+")])
      expect(gone).toContain(filter);
    for (const filter of made.broker.subscribed) expect(gone).not.toContain(filter);
  });

  it("keep wanted wildcards, and two filters of an earlier configuration bring none of their topics twice", async () => {
    made = await world();
    made.broker.script.connack = { sessionPresent: true };
    const wide = device("all", { co2: "co2" }, { address: { topics: ["t/+/state"] } });
    await made.listening({ devices: [wide] });
    for (const name of ["a", "b", "a"]) made.broker.publish(`t/${name}/state`, { co2: 1 });
    await until(() => made.broker.of("puback").length === 3);
    await settle();
    expect(made.broker.unsubscribed).toContain("t/a/state");
    expect(made.broker.unsubscribed).toContain("t/b/state");
    expect(made.broker.unsubscribed).not.toContain("t/+/state");
    expect(made.messages).toHaveLength(3);
  });

  it("are not named by the thousand to the broker, nor kept, however long they are", async () => {
    made = await world();
    made.broker.script.connack = { sessionPresent: true };
    const wide = device("all", { co2: "co2" }, { address: { topics: ["t/#"] } });
    await made.listening({ devices: [wide] });
    for (let from = 0; from < 5000; from += 1000) {
      const some = Array.from({ length: 1000 }, (_, n) => made.broker.message(`t/${from + n}`, { co2: 1 }));
      made.broker.send(...some);
      await until(() => made.broker.of("puback").length === from + 1000);
    }
    const long = [`t/${"x".repeat(60_000)}`, `t${"/a".repeat(100)}`];
    for (const topic of long) made.broker.publish(topic, { co2: 1 });
    await until(() => made.broker.of("puback").length === 5002);
    await settle();
    expect(made.broker.unsubscribed.length).toBeLessThanOrEqual(3100);
    expect(made.broker.unsubscribed).not.toContain(long[0]);
    expect(made.messages).toHaveLength(5002);
  });

  it("in a flood end the session, and take no memory", async () => {
    made = await world(4);
    const session = await made.listening();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 110; n++) {
      const flood = Array.from({ length: 100 }, (_, at) =>
        made.broker.message(`flood/${n}/${at}`, "x", { qos: 0 }),
      );
      made.broker.send(...flood);
    }
    expect(await made.end(session)).toMatchObject({ code: "mqtt.unasked", retry: "later" });
    expect(made.broker.unsubscribed.length).toBeLessThanOrEqual(1000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe("a broker that does not take what we send", () => {
  /** A socket of which nobody reads what is written. */
  const stuck = () =>
    new Duplex({ read() {}, write() {}, highWaterMark: 1024 }) as unknown as Socket & {
      push(bytes: Buffer): void;
    };

  it("is not listened to any more, so that no answers pile up", async () => {
    made = await world();
    const socket = stuck();
    let heard = 0;
    const connection = new ExternalConnection({
      ...{ socket, version: 4, session: "s", access: accessOf([]), now: () => 0 },
      events: {
        onPublish: () => {},
        onPacket: (packet) => {
          heard += 1;
          connection.send({ cmd: "pubcomp", messageId: packet.messageId ?? 0 });
        },
        onLost: () => {},
      },
    });
    connection.start();
    const flood = Buffer.concat(
      Array.from({ length: 10_000 }, (_, n) => bytes(0x62, 2, n >> 8, n & 0xff || 1)),
    );
    for (let n = 0; n < 20; n++) {
      socket.push(flood);
      await settle();
    }
    expect(connection.stalled).toBe(true);
    expect(connection.resting).toBe(false);
    expect(socket.isPaused()).toBe(true);
    expect(heard).toBeLessThan(20_000);
    expect(socket.writableLength).toBeLessThan(70_000);
    connection.destroy();
  });
});
