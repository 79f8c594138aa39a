/** A new plan while two hundred devices are connected. */
import { afterEach, describe, expect, it } from "vitest";
import { SecretRef } from "../../../config/schema/scalar.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import {
  anonymous,
  device,
  publish,
  type RawClient,
  secretOf,
  settle,
  topicOf,
  until,
  type World,
  world,
} from "./world.ts";

let w: World;
afterEach(() => w.close());

const name = (n: number) => `air-${n}`;
const plan = () => new Map(Array.from({ length: 200 }, (_, n) => [name(n), device(name(n), { co2: "co2" })]));
const update = (devices: Iterable<MqttDevice>) =>
  w.session.update([...devices], new AbortController().signal);

async function school() {
  const devices = plan();
  w = await world([...devices.values()], { link: { maxPerAddress: "500" } });
  const clients = new Map<string, RawClient>();
  for (const id of devices.keys()) clients.set(id, await w.login(id));
  await until(() => w.facts.filter(({ what }) => what === "up").length === 200);
  w.facts.length = 0;
  return { devices, clients };
}

let messageId = 0;
/** Each is answered on the socket that it had. */
async function served(clients: Iterable<[string, RawClient]>): Promise<void> {
  messageId += 1;
  for (const [id, client] of clients) client.send(publish(id, { co2: messageId }, { messageId }));
  for (const [, client] of clients) await until(() => client.ids("puback").includes(messageId));
}

const answer = async (user: string, password: Buffer) => {
  const client = await w.client();
  client.connect({ clientId: `other-${user}`, username: user, password });
  return (await client.next("connack")).returnCode;
};

describe("with two hundred devices connected", () => {
  it("one more may log in, and no socket is dropped", async () => {
    const { devices, clients } = await school();
    w.secrets.set("new", secretOf("new"));
    expect(await answer("new", secretOf("new"))).toBe(4);
    await update([...devices.values(), device("new", { t: "t" })]);
    expect(await answer("new", secretOf("new"))).toBe(0);
    await served(clients);
    expect(w.codes("down")).toEqual([]);
  });

  it("one that is taken away is cut, and nobody else", async () => {
    const { devices, clients } = await school();
    devices.delete(name(7));
    await update(devices.values());
    await clients.get(name(7))?.end();
    clients.delete(name(7));
    await served(clients);
    expect(w.codes("down")).toEqual(["mqtt.changed"]);
    expect(await answer(name(7), secretOf(name(7)))).toBe(4);
  });

  it("one with another password is cut and comes back by the new one alone", async () => {
    const { devices, clients } = await school();
    w.secrets.set("another", Buffer.from("another password"));
    devices.set(
      name(7),
      device(name(7), { co2: "co2" }, { address: { password: new SecretRef("another") } }),
    );
    await update(devices.values());
    await clients.get(name(7))?.end();
    clients.delete(name(7));
    await served(clients);
    expect(await answer(name(7), secretOf(name(7)))).toBe(4);
    expect(await answer(name(7), Buffer.from("another password"))).toBe(0);
  });

  it("one with another user is cut and comes back by the new one alone", async () => {
    const { devices, clients } = await school();
    devices.set(name(7), device(name(7), { co2: "co2" }, { address: { user: "renamed" } }));
    await update(devices.values());
    await clients.get(name(7))?.end();
    clients.delete(name(7));
    await served(clients);
    expect(await answer(name(7), secretOf(name(7)))).toBe(4);
    expect(await answer("renamed", secretOf(name(7)))).toBe(0);
  });

  it("one with other topics stays, and may publish there and no longer where it might", async () => {
    const { devices, clients } = await school();
    const topics = [`moved/${name(7)}`];
    devices.set(name(7), device(name(7), { co2: "co2" }, { address: { topics } }));
    await update(devices.values());
    const moved = clients.get(name(7)) as RawClient;
    clients.delete(name(7));
    moved.send(publish(name(7), { co2: 5 }, { topic: topics[0] ?? "", messageId: 1 }));
    await moved.next("puback");
    expect(w.messages.at(-1)?.readings[0]?.samples).toEqual([{ point: "co2", raw: 5 }]);
    moved.send(publish(name(7), { co2: 6 }, { messageId: 2 }));
    await moved.end();
    expect(moved.ids("puback")).toEqual([1]);
    await served(clients);
  });

  it("two that change places stay, and each speaks for the other's place from then on", async () => {
    const { devices, clients } = await school();
    const [one, two] = [name(1), name(2)];
    devices.set(one, device(one, { co2: "co2" }, { address: { user: two, password: new SecretRef(two) } }));
    devices.set(two, device(two, { co2: "co2" }, { address: { user: one, password: new SecretRef(one) } }));
    await update(devices.values());
    // Their credentials are what they were; what they may say is another's now.
    const first = clients.get(one) as RawClient;
    first.send(publish(two, { co2: 8 }, { messageId: 9 }));
    await until(() => first.ids("puback").includes(9));
    expect(w.messages.at(-1)?.readings).toMatchObject([{ device: two }]);
    clients.delete(one);
    clients.delete(two);
    await served(clients);
  });

  it("what is under way when the plan changes is stored and answered", async () => {
    const { devices, clients } = await school();
    w.automatic = false;
    for (const [id, client] of clients) client.send(publish(id, { co2: 1 }, { messageId: 77 }));
    await until(() => w.delivered.length === 200);
    devices.set(name(7), device(name(7), { co2: "co2", t: "t" }));
    await update(devices.values());
    for (const { resolve } of w.delivered) resolve();
    w.automatic = true;
    for (const client of clients.values()) await until(() => client.ids("puback").includes(77));
    await served(clients);
  });

  it("a hundred plans one after the other, and still every socket is the one it was", async () => {
    const { devices, clients } = await school();
    for (let n = 0; n < 100; n++) {
      const changed = new Map(devices);
      changed.delete(name(199));
      if (n % 2 === 0) changed.set(name(199), devices.get(name(199)) as MqttDevice);
      await update(changed.values());
    }
    await clients.get(name(199))?.end();
    clients.delete(name(199));
    await served(clients);
  });
});

