import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type ReceiptBody, receiptSchema } from "../../../config/schema/receipt.ts";
import { connectMqtt, type MqttClient } from "../../../simulator/mqtt/client.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { type Lie, lies } from "../../../simulator/platform/moods.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../../../simulator/platform/platform.ts";
import { FakeClock } from "../../fake-clock.ts";
import { body, bytes, claim, epochA, gateway, idOf, row, school, unclaimed } from "./batches.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function platformWith(options: PlatformOptions = {}): Promise<Platform> {
  const platform = await startPlatform(options);
  closing.push(() => platform.stop());
  return platform;
}

const base = `edu/v1/${school}/${gateway}`;

/** A gateway's end of the wire, as small as can be. */
class Gateway {
  readonly messages: Message[] = [];
  client!: MqttClient;
  #waiters = new Set<() => void>();

  static async dial(platform: Platform, filter = `${base}/dn/#`, credential = {}): Promise<Gateway> {
    const self = new Gateway();
    const { hostname, port } = new URL(platform.url);
    self.client = await connectMqtt({
      host: hostname,
      port: Number(port),
      version: 5,
      clientId: "gw",
      ...credential,
      onMessage: (message) => {
        self.messages.push(message);
        for (const check of [...self.#waiters]) check();
        return 0;
      },
    });
    closing.push(() => self.client.destroy());
    await self.client.subscribe([filter]);
    return self;
  }

  /** The PUBACK's reason. */
  send(batch: object, { door = "data", payload = bytes(batch), properties = {} } = {}): Promise<number> {
    return this.client.publish({ topic: `${base}/up/${door}`, payload, qos: 1, properties });
  }

  /** Everything that is a receipt, in order. */
  receipts(): ReceiptBody[] {
    return this.messages.flatMap(({ payload }) => {
      try {
        const read = receiptSchema.safeParse(JSON.parse(payload.toString()));
        return read.success ? [read.data] : [];
      } catch {
        return [];
      }
    });
  }

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.messages.length < count) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }
}

