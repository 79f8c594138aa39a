import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Batch, UplinkError } from "../../../gateway/contract/index.ts";
import { batchOf, everything, failure, never, takes } from "../../suites/uplink-batches.ts";
import { PlainHttps } from "./https-world.ts";
import { fault } from "./plain-world.ts";
import { httpAnswer, receiptAnswer, ScriptedHttps } from "./scripted-https.ts";

const json = { "content-type": "application/json" };

describe("against a platform that means no good, the HTTPS uplink", () => {
  const world = PlainHttps.each();
  const onPost = (answer: (socket: Socket) => Buffer | string | null) => {
    world.server.script = ({ method, socket }) => (method === "GET" ? httpAnswer(404) : answer(socket));
  };

  it.each<[string, string, string]>([
    ["headers", "HTTP/1.1 200 OK\r\nx: ", "x".repeat(65_536)],
    ["headers of many lines", "HTTP/1.1 200 OK\r\n", "x: y\r\n".repeat(10_000)],
    ["a first line", "HTTP/1.1 200 ", "x".repeat(65_536)],
    ["a body of known length", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "x".repeat(65_536)],
    ["a body until the end", "HTTP/1.1 200 OK\r\n\r\n", "x".repeat(65_536)],
    [
      "a body in pieces",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
      `10000\r\n${"x".repeat(65_536)}\r\n`,
    ],
    [
      "a piece with a long name",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
      "x".repeat(65_536),
    ],
    [
      "trailers",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
      `x: ${"x".repeat(1000)}\r\n`.repeat(64),
    ],
    ["a refusal's body", "HTTP/1.1 500 OK\r\n\r\n", "x".repeat(65_536)],
  ])("cuts %s that do not end, and keeps the batch", async (_, start, more) => {
    let written = 0;
    onPost((socket) => {
      const pour = () => {
        written += more.length;
        if (written < 1e9 && socket.write(more)) setImmediate(pour);
      };
      socket.on("drain", pour);
      setImmediate(pour);
      return start;
    });
    const session = await world.open();
    const error = await failure(session.send(batchOf([1]), never));
    expect(error.retry).toBe("later");
    expect(["answer", "failing"]).toContain(error.code);
    await world.server.until(() => world.server.connected === 0);
    // What the kernel's buffers take as well: some megabytes at most.
    expect(written).toBeLessThan(20e6);
  });

  it.each<[string, Buffer | string]>([
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["a line that is no header", "HTTP/1.1 200 OK\r\nno header\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"],
    [
      "length and pieces",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a piece of no size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n"],
  ])("says that %s is no answer, and keeps nothing of it", async (_, answer) => {
    onPost(() => answer);
    const session = await world.open();
    const error = await failure(session.send(batchOf([1]), never));
    expect([error.code, error.retry]).toEqual(["answer", "later"]);
    expect(everything(error)).not.toMatch(/OpenSSH|no header/);
    await world.server.until(() => world.server.connected === 0);
  });

  it("ends when the way brings no answer twice in a row", async () => {
    onPost(() => "garbage\r\n\r\n");
    const session = await world.open();
    expect(await fault(session.send(batchOf([1]), never))).toEqual(["answer", "later"]);
    expect(await fault(session.send(batchOf([2]), never))).toEqual(["answer", "later"]);
    expect(await session.ended).toMatchObject({ code: "answer", retry: "later" });
  });

  it("goes not up to another protocol", async () => {
    onPost(() => "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    const session = await world.open();
    expect((await failure(session.send(batchOf([1]), never))).retry).toBe("later");
    await world.server.until(() => world.server.connected === 0);
  });

  it("survives any number of answers before the answer", async () => {
    const batch = batchOf([1]);
    onPost(
      () => `${"HTTP/1.1 103 X\r\nlink: x\r\n\r\n".repeat(5000)}${receiptAnswer(takes(batch)).toString()}`,
    );
    const session = await world.open();
    expect((await session.send(batch, never)).taken).toBe(1);
  });

  it.each<[string, string, (batch: ReturnType<typeof batchOf>) => Buffer]>([
    ["a receipt for another batch", "receipt-unknown", () => receiptAnswer(takes(batchOf([7])))],
    ["nothing", "receipt-malformed", () => httpAnswer(200, json)],
    [
      "half a receipt",
      "receipt-malformed",
      (batch) => receiptAnswer(receiptAnswer(takes(batch)).subarray(0, 99)),
    ],
    [
      "a receipt called a page",
      "receipt-malformed",
      (batch) => receiptAnswer(takes(batch), { "content-type": "text/html" }),
    ],
    [
      "a receipt called something like JSON",
      "receipt-malformed",
      (batch) => receiptAnswer(takes(batch), { "content-type": "application/jsonx" }),
    ],
    [
      "a receipt packed in a way nobody knows",
      "receipt-malformed",
      (batch) => receiptAnswer(takes(batch), { "content-encoding": "br" }),
    ],
    [
      "what it calls gzip and is not",
      "receipt-malformed",
      (batch) => receiptAnswer(takes(batch), { "content-encoding": "gzip" }),
    ],
    [
      "what unpacks to 200 MB",
      "receipt-malformed",
      () => receiptAnswer(gzipSync(Buffer.alloc(200e6, "[")), { "content-encoding": "gzip" }),
    ],
    ["a depth of brackets", "receipt-malformed", () => receiptAnswer(Buffer.alloc(200_000, "["))],
    [
      "a receipt that takes more than it may say",
      "receipt-malformed",
      (batch) => receiptAnswer(takes(batch, { taken: 1.5 })),
    ],
  ])("settles nothing by %s, and asks again", async (_, stray, answer) => {
    const batch = batchOf([1]);
    const list = [
      answer(batch),
      receiptAnswer(takes(batch), { "content-type": "Application/JSON; charset=utf-8" }),
    ];
    onPost(() => list.shift() ?? null);
    const session = await world.open();
    const sent = session.send(batch, never);
    expect(await world.context.clock.rest(0)).toBe(2000);
    expect(world.context.strays).toEqual([stray]);
    await world.context.clock.advance(2000);
    expect((await sent).taken).toBe(1);
  });

  it("reads a receipt that comes packed", async () => {
    const batch = batchOf([1]);
    onPost(() => receiptAnswer(gzipSync(JSON.stringify(takes(batch))), { "content-encoding": "gzip" }));
    const session = await world.open();
    expect((await session.send(batch, never)).taken).toBe(1);
  });

  it("keeps a batch whose answer breaks off, and the others", async () => {
    const batches = [batchOf([1]), batchOf([2], {}, 2), batchOf([3], {}, 3)];
    const session = await world.open();
    const sent = batches.map((batch) => session.send(batch, never).catch((error: unknown) => error));
    await world.server.post(2);
    const [a, b, c] = world.server.posts;
    const text = (n: number) => receiptAnswer(takes(batches[n] as never));
    const indexOf = (asked: typeof a) =>
      batches.findIndex(({ id }) => id === asked?.headers["idempotency-key"]);
    b?.socket.write(text(indexOf(b)).subarray(0, -5));
    b?.socket.end();
    await expect(sent[indexOf(b)]).resolves.toMatchObject({ code: "lost", retry: "later" });
    for (const asked of [a, c]) asked?.socket.write(text(indexOf(asked)));
    for (const asked of [a, c]) expect(await sent[indexOf(asked)]).toMatchObject({ taken: 1 });
    // An answer came since: another cut is again the first.
    const again = batchOf([2], {}, 2);
    onPost((socket) => {
      onPost(() => receiptAnswer(takes(again)));
      socket.end(receiptAnswer(takes(again)).subarray(0, -5));
      return null;
    });
    expect(await fault(session.send(again, never))).toEqual(["lost", "later"]);
    expect((await session.send(again, never)).taken).toBe(1);
  });

  it("does not read what was left on a connection as the answer to the next request", async () => {
    const [first, next] = [batchOf([1]), batchOf([2], {}, 2)];
    onPost((socket) => {
      onPost(() => receiptAnswer(takes(next)));
      setImmediate(() => socket.write(httpAnswer(401)));
      return receiptAnswer(takes(first));
    });
    const session = await world.open();
    await session.send(first, never);
    await world.server.until(() => world.server.connected === 0);
    expect((await session.send(next, never)).taken).toBe(1);
  });

  it("sends at once again what a kept connection lost, once", async () => {
    const session = await world.open();
    const batch = batchOf([1]);
    let cuts = 0;
    onPost((socket) => {
      if (cuts++ === 0) socket.resetAndDestroy();
      return cuts === 1 ? null : receiptAnswer(takes(batch));
    });
    expect((await session.send(batch, never)).taken).toBe(1);
    expect([world.server.posts.length, world.server.accepted]).toEqual([2, 2]);
    const [one, two] = world.server.posts;
    expect([two?.headers, two?.body]).toEqual([one?.headers, one?.body]);
    onPost((socket) => {
      socket.resetAndDestroy();
      return null;
    });
    expect(await fault(session.send(batchOf([2], {}, 2), never))).toEqual(["lost", "later"]);
    expect(world.server.posts).toHaveLength(4);
    // Not kept: a new connection that is cut is no stale one.
    expect(await fault(session.send(batchOf([3], {}, 3), never))).toEqual(["lost", "later"]);
    expect(world.server.posts).toHaveLength(5);
    expect(await session.ended).toMatchObject({ code: "lost" });
  });

  it("does not try one stale connection after the other", async () => {
    const session = await world.open();
    const batches = [batchOf([1]), batchOf([2], {}, 2), batchOf([3], {}, 3)];
    const sent = batches.map((batch) => session.send(batch, never));
    await world.server.post(2);
    const stale = new Set(world.server.posts.map(({ socket }) => socket));
    for (const { headers, socket } of world.server.posts)
      socket.write(
        receiptAnswer(takes(batches.find(({ id }) => id === headers["idempotency-key"]) as Batch)),
      );
    await Promise.all(sent);
    const next = batchOf([4], {}, 4);
    onPost((socket) => {
      if (!stale.has(socket)) return receiptAnswer(takes(next));
      socket.resetAndDestroy();
      return null;
    });
    expect((await session.send(next, never)).taken).toBe(1);
    expect([stale.size, world.server.posts.length, world.server.accepted]).toEqual([3, 5, 4]);
  });

  it("hears a refusal of what is too large although the platform does not read to the end", async () => {
    const session = await world.open({ compress: "none" });
    const batch = batchOf(Array(4000).fill("y".repeat(30)));
    expect(batch.bytes.length).toBeGreaterThan(150_000);
    let said = false;
    world.server.early = (seen, socket) => {
      if (said || !seen.includes("POST")) return;
      said = true;
      socket.pause().end(httpAnswer(413));
    };
    expect(await session.send(batch, never)).toMatchObject({ tooLarge: true });
  });

  it("takes a batch for too large with which connections are cut again and again, if it can be made smaller", async () => {
    const cut = (socket: Socket) => {
      socket.resetAndDestroy();
      return null;
    };
    for (const [more, outcome] of [
      [{}, "too large"],
      [{ lane: "early" }, "lost"],
    ] as const) {
      onPost(cut);
      const session = await world.open();
      const batch = batchOf([1, 2], more);
      expect(await fault(session.send(batch, never))).toEqual(["lost", "later"]);
      const again = await session.send(batch, never).then(
        ({ tooLarge }) => (tooLarge ? "too large" : "taken"),
        ({ code }: UplinkError) => code,
      );
      expect([again, await session.ended]).toEqual([outcome, expect.objectContaining({ code: "lost" })]);
    }
  });

  it("goes nowhere else: neither to a proxy that the environment names nor where a redirect points", async () => {
    const other = new ScriptedHttps();
    await other.listen();
    for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"])
      vi.stubEnv(name, name === "NODE_USE_ENV_PROXY" ? "1" : `http://127.0.0.1:${other.port}`);
    try {
      const session = await world.open();
      onPost(() => httpAnswer(307, { location: `http://127.0.0.1:${other.port}/v1` }));
      expect(await fault(session.send(batchOf([1]), never))).toEqual(["redirected", "later"]);
      expect([world.server.accepted, other.accepted]).toEqual([1, 0]);
    } finally {
      vi.unstubAllEnvs();
      await other.close();
    }
  });

  it("settles every batch somehow, but throws nowhere, whatever bytes come", async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    const noise = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    const right = fc.constantFrom(
      httpAnswer(202, { "retry-after": "1" }),
      httpAnswer(503, { "retry-after": "x" }),
      receiptAnswer({ v: 1 }),
      Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"v":\r\n0\r\n\r\n'),
    );
    const flipped = fc.tuple(right, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = value;
      return copy;
    });
    const cut = fc.tuple(right, fc.nat(200)).map(([bytes, keep]) => bytes.subarray(0, keep));
    const pieces = fc.array(fc.oneof(noise, flipped, cut, right), { minLength: 1, maxLength: 4 });
    try {
      await fc.assert(
        fc.asyncProperty(pieces, async (list) => {
          const given = new AbortController();
          onPost((socket) => {
            for (const bytes of list) socket.write(bytes);
            socket.end();
            socket.once("close", () => given.abort());
            return null;
          });
          const session = await world.open();
          const outcome = await session.send(batchOf([1]), given.signal).catch((error: unknown) => error);
          expect(outcome instanceof UplinkError || typeof outcome === "object").toBe(true);
          await session.close();
          world.sessions.length = 0;
        }),
        { numRuns: 200 },
      );
    } finally {
      process.off("uncaughtException", note);
      process.off("unhandledRejection", note);
    }
    expect(uncaught).toEqual([]);
  });
});
