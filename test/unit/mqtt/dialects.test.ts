/**
 * What devices of other dialects need of the driver: a value in several places, names left open, things that are not
 * said, topics that nobody reads, a state of being there that is a value, too.
 */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connectionsOf } from "../../../drivers/mqtt/connections.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import { lookUp, parsePath, parsePattern } from "../../../drivers/mqtt/path.ts";
import { type MqttDevice, mqttKind, sourceSchema } from "../../../drivers/mqtt/schema.ts";
import { fillTopic } from "../../../drivers/mqtt/topics.ts";
import { anonymous, device, link, publish, settle, until, type World, world } from "./world.ts";

/** What one message means: `point raw`, and `point code` of its faults. */
function said(plan: MqttDevice, topic: string, payload: unknown): string[] {
  const bytes = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  const digest = (identity: string) => `<${identity.length}>`;
  return decode(bytes, [plan], { topic, wallMs: 0, digest }).readings.flatMap(({ samples, faults }) => [
    ...samples.map(({ point, raw }) => `${point} ${raw}`),
    ...faults.map(({ point, code }) => `${point ?? "-"} ${code}`),
  ]);
}

describe("a point in several places", () => {
  const plug = device(
    "plug",
    {
      power: { path: "params.sw.apower", or: [{ topic: "{name}/status/sw", path: "apower" }] },
      switch: {
        topic: "stat/{name}/POWER",
        or: [{ topic: "stat/{name}/RESULT", path: ["POWER", "POWER1"] }],
      },
    },
    { profile: { topic: "{name}/events", sparse: "true" }, address: { friendly: "socket_3" } },
  );

  it.each([
    ["socket_3/events", { params: { sw: { apower: 5 } } }, ["power 5"]],
    ["socket_3/status/sw", { apower: 6 }, ["power 6"]],
    ["socket_3/status/sw", { params: { sw: { apower: 6 } } }, []],
    ["stat/socket_3/POWER", "ON", ["switch ON"]],
    ["stat/socket_3/RESULT", { POWER1: "OFF" }, ["switch OFF"]],
    ["stat/socket_3/RESULT", { POWER1: "OFF", POWER: "ON" }, ["switch ON"]],
    ["stat/socket_3/RESULT", { Command: "Unknown" }, []],
  ])("is heard on each: %s %j", (topic, payload, values) => {
    expect(said(plug, topic, payload)).toEqual(values);
  });

  it("may be said on all of their topics", () => {
    const [plan] = connectionsOf([plug]);
    expect(plan?.topics.toSorted()).toEqual([
      "socket_3/events",
      "socket_3/status/sw",
      "stat/socket_3/POWER",
      "stat/socket_3/RESULT",
    ]);
  });

  it("has the first place that a message has, also when it says there that it has no value", () => {
    const two = device("d", { t: { path: ["a.t", "b.t"] } });
    expect(said(two, "ce/v1/d/up/prop", { b: { t: 2 }, a: { t: 1 } })).toEqual(["t 1"]);
    expect(said(two, "ce/v1/d/up/prop", { b: { t: 2 }, a: { t: null } })).toEqual(["t null"]);
    expect(said(two, "ce/v1/d/up/prop", { b: { t: 2 }, a: {} })).toEqual(["t 2"]);
  });
});

describe("a name that is left open", () => {
  const at = (document: unknown, path: string) => lookUp(document, parsePattern(path) ?? []);

  it.each([
    ["SHT*.Temperature", { "SHT3X-0x44": { Temperature: 21 } }, 21],
    ["*.CarbonDioxide", { Time: "x", AM2301: { Humidity: 5 }, SCD40: { CarbonDioxide: 700 } }, 700],
    ["DS18*.Temperature", { "DS18B20-1": { Id: "1" }, "DS18B20-2": { Temperature: 3 } }, 3],
    ['*."PM2.5"', { SDS0X1: { "PM2.5": 4 } }, 4],
    ['"a*".b', { a1: { b: 1 } }, undefined],
    ['"a*".b', { "a*": { b: 2 } }, 2],
    ["a*", { b: 1 }, undefined],
    ["l*.0", { list: [7] }, 7],
    ["list.*", { list: [7] }, undefined],
  ])("%s is the first that leads to a value", (path, document, value) => {
    expect(at(document, path)).toEqual(value);
  });

  it("never finds what is not the document's own", () => {
    expect(at({ a: {} }, "*.constructor")).toBeUndefined();
    expect(at({}, "*")).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("*", "*.a", "a*.b*", "a.b*.c"), (json, path) => {
        const found = at(JSON.parse(json), path);
        if (found !== undefined) expect(JSON.stringify(JSON.parse(json))).toContain(JSON.stringify(found));
      }),
    );
  });

  it("is one for points alone: elsewhere a star is a star", () => {
    expect(parsePath("a*")).toEqual(["a*"]);
  });
});

