import { describe, expect, it } from "vitest";
import type { MqttClient } from "../../../simulator/mqtt/client.ts";
import { type Lie, lies, type Moods } from "../../../simulator/platform/moods.ts";
import type { Platform } from "../../../simulator/platform/platform.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, claim, gateway, idOf, school } from "./batches.ts";
import { type Answer, ask, batchesPath, post } from "./http-client.ts";
import { closing, mqttTo, platformWith } from "./http-world.ts";
import { RawSocket } from "./raw-socket.ts";

function publish(client: MqttClient, batch: object): Promise<number> {
  return client.publish({ topic: `edu/v1/${school}/${gateway}/up/data`, payload: bytes(batch), qos: 1 });
}

/** A request that is given up once something holds that its answer would have come before. */
async function unanswered(
  platform: Platform,
  batch: object,
  until: (platform: Platform) => boolean,
): Promise<void> {
  const giveUp = new AbortController();
  const answer = expect(post(platform, batch, { signal: giveUp.signal })).rejects.toThrow("aborted");
  await platform.until(until);
  giveUp.abort();
  await answer;
}

describe("moods that both doors play", () => {
  it.each([
    ["error", 500, undefined, 0x80],
    ["unavailable", 503, "7", 0x83],
    ["busy", 429, "7", 0x97],
  ] as const)(
    "refuse %s: HTTP says %i, Retry-After %s; PUBACK %i",
    async (kind, status, retryAfter, reason) => {
      const platform = await platformWith({ mqtt: true });
      platform.mood({ refuse: { share: 1, kinds: [kind], retryAfterS: 7 } });
      const client = await mqttTo(platform);
      const batch = claim(1, 3);
      const answer = await post(platform, batch);
      expect([answer.status, answer.headers["retry-after"]]).toEqual([status, retryAfter]);
      expect(await publish(client, batch)).toBe(reason);
      expect(platform.counters).toMatchObject({ turnedAway: 2, batches: 0 });
      platform.calm();
      expect((await post(platform, batch)).json).toMatchObject({ taken: 3 });
    },
  );

  it("refuse nothing: neither door says a word, nothing is taken", async () => {
    const platform = await platformWith({ moods: { refuse: { share: 1, kinds: ["nothing"] } }, mqtt: true });
    const client = await mqttTo(platform);
    await unanswered(platform, claim(1, 1), ({ counters }) => counters.turnedAway === 1);
    const unacknowledged = expect(publish(client, claim(1, 1))).rejects.toThrow();
    await platform.until(({ counters }) => counters.turnedAway === 2);
    platform.cut();
    await unacknowledged;
    expect(platform.counters.batches).toBe(0);
  });

  it("black hole: HTTP connections are not read, publishes are not acknowledged, until it is cut", async () => {
    const platform = await platformWith({ moods: { blackHole: true }, mqtt: true });
    const client = await mqttTo(platform);
    const raw = await RawSocket.open(Number(new URL(platform.httpUrl).port));
    const plain = bytes(claim(1, 1));
    raw.send(`POST ${batchesPath} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${idOf(plain)}\r\n`);
    raw.send(`Content-Length: ${plain.length}\r\n\r\n`, plain);
    const unacknowledged = expect(publish(client, claim(1, 1))).rejects.toThrow();
    await platform.until(({ counters }) => counters.turnedAway === 1);
    platform.calm();
    // Who comes now is served; who fell into the hole stays there.
    expect((await post(platform, claim(2, 2))).status).toBe(200);
    expect([raw.received.length, raw.closed, platform.counters.requests]).toEqual([0, false, 1]);
    platform.cut();
    await raw.until(({ closed }) => closed);
    await unacknowledged;
    expect(platform.count).toBe(1);
  });

  it("black hole: a connection from before is no longer answered either", async () => {
    const platform = await platformWith();
    const raw = await RawSocket.open(Number(new URL(platform.httpUrl).port));
    closing.push(() => raw.destroy());
    const get = `GET ${batchesPath} HTTP/1.1\r\nHost: x\r\n\r\n`;
    raw.send(get);
    await raw.until(({ received }) => received.includes("}"));
    platform.mood({ blackHole: true });
    const before = raw.received.length;
    raw.send(get);
    await platform.until(({ counters }) => counters.turnedAway === 1);
    expect(raw.received.length).toBe(before);
  });

  it("too large: more rows or bytes than it likes get 413, or a receipt that says so", async () => {
    const got = Promise.withResolvers<string>();
    const platform = await platformWith({ moods: { tooLarge: { rows: 10 } }, mqtt: true });
    const client = await mqttTo(platform, got.resolve);
    expect((await post(platform, claim(1, 11))).status).toBe(413);
    expect((await post(platform, claim(1, 10))).status).toBe(200);
    const batch = claim(11, 20);
    platform.mood({ tooLarge: { bytes: bytes(batch).length - 1 } });
    const other = await post(platform, batch);
    expect([other.status, other.json]).toEqual([413, { fault: "too-large" }]);
    await publish(client, batch);
    expect(JSON.parse(await got.promise)).toMatchObject({ tooLarge: true, taken: 0, next: null });
    expect(platform.counters).toMatchObject({ tooLarge: 3, stored: 10 });
    platform.calm();
    expect((await post(platform, batch)).status).toBe(200);
  });

  it("pausing: receipts of both doors ask for a pause", async () => {
    const got = Promise.withResolvers<string>();
    const platform = await platformWith({ moods: { pauseMs: 5000 }, mqtt: true });
    const client = await mqttTo(platform, got.resolve);
    expect((await post(platform, claim(1, 1))).json).toMatchObject({ taken: 1, retryAfterMs: 5000 });
    await publish(client, claim(2, 2));
    expect(JSON.parse(await got.promise)).toMatchObject({ taken: 1, retryAfterMs: 5000 });
  });

  it("slow: judges one by one, and answers when it has", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ moods: { slowMs: 500 }, clock });
    const answers = [1, 2, 3].map((n) => post(platform, claim(n, n)));
    await platform.until(({ counters }) => counters.requests === 3);
    expect(platform.count).toBe(0);
    while (platform.count < 3) await clock.advance(100);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("rejecting: rows by what they say", async () => {
    const platform = await platformWith({
      moods: { rejectWhere: ({ seq }) => (seq === 2 ? "range" : null) },
    });
    const answer = await post(platform, claim(1, 3));
    expect(answer.json).toMatchObject({ taken: 2, rejected: [{ seq: 2, code: "range" }], next: 4 });
  });
});