describe("the platform", () => {
  it("takes a batch, stores its records and answers on the default topic", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock });
    const seen: unknown[] = [];
    platform.on("record", ({ seq }) => seen.push(seq));
    const gw = await Gateway.dial(platform);
    const batch = claim(1, 3);
    expect(await gw.send(batch)).toBe(0);
    await gw.until(1);
    expect(gw.messages[0]?.topic).toBe(`${base}/dn/receipt`);
    expect(gw.messages[0]?.qos).toBe(1);
    expect(gw.receipts()).toEqual([
      { v: 1, batch: idOf(bytes(batch)), taken: 3, rejected: [], next: 4, at: clock.wallMs() },
    ]);
    expect(seen).toEqual([1, 2, 3]);
    expect(platform.count).toBe(3);
    expect(platform.records().map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(platform.counters).toMatchObject({ batches: 1, stored: 3, receiptsSent: 1 });
  });

  it("answers to the response topic when it is the gateway's own, with its correlation data", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform, "#");
    const correlationData = Buffer.from("7");
    await gw.send(claim(1, 1), { properties: { responseTopic: `${base}/dn/other`, correlationData } });
    await gw.send(claim(2, 2), { properties: { responseTopic: "edu/v1/2133000002/gw1/dn/receipt" } });
    await platform.until(({ counters }) => counters.receiptsSent === 2);
    const answers = () => gw.messages.filter(({ topic }) => topic.includes("/dn/"));
    while (answers().length < 2) await gw.until(gw.messages.length + 1);
    expect(answers().map(({ topic }) => topic)).toEqual([`${base}/dn/other`, `${base}/dn/receipt`]);
    expect(answers()[0]?.properties?.correlationData).toEqual(correlationData);
    expect(answers()[0]?.properties?.contentType).toBe("application/json");
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
    ["none", (payload: Buffer) => payload],
  ] as const)("opens %s, knows the batch by its uncompressed body", async (encoding, pack) => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    const plain = bytes(claim(1, 50));
    const properties = { userProperties: { batch: idOf(plain), encoding } };
    await gw.send({}, { payload: pack(plain), properties });
    await gw.until(1);
    expect(gw.receipts()).toMatchObject([{ batch: idOf(plain), taken: 50 }]);
  });

  it("counts what is no batch and answers nothing", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    const faults: string[] = [];
    platform.on("refused", ({ fault }) => faults.push(fault));
    const plain = bytes(claim(1, 1));
    const gzip = gzipSync(plain);
    const send = (payload: Buffer, userProperties?: Record<string, string>, door = "data") =>
      gw.send({}, { payload, door, properties: userProperties === undefined ? {} : { userProperties } });
    expect(await send(Buffer.from("not json"))).toBe(0);
    await send(gzip.subarray(0, 30));
    await send(gzipSync(Buffer.alloc(3_000_000)));
    await send(zstdCompressSync(Buffer.alloc(3_000_000)));
    await send(plain, { encoding: "gzip" });
    await send(gzip, { "content-encoding": "zstd" });
    await send(plain, { batch: "0".repeat(64) });
    await send(plain, undefined, "alarm");
    await send(bytes(claim(1, 1, { gateway: "gw2" })));
    await platform.until(() => faults.length === 9);
    expect(faults).toEqual([
      "text",
      "encoding",
      "bomb",
      "bomb",
      "encoding",
      "encoding",
      "id",
      "lane",
      "address",
    ]);
    expect(platform.counters.malformed).toEqual({
      text: 1,
      encoding: 3,
      bomb: 2,
      id: 1,
      lane: 1,
      address: 1,
    });
    await send(plain);
    await gw.until(1);
    expect(gw.messages).toHaveLength(1);
    expect(platform.count).toBe(1);
  });

  it("answers too large for a whole batch above its limit, and takes its halves", async () => {
    const platform = await platformWith({ limits: { maxBodyBytes: 4000 } });
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 200));
    await gw.send(claim(1, 100));
    await gw.until(2);
    expect(gw.receipts()).toMatchObject([
      { tooLarge: true, taken: 0, next: null },
      { taken: 100, next: 101 },
    ]);
  });

  it("takes early rows by the alarm topic, and hands other messages to who listens", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    const other: string[] = [];
    platform.on("message", ({ topic, payload }) => other.push(`${topic} ${payload}`));
    await gw.send(unclaimed("early", 4, [row(4)]), { door: "alarm" });
    await gw.client.publish({ topic: `${base}/up/status`, payload: "well", qos: 1, retain: true });
    await platform.until(({ count }) => count === 1 && other.length === 1);
    expect(other).toEqual([`${base}/up/status well`]);
    expect(platform.missing()).toMatchObject([{ epoch: epochA, head: 4, missing: [[1, 3]] }]);
  });

  it("lets only known users in", async () => {
    const platform = await platformWith({ users: { gw: "pw" } });
    await expect(Gateway.dial(platform)).rejects.toMatchObject({ code: 0x86 });
    const gw = await Gateway.dial(platform, "#", { user: "gw", password: "pw" });
    expect(await gw.send(claim(1, 1))).toBe(0);
  });

  it("publishes commands", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    expect(platform.publish({ topic: `${base}/dn/cmd`, payload: "{}", qos: 1 })).toBe(true);
    await gw.until(1);
    expect(gw.messages[0]?.topic).toBe(`${base}/dn/cmd`);
  });

  it("ends waiting with what a listener threw, and when it stops", async () => {
    const platform = await startPlatform();
    const gw = await Gateway.dial(platform);
    const forever = expect(platform.until(() => false)).rejects.toThrow("a test's own mistake");
    platform.on("record", () => {
      throw new Error("a test's own mistake");
    });
    await gw.send(claim(1, 1));
    await forever;
    await expect(platform.stop()).rejects.toThrow("a test's own mistake");
    const other = await startPlatform();
    const waiting = expect(other.until(() => false)).rejects.toThrow("stopped");
    const aborted = other.until(() => false, AbortSignal.abort(new Error("enough")));
    await expect(aborted).rejects.toThrow("enough");
    await Promise.all([waiting, other.stop()]);
  });
});