describe("what a device does not say", () => {
  const z2m = device(
    "d",
    { t: "temperature", action: "action" },
    { profile: { unsaid: ["null", ""], sparse: "true" } },
  );
  const topic = "ce/v1/d/up/prop";

  it.each([
    [{ temperature: null }, []],
    [{ action: "" }, []],
    [{ temperature: null, action: "single" }, ["action single"]],
    [{}, []],
    [{ update: { state: "idle" } }, []],
    [{ temperature: 0 }, ["t 0"]],
    [{ temperature: false }, ["t false"]],
    [{ temperature: "x".repeat(300) }, ["- mqtt.forbidden"]],
    ["{", ["- mqtt.json"]],
  ])("is no fault and no value: %j", (payload, values) => {
    expect(said(z2m, topic, payload)).toEqual(values);
  });

  it("is a fault where its model never leaves anything out", () => {
    const strict = device("d", { t: "temperature" });
    expect(said(strict, topic, { humidity: 5 })).toEqual(["- mqtt.empty"]);
    expect(said(strict, topic, { temperature: null })).toEqual(["t null"]);
    const known = device("d", { t: "temperature" }, { profile: { unsaid: "null" } });
    expect(said(known, topic, { temperature: null })).toEqual([]);
    expect(said(known, topic, { humidity: 5 })).toEqual(["- mqtt.empty"]);
  });

  it("is what stands there but is meant for something else", () => {
    const button = device("d", { press: { path: "events.0.event", only: ["single", "double"] } });
    expect(said(button, topic, { events: [{ event: "single" }] })).toEqual(["press single"]);
    for (const event of ["config_changed", 5, null, { a: 1 }, ["single"]])
      expect(said(button, topic, { events: [{ event }] })).toEqual([]);
  });

  it("is nothing on a topic that is one value, either", () => {
    const plain = device("d", { t: { topic: "d/t" } }, { profile: { unsaid: "" } });
    expect(said(plain, "d/t", "")).toEqual([]);
    expect(said(device("d", { t: { topic: "d/t" } }), "d/t", "")).toEqual(["- mqtt.empty"]);
  });
});

describe("a member that nobody looks at", () => {
  const sensor = (id: string, ...ignore: string[]) =>
    device(id, { t: "temperature" }, ignore.length === 0 ? {} : { profile: { ignore } });
  const message = { temperature: 21, update: { notes: "long ".repeat(100) } };
  const hear = (payload: object, ...devices: MqttDevice[]) =>
    decode(Buffer.from(JSON.stringify(payload)), devices, {
      topic: "ce/v1/d/up/prop",
      wallMs: 0,
      digest: String,
    }).readings.flatMap(({ samples, faults }) => [
      ...samples.map(({ raw }) => raw),
      ...faults.map(({ code }) => code),
    ]);

  it("costs no value, and is refused where a model does not know of it", () => {
    expect(hear(message, sensor("d", "update"))).toEqual([21]);
    expect(hear(message, sensor("d"))).toEqual(["mqtt.forbidden"]);
    expect(hear({ temperature: 21, update: { face: "x" } }, sensor("d", "update"))).toEqual([21]);
    expect(hear({ temperature: 21, other: { update: "long ".repeat(100) } }, sensor("d", "update"))).toEqual([
      "mqtt.forbidden",
    ]);
  });

  it("is looked at as soon as one of those who hear the message does not ignore it", () => {
    expect(hear(message, sensor("d", "update"), sensor("e"))).toEqual(["mqtt.forbidden", "mqtt.forbidden"]);
    expect(hear(message, sensor("d", "update", "x"), sensor("e", "y", "update"))).toEqual([21, 21]);
  });

  it("gives no value of its own, not even where a point names it", () => {
    const odd = device("d", { t: "temperature", u: "update.state" }, { profile: { ignore: "update" } });
    expect(hear({ temperature: 1, update: { state: "idle" } }, odd)).toEqual([1]);
    expect(hear({ __proto__: null, temperature: 1 }, sensor("d", "__proto__", "constructor"))).toEqual([1]);
  });
});

describe("a unit that a message names", () => {
  const air = device("d", { t: { path: "T", unitAt: { path: "TempUnit", is: "C" } }, h: "H" });

  it("is the point's, or the value is a fault and no wrong number", () => {
    const topic = "ce/v1/d/up/prop";
    expect(said(air, topic, { T: 21, H: 5, TempUnit: "C" })).toEqual(["t 21", "h 5"]);
    expect(said(air, topic, { T: 21 })).toEqual(["t 21"]);
    expect(said(air, topic, { T: 70, H: 5, TempUnit: "F" })).toEqual(["h 5", "t mqtt.unit"]);
  });
});

