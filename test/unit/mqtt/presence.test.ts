/** Births, wills and what bridges say: who is there, and since when not. */
import type { IConnectPacket } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { device, publish, type RawClient, settle, topicOf, until, type World, world } from "./world.ts";

let w: World;
afterEach(() => w.close());

/** `up air`, `down air mqtt.offline`, in order. */
const told = () =>
  w.facts.flatMap((fact) => {
    if (fact.what === "up") return `up ${fact.device}`;
    return fact.what === "down" ? `down ${fact.device} ${fact.fault.code}` : [];
  });
const raws = () =>
  w.messages.flatMap(({ readings }) =>
    readings.flatMap(({ device: id, samples, faults }) => [
      ...samples.map(({ point, raw }) => `${id} ${point} ${raw}`),
      ...faults.map(({ code }) => `${id} ${code}`),
    ]),
  );

let id = 0;
/** Says it with QoS 1 and waits until it is answered. */
async function say(client: RawClient, topic: string, body: string | object, more: { retain?: boolean } = {}) {
  id = (id % 60_000) + 1;
  client.send(publish("", body, { topic, messageId: id, ...more }));
  expect((await client.next("puback")).messageId).toBe(id);
}

const state = "ce/v1/air/up/state";
const availability = { topic: "ce/v1/{device}/up/state", path: "on", online: "true", offline: "false" };
const air = () => device("air", { co2: "co2" }, { profile: { availability } });
/** Its profile maps its state to a point, too. */
const shown = () =>
  device(
    "air",
    { co2: "co2", online: { topic: "ce/v1/{device}/up/state", path: "on" } },
    { profile: { availability } },
  );
const will = (payload = '{"on":false}'): Partial<IConnectPacket> => ({
  will: { topic: state, payload: Buffer.from(payload), qos: 1, retain: true },
});

describe("a device with a connection of its own", () => {
  it("is there when it logged in; its birth tells nothing new and is no record", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, state, { on: true }, { retain: true });
    expect(told()).toEqual(["up air"]);
    expect(w.messages).toEqual([]);
  });

  it("is gone at once when it says so, and back when it says so", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, state, { on: false });
    await say(client, state, { on: false });
    expect(told()).toEqual(["up air", "down air mqtt.offline"]);
    await say(client, topicOf("air"), { co2: 600 });
    expect(raws()).toEqual(["air co2 600"]);
    await say(client, state, { on: true });
    expect(told()).toEqual(["up air", "down air mqtt.offline", "up air"]);
  });

  it("that says it is gone and then logs off goes once", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, state, { on: false });
    client.send({ cmd: "disconnect" });
    await client.end();
    await settle();
    expect(told()).toEqual(["up air", "down air mqtt.offline"]);
  });

  it("goes by the end of its connection, whose reason is known, and not by its will", async () => {
    w = await world([air()]);
    const client = await w.login("air", will());
    client.socket.destroy();
    await until(() => told().length === 2);
    await settle();
    expect(told()).toEqual(["up air", "down air mqtt.gone"]);
    expect(w.messages).toEqual([]);
  });

  it("leaves a record by its will iff its profile maps the state to a point", async () => {
    w = await world([shown()]);
    const client = await w.login("air", will());
    await say(client, state, { on: true }, { retain: true });
    expect(raws()).toEqual(["air online true"]);
    client.socket.destroy();
    await until(() => w.messages.length === 2);
    expect(raws()).toEqual(["air online true", "air online false"]);
    expect(w.messages[1]?.keys).toEqual([]);
  });

  it.each([
    ["says that it is there", '{"on":true}'],
    ["says a value", '{"on":false,"co2":1}'],
    ["says nothing", ""],
    ["is no JSON", "false"],
  ])("leaves no measurement by a will that %s", async (_name, payload) => {
    w = await world([shown()]);
    const client = await w.login("air", will(payload));
    client.socket.destroy();
    await until(() => told().length === 2);
    await settle();
    expect(raws().filter((raw) => raw !== "air online false")).toEqual([]);
  });

  it("leaves no measurement by a will on another topic, whatever word is in it", async () => {
    w = await world([shown()]);
    const client = await w.login("air", {
      will: { topic: topicOf("air"), payload: Buffer.from('{"on":false,"co2":0}'), qos: 1, retain: false },
    });
    client.socket.destroy();
    await until(() => told().length === 2);
    await settle();
    expect(w.messages).toEqual([]);
  });

  it("says no value of other points where it says that it is there", async () => {
    w = await world([
      device(
        "air",
        { co2: "co2", online: { topic: "ce/v1/{device}/up/state", path: "on" } },
        { profile: { availability, topic: "ce/v1/{device}/up/+" } },
      ),
    ]);
    const client = await w.login("air");
    await say(client, state, { on: true, co2: 600 });
    await say(client, topicOf("air"), { on: true, co2: 700 });
    expect(raws()).toEqual(["air online true", "air co2 700"]);
  });

  it("that says something else than its two words has a fault, and stays as it is", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    for (const word of ['{"on":"maybe"}', '{"on":null}', "{}", "nonsense", '{"on":{"a":1}}'])
      await say(client, state, word);
    expect(new Set(raws())).toEqual(new Set(["air mqtt.availability"]));
    expect(told()).toEqual(["up air"]);
  });
});