describe("moods of the HTTP door", () => {
  it("later: 202 at once, and its receipt when the same batch comes again", async () => {
    const platform = await platformWith({ moods: { later: 1 } });
    const batch = claim(1, 3);
    const accepted = await post(platform, batch);
    expect([accepted.status, accepted.json]).toEqual([202, { batch: idOf(bytes(batch)) }]);
    await platform.until(({ count }) => count === 3);
    const told = await post(platform, batch);
    expect([told.status, told.json]).toMatchObject([200, { taken: 3, next: 4 }]);
    expect(platform.counters).toMatchObject({ batches: 1, acceptedForLater: 1, repeatedPosts: 1 });
  });

  it("later and slow: 202 for as long as it is not judged; gone when it goes down before", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ moods: { later: 1, slowMs: 500 }, clock });
    const batch = claim(1, 3);
    expect((await post(platform, batch)).status).toBe(202);
    expect((await post(platform, batch)).status).toBe(202);
    await platform.down();
    await platform.up();
    expect(platform.counters).toMatchObject({ droppedWhenDown: 1, batches: 0 });
    expect((await post(platform, batch)).status).toBe(202);
    while (platform.count < 3) await clock.advance(100);
    expect((await post(platform, batch)).status).toBe(200);
  });

  it("later: what turns out to be no batch says so when it comes again, once", async () => {
    const platform = await platformWith({ moods: { later: 1 } });
    const batch = claim(1, 3, { head: 2 });
    expect((await post(platform, batch)).status).toBe(202);
    await platform.until(({ counters }) => counters.malformed.head === 1);
    const again = await post(platform, batch);
    expect([again.status, again.json]).toEqual([400, { fault: "head" }]);
    expect((await post(platform, batch)).status).toBe(202);
  });

  it("redirect: 307 to the same place elsewhere, and nothing is taken", async () => {
    const platform = await platformWith({ moods: { redirect: { share: 1, to: "http://192.0.2.1:8080" } } });
    const answer = await post(platform, claim(1, 1));
    expect([answer.status, answer.headers.location]).toEqual([307, `http://192.0.2.1:8080${batchesPath}`]);
    expect((await ask(platform, {})).status).toBe(307);
    expect(platform.counters).toMatchObject({ turnedAway: 2, batches: 0 });
  });

  it("losing: stores, cuts the connection, and has the receipt for who comes again", async () => {
    const platform = await platformWith({ moods: { loseReceipts: 1 } });
    const batch = claim(1, 3);
    await expect(post(platform, batch)).rejects.toThrow("hang up");
    expect([platform.count, platform.counters.receiptsLost]).toEqual([3, 1]);
    platform.calm();
    expect((await post(platform, batch)).json).toMatchObject({ taken: 3 });
    expect(platform.counters).toMatchObject({ batches: 1, receiptsSent: 1 });
  });

  it("silent: stores, and never answers", async () => {
    const platform = await platformWith({ moods: { silent: true } });
    await unanswered(platform, claim(1, 3), ({ count }) => count === 3);
    expect(platform.counters).toMatchObject({ receiptsLost: 1, receiptsSent: 0 });
  });

  it("late: answers when the time has come", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ moods: { lateReceipts: { share: 1, ms: 5000 } }, clock });
    const answer = post(platform, claim(1, 3));
    await platform.until(({ count }) => count === 3);
    expect(platform.counters.receiptsSent).toBe(0);
    while (platform.counters.receiptsSent < 1) await clock.advance(1000);
    expect((await answer).json).toMatchObject({ taken: 3 });
  });

  it("half: announces the whole answer, sends half of it and cuts", async () => {
    const platform = await platformWith({ moods: { halfAnswers: 1 } });
    const batch = claim(1, 3);
    const raw = await RawSocket.open(Number(new URL(platform.httpUrl).port));
    const plain = bytes(batch);
    raw.send(`POST ${batchesPath} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${idOf(plain)}\r\n`);
    raw.send(`Content-Length: ${plain.length}\r\n\r\n`, plain);
    await raw.until(({ closed }) => closed);
    const [head = "", half = ""] = raw.received.toString().split("\r\n\r\n");
    const announced = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
    expect(half.length).toBe(announced >> 1);
    expect(platform.count).toBe(3);
    await expect(post(platform, batch)).rejects.toThrow("aborted");
    expect(platform.counters).toMatchObject({ receiptsLost: 2, receiptsSent: 0 });
  });

  it("trickling: the whole answer, byte by byte", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ moods: { trickleAnswers: { share: 1, ms: 100 } }, clock });
    const began = clock.monotonicMs();
    const answer = post(platform, claim(1, 3));
    await platform.until(({ count }) => count === 3);
    while (platform.counters.receiptsSent < 1) await clock.advance(1000);
    const { json, body } = await answer;
    expect(json).toMatchObject({ taken: 3 });
    expect(clock.monotonicMs() - began).toBeGreaterThanOrEqual(body.length * 100);
  });

  it("trickling and late answers end with the platform", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ moods: { trickleAnswers: { share: 1, ms: 100 } }, clock });
    const cut = [expect(post(platform, claim(1, 1))).rejects.toThrow()];
    await platform.until(({ count }) => count === 1);
    platform.mood({ lateReceipts: { share: 1, ms: 1000 } });
    cut.push(expect(post(platform, claim(2, 2))).rejects.toThrow());
    await platform.until(({ count }) => count === 2);
    await platform.down();
    await Promise.all(cut);
    expect(clock.sleeping).toBe(0);
    expect(platform.counters).toMatchObject({ receiptsSent: 0, receiptsLost: 2 });
  });

  it.each(lies.map((kind) => [kind]))(
    "lying: %s is told instead of the truth, which stays",
    async (kind: Lie) => {
      const platform = await platformWith({ moods: { lie: { share: 1, kinds: [kind] } } });
      const batch = claim(1, 3);
      const told = await post(platform, batch);
      expect(told.status).toBe(200);
      expect(platform.counters).toMatchObject({ liesTold: 1, receiptsSent: 0, stored: 3 });
      platform.calm();
      const truth = await post(platform, batch);
      expect(truth.json).toMatchObject({ batch: idOf(bytes(batch)), taken: 3, rejected: [], next: 4 });
      expect(told.body).not.toEqual(truth.body);
    },
  );

  it("plays the same with the same seed, and otherwise with another", async () => {
    const moods: Partial<Moods> = {
      refuse: { share: 0.3, kinds: ["error", "unavailable", "busy"] },
      redirect: { share: 0.1, to: "http://192.0.2.1" },
      later: 0.2,
      loseReceipts: 0.1,
      halfAnswers: 0.1,
      reject: { share: 0.1, code: "unit" },
      lie: { share: 0.2 },
    };
    const run = async (seed: number): Promise<string[]> => {
      const platform = await platformWith({ moods, seed, clock: new FakeClock() });
      const batches = Array.from({ length: 50 }, (_, n) => claim(n + 1, n + 1, { nonce: "0".repeat(32) }));
      const told: string[] = [];
      for (const batch of batches) {
        told.push(await post(platform, batch).then(summary, (error) => error.message));
      }
      const { batches: judged, stored, liesTold, receiptsLost } = platform.counters;
      return [...told, JSON.stringify({ judged, stored, liesTold, receiptsLost })];
    };
    const [once, again, other] = [await run(5), await run(5), await run(6)];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
    for (const sign of ["500", "503", "429", "307", "202", "hang up"]) {
      expect(once.some((line) => line.includes(sign))).toBe(true);
    }
  });
});

function summary({ status, headers, body }: Answer): string {
  return [status, headers["retry-after"], headers.location, body.toString("latin1").slice(0, 300)].join(" ");
}
