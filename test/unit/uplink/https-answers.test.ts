import { describe, expect, it } from "vitest";
import { ofError, ofReceipt } from "../../../edge/forward/outcome.ts";
import type { Receipt, UplinkError } from "../../../gateway/contract/index.ts";
import { batchOf, failure, never, takes } from "../../suites/uplink-batches.ts";
import { bodyOf, gatewayPath, PlainHttps } from "./https-world.ts";
import { fault } from "./plain-world.ts";
import { httpAnswer, receiptAnswer } from "./scripted-https.ts";

const unjudged = { taken: 0, rejected: [], next: null, at: null };

describe("the HTTPS uplink", () => {
  const world = PlainHttps.each();
  /** Every POST gets the next of these, the last one for ever. */
  const answers = (...list: (Buffer | null)[]) => {
    let n = 0;
    world.server.script = ({ method }) =>
      method === "GET" ? httpAnswer(404) : (list[Math.min(n++, list.length - 1)] ?? null);
  };
  const sendTo = async (answer: Buffer) => {
    answers(answer);
    const session = await world.open();
    const batch = batchOf([1, 2]);
    return { session, batch, sent: session.send(batch, never) };
  };

  it("asks with path, key, credential and lengths as agreed, and is open whatever the platform has there", async () => {
    const session = await world.open();
    const batch = batchOf(Array(50).fill(1));
    answers(receiptAnswer(takes(batch)));
    await session.send(batch, never);
    const host = `127.0.0.1:${world.server.port}`;
    const [proof, post] = world.server.asked;
    const common = { host, "accept-encoding": "identity", authorization: "Bearer open-sesame" };
    expect(proof).toMatchObject({ method: "GET", path: gatewayPath, body: Buffer.alloc(0) });
    expect(proof?.headers).toEqual({ ...common, connection: "keep-alive" });
    expect(post).toMatchObject({ method: "POST", path: `${gatewayPath}/batches` });
    expect(post?.headers).toEqual({
      ...common,
      connection: "keep-alive",
      "content-type": "application/json",
      "content-encoding": "gzip",
      "content-length": String(post?.body.length),
      "idempotency-key": batch.id,
    });
    expect(post?.body.length).toBeLessThan(batch.bytes.length);
    expect(await bodyOf(post as never)).toEqual(Buffer.from(batch.bytes));
    expect(world.server.accepted).toBe(1);
  });

  it.each<[number, Record<string, string>, Partial<Receipt>, string]>([
    [413, {}, { tooLarge: true }, "too-large"],
    [429, { "retry-after": "7" }, { retryAfterMs: 7000 }, "retry-after"],
    [503, { "retry-after": "0" }, { retryAfterMs: 1000 }, "retry-after"],
    [503, { "retry-after": "99999999" }, { retryAfterMs: 3_600_000 }, "retry-after"],
    [503, { "retry-after": "Tue, 01 Sep 2026 00:01:30 GMT" }, { retryAfterMs: 90_000 }, "retry-after"],
    [
      503,
      { date: "Sun, 06 Nov 1994 08:49:00 GMT", "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" },
      { retryAfterMs: 37_000 },
      "retry-after",
    ],
    [429, { "retry-after": "Mon, 31 Aug 2026 00:00:00 GMT" }, { retryAfterMs: 1000 }, "retry-after"],
  ])("takes %i with %o as a word about sending, not about records", async (status, headers, more, code) => {
    const { session, batch, sent } = await sendTo(httpAnswer(status, headers, "<p>no</p>"));
    const receipt = await sent;
    expect(receipt).toEqual({ ...unjudged, batch: batch.id, ...more });
    expect(ofReceipt(receipt, batch.rows)).toMatchObject({ code });
    await session.send(batchOf([3]), never);
  });

  it.each<[number, string, "later" | "never", "kept" | "refused"]>([
    [400, "malformed", "never", "refused"],
    [422, "malformed", "never", "refused"],
    [409, "conflict", "never", "refused"],
    [402, "refused", "later", "kept"],
    [408, "silent", "later", "kept"],
    [418, "refused", "later", "kept"],
    [429, "quota", "later", "kept"],
    [500, "failing", "later", "kept"],
    [501, "failing", "later", "kept"],
    [502, "busy", "later", "kept"],
    [503, "busy", "later", "kept"],
    [504, "busy", "later", "kept"],
    [201, "answer", "later", "kept"],
    [204, "answer", "later", "kept"],
  ])("takes %i for a matter of one batch (%s), and goes on", async (status, code, retry, fate) => {
    const bodiless = status === 204 ? Buffer.from("HTTP/1.1 204 X\r\n\r\n") : httpAnswer(status, {}, "text");
    const { session, sent } = await sendTo(bodiless);
    const error = await failure(sent);
    expect([error.code, error.retry, ofError(error).is]).toEqual([code, retry, fate]);
    const batch = batchOf([3]);
    answers(receiptAnswer(takes(batch)));
    expect((await session.send(batch, never)).taken).toBe(1);
    expect(world.server.accepted).toBe(1);
  });

  it.each<[number, string, "later" | "never"]>([
    [401, "credential", "never"],
    [403, "not-authorised", "never"],
    [404, "not-found", "later"],
    [405, "not-found", "later"],
    [410, "not-found", "later"],
    [415, "encoding", "later"],
    [301, "redirected", "later"],
    [307, "redirected", "later"],
    [308, "redirected", "later"],
    [304, "redirected", "later"],
  ])("ends at %i (%s): no batch would get further", async (status, code, retry) => {
    const elsewhere = { location: `http://127.0.0.2:${world.server.port}/evil-place` };
    const { session, sent } = await sendTo(httpAnswer(status, elsewhere));
    const error = await failure(sent);
    expect([error.code, error.retry, ofError(error).is]).toEqual([code, retry, "kept"]);
    expect(error.message).not.toContain("evil-place");
    expect(await session.ended).toMatchObject({ code, retry });
    const after = await failure(session.send(batchOf([3]), never));
    expect([after.code, after.retry]).toEqual([code, "later"]);
    await world.server.until(() => world.server.connected === 0);
    expect(world.server.asked).toHaveLength(2);
  });

  it.each<[number, string, string]>([
    [401, "credential", "never"],
    [403, "not-authorised", "never"],
    [302, "redirected", "later"],
  ])("does not open when its first question gets %i", async (status, code, retry) => {
    world.server.script = () => httpAnswer(status, { location: "http://127.0.0.2/" });
    expect(await fault(world.open())).toEqual([code, retry]);
    await world.server.until(() => world.server.connected === 0);
    expect(world.server.asked).toHaveLength(1);
  });

  it.each([200, 204, 400, 404, 405, 429, 500, 503])(
    "opens when its first question gets %i",
    async (status) => {
      world.server.script = () => (status === 204 ? "HTTP/1.1 204 X\r\n\r\n" : httpAnswer(status));
      await world.open();
      expect(world.server.connected).toBe(1);
    },
  );

  it("asks again for a batch that is only queued: the same request, at the platform's pace or ever slower", async () => {
    const { clock } = world.context;
    const queued = (after?: string) => httpAnswer(202, after === undefined ? {} : { "retry-after": after });
    const batch = batchOf([1]);
    answers(queued(), queued(), queued("5"), queued("0"), queued("86400"), receiptAnswer(takes(batch)));
    const session = await world.open();
    const before = world.server.bytes;
    let told = 0;
    const sent = session.send(batch, never, (bytes) => {
      told = bytes;
    });
    for (const [n, waitMs] of [2000, 4000, 5000, 1000, 60_000].entries()) {
      expect(await clock.rest(n)).toBe(waitMs);
      await clock.advance(waitMs - 1);
      expect(world.server.posts).toHaveLength(n + 1);
      await clock.advance(1);
      await world.server.post(n + 1);
    }
    expect((await sent).taken).toBe(1);
    expect(told).toBe(world.server.bytes - before);
    const [first, ...others] = world.server.posts;
    expect(others).toHaveLength(5);
    for (const { headers, body } of others) expect([headers, body]).toEqual([first?.headers, first?.body]);
    expect([clock.sleeping, world.server.accepted]).toEqual([0, 1]);
  });

  it("gives up a batch that is queued for ten minutes, and stops asking when told", async () => {
    const { clock } = world.context;
    answers(httpAnswer(202));
    const session = await world.open();
    const sent = failure(session.send(batchOf([1]), never));
    const waits = [2000, 4000, 8000, 16_000, ...Array(18).fill(30_000)];
    for (const [n, waitMs] of waits.entries()) {
      expect(await clock.rest(n)).toBe(waitMs);
      await clock.advance(waitMs);
    }
    expect([(await sent).code, (await sent).retry]).toEqual(["unconfirmed", "later"]);
    const given = new AbortController();
    const before = world.server.posts.length;
    const other = failure(session.send(batchOf([2]), given.signal));
    await clock.rest(waits.length);
    given.abort();
    expect((await other).code).toBe("aborted");
    await clock.advance(3_600_000);
    expect([world.server.posts.length, clock.sleeping]).toEqual([before + 1, 0]);
  });

  it("waits for a receipt in one piece although it comes drop by drop, and no longer than five minutes", async () => {
    const { clock } = world.context;
    const session = await world.open();
    const batch = batchOf([1]);
    const text = receiptAnswer(takes(batch));
    const sent = session.send(batch, never);
    const { socket } = await world.server.post(0);
    for (const byte of text) {
      socket.write(Buffer.from([byte]));
      await clock.advance(1000);
    }
    expect((await sent).taken).toBe(1);
    const late = failure(session.send(batchOf([2]), never));
    const { socket: slow } = await world.server.post(1);
    slow.write(text.subarray(0, 20));
    await clock.advance(299_999);
    slow.write(text.subarray(20, 40));
    await clock.advance(1);
    expect([(await late).code, (await late).retry]).toEqual(["silent", "later"]);
    await world.server.until(() => slow.destroyed);
  });

  it("refuses a secret that is no token, without a word of it", async () => {
    for (const token of ["", "two words", "öffne dich", "a\r\nX-More: 1", "a\n\n"]) {
      world.context.secret = () => Buffer.from(token);
      const error = (await failure(world.open())) as UplinkError;
      expect([error.code, error.retry]).toEqual(["secret", "never"]);
      expect(error.message).toBe("the secret token is no token: one line of ASCII without spaces");
    }
    expect(world.server.accepted).toBe(0);
  });
});