describe("a bridge", () => {
  const bridge = () => device("bridge", {}, { address: { topics: ["ce/v1/#"] } });
  const behind = (id: string) => anonymous(id, { t: "t" }, "bridge");

  it("keeps its socket while devices behind it come and go", async () => {
    w = await world([bridge(), behind("one"), behind("two")]);
    const client = await w.login("bridge");
    await until(() => w.facts.filter(({ what }) => what === "up").length === 3);
    w.facts.length = 0;
    await update([bridge(), behind("one"), behind("three")]);
    expect(w.facts).toMatchObject([
      { what: "down", device: "two", fault: { code: "mqtt.changed" } },
      { what: "up", device: "three" },
    ]);
    client.send(publish("three", { t: 3 }, { messageId: 1 }), publish("two", { t: 2 }, { messageId: 2 }));
    await client.next("puback");
    await client.next("puback");
    expect(w.messages.flatMap(({ readings }) => readings.map(({ device: id }) => id))).toEqual(["three"]);
    client.socket.destroy();
    await until(() => w.codes("down").length === 4);
    const down = w.facts.flatMap((fact) => (fact.what === "down" ? fact.device : []));
    expect(down.slice(1).sort()).toEqual(["bridge", "one", "three"]);
  });

  it("may subscribe to what a new one is told, and no longer to what one is told that is gone", async () => {
    w = await world([bridge(), behind("one")]);
    const client = await w.login("bridge", { clean: false });
    const ask = async (id: string) => {
      messageId += 1;
      client.send({
        cmd: "subscribe",
        messageId,
        subscriptions: [{ topic: `ce/v1/${id}/dn/cmd`, qos: 1 }],
      });
      return (await client.next("suback")).granted[0];
    };
    expect([await ask("one"), await ask("two")]).toEqual([1, 128]);
    await update([bridge(), behind("two")]);
    expect([await ask("one"), await ask("two")]).toEqual([128, 1]);
  });

  it("without a credential goes on, too, when another device without one is taken away", async () => {
    const lamp = anonymous("lamp", { on: "on" });
    const plug = anonymous("plug", { on: "on" });
    w = await world([lamp, plug], { link: { insecure: "true" } });
    const client = await w.client();
    client.connect({ clientId: "esp" });
    await client.next("connack");
    client.send(publish("lamp", { on: true }), publish("plug", { on: true }, { messageId: 2 }));
    await until(() => client.ids("puback").length === 2);
    await update([plug]);
    await settle();
    expect(w.codes("down")).toEqual(["mqtt.changed"]);
    client.send(publish("plug", { on: false }, { messageId: 3 }));
    await until(() => client.ids("puback").includes(3));
    client.send(publish("lamp", { on: false }, { messageId: 4, topic: topicOf("lamp") }));
    await client.end();
    expect(w.codes("refused")).toEqual(["mqtt.topic"]);
  });
});
