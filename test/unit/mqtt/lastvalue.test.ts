/** Retained messages: nobody may read what another one said, so the broker keeps none. */
import type { Readable } from "node:stream";
import { Aedes } from "aedes";
import { afterEach, describe, expect, it, vi } from "vitest";
import { device, publish, type RawClient, settle, topicOf, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;
afterEach(() => w.close());

async function subscribe(client: RawClient, topics: string[]) {
  client.send({
    cmd: "subscribe",
    messageId: 9,
    subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
  });
  return (await client.next("suback")).granted;
}
const received = (client: RawClient) => client.packets.filter(({ cmd }) => cmd === "publish");

describe("a device's own retained PUBLISH", () => {
  it("is as fresh as any, at every repetition", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    for (const messageId of [1, 2]) {
      client.send(publish("air", { co2: 600 }, { retain: true, messageId }));
      await client.next("puback");
    }
    const samples = w.messages.flatMap(({ readings }) => readings.flatMap((reading) => reading.samples));
    expect(samples).toEqual([
      { point: "co2", raw: 600 },
      { point: "co2", raw: 600 },
    ]);
  });

  it("that is empty takes back what was retained: acknowledged, and nothing is said by it", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(publish("air", "", { retain: true, messageId: 4 }));
    expect((await client.next("puback")).messageId).toBe(4);
    client.send(publish("air", "", { retain: true, qos: 2, messageId: 5 }));
    expect((await client.next("pubrec")).messageId).toBe(5);
    expect(w.messages).toEqual([]);
    client.send(publish("air", "", { messageId: 6 }));
    await client.next("puback");
    expect(w.messages[0]?.readings[0]?.faults).toMatchObject([{ code: "mqtt.json" }]);
  });

  it("reaches no subscriber, neither another one nor a later one nor itself", async () => {
    const availability = { topic: "ce/v1/{device}/up/state" };
    w = await world([
      device("air", { co2: "co2" }, { profile: { availability } }),
      device("other", { t: "t" }),
    ]);
    const client = await w.login("air", {
      will: { topic: "ce/v1/air/up/state", payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    client.send(publish("air", { co2: 1 }, { retain: true, messageId: 1 }));
    await client.next("puback");
    client.send(publish("air", "online", { topic: "ce/v1/air/up/state", retain: true, messageId: 2 }));
    await client.next("puback");
    const wanted = [topicOf("air"), "ce/v1/air/up/#", "ce/v1/air/up/state", "#", "ce/v1/air/dn/cmd"];
    expect(await subscribe(client, wanted)).toEqual([128, 128, 128, 128, 1]);
    const other = await w.login("other");
    expect(await subscribe(other, wanted)).toEqual([128, 128, 128, 128, 128]);
    client.socket.destroy();
    await settle();
    const later = await w.login("air");
    expect(await subscribe(later, wanted)).toEqual([128, 128, 128, 128, 1]);
    await settle();
    for (const each of [client, other, later]) expect(received(each)).toEqual([]);
  });

  it("on a downlink, as if the gateway had said it, ends the connection, and nobody gets it", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    const victim = await w.login("other");
    expect(await subscribe(victim, ["ce/v1/other/dn/cmd"])).toEqual([1]);
    for (const topic of ["ce/v1/other/dn/cmd", "ce/v1/air/dn/time"]) {
      const client = await w.login("air");
      client.send(publish("", "now", { topic, retain: true }));
      await client.end();
    }
    const later = await w.login("other", { clientId: "later" });
    expect(await subscribe(later, ["ce/v1/other/dn/cmd", "ce/v1/other/dn/time"])).toEqual([1, 1]);
    await settle();
    expect(received(victim)).toEqual([]);
    expect(received(later)).toEqual([]);
  });
});

describe("many retained topics", () => {
  it("leave nothing behind in the broker", async () => {
    const opened = vi.spyOn(Aedes.prototype, "listen");
    w = await world([device("air", { co2: "co2" }, { address: { topics: ["air/#"] } })]);
    const [aedes] = opened.mock.contexts;
    opened.mockRestore();
    const client = await w.login("air", {
      will: { topic: "air/gone", payload: Buffer.from("gone"), qos: 1, retain: true },
    });
    for (let n = 1; n <= 100; n++) {
      const qos = (n % 3) as 0 | 1 | 2;
      client.send(publish("", { co2: n }, { topic: `air/${n}`, retain: true, qos, messageId: n }));
    }
    await until(() => client.ids("puback").length === 34 && client.ids("pubrec").length === 33);
    client.socket.destroy();
    await until(() => w.codes("down").length === 1);
    await settle();
    const { persistence } = aedes as unknown as {
      persistence: { createRetainedStream(filter: string): Readable };
    };
    expect(await persistence.createRetainedStream("#").toArray()).toEqual([]);
  });
});