describe("the moods of the platform", () => {
  it("down: cuts everybody, refuses connections, and is back at the same address", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 2));
    await platform.until(({ count }) => count === 2);
    const { url } = platform;
    await platform.down();
    await gw.client.ended;
    await expect(Gateway.dial(platform)).rejects.toThrow();
    await platform.up();
    expect(platform.url).toBe(url);
    const back = await Gateway.dial(platform);
    await back.send(claim(3, 3));
    await back.until(1);
    expect(back.receipts()).toMatchObject([{ next: 4 }]);
  });

  it("slow: acknowledges at once, judges one by one, and turns away when too many wait", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, moods: { slowMs: 500 }, maxQueue: 2 });
    const gw = await Gateway.dial(platform);
    expect(await Promise.all([1, 2, 3].map((n) => gw.send(claim(n, n))))).toEqual([0, 0, 0x97]);
    expect(platform.count).toBe(0);
    while (platform.count < 2) await clock.advance(100);
    expect(platform.counters).toMatchObject({ turnedAway: 1, batches: 2 });
    await gw.until(2);
  });

  it("down while it is slow: what was acknowledged and not judged is gone", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, moods: { slowMs: 500 } });
    const gw = await Gateway.dial(platform);
    expect(await gw.send(claim(1, 5))).toBe(0);
    await platform.down();
    await platform.up();
    expect(platform.counters.droppedWhenDown).toBe(1);
    expect(platform.count).toBe(0);
  });

  it("silent: stores and answers nothing", async () => {
    const platform = await platformWith({ moods: { silent: true } });
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 3));
    await platform.until(({ count }) => count === 3);
    platform.calm();
    await gw.send(claim(4, 4));
    await gw.until(1);
    expect(gw.receipts()).toMatchObject([{ next: 5, taken: 1 }]);
    expect(platform.counters).toMatchObject({ receiptsLost: 1, receiptsSent: 1 });
  });

  it("rejecting: by share and by predicate, and the same rows again get the same answer", async () => {
    const platform = await platformWith({ moods: { reject: { share: 0.5, code: "unit" } } });
    platform.mood({ rejectWhere: ({ seq }) => (seq === 7 ? "range" : null) });
    const gw = await Gateway.dial(platform);
    const batch = claim(1, 200);
    await gw.send(batch);
    await gw.send(claim(1, 200));
    await gw.until(2);
    const [first, second] = gw.receipts();
    expect(first?.rejected.length).toBeGreaterThan(60);
    expect(first?.rejected.length).toBeLessThan(140);
    expect(first?.rejected).toContainEqual({ seq: 7, code: "range" });
    expect((first?.taken ?? 0) + (first?.rejected.length ?? 0)).toBe(200);
    expect(second?.rejected).toEqual(first?.rejected);
    expect(second?.next).toBe(201);
  });

  it("losing and doubling: some answers never come, some come twice, with the same seed the same ones", async () => {
    const run = async () => {
      const platform = await platformWith({ seed: 3, moods: { loseReceipts: 0.3, doubleReceipts: 0.3 } });
      const gw = await Gateway.dial(platform);
      for (let n = 1; n <= 60; n++) await gw.send(claim(n, n));
      await platform.until(({ count }) => count === 60);
      const { receiptsSent, receiptsLost, receiptsDoubled } = platform.counters;
      await gw.until(receiptsSent + receiptsDoubled);
      expect(receiptsSent + receiptsLost).toBe(60);
      expect(receiptsLost).toBeGreaterThan(8);
      expect(receiptsDoubled).toBeGreaterThan(4);
      return gw.receipts().map(({ next }) => next);
    };
    expect(await run()).toEqual(await run());
  });

  it("reordering and late: every answer comes once, not in order", async () => {
    const clock = new FakeClock();
    const moods = { reorderReceipts: 0.4, lateReceipts: { share: 0.3, ms: 5000 } };
    const platform = await platformWith({ clock, moods });
    const gw = await Gateway.dial(platform);
    for (let n = 1; n <= 40; n++) await gw.send(claim(n, n));
    await platform.until(({ count }) => count === 40);
    expect(platform.counters.receiptsSent).toBeLessThan(40);
    await clock.advance(6000);
    await gw.until(40);
    const order = gw.receipts().map(({ next }) => next ?? 0);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 2));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it("forgetful: says taken, and later misses it again", async () => {
    const platform = await platformWith({ moods: { forget: 1 } });
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 3));
    await gw.until(1);
    expect(gw.receipts()).toMatchObject([{ taken: 3, next: 4 }]);
    expect(platform.count).toBe(0);
    platform.calm();
    await gw.send(body({ first: 4, last: 3, head: 3 }));
    await gw.until(2);
    expect(gw.receipts()[1]).toMatchObject({ next: 1 });
    await gw.send(claim(1, 3));
    await gw.until(3);
    expect(gw.receipts()[2]).toMatchObject({ taken: 3, next: 4 });
    expect(platform.count).toBe(3);
  });

  it("forgetful about a retry: judges the same retry anew, since its answer is forgotten too", async () => {
    const platform = await platformWith({ moods: { rejectWhere: () => "range" } });
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 1));
    await gw.until(1);
    platform.calm();
    platform.mood({ forget: 1 });
    const retry = unclaimed("retry", 1, [row(1)]);
    await gw.send(retry);
    await gw.until(2);
    platform.calm();
    expect([platform.count, gw.receipts()[1]?.taken]).toEqual([0, 1]);
    await gw.send(retry);
    await gw.until(3);
    expect([platform.count, gw.receipts()[2]?.taken]).toEqual([1, 1]);
  });

  it("restored from a backup: what came since is missed again", async () => {
    const platform = await platformWith();
    const gw = await Gateway.dial(platform);
    await gw.send(claim(1, 3));
    await gw.until(1);
    const backup = platform.snapshot();
    await gw.send(claim(4, 9));
    await gw.until(2);
    platform.restore(backup);
    expect(platform.count).toBe(3);
    await gw.send(body({ first: 10, last: 9, head: 9 }));
    await gw.until(3);
    expect(gw.receipts()[2]).toMatchObject({ next: 4 });
    expect(platform.streams()).toMatchObject([{ head: 9, done: 3, missing: [[4, 9]] }]);
  });

  it.each(lies.map((kind) => [kind]))(
    "lying: %s is no receipt that a gateway may follow",
    async (kind: Lie) => {
      const platform = await platformWith({ moods: { lie: { share: 1, kinds: [kind], instead: false } } });
      const gw = await Gateway.dial(platform, `${base}/dn/receipt`);
      const batch = claim(1, 3);
      await gw.send(batch).catch(() => undefined);
      if (kind === "oversized") {
        await gw.client.ended;
        expect(platform.counters.liesTold).toBe(1);
        return;
      }
      await gw.until(2);
      const [lie, truth] = gw.messages.map(({ payload }) => payload.toString());
      const id = idOf(bytes(batch));
      expect(believable(lie ?? "", id, 3, [1, 2, 3])).toBe(false);
      expect(believable(truth ?? "", id, 3, [1, 2, 3])).toBe(true);
    },
  );

  it("refusing on the MQTT level: the PUBACK says so and nothing is taken", async () => {
    const platform = await platformWith({ moods: { puback: { share: 1, reason: 0x97 } } });
    const gw = await Gateway.dial(platform);
    expect(await gw.send(claim(1, 3))).toBe(0x97);
    platform.mood({ puback: { share: 1, reason: 16 } });
    expect(await gw.send(claim(1, 3))).toBe(16);
    platform.mood({ puback: { share: 1, reason: null } });
    const unanswered = expect(gw.send(claim(1, 3))).rejects.toThrow();
    await platform.until(({ counters }) => counters.turnedAway === 3);
    platform.calm();
    expect(await gw.send(claim(1, 3))).toBe(0);
    await gw.until(1);
    expect(platform.counters).toMatchObject({ turnedAway: 3, batches: 1, stored: 3 });
    platform.cut();
    await unanswered;
  });
});

/** R9, by hand: a receipt for that batch whose numbers add up and lie within what was sent. */
function believable(text: string, id: string, head: number, sent: number[]): boolean {
  let value: ReceiptBody;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  const rejected = value.rejected.map(({ seq }) => seq);
  return (
    value.batch === id &&
    value.taken + rejected.length === sent.length &&
    Number.isInteger(value.taken) &&
    new Set(rejected).size === rejected.length &&
    rejected.every((seq) => sent.includes(seq)) &&
    (value.next ?? 1) <= head + 1
  );
}
