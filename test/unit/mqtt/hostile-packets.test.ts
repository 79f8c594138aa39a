/** Every kind of malformed packet, one by one, all against one broker: what it leaves behind meets the next one. */
import mqttPacket, { type Packet } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fate, members, strangers } from "./hostile-bytes.ts";
import { device, publish, type RawClient, secretOf, settle, until, type World, world } from "./world.ts";

const { generate } = mqttPacket;
let w: World;
let other: RawClient;
let count = 0;
const rejections: unknown[] = [];
const note = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  w = await world([device("air", { co2: "co2" }), device("other", { t: "t" })]);
  other = await w.login("other", { keepalive: 0 });
});
afterAll(async () => {
  process.off("unhandledRejection", note);
  await w.close();
});

/** The broker lives, and another device is served as ever. */
async function lives(): Promise<void> {
  count += 1;
  other.send(publish("other", { t: count }, { messageId: count }));
  await until(() => other.ids("puback").includes(count) || other.closed);
  expect(other.closed).toBe(false);
  expect(w.messages.at(-1)?.readings).toEqual([
    { device: "other", samples: [{ point: "t", raw: count }], faults: [] },
  ]);
}

async function meets(client: RawClient, fate: Fate): Promise<void> {
  if (fate === "goes on") {
    client.send({ cmd: "pingreq" });
    await until(() => client.packets.some(({ cmd }) => cmd === "pingresp") || client.closed);
    expect(client.closed).toBe(false);
    client.socket.destroy();
  } else if (fate === "late") {
    await w.clock.advance(8_000);
    await settle();
    expect(client.closed).toBe(false);
    await w.clock.advance(2_000);
  } else if (fate !== "cut") expect((await client.next("connack")).returnCode).toBe(fate.connack);
  await client.end();
  await until(() => w.session.connections === 1);
}

describe("a stranger's", () => {
  it.each(strangers)("%s", async (_name, bytes, fate) => {
    const client = await w.client();
    const heard = w.messages.length;
    client.socket.write(bytes);
    await meets(client, fate);
    expect(w.messages).toHaveLength(heard);
    await lives();
    expect(rejections).toEqual([]);
    // A wrong password is not counted for the next row.
    await w.clock.advance(61_000);
  });
});

describe("a device's", () => {
  it.each(members)("%s", async (_name, bytes, fate) => {
    const client = await w.login("air");
    client.socket.write(bytes);
    await meets(client, fate);
    expect(client.packets.some(({ cmd }) => cmd === "publish")).toBe(false);
    await lives();
    expect(rejections).toEqual([]);
  });
});

describe("a whole session, broken off", () => {
  const session: Packet[] = [
    { cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "ce/v1/air/dn/cmd", qos: 1 }] },
    publish("air", { co2: 1 }, { messageId: 4 }),
    publish("air", { co2: 2 }, { messageId: 5, qos: 2 }),
    { cmd: "pubrel", messageId: 5 },
    { cmd: "disconnect" },
  ];

  it("after any byte harms nobody", async () => {
    const login = { username: "air", password: secretOf("air"), clientId: "air", clean: true, keepalive: 60 };
    const will = { topic: "ce/v1/air/up/prop", payload: Buffer.from("{}"), qos: 1 as const, retain: false };
    const all = Buffer.concat([
      generate({ cmd: "connect", ...login, will }),
      ...session.map((packet) => generate(packet)),
    ]);
    for (let length = 0; length <= all.length; length++) {
      const client = await w.client();
      client.socket.end(all.subarray(0, length));
      await client.end();
    }
    await until(() => w.session.connections === 1);
    await lives();
    expect(rejections).toEqual([]);
  });

  it("after any byte of its CONNECT, and left open, is closed in time", async () => {
    const all = generate({ cmd: "connect", clientId: "slow", clean: true, keepalive: 0 });
    const clients = [];
    for (let length = 0; length < all.length; length++) {
      const client = await w.client();
      client.socket.write(all.subarray(0, length));
      clients.push(client);
    }
    await until(() => w.session.connections === clients.length + 1);
    await lives();
    await w.clock.advance(10_000);
    await Promise.all(clients.map((client) => client.end()));
    await lives();
  });
});
