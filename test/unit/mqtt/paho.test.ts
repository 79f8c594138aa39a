/**
 * The ten behaviours that the interoperability suite of Eclipse Paho asks of an MQTT 3.1.1 broker, in our own words
 * and by the clauses of the standard, against the broker that schools run; only what its clients may do is wider.
 * Clients are mqtt.js and bare packets.
 */
import type { IClientOptions, MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import type { Access } from "../../../drivers/mqtt/credentials.ts";
import { mqttDriver } from "../../../drivers/mqtt/index.ts";
import { connectMqtt, type MqttClientOptions } from "../../../simulator/mqtt/client.ts";
import { guest } from "./guest.ts";
import { joinMqttJs } from "./mqtt-js.ts";
import { device, link, RawClient, until, type World, world } from "./world.ts";

let w: World;
const open: MqttClient[] = [];
const broker = async (access: Access = guest) => {
  w = await world([device("air", { co2: "co2" })], { guest: access });
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.endAsync(true)));
  await w.close();
});

const join = async (clientId: string, more: IClientOptions = {}) => {
  const joined = await joinMqttJs(w.port, clientId, more);
  open.push(joined.client);
  return joined;
};

describe("basic", () => {
  it("delivers QoS 0, 1 and 2 to a subscriber, each with its own QoS", async () => {
    await broker();
    const { client, caughtUp } = await join("basic");
    await client.subscribeAsync("TopicA", { qos: 2 });
    for (const qos of [0, 1, 2] as const) await client.publishAsync("TopicA", `qos ${qos}`, { qos });
    const got = await caughtUp();
    expect(got.map(({ text, qos }) => [text, qos]).sort()).toEqual([
      ["qos 0", 0],
      ["qos 1", 1],
      ["qos 2", 2],
    ]);
  });

  it("ends a connection by a second CONNECT (MQTT-3.1.0-2) and by another protocol name (MQTT-3.1.2-1)", async () => {
    await broker();
    const twice = await w.client();
    twice.connect({ clientId: "twice" });
    expect((await twice.next("connack")).returnCode).toBe(0);
    twice.connect({ clientId: "twice" });
    await twice.end();
    const other = await w.client();
    other.socket.write(Buffer.from("100d0002686a0402003c0003616263", "hex"));
    await other.end();
    expect(other.packets).toEqual([]);
  });

  it("delivers a QoS 2 message once, however often it is said before its release (MQTT-4.3.3-2)", async () => {
    await broker();
    const reader = await join("reader");
    await reader.client.subscribeAsync("TopicA", { qos: 2 });
    const speaker = await RawClient.open(w.port, false);
    speaker.connect({ clientId: "speaker", clean: false });
    await speaker.next("connack");
    const say = (messageId: number, payload: string, dup = false) =>
      speaker.send({ cmd: "publish", topic: "TopicA", payload, qos: 2, messageId, dup, retain: false });
    say(7, "once");
    say(7, "once", true);
    say(8, "another");
    for (let n = 0; n < 3; n++) await speaker.next("pubrec");
    speaker.send({ cmd: "pubrel", messageId: 7 });
    await speaker.next("pubcomp");
    say(7, "after its release");
    await speaker.next("pubrec");
    const texts = (await reader.caughtUp()).map(({ text }) => text);
    expect(texts).toEqual(["once", "another", "after its release"]);
    speaker.socket.destroy();
  });
});

describe("retained messages", () => {
  it("are sent to who subscribes later, marked, until an empty one takes them back (3.3.1.3)", async () => {
    await broker();
    const { client } = await join("keeper");
    const topics = ["fromb/qos 0", "fromb/qos 1", "fromb/qos 2"];
    const retain = (text: string) =>
      Promise.all(
        topics.map((topic, qos) => client.publishAsync(topic, text, { retain: true, qos: qos as 0 | 1 | 2 })),
      );
    await retain("kept");
    const later = await join("later");
    await later.client.subscribeAsync("fromb/+", { qos: 2 });
    await until(() => later.got.length === 3);
    expect(later.got.map(({ topic }) => topic).sort()).toEqual(topics);
    expect(later.got.every(({ retain: marked, text }) => marked && text === "kept")).toBe(true);
    await retain("");
    const last = await join("last");
    await last.client.subscribeAsync("fromb/+", { qos: 2 });
    expect(await last.caughtUp()).toEqual([]);
  });

  it("are not marked for who was subscribed already (MQTT-3.3.1-9)", async () => {
    await broker();
    const { client, caughtUp } = await join("reader");
    await client.subscribeAsync("a", { qos: 1 });
    await client.publishAsync("a", "fresh", { retain: true, qos: 1 });
    expect(await caughtUp()).toMatchObject([{ text: "fresh", retain: false }]);
  });
});

