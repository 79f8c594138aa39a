/** Requests over real sockets, to servers that do what none should: always ended in time, bounded, and nothing is left open. */
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answered, post } from "../../../drivers/onvif/http.ts";
import type { Place } from "../../../drivers/onvif/place.ts";
import { FakeClock } from "../../fake-clock.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";

const head = (rest = "", body = "<a/>") =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: ${body.length}\r\n${rest}\r\n${body}`;

describe("a request", () => {
  let end: FarEnd;
  let clock: FakeClock;
  const stop = new AbortController();
  const place = (): Place => ({ host: "127.0.0.1", port: end.port, scheme: "http" });
  const ask = (signal: AbortSignal = stop.signal, leftMs = 10_000): Promise<Answered> =>
    post(place(), { path: "/onvif/x", headers: {}, body: "<q/>" }, { clock, leftMs }, signal);
  const wordOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => null,
      (caught: unknown) => caught,
    );
    return (error as { fault?: { code: string } } | null)?.fault?.code ?? String(error);
  };
  const says = (text: string | Uint8Array) => {
    end.onData = (_, socket) => socket.write(text);
  };

  beforeEach(async () => {
    clock = new FakeClock();
    end = await FarEnd.listen();
  });
  afterEach(async () => {
    await until(() => end.sockets.size === 0);
    expect(clock.sleeping).toBe(0);
    await end.close();
  });

  it("says to whom it speaks, and gives back what came", async () => {
    says(head('WWW-Authenticate: Basic realm="a"\r\nwww-authenticate: Digest realm="b", nonce="c"\r\n'));
    const { status, challenges, body, proved } = await ask();
    expect([status, challenges, Buffer.from(body).toString(), proved]).toEqual([
      200,
      ['Basic realm="a"', 'Digest realm="b", nonce="c"'],
      "<a/>",
      false,
    ]);
    const sent = Buffer.concat(end.received).toString();
    expect(sent).toMatch(/^POST \/onvif\/x HTTP\/1\.1\r\n/);
    expect(sent).toContain(`Host: 127.0.0.1:${end.port}\r\n`);
    expect(sent).toContain("Accept-Encoding: identity\r\n");
    expect(sent).toMatch(/\r\n\r\n<q\/>$/);
  });

  it.each([
    [
      "a body without an end",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"10000\r\n".concat("x".repeat(65_536), "\r\n").repeat(17)}`,
      "onvif.large",
    ],
    ["a body that is said to be 20 MB", "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n", "onvif.large"],
    ["a flood of headers", `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(3000)}\r\n`, "onvif.headers"],
    ["one endless header", `HTTP/1.1 200 OK\r\nX-A: ${"b".repeat(20_000)}`, "onvif.headers"],
    ["something else", "Li Lei\r\n\r\n", "onvif.noise"],
    ["a body that is packed", head("Content-Encoding: gzip\r\n"), "onvif.noise"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "onvif.noise"],
    [
      "another protocol that it begins",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc",
      "onvif.noise",
    ],
    ["promises without end", "HTTP/1.1 102 Processing\r\n\r\n".repeat(20), "onvif.noise"],
  ])("ends with a fault for %s", async (_, text, code) => {
    says(text);
    expect(await wordOf(ask())).toBe(code);
  });

  it("takes an answer behind one that says that it will come", async () => {
    says(`HTTP/1.1 100 Continue\r\n\r\n${head()}`);
    expect((await ask()).status).toBe(200);
  });

  it("takes a body of 1 MB", async () => {
    says(head("", "x".repeat(1_000_000)));
    expect((await ask()).body.length).toBe(1_000_000);
  });

  it.each(["301", "302", "307", "308"])(
    "follows no redirect (%s): whom it names is never contacted",
    async (status) => {
      const canary = await FarEnd.listen();
      says(
        `HTTP/1.1 ${status} Moved\r\nLocation: http://127.0.0.1:${canary.port}/onvif\r\nContent-Length: 0\r\n\r\n`,
      );
      expect(await wordOf(ask())).toBe("onvif.redirect");
      expect(canary.connections).toBe(0);
      await canary.close();
    },
  );

  it("ends when its time is over, however slowly the answer drips", async () => {
    end.onData = (_, socket) => {
      const text = `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${"x".repeat(1000)}`;
      let at = 0;
      const drip = () => {
        if (socket.destroyed) return;
        socket.write(text[at++] ?? "");
        setTimeout(drip, 1);
      };
      drip();
    };
    const asked = wordOf(ask());
    for (let passed = 0; passed < 9_900; passed += 100) await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.sleeping).toBe(1);
    await clock.advance(200);
    expect(await asked).toBe("onvif.silent");
  });

  it("ends when its time is over where nobody answers", async () => {
    const asked = wordOf(ask());
    await until(() => end.received.length > 0);
    await clock.advance(10_000);
    expect(await asked).toBe("onvif.silent");
  });

  it("is whole or a fault when the other end hangs up at any byte", async () => {
    const whole = head("X: y\r\n");
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      end.onData = (_, socket) => void socket.end(whole.slice(0, bytes));
      const came = await ask().then(
        ({ body }) => Buffer.from(body).toString(),
        (error: { fault?: { retry: string } }) => error.fault?.retry,
      );
      expect(came, `after ${bytes} bytes`).toBe(bytes === whole.length ? "<a/>" : "later");
    }
  });

  it("is given up at once by its signal", async () => {
    const abort = new AbortController();
    const asked = ask(abort.signal);
    asked.catch(() => {});
    await until(() => end.received.length > 0);
    const reason = new Error("given up");
    abort.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(ask(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(end.connections).toBe(1);
  });

  it("has a socket of its own, also where the other end would keep it", async () => {
    says(head("Connection: keep-alive\r\n"));
    await ask();
    await ask();
    expect(end.connections).toBe(2);
  });

  it("tells that nobody listens there", async () => {
    const port = await freePort();
    const asked = post(
      { host: "127.0.0.1", port, scheme: "http" },
      { path: "/", headers: {}, body: "" },
      { clock, leftMs: 1000 },
      stop.signal,
    );
    expect(await wordOf(asked)).toBe("line.refused");
  });

  it("tells that https is not what is spoken there", async () => {
    says("HTTP/1.1 400 Bad\r\n\r\n");
    const asked = post(
      { ...place(), scheme: "https" },
      { path: "/", headers: {}, body: "" },
      { clock, leftMs: 1000 },
      stop.signal,
    );
    expect(await wordOf(asked)).toBe("onvif.noise");
  });
});

it("reaches a camera by an address of IPv6, and names it so", async (context) => {
  const server: Server = createServer();
  let said = "";
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      said += bytes.toString();
      socket.write(head());
    });
  });
  const listens = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(0, "::1", () => resolve(true));
  });
  if (!listens && process.env.CE_CI !== "1") return context.skip();
  expect(listens).toBe(true);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const { status } = await post(
      { host: "::1", port, scheme: "http" },
      { path: "/", headers: {}, body: "" },
      { clock: new FakeClock(), leftMs: 1000 },
      new AbortController().signal,
    );
    expect(status).toBe(200);
    expect(said).toContain(`Host: [::1]:${port}\r\n`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
