import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { receiptSchema } from "../../../config/schema/receipt.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, claim, gateway, idOf, row, school, unclaimed } from "./batches.ts";
import { type Asking, ask, batchesPath, gatewayPath, post } from "./http-client.ts";
import { asked, platformWith } from "./http-world.ts";

describe("the HTTP door of the platform", () => {
  it("takes a batch, stores its records and answers with the receipt", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock });
    const batch = claim(1, 3);
    const answer = await post(platform, batch);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(receiptSchema.parse(answer.json)).toEqual({
      v: 1,
      batch: idOf(bytes(batch)),
      taken: 3,
      rejected: [],
      next: 4,
      at: clock.wallMs(),
    });
    expect(platform.records().map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(platform.counters).toMatchObject({ requests: 1, batches: 1, stored: 3, receiptsSent: 1 });
  });

  it("takes early and retry batches at the same place", async () => {
    const platform = await platformWith();
    expect((await post(platform, unclaimed("early", 4, [row(4)]))).json).toMatchObject({ taken: 1, next: 1 });
    expect((await post(platform, unclaimed("retry", 4, [row(2)]))).json).toMatchObject({ taken: 1, next: 1 });
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
    ["identity", (plain: Buffer) => plain],
    ["GZIP", gzipSync],
  ] as const)(
    "opens Content-Encoding %s, knows the batch by its uncompressed body",
    async (encoding, pack) => {
      const platform = await platformWith();
      const batch = claim(1, 50);
      const payload = pack(bytes(batch));
      const answer = await post(platform, batch, { payload, headers: { "Content-Encoding": encoding } });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ batch: idOf(bytes(batch)), taken: 50 });
    },
  );

  it.each<[string, Asking, string]>([
    ["encoding", { payload: gzipSync(bytes(claim(1, 1))) }, "packed and not said so"],
    ["encoding", { headers: { "Content-Encoding": "gzip" } }, "said to be packed and not"],
    ["encoding", { headers: { "Content-Encoding": "br" } }, "packed in an unknown way"],
    [
      "encoding",
      { payload: gzipSync("{}").subarray(0, 12), headers: { "Content-Encoding": "gzip" } },
      "torn",
    ],
    ["id", { key: null }, "without a key"],
    ["id", { key: "7" }, "with a key that is no batch id"],
    ["address", { path: `/v1/schools/${school}/gateways/gw2/batches` }, "at another gateway's place"],
  ])("answers 400 %s to $2", async (fault, asking) => {
    const platform = await platformWith();
    const answer = await post(platform, claim(1, 1), asking);
    expect([answer.status, answer.json]).toEqual([400, { fault }]);
    expect(platform.counters.malformed).toEqual({ [fault]: 1 });
    expect(platform.count).toBe(0);
  });

  it.each([
    ["text", Buffer.from("not json")],
    ["shape", bytes({})],
    ["cover", bytes(claim(1, 2, { rows: [row(1)] }))],
  ])("answers 400 %s to a body that is no batch", async (fault, payload) => {
    const platform = await platformWith();
    const refused: string[] = [];
    platform.on("refused", (event) => refused.push(event.fault));
    const answer = await post(platform, {}, { payload, key: idOf(payload) });
    expect([answer.status, answer.json, refused]).toEqual([400, { fault }, [fault]]);
  });

  it("answers 409 when the key is not the body's, also when the key has a receipt", async () => {
    const platform = await platformWith();
    const batch = claim(1, 1);
    expect((await post(platform, batch, { key: "0".repeat(64) })).status).toBe(409);
    expect(platform.count).toBe(0);
    expect((await post(platform, batch)).status).toBe(200);
    const other = await post(platform, claim(1, 2), { key: idOf(bytes(batch)) });
    expect([other.status, other.json]).toEqual([409, { fault: "id" }]);
    expect(platform.count).toBe(1);
  });

  it("answers 413 to what is too large on the wire, unpacked, or for a batch; and takes its halves", async () => {
    const http = { maxPayloadBytes: 10_000 };
    const platform = await platformWith({ http, maxBodyBytes: 20_000, limits: { maxBodyBytes: 4000 } });
    const told = async (...asked: Parameters<typeof post>) => {
      const { status, json } = await post(...asked);
      return [status, json];
    };
    const tooLarge = [413, { fault: "too-large" }];
    const zeros = gzipSync(Buffer.alloc(100_000));
    expect(await told(platform, {}, { payload: Buffer.alloc(15_000) })).toEqual(tooLarge);
    const headers = { "Content-Encoding": "gzip" };
    expect(await told(platform, {}, { payload: zeros, headers })).toEqual(tooLarge);
    expect(await told(platform, claim(1, 200))).toEqual(tooLarge);
    expect(platform.counters).toMatchObject({ tooLarge: 1, malformed: { bomb: 2 } });
    expect((await post(platform, claim(1, 100))).json).toMatchObject({ taken: 100, next: 101 });
  });

  it("answers 401 without or with a wrong credential, and to another gateway's", async () => {
    const tokens = { [`${school}/${gateway}`]: "right", [`${school}/gw2`]: "other" };
    const platform = await platformWith({ http: { tokens } });
    const authorizations = [undefined, "Bearer wrong", "Bearer other", "Basic right", "right"];
    for (const authorization of authorizations) {
      const headers: Record<string, string> =
        authorization === undefined ? {} : { Authorization: authorization };
      const answer = await post(platform, claim(1, 1), { headers });
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
      expect((await ask(platform, { headers })).status).toBe(401);
    }
    expect(platform.counters).toMatchObject({ unauthorized: 10, batches: 0 });
    const headers = { Authorization: "Bearer right" };
    expect((await post(platform, claim(1, 1), { headers })).status).toBe(200);
    expect((await ask(platform, { headers })).status).toBe(200);
  });

  it("says its time to who asks for the gateway", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock });
    const answer = await ask(platform, {});
    expect([answer.status, answer.json]).toEqual([200, { at: clock.wallMs() }]);
  });

  it.each([
    "/",
    "/v1",
    `${batchesPath}/1`,
    `${batchesPath}?x=1`,
    `/v1/schools/1/gateways/${gateway}/batches`,
    `/v1/schools/${school}/gateways/GW/batches`,
    `/v2/schools/${school}/gateways/${gateway}/batches`,
  ])("answers 404 at %s", async (path) => {
    const platform = await platformWith();
    expect((await post(platform, claim(1, 1), { path })).status).toBe(404);
    expect((await ask(platform, { path })).status).toBe(404);
    expect(platform.count).toBe(0);
  });

  it("answers 405 to another method and names the right one", async () => {
    const platform = await platformWith();
    const got = await ask(platform, { path: batchesPath });
    expect([got.status, got.headers.allow]).toEqual([405, "POST"]);
    const put = await post(platform, claim(1, 1), { path: gatewayPath });
    expect([put.status, put.headers.allow]).toEqual([405, "GET"]);
  });

  it("answers 429 with Retry-After when too many wait", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, moods: { slowMs: 500 }, maxQueue: 1 });
    const first = post(platform, claim(1, 1));
    await asked(platform, 1);
    const second = await post(platform, claim(2, 2));
    expect([second.status, second.headers["retry-after"]]).toEqual([429, "1"]);
    expect(platform.counters.turnedAway).toBe(1);
    while (platform.count < 1) await clock.advance(100);
    expect((await first).status).toBe(200);
  });
});

