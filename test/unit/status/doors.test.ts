import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StatusSource } from "../../../gateway/contract/index.ts";
import { fetchStatus } from "../../../gateway/status/client.ts";
import { type DoorsOptions, openStatusDoors, type StatusDoors } from "../../../gateway/status/index.ts";
import { recordingLog } from "../../fake-clock.ts";

let folder: string;
let open: { close(): unknown }[];
let log: ReturnType<typeof recordingLog>;
let source: { -readonly [K in keyof StatusSource]: StatusSource[K] };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "doors-"));
  open = [];
  log = recordingLog();
  source = {
    status: () => ({ v: 1, name: "云溪" }),
    lastValues: () => ({ v: 1, values: [] }),
    alive: () => true,
    ready: () => ({ ready: true, why: [] }),
  };
});
afterEach(async () => {
  for (const one of open.reverse()) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function doors(options: Partial<DoorsOptions>): Promise<StatusDoors> {
  const opened = await openStatusDoors({ source, log, ...options });
  open.push(opened);
  return opened;
}

/** Opens the HTTP door and gives its port. */
async function page(limits: NonNullable<DoorsOptions["limits"]> = {}): Promise<number> {
  const { address } = await doors({ http: { host: "127.0.0.1", port: 0 }, limits });
  return address?.port ?? 0;
}

/** Sends bytes as they are; resolves to everything that came back once the other side has closed. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}

const ask = (port: number, path: string, ...headers: string[]) =>
  raw(port, [`GET ${path} HTTP/1.1`, "Connection: close", ...headers, "", ""].join("\r\n"));
const code = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe("the HTTP door", () => {
  it("gives the status, and a page without script that leads to it", async () => {
    const port = await page();
    const status = await fetch(`http://127.0.0.1:${port}/status.json`);
    expect(status.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await status.json()).toEqual({ v: 1, name: "云溪" });
    const index = await fetch(`http://localhost:${port}/`);
    expect(index.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await index.text();
    expect(html).toContain('href="/status.json"');
    expect(html).not.toMatch(/<script/i);
  });

  it("says by its code whether the process is alive and ready, and why not", async () => {
    const port = await page();
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { code: answer.status, body: await answer.text() };
    };
    expect(await get("/healthz")).toEqual({ code: 200, body: "ok\n" });
    expect(await get("/readyz")).toEqual({ code: 200, body: '{"ready":true,"why":[]}\n' });
    source.alive = () => false;
    source.ready = () => ({ ready: false, why: ["broker: opening"] });
    expect(await get("/healthz")).toEqual({ code: 503, body: "not alive\n" });
    expect(await get("/readyz")).toEqual({
      code: 503,
      body: '{"ready":false,"why":["broker: opening"]}\n',
    });
  });

  it.each(["localhost", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080", "LocalHost:65535"])(
    "answers to the host %s",
    async (host) => {
      expect(code(await ask(await page(), "/healthz", `Host: ${host}`))).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "localhost@evil.example",
    "127.0.0.2",
    "0.0.0.0",
    "[::]",
    "",
  ])("answers 421 to the rebound host '%s', with nothing of the status", async (host) => {
    const answer = await ask(await page(), "/status.json", `Host: ${host}`);
    expect(code(answer)).toBe(421);
    expect(answer).not.toContain("云溪");
  });

  it("answers 421 to a second host, to none, and to a target that names another host", async () => {
    const port = await page();
    expect(code(await ask(port, "/healthz", "Host: localhost", "Host: evil.example"))).not.toBe(200);
    expect(code(await raw(port, "GET /healthz HTTP/1.0\r\n\r\n"))).toBe(421);
    expect(code(await ask(port, "http://evil.example/healthz", "Host: localhost"))).toBe(421);
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])(
    "refuses %s, on known and unknown paths",
    async (method) => {
      const port = await page();
      for (const path of ["/status.json", "/nothing"]) {
        const answer = await raw(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        expect([404, 405]).toContain(code(answer));
        expect(answer).not.toContain("云溪");
      }
      const known = await raw(port, `${method} /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(known.toLowerCase()).toContain("allow: get");
    },
  );

  it("never reads a body: it answers before the body is there and ends the connection", async () => {
    const port = await page();
    const get = "GET /status.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n";
    expect(code(await raw(port, get))).toBe(413);
    const post =
      "POST /status.json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello";
    expect([405, 413]).toContain(code(await raw(port, post)));
  });

  it("refuses huge headers, long targets and what is not HTTP, and goes on", async () => {
    const port = await page();
    const huge = await ask(port, "/healthz", "Host: localhost", `X-Long: ${"x".repeat(100_000)}`);
    // The rest of the header may arrive after the connection is closed: then the answer is lost on the way.
    expect([431, Number.NaN]).toContain(code(huge));
    expect(code(await ask(port, `/${"a".repeat(5000)}`, "Host: localhost"))).toBe(404);
    expect(code(await ask(port, "/%zz", "Host: localhost"))).toBe(400);
    expect(code(await raw(port, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"))).toBe(400);
    expect(code(await ask(port, "/healthz", "Host: localhost"))).toBe(200);
  });

  it("allows no other origin, and forbids frames, scripts and caching", async () => {
    const port = await page();
    const { headers } = await fetch(`http://127.0.0.1:${port}/status.json`, {
      headers: { origin: "http://evil.example" },
    });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    const turnedAway = await fetch(`http://127.0.0.1:${port}/nothing`);
    expect(turnedAway.status).toBe(404);
    expect(turnedAway.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("closes a connection that sends its headers drop by drop, and one that sends nothing", async () => {
    const port = await page({ headersMs: 200 });
    const slow = connect(port, "127.0.0.1");
    slow.on("error", () => {});
    const drops = setInterval(() => slow.write("X"), 20);
    const silent = connect(port, "127.0.0.1");
    silent.on("error", () => {});
    const closed = (socket: Socket) =>
      new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
    await Promise.all([closed(slow), closed(silent)]);
    clearInterval(drops);
    expect(code(await ask(port, "/healthz", "Host: localhost"))).toBe(200);
  });

  it("holds no more connections than it may, and serves again when they are gone", async () => {
    const port = await page({ connections: 8, headersMs: 60_000, idleMs: 60_000 });
    const sockets = Array.from({ length: 40 }, () => connect(port, "127.0.0.1"));
    let refused = 0;
    await new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.on("error", () => {});
        socket.resume().once("close", () => {
          refused += 1;
          if (refused === 32) resolve();
        });
      }
    });
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(8);
    for (const socket of sockets) socket.destroy();
    for (;;) if (code(await ask(port, "/healthz", "Host: localhost")) === 200) break;
  });

  /** Asks for more than the sockets' buffers hold and reads nothing of it. */
  async function stuckReader(limits: NonNullable<DoorsOptions["limits"]>): Promise<Socket> {
    const asked = new Promise<void>((resolve) => {
      source.status = () => {
        resolve();
        return { big: "x".repeat(50_000_000) };
      };
    });
    const socket = connect(await page(limits), "127.0.0.1");
    socket.on("error", () => {});
    socket.pause();
    socket.write("GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await asked;
    return socket;
  }

  /** Bytes that still come until the connection ends. */
  function rest(socket: Socket): Promise<number> {
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    return new Promise((resolve) => {
      if (socket.destroyed) resolve(bytes);
      else socket.once("close", () => resolve(bytes));
    });
  }

  it("ends a reader that does not read", async () => {
    const socket = await stuckReader({ idleMs: 200, connections: 1 });
    const port = socket.remotePort ?? 0;
    // The one place is free again only after the reader was thrown out.
    for (;;) if (code(await ask(port, "/healthz", "Host: localhost")) === 200) break;
    expect(await rest(socket)).toBeLessThan(50_000_000);
  });

  it("closes without waiting for anybody, whatever they are in the middle of", async () => {
    const limits = { idleMs: 600_000, headersMs: 600_000 };
    const reader = await stuckReader(limits);
    const writer = connect(reader.remotePort ?? 0, "127.0.0.1");
    writer.on("error", () => {});
    writer.write("GET /healthz HTTP/1.1\r\nHost: local");
    // A later connection was served, so this one has been accepted.
    expect(code(await ask(reader.remotePort ?? 0, "/healthz", "Host: localhost"))).toBe(200);
    for (const one of open.splice(0)) await one.close();
    expect(await rest(reader)).toBeLessThan(50_000_000);
    expect(await rest(writer)).toBe(0);
  });

  it("answers 500 without a word of the error when the source fails, and goes on", async () => {
    source.status = () => {
      throw new Error("secret:province is hunter2");
    };
    const port = await page();
    const answer = await ask(port, "/status.json", "Host: localhost");
    expect(code(answer)).toBe(500);
    expect(answer).not.toContain("hunter2");
    expect(JSON.stringify(log.lines)).not.toContain("hunter2");
    expect(log.lines.map(({ level }) => level)).toEqual(["error"]);
    expect(code(await ask(port, "/healthz", "Host: localhost"))).toBe(200);
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "128.0.0.1", "::2", "fe80::1", "example.org", ""])(
    "refuses to listen on %s, and says where it may",
    async (host) => {
      const opening = openStatusDoors({ source, log, http: { host, port: 0 } });
      await expect(opening).rejects.toMatchObject({
        code: "not-loopback",
        retry: "never",
        message: expect.stringContaining("127.0.0.1"),
      });
    },
  );

  it("names a taken port, and leaves no socket open then", async () => {
    const port = await page();
    const path = join(folder, "run", "edge.sock");
    const opening = openStatusDoors({ source, log, http: { host: "127.0.0.1", port }, socket: { path } });
    await expect(opening).rejects.toMatchObject({
      code: "in-use",
      message: expect.stringContaining(`${port}`),
    });
    await expect(fetchStatus(path, new AbortController().signal)).rejects.toMatchObject({
      code: "not-running",
    });
  });
});

describe("the local socket", () => {
  const signal = new AbortController().signal;
  const path = () => join(folder, "run", "edge.sock");

  it("lies in a folder of 0750 with mode 0660, gives the status, and is gone after closing", async () => {
    const opened = await doors({ socket: { path: path() } });
    expect(opened.address).toBeUndefined();
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o750);
    expect(statSync(path()).mode & 0o777).toBe(0o660);
    expect(await fetchStatus(path(), signal)).toEqual({ v: 1, name: "云溪" });
    await opened.close();
    await expect(fetchStatus(path(), signal)).rejects.toMatchObject({ code: "not-running", retry: "later" });
  });

  it("has these modes whatever the process keeps from new files", async () => {
    const before = process.umask(0o077);
    try {
      await doors({ socket: { path: path() } });
    } finally {
      process.umask(before);
    }
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o750);
    expect(statSync(path()).mode & 0o777).toBe(0o660);
  });

  it("replaces the file of a dead process and refuses that of a living one", async () => {
    mkdirSync(join(folder, "run"), { mode: 0o750 });
    // A socket whose server is gone without removing its file: moved away from the path that the server knows.
    const dead = createServer().listen(join(folder, "run", "other.sock"));
    await new Promise((resolve) => dead.once("listening", resolve));
    renameSync(join(folder, "run", "other.sock"), path());
    await new Promise((resolve) => dead.close(resolve));
    expect(statSync(path()).isSocket()).toBe(true);

    await doors({ socket: { path: path() } });
    await expect(openStatusDoors({ source, log, socket: { path: path() } })).rejects.toMatchObject({
      code: "already-running",
      message: expect.stringContaining(path()),
    });
    expect(await fetchStatus(path(), signal)).toEqual({ v: 1, name: "云溪" });
  });

  it("touches nothing that is no socket", async () => {
    mkdirSync(join(folder, "run"), { mode: 0o750 });
    writeFileSync(path(), "precious");
    await expect(openStatusDoors({ source, log, socket: { path: path() } })).rejects.toMatchObject({
      code: "not-a-socket",
    });
    expect(statSync(path()).isFile()).toBe(true);
  });

  it("refuses a folder in which others may write, and changes nothing there", async () => {
    mkdirSync(join(folder, "run"));
    chmodSync(join(folder, "run"), 0o777);
    await expect(openStatusDoors({ source, log, socket: { path: path() } })).rejects.toMatchObject({
      code: "folder-open",
      message: expect.stringContaining("chmod 750"),
    });
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o777);
  });

  it("names a path that no socket can have", async () => {
    const long = join(folder, "x".repeat(120), "edge.sock");
    await expect(openStatusDoors({ source, log, socket: { path: long } })).rejects.toMatchObject({
      code: "path-too-long",
    });
  });

  it("works beside the HTTP door, from one table", async () => {
    const opened = await doors({ socket: { path: path() }, http: { host: "::1", port: 0 } });
    expect(opened.address?.host).toBe("::1");
    const answer = await fetch(`http://[::1]:${opened.address?.port}/status.json`);
    expect(await answer.json()).toEqual(await fetchStatus(path(), signal));
  });
});

