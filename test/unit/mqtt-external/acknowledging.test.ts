import { afterEach, describe, expect, it } from "vitest";
import { NotStored } from "../../../drivers/contract/index.ts";
import { air, device, settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

describe.each([4, 5] as const)("an acknowledgement to a broker that speaks %s", (version) => {
  it("leaves after the message is on disk, in the order of arrival, whichever is stored first", async () => {
    made = await world(version);
    await made.listening();
    made.automatic = false;
    for (const co2 of [1, 2, 3]) made.broker.publish(topicOf("air"), { co2 });
    await until(() => made.delivered.length === 3);
    made.delivered[2]?.resolve();
    made.delivered[1]?.resolve();
    await settle();
    expect(made.broker.ids("puback")).toEqual([]);
    made.delivered[0]?.resolve();
    await until(() => made.broker.of("puback").length === 3);
    expect(made.broker.ids("puback")).toEqual([1, 2, 3]);
    expect(made.messages.map(({ readings }) => readings[0]?.samples[0]?.raw)).toEqual([1, 2, 3]);
  });

  it("is awaited by 200 messages at once, and the next ones stay in the network", async () => {
    made = await world(version);
    await made.listening();
    made.automatic = false;
    const many = Array.from({ length: 700 }, (_, n) => made.broker.message(topicOf("air"), { co2: n }));
    made.broker.send(...many);
    await until(() => made.delivered.length >= 200);
    await settle();
    expect(made.delivered).toHaveLength(200);
    for (const { resolve } of made.delivered.slice(0, 50)) resolve();
    await until(() => made.delivered.length >= 250);
    await settle();
    expect(made.delivered).toHaveLength(250);
    made.automatic = true;
    for (const { resolve } of made.delivered) resolve();
    await until(() => made.broker.of("puback").length === 700);
    expect(made.broker.ids("puback")).toEqual(many.map(({ messageId }) => messageId));
  });

  it("is not given for what could not be stored, nor for anything behind it; the session ends", async () => {
    made = await world(version);
    const session = await made.listening();
    made.automatic = false;
    for (const co2 of [1, 2, 3]) made.broker.publish(topicOf("air"), { co2 });
    await until(() => made.delivered.length === 3);
    made.delivered[2]?.resolve();
    made.delivered[1]?.reject(new NotStored("store-down"));
    made.delivered[0]?.resolve();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.not-stored", retry: "later" });
    await settle();
    expect(made.broker.ids("puback")).toEqual([1]);
  });

  it("that the disk withholds for a minute ends the session", async () => {
    made = await world(version);
    const session = await made.listening();
    made.automatic = false;
    made.broker.publish(topicOf("air"), { co2: 1 });
    await until(() => made.delivered.length === 1);
    const since = made.clock.monotonicMs();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.not-stored" });
    expect(made.clock.monotonicMs() - since).toBeGreaterThan(59_000);
    expect(made.broker.ids("puback")).toEqual([]);
  });

  it("is asked for by no message of QoS 0: what could not be stored of it is lost, and the session stays", async () => {
    made = await world(version);
    await made.listening();
    made.automatic = false;
    made.broker.publish(topicOf("air"), { co2: 1 }, { qos: 0 });
    await until(() => made.delivered.length === 1);
    expect(made.messages[0]?.keys.filter(({ slot }) => slot.startsWith("q"))).toEqual([]);
    made.delivered[0]?.reject(new NotStored("busy"));
    made.broker.publish(topicOf("air"), { co2: 2 });
    await until(() => made.delivered.length === 2);
    made.delivered[1]?.resolve();
    await until(() => made.broker.of("puback").length === 1);
  });

  it("of QoS 2 is a PUBREC once it is on disk, and a PUBCOMP for each release", async () => {
    made = await world(version);
    await made.listening();
    made.automatic = false;
    made.broker.publish(topicOf("air"), { co2: 1 }, { qos: 2, messageId: 7 });
    await until(() => made.delivered.length === 1);
    expect(made.broker.ids("pubrec")).toEqual([]);
    const key = made.messages[0]?.keys.find(({ slot }) => slot.startsWith("q2/"));
    expect(key).toMatchObject({ rule: "set", slot: expect.stringMatching(/\/7$/) });
    made.delivered[0]?.resolve();
    await until(() => made.broker.of("pubrec").length === 1);
    // It did not see the PUBREC: the same again asks whether it was here.
    made.broker.publish(topicOf("air"), { co2: 1 }, { qos: 2, messageId: 7, dup: true });
    await until(() => made.delivered.length === 2);
    expect(made.messages[1]?.keys.find(({ slot }) => slot.startsWith("q2/"))).toEqual({
      ...key,
      rule: "last",
    });
    made.delivered[1]?.resolve();
    await until(() => made.broker.of("pubrec").length === 2);
    made.broker.send({ cmd: "pubrel", messageId: 7 }, { cmd: "pubrel", messageId: 9 });
    await until(() => made.broker.of("pubcomp").length === 2);
    expect(made.broker.ids("pubcomp")).toEqual([7, 9]);
  });

  it("is given for a message that cannot be read, which becomes a fault", async () => {
    made = await world(version);
    await made.listening();
    made.broker.publish(topicOf("air"), "not JSON");
    await until(() => made.broker.of("puback").length === 1);
    expect(made.messages[0]?.readings).toMatchObject([{ device: "air", faults: [{ code: "mqtt.json" }] }]);
  });

  it("is given for a message that is too large, which becomes a fault and is not kept in memory", async () => {
    made = await world(version);
    await made.listening();
    made.broker.publish(topicOf("air"), Buffer.alloc(3_000_000, "x"));
    made.broker.publish(topicOf("air"), { co2: 5 });
    await until(() => made.broker.of("puback").length === 2);
    expect(made.messages[0]?.readings).toMatchObject([
      { device: "air", samples: [], faults: [{ code: "mqtt.frame" }] },
    ]);
    expect(made.messages[1]?.readings[0]?.samples).toMatchObject([{ point: "co2", raw: 5 }]);
  });
});

it("several devices speak in one message, and a device has several topics", async () => {
  made = await world();
  const shared = { address: { topics: ["school/gateway"] } };
  await made.listening({
    devices: [
      device("a", { co2: "a.co2" }, shared),
      device("b", { co2: "b.co2" }, shared),
      device("lamp", { on: { topic: "stat/{device}/POWER" } }),
    ],
  });
  expect(made.broker.subscribed).toEqual(["school/gateway", "stat/lamp/POWER"]);
  made.broker.publish("school/gateway", { a: { co2: 1 }, b: { co2: 2 } });
  made.broker.publish("stat/lamp/POWER", "ON");
  await until(() => made.messages.length === 2);
  expect(made.messages[0]?.readings.map((reading) => reading.device)).toEqual(["a", "b"]);
  expect(made.messages[1]?.readings).toMatchObject([
    { device: "lamp", samples: [{ point: "on", raw: "ON" }] },
  ]);
});

it("asks for 200 messages at most, and for a session that outlives the connection", async () => {
  made = await world(5);
  await made.open({ link: { keep: "2d", keepAlive: "30s", user: "gw", password: "secret:given" } });
  expect(made.broker.of("connect")).toMatchObject([
    {
      clientId: "2133000001-gw1-old",
      clean: false,
      keepalive: 30,
      username: "gw",
      password: Buffer.from("s3cret"),
      protocolVersion: 5,
      properties: { receiveMaximum: 200, sessionExpiryInterval: 172_800, maximumPacketSize: 262_144 },
    },
  ]);
  const old = await world(4);
  await old.open({ link: { clientId: "mine" }, devices: [air()] });
  expect(old.broker.of("connect")).toMatchObject([{ clientId: "mine", clean: false, protocolVersion: 4 }]);
  await old.close();
});