describe("zero-length client id", () => {
  it("is refused without a clean session, by return code 2 (MQTT-3.1.3-8), and taken with one", async () => {
    await broker();
    const client = await w.client();
    client.socket.write(Buffer.from("100c00044d5154540400003c0000", "hex"));
    expect((await client.next("connack")).returnCode).toBe(2);
    await client.end();
    const one = await join("");
    const two = await join("");
    await one.client.subscribeAsync("a", { qos: 1 });
    await two.client.publishAsync("a", "b", { qos: 1 });
    expect(await one.caughtUp()).toMatchObject([{ text: "b" }]);
  });
});

describe("offline message queueing", () => {
  it("keeps QoS 1 and 2 for a session that is away (MQTT-3.1.2-5)", async () => {
    await broker();
    const first = await join("away", { clean: false });
    await first.client.subscribeAsync("+/+", { qos: 2 });
    await first.client.endAsync();
    const other = await join("other");
    for (const qos of [0, 1, 2] as const) await other.client.publishAsync("Topic/C", `qos ${qos}`, { qos });
    const back = await join("away", { clean: false });
    const got = await back.caughtUp();
    expect(got.filter(({ qos }) => qos > 0).map(({ text, qos }) => [text, qos])).toEqual([
      ["qos 1", 1],
      ["qos 2", 2],
    ]);
  });

  it("keeps nothing of it once the client comes with a clean session (MQTT-3.1.2-6)", async () => {
    await broker();
    const first = await join("away", { clean: false });
    await first.client.subscribeAsync("a", { qos: 1 });
    await first.client.endAsync();
    const other = await join("other");
    await other.client.publishAsync("a", "old", { qos: 1 });
    await (await join("away", { clean: true })).client.endAsync();
    await other.client.publishAsync("a", "between", { qos: 1 });
    const back = await join("away", { clean: false });
    await other.client.publishAsync("a", "now", { qos: 1 });
    expect(await back.caughtUp()).toEqual([]);
  });
});

describe("overlapping subscriptions", () => {
  it("deliver with the largest QoS of them, once or once for each (MQTT-3.3.5-1)", async () => {
    await broker();
    const { client, caughtUp } = await join("both");
    await client.subscribeAsync({ "TopicA/#": { qos: 2 }, "TopicA/+": { qos: 1 } });
    await client.publishAsync("TopicA/C", "overlapping topic filters", { qos: 2 });
    const qos = (await caughtUp()).map((message) => message.qos).sort();
    expect([[2], [1, 2]]).toContainEqual(qos);
  });

  it("never deliver with a larger one than was asked for (MQTT-3.8.4-6)", async () => {
    await broker();
    const { client, caughtUp } = await join("modest");
    await client.subscribeAsync({ "TopicA/#": { qos: 1 }, "TopicA/+": { qos: 1 } });
    await client.publishAsync("TopicA/C", "x", { qos: 2 });
    const qos = (await caughtUp()).map((message) => message.qos);
    expect(qos.length).toBeGreaterThan(0);
    expect(Math.max(...qos)).toBe(1);
  });
});

describe("keep-alive", () => {
  it("cuts who is silent for one and a half of it, and speaks its will (MQTT-3.1.2-24, MQTT-3.1.2-8)", async () => {
    await broker();
    const reader = await join("reader", { keepalive: 0 });
    await reader.client.subscribeAsync("/TopicA", { qos: 2 });
    const silent = await RawClient.open(w.port, false);
    const will = {
      topic: "/TopicA",
      payload: Buffer.from("keepalive expiry"),
      qos: 1 as const,
      retain: false,
    };
    silent.connect({ clientId: "silent", keepalive: 5, will });
    await silent.next("connack");
    await w.clock.advance(7_000);
    expect(reader.got).toEqual([]);
    await w.clock.advance(2_000);
    await silent.end();
    await until(() => reader.got.length === 1);
    expect(reader.got).toMatchObject([{ topic: "/TopicA", text: "keepalive expiry" }]);
  });

  it("speaks no will of who says good-bye (MQTT-3.14.4-3)", async () => {
    await broker();
    const reader = await join("reader");
    await reader.client.subscribeAsync("will", { qos: 1 });
    const polite = await join("polite", {
      will: { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false },
    });
    await polite.client.endAsync();
    expect(await reader.caughtUp()).toEqual([]);
  });
});

