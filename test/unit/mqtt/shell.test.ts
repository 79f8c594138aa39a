/** What strangers can cost: the broker's memory from outside, and the way in for who belongs here. */
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { type ShellChild, shellChild } from "./shell-child.ts";
import { device, publish, RawClient, secretOf, settle, until, type World, world } from "./world.ts";

const megabyte = 1024 ** 2;
const mb = (bytes: number) => `${(bytes / megabyte).toFixed(1)} MB`;

/** Logs in, says something and is answered, as ever. */
async function isServed(port: number, messageId: number): Promise<void> {
  const client = await RawClient.open(port, false);
  client.connect({ clientId: "air", username: "air", password: secretOf("air") });
  expect((await client.next("connack")).returnCode).toBe(0);
  client.send(publish("air", { co2: messageId }, { messageId }));
  expect((await client.next("puback")).messageId).toBe(messageId);
  client.socket.destroy();
}

/**
 * Six at once, 32 MB each, as fast as the broker lets them, in a thread of its own; `starts` is what each says first.
 * @returns bytes that they offered
 */
async function flood(port: number, starts: readonly Uint8Array[], bytesEach: number): Promise<number> {
  const worker = new Worker(new URL("./shell-flood.ts", import.meta.url), {
    workerData: { port, starts, bytesEach },
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

describe("192 MB of six strangers at once", () => {
  let broker: ShellChild;
  afterEach(() => broker.stop());

  const anId = Buffer.from([0x10, 0x0d, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x78]);
  it.each<[string, Uint8Array[]]>([
    ["that are no MQTT", [Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
    ["of CONNECTs that announce 256 MB", [Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])]],
    ["of CONNECTs that are just small enough, one behind the other", [Buffer.from([0x10, 0xfc, 0x7f])]],
    ["behind a CONNECT that is refused", [anId]],
    ["behind PUBLISH headers without a CONNECT", [Buffer.from([0x30, 0xff, 0xff, 0x0f])]],
    ["behind CONNECTs whose login waits for its turn", [wrongLogin()]],
  ])("%s grow the broker by less than 50 MB", async (name, starts) => {
    broker = await shellChild("devices");
    // Warm: what it needs for its first connections and a small flood is there.
    for (let n = 1; n <= 20; n++) await isServed(broker.port, n);
    await flood(broker.port, starts, megabyte);
    const before = await broker.memory();
    const taken = await flood(broker.port, starts, 32 * megabyte);
    await isServed(broker.port, 21);
    const after = await broker.memory();
    console.log(
      `192 MB ${name}: ${mb(taken)} offered; the broker was ${mb(before.rss)}, at most ${mb(after.peak)}, then ${mb(after.rss)}`,
    );
    expect(after.peak - before.rss).toBeLessThan(50 * megabyte);
  });
});

function wrongLogin(): Buffer {
  const bytes = Buffer.from("100000044d51545404c2003c00017800036169720002", "hex");
  const all = Buffer.concat([bytes, Buffer.from("no")]);
  all[1] = all.length - 2;
  return all;
}

describe("a CONNECT that comes byte by byte", () => {
  it("costs the broker little, and its time is not prolonged by any byte", async () => {
    const w = await world([device("air", { co2: "co2" })], { link: { maxPerAddress: "1000" } });
    const slow = await Promise.all(Array.from({ length: 20 }, () => w.client()));
    const connect = Buffer.concat([Buffer.from([0x10, 0xfc, 0x7f]), Buffer.alloc(9, 0x61)]);
    for (let second = 0; second < 9; second++) {
      for (const { socket } of slow) socket.write(connect.subarray(second, second + 1));
      await settle();
      expect(slow.every(({ closed }) => !closed)).toBe(true);
      await w.clock.advance(1_000);
    }
    await Promise.all(slow.map((client) => client.end()));
    expect(w.codes("refused")).toEqual(slow.map(() => "mqtt.handshake"));
    await w.close();
  });
});

describe("four hundred half-open connections", () => {
  let w: World;
  afterEach(() => w.close());
  const half = async (index: number) => {
    const client = await w.client();
    // A third says nothing, a third half a CONNECT, a third one that is never complete.
    if (index % 3 === 1) client.socket.write(Buffer.from([0x10]));
    if (index % 3 === 2) client.socket.write(Buffer.from([0x10, 0x40, 0, 4]));
    return client;
  };

  it("keep no device out, and are closed in time", async () => {
    w = await world([device("air", { co2: "co2" })], { link: { maxPerAddress: "1000" } });
    const strangers = await Promise.all(Array.from({ length: 400 }, (_, index) => half(index)));
    await until(() => w.session.connections === 400);
    await isServed(w.port, 1);
    await w.clock.advance(8_000);
    await settle();
    expect(strangers.filter(({ closed }) => closed)).toEqual([]);
    await w.clock.advance(2_000);
    await Promise.all(strangers.map((client) => client.end()));
    await until(() => w.session.connections === 0);
    expect(new Set(w.codes("refused"))).toEqual(new Set(["mqtt.handshake"]));
  });

  it("keep no device out of the same address either where there is room for two hundred", async () => {
    w = await world([device("air", { co2: "co2" })]);
    const strangers = await Promise.all(Array.from({ length: 400 }, (_, index) => half(index)));
    await until(() => strangers.filter(({ closed }) => closed).length === 200);
    await isServed(w.port, 1);
    expect(w.session.connections).toBeLessThanOrEqual(200);
    await w.clock.advance(10_000);
    await Promise.all(strangers.map((client) => client.end()));
  });
});