describe("the same batch again over HTTP", () => {
  it("is not judged again and gets the receipt of its first time", async () => {
    const platform = await platformWith();
    const batch = claim(1, 3);
    const first = await post(platform, batch);
    await post(platform, claim(4, 9));
    const again = await post(platform, batch, {
      payload: gzipSync(bytes(batch)),
      headers: { "Content-Encoding": "gzip" },
    });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(platform.counters).toMatchObject({ batches: 2, duplicates: 0, repeatedPosts: 1, stored: 9 });
  });

  it("waits for the judgement of its first time when that is still to come", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, moods: { slowMs: 500 } });
    const batch = claim(1, 3);
    const both = [post(platform, batch), post(platform, batch)];
    await asked(platform, 2);
    while (platform.count < 3) await clock.advance(100);
    const [first, second] = await Promise.all(both);
    expect([first?.status, second?.body]).toEqual([200, first?.body]);
    expect(platform.counters).toMatchObject({ batches: 1, receiptsSent: 2 });
  });

  it("is judged again when its receipt is one too many, and nothing is stored twice", async () => {
    const platform = await platformWith({ http: { maxReceipts: 1 } });
    const batch = claim(1, 3);
    await post(platform, batch);
    await post(platform, claim(4, 4));
    expect((await post(platform, batch)).json).toMatchObject({ taken: 3, next: 5 });
    expect(platform.counters).toMatchObject({ batches: 3, duplicates: 3, stored: 4, repeatedPosts: 0 });
  });

  it("is judged again by a platform that forgot it, or was restored", async () => {
    const platform = await platformWith({ moods: { forget: 1 } });
    const batch = claim(1, 3);
    expect((await post(platform, batch)).json).toMatchObject({ taken: 3, next: 4 });
    expect(platform.count).toBe(0);
    platform.calm();
    const backup = platform.snapshot();
    await post(platform, batch);
    expect(platform.count).toBe(3);
    platform.restore(backup);
    expect(platform.count).toBe(0);
    await post(platform, batch);
    expect(platform.count).toBe(3);
    platform.forget(school, gateway, platform.streams()[0]?.epoch ?? "", [1, 3]);
    await post(platform, batch);
    expect(platform.count).toBe(3);
  });
});
