import { afterEach, describe, expect, it } from "vitest";
import { type Message, NotStored } from "../../../drivers/contract/index.ts";
import { air, device, settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

const never = new AbortController().signal;
const deviceOf = ({ readings }: Message) => readings[0]?.device;

describe("other devices", () => {
  it("come and go on the same connection: only what differs is subscribed to, or no longer", async () => {
    made = await world();
    const session = await made.listening({ devices: [air(), device("old", { t: "t" })] });
    await session.update([air(), device("new", { t: "t" })], never);
    expect(made.broker.subscribed).toEqual(["air", "old", "new"].map(topicOf));
    expect(made.broker.unsubscribed).toEqual([topicOf("old")]);
    made.broker.publish(topicOf("old"), { t: 1 });
    made.broker.publish(topicOf("new"), { t: 2 });
    made.broker.publish(topicOf("air"), { co2: 3 });
    await until(() => made.broker.of("puback").length === 3);
    expect(made.messages.map(deviceOf)).toEqual(["new", "air"]);
    expect(made.broker.accepted).toBe(1);
  });

  it("that are gone are no longer there", async () => {
    made = await world();
    const session = await made.listening({ devices: [air(), device("old", { t: "t" })] });
    made.broker.publish(topicOf("old"), { t: 1 });
    await until(() => made.facts.length === 1);
    await session.update([air()], never);
    expect(made.facts[1]).toMatchObject({ what: "down", device: "old", fault: { code: "mqtt.changed" } });
  });

  it("are refused until everybody knows them, and then in their order, without an end of the session", async () => {
    made = await world();
    const session = await made.listening();
    let settled = false;
    const taken: unknown[] = [];
    made.deliver = (message) => {
      if (!settled && deviceOf(message) === "new") return Promise.reject(new NotStored("busy"));
      taken.push(message.readings[0]?.samples[0]?.raw);
      return Promise.resolve();
    };
    await session.update([air(), device("new", { t: "t" })], never);
    for (const t of [1, 2, 3]) made.broker.publish(topicOf("new"), { t });
    await settle();
    await made.clock.advance(200);
    expect(made.broker.of("puback")).toEqual([]);
    settled = true;
    made.broker.publish(topicOf("air"), { co2: 4 });
    await until(() => {
      void made.clock.advance(50);
      return made.broker.of("puback").length === 4;
    });
    expect(taken).toEqual([1, 2, 3, 4]);
    expect(made.broker.accepted).toBe(1);
  });

  it("that are refused for longer end it", async () => {
    made = await world();
    const session = await made.listening();
    made.deliver = () => Promise.reject(new NotStored("busy"));
    await session.update([air(), device("new", { t: "t" })], never);
    made.broker.publish(topicOf("new"), { t: 1 });
    expect(await made.end(session)).toMatchObject({ code: "mqtt.not-stored" });
    expect(made.broker.of("puback")).toEqual([]);
  });

  it("that are still refused at the end of the session are offered to nobody after it, and are no mistake of ours", async () => {
    made = await world();
    const session = await made.listening();
    let ended = false;
    let late = 0;
    made.deliver = () => {
      if (ended) late += 1;
      return Promise.reject(new NotStored("busy"));
    };
    await session.update([air(), device("new", { t: "t" })], never);
    for (let t = 0; t < 50; t++) made.broker.publish(topicOf("new"), { t });
    await settle();
    void session.ended.then(() => {
      ended = true;
    });
    made.broker.end();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.hung-up" });
    for (let n = 0; n < 20; n++) await settle();
    expect(late).toBe(0);
    expect(made.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("are stored as many at a time as before, while it is not settled yet", async () => {
    made = await world();
    const session = await made.listening();
    await session.update([air(), device("new", { t: "t" })], never);
    made.automatic = false;
    for (let co2 = 0; co2 < 50; co2++) made.broker.publish(topicOf("air"), { co2 });
    await until(() => made.delivered.length === 50);
    for (const { resolve } of made.delivered) resolve();
    await until(() => made.broker.of("puback").length === 50);
  });
});

describe("a topic that the broker refuses", () => {
  it("is told of each of its devices, by name, and the others are heard", async () => {
    made = await world();
    made.broker.script.suback = (topic) => (topic === topicOf("air") ? 0x87 : 1);
    await made.listening({ devices: [air(), device("lamp", { on: "on" })] });
    await until(() => made.messages.length === 1);
    expect(made.messages[0]?.readings).toMatchObject([
      {
        device: "air",
        faults: [{ code: "mqtt.their-topic", retry: "never", facts: { topic: topicOf("air") } }],
      },
    ]);
    expect(made.facts).toMatchObject([{ what: "down", device: "air", fault: { code: "mqtt.their-topic" } }]);
    made.broker.publish(topicOf("lamp"), { on: true });
    await until(() => made.messages.length === 2);
  });

  it("is asked for again after ten minutes, and is told once", async () => {
    made = await world();
    made.broker.script.suback = () => 0x87;
    await made.listening();
    const minutes = async (count: number) => {
      for (let second = 0; second < 60 * count; second += 10) {
        await made.clock.advance(10_000);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await minutes(11);
    await until(() => made.broker.subscribed.length === 2);
    await settle();
    expect(made.codes("down")).toEqual(["mqtt.their-topic"]);
    made.broker.script.suback = () => 1;
    await minutes(11);
    await until(() => made.broker.subscribed.length === 3);
    await minutes(30);
    expect(made.broker.subscribed).toHaveLength(3);
    expect(made.broker.accepted).toBe(1);
  });

  it("is told of a device that comes to it later, and of no other again", async () => {
    made = await world();
    made.broker.script.suback = () => 0x87;
    const session = await made.listening();
    const shared = device("b", { co2: "co2" }, { address: { topics: [topicOf("air")] } });
    await session.update([air(), shared], never);
    await until(() => made.messages.length === 2);
    expect(made.facts).toMatchObject([
      { what: "down", device: "air", fault: { code: "mqtt.their-topic" } },
      { what: "down", device: "b", fault: { code: "mqtt.their-topic", facts: { topic: topicOf("air") } } },
    ]);
    expect(made.messages.map(deviceOf)).toEqual(["air", "b"]);
  });

  it("is not asked for again when its devices went while it was", async () => {
    made = await world();
    made.broker.script.suback = (topic) => (topic === topicOf("air") ? 0x87 : 1);
    const lamp = device("lamp", { on: "on" });
    const session = await made.listening({ devices: [air(), lamp] });
    const seconds = async (count: number) => {
      for (let second = 0; second < count; second++) {
        await made.clock.advance(1000);
        if (second % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await seconds(590);
    made.broker.script.suback = () => null;
    while (made.broker.of("subscribe").length < 2) await seconds(1);
    await session.update([lamp], never);
    made.broker.script.suback = () => 0x87;
    const [, again] = made.broker.of("subscribe");
    made.broker.send({ cmd: "suback", messageId: again?.messageId ?? 0, granted: [0x87] });
    await settle();
    await seconds(700);
    await settle();
    expect(made.broker.of("subscribe")).toHaveLength(2);
    expect(made.broker.connected).toBe(1);
  });

  it.each([
    [0x80, { topic: topicOf("air") }],
    [0xa2, { topic: topicOf("air"), reason: 0xa2 }],
  ])("is told with the broker's own reason, if %i is one", async (code, facts) => {
    made = await world();
    made.broker.script.suback = () => code;
    await made.listening();
    const [fact] = made.facts;
    expect(fact?.what === "down" ? fact.fault.facts : null).toEqual(facts);
  });

  it("of MQTT 3.1.1 is known by 128", async () => {
    made = await world(4);
    made.broker.script.suback = () => 0x80;
    await made.listening();
    expect(made.codes("down")).toEqual(["mqtt.their-topic"]);
  });
});

it("a broker that acknowledges nothing (QoS 0) is complained of", async () => {
  made = await world();
  made.broker.script.suback = () => 0;
  await made.listening();
  expect(made.log.lines.filter(({ level }) => level === "warn")).toMatchObject([
    { fields: { topics: topicOf("air") } },
  ]);
});

it("many topics are asked for in several packets", async () => {
  made = await world();
  const devices = Array.from({ length: 120 }, (_, n) => device(`d${n}`, { t: "t" }));
  await made.listening({ devices });
  expect(made.broker.of("subscribe").map(({ subscriptions }) => subscriptions.length)).toEqual([50, 50, 20]);
  expect(made.broker.of("subscribe")[0]?.subscriptions[0]).toMatchObject({ qos: 1, rap: false, rh: 0 });
});