describe("a new connection before the old one's will", () => {
  it("keeps the device up, and its state in the records", async () => {
    w = await world([shown()]);
    const old = await w.login("air", will());
    await say(old, state, { on: true });
    const back = await w.login("air", will());
    await old.end();
    await settle();
    await say(back, state, { on: true });
    expect(told()).toEqual(["up air"]);
    expect(raws()).toEqual(["air online true", "air online true"]);
  });

  it("by another client id as well", async () => {
    w = await world([shown()]);
    const old = await w.login("air", { clientId: "one", ...will() });
    await w.login("air", { clientId: "two", ...will() });
    old.socket.destroy();
    await old.end();
    await settle();
    expect(told()).toEqual(["up air"]);
    expect(w.messages).toEqual([]);
  });

  it("is not taken down by the old one's last word either", async () => {
    w = await world([air()]);
    const old = await w.login("air", { clientId: "one" });
    const back = await w.login("air", { clientId: "two" });
    await say(old, state, { on: false });
    expect(told()).toEqual(["up air"]);
    back.socket.destroy();
    await until(() => told().length === 2);
    expect(told()).toEqual(["up air", "down air mqtt.gone"]);
  });
});

describe("a will while the gateway itself ends the connection", () => {
  it("at its stop takes nobody down falsely and is no record", async () => {
    w = await world([shown()]);
    await w.login("air", will());
    await w.close();
    expect(told()).toEqual(["up air", "down air mqtt.closed"]);
    expect(w.messages).toEqual([]);
  });

  it("for a new configuration is no record", async () => {
    w = await world([shown()]);
    const client = await w.login("air", will());
    w.secrets.set("air", Buffer.from("another password"));
    await w.session.update([shown()], new AbortController().signal);
    await client.end();
    await settle();
    expect(told()).toEqual(["up air", "down air mqtt.changed"]);
    expect(w.messages).toEqual([]);
  });
});

