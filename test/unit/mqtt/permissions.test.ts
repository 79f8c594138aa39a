import { afterEach, describe, expect, it } from "vitest";
import { anonymous, device, publish, secretOf, settle, topicOf, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;
afterEach(() => w.close());

describe("a topic outside the connection's list", () => {
  it.each([
    ["another device's", topicOf("other")],
    ["nobody's", "elsewhere"],
    ["the device's own downlink", "ce/v1/air/dn/cmd"],
    ["the broker's", "$SYS/heartbeat"],
    ["a deep one", Array.from({ length: 90 }, () => "a").join("/")],
  ])("closes the connection without an acknowledgement: %s", async (_name, topic) => {
    w = await world([air(), device("other", { t: "t" })]);
    const other = await w.login("other");
    const client = await w.login("air");
    client.send(publish("air", { co2: 1, t: 1 }, { topic, messageId: 5 }));
    await client.end();
    expect(client.ids("puback")).toEqual([]);
    expect(w.messages).toEqual([]);
    expect(w.facts.filter(({ what }) => what === "refused")).toMatchObject([{ client: "air" }]);
    expect(other.closed).toBe(false);
  });

  it("nor may a bridge whose list is as wide as can be say what only the gateway says", async () => {
    const bridge = device("bridge", {}, { address: { topics: ["#"] } });
    w = await world([bridge, air()]);
    for (const topic of ["ce/v1/air/dn/cmd", "ce/v1/bridge/dn/time", "ce/v1/air/dn"]) {
      const client = await w.login("bridge");
      client.send(publish("air", { on: true }, { topic }));
      await client.end();
      expect(client.ids("puback")).toEqual([]);
    }
    expect(w.codes("refused")).toEqual(["mqtt.topic", "mqtt.topic", "mqtt.topic"]);
    const client = await w.login("bridge");
    client.send(publish("air", { co2: 1 }));
    await client.next("puback");
  });

  it("does not take what follows it either", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(
      publish("air", { co2: 1 }, { messageId: 1 }),
      publish("air", { co2: 2 }, { messageId: 2, topic: "elsewhere" }),
      publish("air", { co2: 3 }, { messageId: 3 }),
    );
    await client.end();
    expect(client.ids("puback")).toEqual([1]);
    expect(w.messages).toHaveLength(1);
    expect(w.codes("refused")).toEqual(["mqtt.topic"]);
  });
});

describe("a bridge", () => {
  it("speaks for the devices behind it, several in one message", async () => {
    const bridge = device("bridge", {}, { address: { topics: ["zigbee2mqtt/#"] } });
    const behind = (id: string, points: Record<string, string>) => ({
      ...anonymous(id, points, "bridge"),
      address: { topics: ["zigbee2mqtt/all"] },
    });
    w = await world([bridge, behind("one", { t: "one.t" }), behind("two", { t: "two.t" })]);
    const client = await w.login("bridge");
    await until(() => w.facts.filter(({ what }) => what === "up").length === 3);
    client.send(publish("", { one: { t: 1 }, two: { t: 2 } }, { topic: "zigbee2mqtt/all" }));
    await client.next("puback");
    client.send(publish("", { one: { t: 3 } }, { topic: "zigbee2mqtt/all" }));
    await client.next("puback");
    expect(w.messages.map(({ readings }) => readings.map(({ device: id }) => id))).toEqual([
      ["one", "two"],
      ["one"],
    ]);
  });
});

describe("a subscription", () => {
  it("is granted for the device's own downlinks alone; wildcards and others are refused", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    const client = await w.login("air");
    const topics = [
      "ce/v1/air/dn/cmd",
      "ce/v1/air/dn/time",
      "ce/v1/other/dn/cmd",
      "ce/v1/air/dn/+",
      "ce/v1/air/dn/#",
      "#",
      "+/+",
      topicOf("air"),
      "$SYS/#",
    ];
    client.send({
      cmd: "subscribe",
      messageId: 9,
      subscriptions: topics.map((topic) => ({ topic, qos: 1 })),
    });
    expect((await client.next("suback")).granted).toEqual([1, 1, 128, 128, 128, 128, 128, 128, 128]);
    expect(client.closed).toBe(false);
  });

  it("of a kept session does not come back for another credential", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    const first = await w.login("air", { clientId: "same", clean: false });
    first.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "ce/v1/air/dn/cmd", qos: 1 }] });
    await first.next("suback");
    first.send({ cmd: "disconnect" });
    await first.end();
    const back = await w.login("air", { clientId: "same", clean: false });
    expect(back.packets[0]).toMatchObject({ cmd: "connack", sessionPresent: true });
    back.send({ cmd: "disconnect" });
    await back.end();
    const other = await w.login("other", { clientId: "same", clean: false });
    other.send({ cmd: "pingreq" });
    await other.next("pingresp");
  });

  it("shows no retained message of anybody", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(publish("air", { co2: 1 }, { retain: true }));
    await client.next("puback");
    expect(w.messages[0]?.readings[0]?.samples).toEqual([{ point: "co2", raw: 1 }]);
    client.send({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: topicOf("air"), qos: 1 }] });
    await client.next("suback");
    await settle();
    expect(client.packets.filter(({ cmd }) => cmd === "publish")).toEqual([]);
  });
});

describe("a last will", () => {
  const will = (topic: string, payload = '{"co2":0}') => ({
    will: { topic, payload: Buffer.from(payload), qos: 1 as const, retain: true },
  });
  const refused = async (topic: string, payload: string) => {
    const client = await w.client();
    client.connect({
      clientId: "air",
      username: "air",
      password: Buffer.from(secretOf("air")),
      ...will(topic, payload),
    });
    expect((await client.next("connack")).returnCode).toBe(5);
    await client.end();
  };

  it("is no measurement", async () => {
    w = await world([air()]);
    const client = await w.login("air", will(topicOf("air")));
    client.socket.destroy();
    await until(() => w.codes("down").length === 1);
    await settle();
    expect(w.codes("down")).toEqual(["mqtt.gone"]);
    expect(w.messages).toEqual([]);
  });

  it("on a foreign topic, or longer than any will need be, is refused with its connection", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    await refused(topicOf("other"), "gone");
    await refused("ce/v1/air/dn/cmd", "gone");
    await refused(topicOf("air"), "x".repeat(1025));
    expect(w.codes("refused")).toEqual(["mqtt.will", "mqtt.will", "mqtt.will"]);
    expect(w.codes("down")).toEqual([]);
    await w.login("air", will(topicOf("air"), "x".repeat(1024)));
  });

  it("that is refused does not cost the connection that holds the client id", async () => {
    w = await world([air()]);
    const first = await w.login("air");
    await refused("elsewhere", "gone");
    first.send({ cmd: "pingreq" });
    await first.next("pingresp");
  });
});