describe("an identity", () => {
  const card = device("d", { card: { path: ["A.UID", "B.UID", "C*.UID"], digest: "true" } });
  const topic = "ce/v1/d/up/prop";
  const long = "AB".repeat(60);

  it("leaves as its digest, in whichever place it is", () => {
    expect(said(card, topic, { B: { UID: "04A2" } })).toEqual(["card <4>"]);
    expect(said(card, topic, { B: { UID: long } })).toEqual(["card <120>"]);
    expect(said(card, topic, { C1: { UID: "04A2" } })).toEqual(["card <4>"]);
    // Nobody knows beforehand what an open name will be.
    expect(said(card, topic, { C1: { UID: long } })).toEqual(["- mqtt.forbidden"]);
  });
});

describe("the name in topics", () => {
  it("is the friendly one, and else the device's id", () => {
    expect(fillTopic("tele/{name}/LWT", "plug-1", undefined)).toBe("tele/plug-1/LWT");
    expect(fillTopic("tele/{name}/LWT", "plug-1", "floor1/$&{device}")).toBe("tele/floor1/$&{device}/LWT");
    expect(fillTopic("tele/{friendly}/LWT", "plug-1", undefined)).toBeNull();
    expect(fillTopic("{device}/{name}", "d", "f")).toBe("d/f");
  });
});

describe("where a point is", () => {
  const complaints = (source: object) =>
    sourceSchema.safeParse(source).error?.issues.map(({ message }) => message);

  it.each([
    [{ availability: "true" }],
    [{ path: "a", or: [{ path: "b" }, { topic: "x" }] }],
    [{ topic: "x", or: [{ topic: "y" }] }],
  ])("may be written: %j", (source) => expect(complaints(source)).toBeUndefined());

  it.each([
    [{}],
    [{ or: [{ path: "a" }] }],
    [{ path: "a", or: [{}] }],
    [{ path: "a", or: [] }],
    [{ path: "a", or: [{ name: "b" }] }],
    [{ name: "a", or: [{ path: "b" }] }],
    [{ path: "a", availability: "true" }],
    [{ path: ["a", "face.id"] }],
    [{ path: "photo*.x" }],
    [{ path: "a", or: [{ topic: "x/#", path: "b" }] }],
    [{ path: "a", unitAt: { path: "b" } }],
  ])("is refused when it cannot be found, or is nobody's business: %j", (source) => {
    expect(complaints(source)?.length).toBeGreaterThan(0);
  });

  it("by a state of being there needs a profile that says where that is", () => {
    const plans = [device("d", { online: { availability: "true" } })];
    expect(mqttKind.check?.(link(), plans, new Set()).map(({ what }) => what.en)).toEqual([
      "its point online has availability, but its profile does not say on which topic that is",
    ]);
  });
});