describe("asking over the local socket", () => {
  const signal = new AbortController().signal;
  const path = () => join(folder, "fake.sock");

  /** Something that is no gateway answers with these bytes, again and again. */
  async function stand(answer: (socket: Socket) => void): Promise<void> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      answer(socket);
    }).listen(path());
    await new Promise((resolve) => server.once("listening", resolve));
    open.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
      },
    });
  }

  it("says that nothing runs where nothing is", async () => {
    await expect(fetchStatus(path(), signal)).rejects.toMatchObject({ code: "not-running" });
  });

  it("stops at 4 MB", async () => {
    await stand((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = () => {
        if (!socket.destroyed) socket.write(Buffer.alloc(256 * 1024, "x"), more);
      };
      more();
    });
    await expect(fetchStatus(path(), signal)).rejects.toMatchObject({ code: "too-large" });
  });

  it("gives up after its deadline, whether nothing comes or a drop at a time", async () => {
    await stand((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const drops = setInterval(() => socket.write(" "), 10);
      socket.once("close", () => clearInterval(drops));
    });
    await expect(fetchStatus(path(), signal, { deadlineMs: 100 })).rejects.toMatchObject({ code: "timeout" });
  });

  it("stops with the reason of its signal", async () => {
    await stand(() => {});
    const ended = new AbortController();
    const asked = fetchStatus(path(), ended.signal);
    ended.abort(new Error("the command was interrupted"));
    await expect(asked).rejects.toThrow("the command was interrupted");
    await expect(fetchStatus(path(), ended.signal)).rejects.toThrow("the command was interrupted");
  });

  it.each([
    "HTTP/1.1 500 No\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n\r\n{",
    "hello\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
  ])("takes %j for no gateway", async (answer) => {
    await stand((socket) => void socket.end(answer));
    await expect(fetchStatus(path(), signal)).rejects.toMatchObject({ code: "bad-answer" });
  });
});
