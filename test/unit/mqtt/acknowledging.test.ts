import { afterEach, describe, expect, it } from "vitest";
import { NotStored } from "../../../drivers/contract/index.ts";
import { device, publish, settle, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;
afterEach(() => w.close());

describe("an acknowledgement", () => {
  it("leaves only after deliver resolved", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(publish("air", { co2: 612 }, { messageId: 7 }));
    await until(() => w.delivered.length === 1);
    await settle();
    expect(client.ids("puback")).toEqual([]);
    w.delivered[0]?.resolve();
    expect((await client.next("puback")).messageId).toBe(7);
    expect(w.messages[0]?.readings).toEqual([
      { device: "air", samples: [{ point: "co2", raw: 612 }], faults: [] },
    ]);
  });

  it("comes in the order of arrival, whatever is on disk first", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(...[1, 2, 3, 4].map((n) => publish("air", { co2: n }, { messageId: n })));
    await until(() => w.delivered.length === 4);
    for (const index of [3, 1, 2]) w.delivered[index]?.resolve();
    await settle();
    expect(client.ids("puback")).toEqual([]);
    w.delivered[0]?.resolve();
    await until(() => client.ids("puback").length === 4);
    expect(client.ids("puback")).toEqual([1, 2, 3, 4]);
  });

  it("of QoS 2 keeps the order too, also between new and repeated ones", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    const packet = (n: number, dup = false) => publish("air", { co2: n }, { messageId: n, qos: 2, dup });
    client.send(packet(1), packet(2), packet(3), packet(1, true), packet(4), packet(2, true));
    await until(() => w.delivered.length === 6);
    for (const index of [5, 4, 3, 2, 1]) w.delivered[index]?.resolve();
    await settle();
    expect(client.ids("pubrec")).toEqual([]);
    w.delivered[0]?.resolve();
    await until(() => client.ids("pubrec").length === 6);
    expect(client.ids("pubrec")).toEqual([1, 2, 3, 1, 4, 2]);
    client.send({ cmd: "pubrel", messageId: 1 });
    await until(() => client.ids("pubcomp").length === 1);
  });

  it("does not overtake the one of a message that nobody listens to", async () => {
    w = await world([device("air", { co2: "co2" }, { address: { topics: ["ce/v1/air/up/#"] } })]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(
      publish("air", { co2: 1 }, { messageId: 1 }),
      publish("air", "Online", { messageId: 2, topic: "ce/v1/air/up/other" }),
    );
    await until(() => w.delivered.length === 1);
    await settle();
    expect(client.ids("puback")).toEqual([]);
    w.delivered[0]?.resolve();
    await until(() => client.ids("puback").length === 2);
    expect(client.ids("puback")).toEqual([1, 2]);
    expect(w.messages).toHaveLength(1);
  });

  it("never comes for what could not be stored: the connection ends, those before it are answered", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(...[1, 2, 3].map((n) => publish("air", { co2: n }, { messageId: n })));
    await until(() => w.delivered.length === 3);
    w.delivered[1]?.reject(new NotStored("store-down"));
    await settle();
    expect(client.closed).toBe(false);
    w.delivered[2]?.resolve();
    w.delivered[0]?.resolve();
    await client.end();
    expect(client.ids("puback")).toEqual([1]);
    expect(w.codes("down")).toEqual(["mqtt.not-stored"]);
    expect(w.log.lines).toEqual([]);
  });

  it("is not needed for QoS 0: the store is down, the connection stays", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(publish("air", { co2: 1 }, { qos: 0 }));
    await until(() => w.delivered.length === 1);
    w.delivered[0]?.reject(new NotStored("store-down"));
    client.send({ cmd: "pingreq" });
    await client.next("pingresp");
    expect(client.closed).toBe(false);
  });

  it("does not wait for ever: a deliver that never settles sends the device away after a minute", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air", { keepalive: 0 });
    client.send(publish("air", { co2: 1 }));
    await until(() => w.delivered.length === 1);
    await w.clock.advance(55_000);
    await settle();
    expect(client.closed).toBe(false);
    await w.clock.advance(10_000);
    await client.end();
    expect(client.ids("puback")).toEqual([]);
    w.delivered[0]?.resolve();
  });

  it("of a deliver that throws at once is the same as not stored, and the broker lives on", async () => {
    let throws = true;
    w = await world([air()], {
      deliver: () => {
        if (throws) throw new TypeError("a mistake");
        return Promise.resolve();
      },
    });
    const client = await w.login("air");
    client.send(publish("air", { co2: 1 }));
    await client.end();
    expect(w.log.lines.map(({ level }) => level)).toEqual(["error"]);
    throws = false;
    const again = await w.login("air");
    again.send(publish("air", { co2: 1 }, { dup: true }));
    await again.next("puback");
  });

  it("waits inside for at most 200 packets of a connection; the others wait in the network", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(...Array.from({ length: 1000 }, (_, n) => publish("air", { co2: n }, { messageId: n + 1 })));
    await until(() => w.delivered.length === 200);
    await settle();
    expect(w.delivered).toHaveLength(200);
    const other = await w.login("other");
    other.send(publish("other", { t: 1 }));
    await until(() => w.delivered.length === 201);
    w.automatic = true;
    for (const { resolve } of w.delivered) resolve();
    await until(() => client.ids("puback").length === 1000);
    expect(client.ids("puback")).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
  });

  it("of a ping comes while messages wait for the disk", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air", { keepalive: 10 });
    client.send(...[1, 2, 3].map((n) => publish("air", { co2: n }, { messageId: n })));
    await until(() => w.delivered.length === 3);
    for (let seconds = 0; seconds < 40; seconds += 10) {
      client.send({ cmd: "pingreq" });
      await client.next("pingresp");
      await w.clock.advance(10_000);
    }
    expect(client.closed).toBe(false);
  });

  it("of a bad payload comes, with a reading that says what is wrong", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.send(publish("air", "{nonsense"));
    await client.next("puback");
    expect(w.messages[0]?.readings).toMatchObject([
      { device: "air", samples: [], faults: [{ code: "mqtt.json" }] },
    ]);
  });

  it("is not sought for what comes while the broker closes", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air");
    client.send(publish("air", { co2: 1 }, { messageId: 1 }));
    await until(() => w.delivered.length === 1);
    const closed = w.session.close();
    client.send(publish("air", { co2: 2 }, { messageId: 2 }));
    await settle();
    w.delivered[0]?.resolve();
    await closed;
    await client.end();
    expect(w.messages).toHaveLength(1);
    expect(client.ids("puback")).toEqual([1]);
    expect(w.codes("refused")).toEqual([]);
    expect(w.codes("down")).toEqual(["mqtt.closed"]);
  });

  it("of QoS 0 is not owed: when the disk never answers, the connection stays", async () => {
    w = await world([air()]);
    w.automatic = false;
    const client = await w.login("air", { keepalive: 0 });
    client.send(publish("air", { co2: 1 }, { qos: 0 }), publish("air", { co2: 2 }, { messageId: 2 }));
    await until(() => w.delivered.length === 2);
    w.delivered[1]?.resolve();
    await settle();
    expect(client.ids("puback")).toEqual([]);
    await w.clock.advance(61_000);
    await client.next("puback");
    expect(client.closed).toBe(false);
  });
});