describe("a bridge with devices behind it", () => {
  let w: World;
  afterEach(() => w.close());
  const availability = (topic: string) => ({ topic, path: "state" });
  const bridge = (id = "z2m") =>
    device(
      id,
      { online: { availability: "true" } },
      {
        profile: {
          topic: `${id}/bridge/state`,
          unread: [`${id}/#`, "homeassistant/#"],
          availability: availability(`${id}/bridge/state`),
        },
      },
    );
  const climate = (id: string) => ({
    ...anonymous(id, { t: "temperature", online: { availability: "true" } }, "z2m"),
    profile: device(
      "x",
      {},
      {
        profile: {
          topic: "z2m/{name}",
          availability: availability("z2m/{name}/availability"),
          sparse: "true",
        },
      },
    ).profile,
  });
  const raws = () =>
    w.messages.flatMap(({ readings }) =>
      readings.flatMap(({ device: id, samples, faults }) => [
        ...samples.map(({ point, raw }) => `${id} ${point} ${raw}`),
        ...faults.map(({ code }) => `${id} ${code}`),
      ]),
    );
  const told = () =>
    w.facts.flatMap((fact) =>
      fact.what === "up" || fact.what === "down" ? [`${fact.what} ${fact.device}`] : [],
    );

  it("may say more than anybody reads, and two bridges may say it on the same topic", async () => {
    const plans = [bridge(), climate("301-th"), bridge("other")];
    expect(mqttKind.check?.(link(), plans, new Set())).toEqual([]);
    w = await world(plans);
    const client = await w.login("z2m");
    for (const [index, topic] of [
      "z2m/bridge/devices",
      "z2m/bridge/logging",
      "homeassistant/sensor/x/config",
    ].entries()) {
      client.send(publish("", { temperature: 1 }, { topic, messageId: index + 1, retain: true }));
      await client.next("puback");
    }
    expect(w.messages).toEqual([]);
    client.send(publish("", { state: "online" }, { topic: "other/bridge/state" }));
    await client.end();
    expect(w.codes("refused")).toEqual(["mqtt.topic"]);
  });

  it("may listen to its own topics, where nothing ever comes, and to nothing that the gateway says", async () => {
    const wide = device("wide", {}, { profile: { unread: ["#", "+/v1/#", "wide/#"] } });
    w = await world([bridge(), climate("301-th"), wide]);
    const granted = async (client: Awaited<ReturnType<World["login"]>>, topics: string[]) => {
      const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
      client.send({ cmd: "subscribe", messageId: 3, subscriptions });
      return (await client.next("suback")).granted;
    };
    const client = await w.login("z2m");
    expect(await granted(client, ["z2m/#", "z2m/+", "z2m/301-th", "#", "other/#"])).toEqual([
      1, 128, 128, 128, 128,
    ]);
    const far = await w.login("wide");
    expect(await granted(far, ["#", "+/v1/#", "ce/v1/wide/dn/cmd", "wide/#"])).toEqual([128, 128, 1, 1]);
    client.send(
      publish("", "x", { topic: "z2m/bridge/info", messageId: 4, retain: true }),
      publish("", { temperature: 21 }, { topic: "z2m/301-th", messageId: 5, retain: true }),
    );
    await client.next("puback");
    await client.next("puback");
    await granted(client, ["z2m/#"]);
    await settle();
    expect(client.packets.filter(({ cmd }) => cmd === "publish")).toEqual([]);
  });

  it("may say as much as it likes where nobody reads, and nowhere else", async () => {
    w = await world([bridge(), climate("301-th")]);
    const large = (topic: string, more = {}) =>
      publish("", "x".repeat(700_000), { topic, qos: 0, retain: true, ...more });
    const client = await w.login("z2m");
    client.send(
      large("z2m/bridge/devices"),
      publish("", { temperature: 21 }, { topic: "z2m/301-th", messageId: 7 }),
      large("homeassistant/sensor/x/config"),
      publish("", { temperature: 22 }, { topic: "z2m/301-th", messageId: 8 }),
    );
    await until(() => client.ids("puback").length === 2);
    expect(raws()).toEqual(["301-th t 21", "301-th t 22"]);
    for (const [topic, more] of [
      ["z2m/301-th", {}],
      ["z2m/bridge/state", {}],
      ["z2m/301-th/availability", {}],
      ["elsewhere", {}],
      ["ce/v1/301-th/dn/cmd", {}],
      ["z2m/bridge/devices", { qos: 1, messageId: 9 }],
      ["z2m/bridge/devices", { qos: 2, messageId: 9 }],
    ] as const) {
      const other = await w.login("z2m", { clientId: "another" });
      other.send(large(topic, more));
      await other.end();
      expect(other.ids("puback")).toEqual([]);
    }
    expect(new Set(w.codes("refused"))).toEqual(new Set(["mqtt.frame"]));
    expect(client.closed).toBe(false);
  });

  it.each([
    ["as JSON", '{"state":"online"}', '{"state":"offline"}'],
    ["as a bare word", "online", "offline"],
  ])("says who is there %s, and it is a value and a fact", async (_name, online, offline) => {
    w = await world([bridge(), climate("301-th")]);
    const client = await w.login("z2m");
    const say = async (topic: string, payload: string) => {
      client.send(publish("", payload, { topic }));
      await client.next("puback");
    };
    await say("z2m/bridge/state", online);
    await say("z2m/301-th/availability", online);
    await say("z2m/301-th", '{"temperature":21}');
    await say("z2m/301-th", '{"linkquality":21}');
    await say("z2m/301-th/availability", offline);
    await say("z2m/bridge/state", offline);
    expect(raws()).toEqual([
      "z2m online true",
      "301-th online true",
      "301-th t 21",
      "301-th online false",
      "z2m online false",
    ]);
    expect(told()).toEqual(["up z2m", "up 301-th", "down 301-th", "down z2m"]);
  });

  it("that breaks off leaves what its will says, and nothing of a word that is none", async () => {
    w = await world([bridge()]);
    const will = {
      topic: "z2m/bridge/state",
      payload: Buffer.from("offline"),
      qos: 1 as const,
      retain: true,
    };
    const client = await w.login("z2m", { will });
    client.send(publish("", "perhaps", { topic: "z2m/bridge/state" }));
    await client.next("puback");
    client.socket.destroy();
    await until(() => told().includes("down z2m"));
    await settle();
    expect(raws()).toEqual(["z2m mqtt.availability", "z2m online false"]);
  });
});
