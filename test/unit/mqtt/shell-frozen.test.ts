/** A subscriber that stops reading: it alone pays for it. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { Connection } from "../../../drivers/mqtt/connection.ts";
import { maxUnsentBytes } from "../../../drivers/mqtt/gate.ts";
import { guest } from "./guest.ts";
import { shellChild } from "./shell-child.ts";
import { device, publish, RawClient, settle, until, type World, world } from "./world.ts";

const noise = Buffer.alloc(100_000, 0x6e);
const noisy = (messageId: number) => publish("", noise, { topic: "noise", messageId });

/** Subscribes to the noise and reads nothing more. */
async function freeze(client: RawClient, clientId: string): Promise<void> {
  client.connect({ clientId, keepalive: 0 });
  await client.next("connack");
  client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "noise", qos: 0 }] });
  await client.next("suback");
  client.socket.pause();
}

describe("a subscriber that stops reading", () => {
  let w: World;
  afterEach(() => w.close());

  it("is cut, while every message of others is answered and every other subscriber gets everything", async () => {
    w = await world([device("air", { co2: "co2" })], { guest });
    const frozen = await w.client();
    await freeze(frozen, "frozen");
    const reader = await w.client();
    reader.connect({ clientId: "reader", keepalive: 0 });
    await reader.next("connack");
    reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "noise", qos: 0 }] });
    await reader.next("suback");
    const speaker = await w.client();
    speaker.connect({ clientId: "speaker", keepalive: 0 });
    await speaker.next("connack");
    const air = await w.login("air");
    let said = 0;
    // The clock stands still: nobody is waited for.
    while (!w.codes("refused").includes("mqtt.slow-reader")) {
      said += 1;
      speaker.send(noisy(said));
      air.send(publish("air", { co2: said }, { messageId: said }));
      await speaker.next("puback");
      await air.next("puback");
      await until(() => reader.ids("publish").length === said);
    }
    expect(w.messages).toHaveLength(said);
    frozen.socket.resume();
    await frozen.end();
    await until(() => w.session.connections === 3);
  });
});

describe("what twenty such subscribers are sent", () => {
  it("is not held for them beyond a bound", async () => {
    const broker = await shellChild("wide");
    const open = () => RawClient.open(broker.port, false);
    const speaker = await open();
    speaker.connect({ clientId: "speaker", keepalive: 0 });
    await speaker.next("connack");
    const say = async (count: number) => {
      for (let n = 1; n <= count; n++) {
        speaker.send(noisy(n));
        await speaker.next("puback");
      }
    };
    await say(50);
    const before = await broker.memory();
    const frozen = await Promise.all(Array.from({ length: 20 }, open));
    await Promise.all(frozen.map((client, n) => freeze(client, `frozen-${n}`)));
    // 2 GB in all, had they taken it.
    await say(1_000);
    const { peak } = await broker.memory();
    const mb = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
    console.log(
      `twenty frozen subscribers, 100 MB said to each: the broker was ${mb(before.rss)}, at most ${mb(peak)}`,
    );
    expect(peak - before.rss).toBeLessThan(20 * maxUnsentBytes + 50 * 1024 ** 2);
    for (const { socket } of [...frozen, speaker]) socket.destroy();
    await broker.stop();
  });
});

/** Takes nothing until it is told to. */
class Peer extends Duplex {
  #done: (() => void) | null = null;
  constructor() {
    super({ highWaterMark: 16 });
  }
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.#done = done;
  }
  takeAll(): void {
    const done = this.#done;
    this.#done = null;
    done?.();
  }
  destroySoon(): void {
    this.destroy();
  }
}

describe("a connection whose peer takes nothing", () => {
  const opened = () => {
    const peer = new Peer();
    const cuts: string[] = [];
    const connection = new Connection(peer as unknown as Socket, "peer", 0, () => {}, {
      onFrame: () => {},
      onCut: (code) => void cuts.push(code),
    });
    connection.gate.start();
    return { peer, cuts, connection, gate: connection.gate };
  };

  it("never makes the broker wait, and is cut when too much waits for it", () => {
    const { gate, cuts } = opened();
    const piece = Buffer.alloc(64 * 1024);
    for (let held = 0; held + piece.length < maxUnsentBytes; held += piece.length)
      expect(gate.write(piece)).toBe(true);
    expect(cuts).toEqual([]);
    for (let n = 0; n < 2; n++) expect(gate.write(piece)).toBe(true);
    expect(cuts).toEqual(["mqtt.slow-reader"]);
    expect(gate.destroyed).toBe(true);
  });

  it("is stalled after three seconds, however little waits, unless it takes something", async () => {
    const { peer, connection, gate } = opened();
    for (let n = 0; n < 3; n++) gate.write(Buffer.alloc(64 * 1024));
    expect([0, 1000, 2000].map((now) => connection.stalled(now))).toEqual([false, false, false]);
    peer.takeAll();
    await settle();
    gate.write(Buffer.alloc(64 * 1024));
    expect([3000, 4000, 5999].map((now) => connection.stalled(now))).toEqual([false, false, false]);
    expect(connection.stalled(6000)).toBe(true);
    gate.destroy();
  });
});