describe("redelivery on reconnect", () => {
  it("sends again, marked, what was not acknowledged (MQTT-4.4.0-1, MQTT-3.3.1-1)", async () => {
    await broker();
    const got: { text: string; dup: boolean; qos: number }[] = [];
    const options = (answer: number | null): MqttClientOptions => ({
      host: "127.0.0.1",
      port: w.port,
      clientId: "pausing",
      clean: false,
      onMessage({ payload, dup = false, qos = 0 }) {
        got.push({ text: Buffer.from(payload).toString(), dup, qos });
        return answer;
      },
    });
    const pausing = await connectMqtt(options(null));
    await pausing.subscribe(["TopicA/#"], 2);
    const other = await join("other");
    await other.client.publishAsync("TopicA/B", "one", { qos: 1 });
    await other.client.publishAsync("TopicA/C", "two", { qos: 2 });
    await until(() => got.length === 2);
    pausing.destroy();
    await pausing.ended;
    got.length = 0;
    const back = await connectMqtt(options(0));
    expect(back.sessionPresent).toBe(true);
    await until(() => got.length === 2);
    expect(got).toEqual([
      { text: "one", dup: true, qos: 1 },
      { text: "two", dup: true, qos: 2 },
    ]);
    await other.client.publishAsync("TopicA/C", "three", { qos: 2 });
    await until(() => got.length === 3);
    await back.disconnect();
    got.length = 0;
    const last = await connectMqtt(options(0));
    await other.client.publishAsync("TopicA/C", "four", { qos: 1 });
    await until(() => got.length > 0);
    expect(got).toEqual([{ text: "four", dup: false, qos: 1 }]);
    await last.disconnect();
  });

  it("sends a release again that was not completed (4.4)", async () => {
    await broker();
    const meet = async () => {
      const client = await RawClient.open(w.port, false);
      client.connect({ clientId: "half", clean: false });
      await client.next("connack");
      return client;
    };
    const half = await meet();
    half.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 2 }] });
    await half.next("suback");
    const other = await join("other");
    await other.client.publishAsync("a", "x", { qos: 2 });
    const { messageId } = await half.next("publish");
    half.send({ cmd: "pubrec", messageId: messageId ?? 0 });
    await half.next("pubrel");
    half.socket.destroy();
    await half.end();
    const back = await meet();
    expect((await back.next("pubrel")).messageId).toBe(messageId);
    back.socket.destroy();
  });
});

describe("$-topics", () => {
  it("are not matched by filters that begin with a wildcard (MQTT-4.7.2-1)", async () => {
    await broker();
    const { client, caughtUp } = await join("curious");
    await client.subscribeAsync({ "+/+": { qos: 2 }, "#": { qos: 2 } });
    await client.publishAsync("$TopicA/B", "hidden", { qos: 1 });
    expect(await caughtUp()).toEqual([]);
    await client.subscribeAsync("$TopicA/#", { qos: 1 });
    await client.publishAsync("$TopicA/B", "asked for", { qos: 1 });
    expect(await caughtUp()).toMatchObject([{ text: "asked for" }]);
  });
});

describe("unsubscribe", () => {
  it("ends what was subscribed and nothing else (MQTT-3.10.4-2)", async () => {
    await broker();
    const { client, caughtUp } = await join("fickle");
    await client.subscribeAsync(["TopicA", "TopicA/B", "Topic/C"], { qos: 2 });
    await client.unsubscribeAsync("TopicA");
    for (const topic of ["TopicA", "TopicA/B", "Topic/C"]) await client.publishAsync(topic, "x", { qos: 1 });
    expect((await caughtUp()).map(({ topic }) => topic)).toEqual(["TopicA/B", "Topic/C"]);
  });

  it("is acknowledged also for what was never subscribed (MQTT-3.10.4-5)", async () => {
    await broker();
    const client = await w.client();
    client.connect({ clientId: "never" });
    await client.next("connack");
    client.send({ cmd: "unsubscribe", messageId: 5, unsubscriptions: ["never/heard/of/it"] });
    expect((await client.next("unsuback")).messageId).toBe(5);
  });
});

describe("subscribe failure", () => {
  it("is answered by 128 for that filter alone (3.9.3)", async () => {
    await broker();
    const client = await w.client();
    client.connect({ clientId: "nosy" });
    await client.next("connack");
    const subscriptions = ["a", "nosubscribe", "b"].map((topic) => ({ topic, qos: 2 as const }));
    client.send({ cmd: "subscribe", messageId: 3, subscriptions });
    expect((await client.next("suback")).granted).toEqual([2, 128, 2]);
  });
});

describe("the wide access list", () => {
  it("cannot be had from the driver, whatever it is given", async () => {
    await broker();
    const reports: unknown[] = [];
    const context = { ...w.context, report: (fact: unknown) => void reports.push(fact) };
    const signal = new AbortController().signal;
    const session = await (mqttDriver.open as (...all: unknown[]) => ReturnType<typeof mqttDriver.open>)(
      link(),
      [device("air", { co2: "co2" })],
      context,
      signal,
      guest,
    );
    await session.listen?.(w.deliver, signal);
    const [listening] = reports as { port: number }[];
    const client = await RawClient.open(listening?.port ?? 0, false);
    client.connect({ clientId: "guest" });
    expect((await client.next("connack")).returnCode).toBe(5);
    await client.end();
    await session.close();
  });
});