describe("a bridge", () => {
  const bridge = (): MqttDevice =>
    device(
      "bridge",
      {},
      {
        address: { topics: ["zigbee2mqtt/#"] },
        profile: { availability: { topic: "zigbee2mqtt/bridge/state", path: "state" } },
      },
    );
  const behind = (name: string, availability?: object): MqttDevice => ({
    ...device(
      name,
      { temperature: "temperature" },
      {
        profile: {
          topic: "zigbee2mqtt/{friendly}",
          ...(availability === undefined ? {} : { availability }),
        },
        via: "bridge",
      },
    ),
    address: { friendly: name },
  });
  const speaking = (name: string) =>
    behind(name, { topic: "zigbee2mqtt/{friendly}/availability", path: "state" });
  const online = { state: "online" };
  const offline = { state: "offline" };
  const stateTopic = "zigbee2mqtt/bridge/state";

  it("that logs in says nothing about a device that speaks for itself", async () => {
    w = await world([bridge(), behind("quiet"), speaking("own")]);
    const client = await w.login("bridge");
    await say(client, stateTopic, online);
    expect(told().sort()).toEqual(["up bridge", "up quiet"]);
    await say(client, "zigbee2mqtt/own/availability", online);
    expect(told()).toContain("up own");
  });

  it("takes all that hang on it down with its word, and only what speaks for itself waits for its own", async () => {
    w = await world([bridge(), behind("quiet"), speaking("own"), speaking("dead")]);
    const client = await w.login("bridge");
    await say(client, "zigbee2mqtt/own/availability", online);
    await say(client, "zigbee2mqtt/dead/availability", offline);
    w.facts.length = 0;
    await say(client, stateTopic, offline);
    expect(told()).toEqual(["down bridge mqtt.offline", "down quiet mqtt.offline", "down own mqtt.offline"]);
    w.facts.length = 0;
    await say(client, stateTopic, online);
    expect(told()).toEqual(["up bridge", "up quiet"]);
    await say(client, "zigbee2mqtt/own/availability", online);
    await say(client, "zigbee2mqtt/dead/availability", offline);
    expect(told()).toEqual(["up bridge", "up quiet", "up own"]);
  });

  it("tells at once that a device never seen is gone, once", async () => {
    w = await world([bridge(), speaking("own")]);
    const client = await w.login("bridge");
    await say(client, "zigbee2mqtt/own/availability", offline, { retain: true });
    await say(client, "zigbee2mqtt/own/availability", offline, { retain: true });
    expect(told().filter((fact) => fact.includes("own"))).toEqual(["down own mqtt.offline"]);
  });

  it("does not raise a device by the word that it is gone, though a point shows that word", async () => {
    const own = speaking("own");
    const online: MqttDevice = {
      ...own,
      points: [
        ...own.points,
        ...device("own", { online: { topic: "zigbee2mqtt/{friendly}/availability", path: "state" } }).points,
      ],
    };
    w = await world([bridge(), online]);
    const client = await w.login("bridge");
    await say(client, "zigbee2mqtt/own/availability", offline);
    expect(told()).toEqual(["up bridge", "down own mqtt.offline"]);
    expect(raws()).toEqual(["own online offline"]);
  });

  it("shows a device by its first value where it says nothing about being there, but not against its word", async () => {
    w = await world([bridge(), speaking("own"), speaking("dead")]);
    const client = await w.login("bridge");
    await say(client, "zigbee2mqtt/own", { temperature: 20 });
    await say(client, "zigbee2mqtt/dead/availability", offline);
    // A bridge repeats what it remembers when it starts.
    await say(client, "zigbee2mqtt/dead", { temperature: 19 });
    expect(told()).toEqual(["up bridge", "up own", "down dead mqtt.offline"]);
  });

  it("whose connection breaks takes all down, each once", async () => {
    w = await world([bridge(), behind("quiet"), speaking("own"), speaking("dead"), speaking("never")]);
    const client = await w.login("bridge", {
      will: { topic: stateTopic, payload: Buffer.from(JSON.stringify(offline)), qos: 1, retain: true },
    });
    await say(client, "zigbee2mqtt/own/availability", online);
    await say(client, "zigbee2mqtt/dead/availability", offline);
    w.facts.length = 0;
    client.socket.destroy();
    await until(() => told().length >= 3);
    await settle();
    expect(told().sort()).toEqual(["down bridge mqtt.gone", "down own mqtt.gone", "down quiet mqtt.gone"]);
    expect(w.messages).toEqual([]);
  });

  it("that comes back does not raise those it then calls gone", async () => {
    w = await world([bridge(), speaking("dead")]);
    const first = await w.login("bridge");
    await say(first, "zigbee2mqtt/dead/availability", offline);
    first.socket.destroy();
    await until(() => told().includes("down bridge mqtt.gone"));
    const again = await w.login("bridge");
    await say(again, "zigbee2mqtt/dead/availability", offline);
    expect(told().filter((fact) => fact.startsWith("up dead"))).toEqual([]);
  });
});

describe("a device without a password", () => {
  it("is there from its birth, and gone by its word", async () => {
    const open = { ...air(), address: {} };
    w = await world([open], { link: { insecure: "true" } });
    const client = await w.client();
    client.connect({ clientId: "esp" });
    await client.next("connack");
    await say(client, state, { on: false });
    await say(client, state, { on: true });
    expect(told()).toEqual(["down air mqtt.offline", "up air"]);
  });
});

describe("topics of single points", () => {
  const tasmota = () =>
    device(
      "plug",
      {
        power: "ENERGY.Power",
        switch: { topic: "stat/{device}/POWER" },
        rssi: { topic: "tele/{device}/STATE", path: "Wifi.Signal" },
        online: { topic: "tele/{device}/LWT" },
      },
      {
        profile: {
          topic: "tele/{device}/SENSOR",
          availability: { topic: "tele/{device}/LWT", online: "Online", offline: "Offline" },
        },
      },
    );

  it("carry their point alone, as JSON or as the whole message", async () => {
    w = await world([tasmota()]);
    const client = await w.login("plug");
    await say(client, "tele/plug/LWT", "Online", { retain: true });
    await say(client, "stat/plug/POWER", "ON");
    await say(client, "tele/plug/STATE", { Wifi: { Signal: -67 }, ENERGY: { Power: 5 } });
    await say(client, "tele/plug/SENSOR", { ENERGY: { Power: 12 }, Wifi: { Signal: -1 } });
    await say(client, "stat/plug/POWER", "");
    expect(raws()).toEqual([
      "plug online Online",
      "plug switch ON",
      "plug rssi -67",
      "plug power 12",
      "plug mqtt.empty",
    ]);
  });

  it("are no other connection's", async () => {
    w = await world([tasmota(), device("other", { power: "p" })]);
    const other = await w.login("other");
    other.send(publish("", "OFF", { topic: "stat/plug/POWER" }));
    await other.end();
    expect(w.codes("refused")).toEqual(["mqtt.topic"]);
    expect(w.messages).toEqual([]);
  });
});
