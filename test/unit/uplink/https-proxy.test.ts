import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { reasonFor } from "../../../config/catalogue/reasons.ts";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { httpsUplink } from "../../../gateway/uplink/https/index.ts";
import { makeAuthority } from "../../certificates.ts";
import { batchOf, everything, failure, never, takes } from "../../suites/uplink-batches.ts";
import { httpsSettings, RememberingClock } from "./https-world.ts";
import { contextOf } from "./mqtt-world.ts";
import { httpAnswer, receiptAnswer, ScriptedHttps } from "./scripted-https.ts";

const platform = "cube.example.zj.cn";

describe("through a proxy, the HTTPS uplink", () => {
  const ours = makeAuthority("ours");
  const good = ours.issue(`DNS:${platform},IP:fd12::1`);
  const secrets = { token: "open-sesame", ours: ours.cert, password: "p w:ord\n" };
  let server: ScriptedHttps;
  let proxy: Server;
  /** What a CONNECT gets; null: a tunnel to the platform. */
  let answer: (socket: Socket) => string | null;
  let heads: string[];
  let links: Set<Socket>;
  let clock: RememberingClock;
  const sessions: UplinkSession[] = [];

  afterAll(() => ours.remove());
  beforeEach(async () => {
    server = new ScriptedHttps();
    await server.listen(good);
    heads = [];
    links = new Set();
    answer = () => null;
    clock = new RememberingClock();
    proxy = createServer((socket) => {
      links.add(socket.on("error", () => {}));
      socket.once("data", (head) => {
        heads.push(head.toString("latin1"));
        const said = answer(socket);
        if (said !== null) return void socket.write(said, "latin1");
        const on = connect({ host: "127.0.0.1", port: server.port }).on("error", () => {});
        links.add(on);
        socket.write("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
        socket.pipe(on).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    for (const link of links) link.destroy();
    await new Promise((resolve) => proxy.close(resolve));
    await server.close();
  });

  const open = async (entry: Record<string, string> = {}, signal = never) => {
    const settings = httpsSettings({
      url: `https://${platform}/v1`,
      ca: "secret:ours",
      proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      ...entry,
    });
    const session = await httpsUplink.open(settings, { ...contextOf(secrets), clock }, signal);
    sessions.push(session);
    return session;
  };
  const gone = async () => {
    while (await new Promise<number>((resolve) => proxy.getConnections((_, n) => resolve(n))))
      await new Promise(setImmediate);
  };

  it("speaks to the platform end to end, by a name that the proxy looks up", async () => {
    const session = await open();
    const batch = batchOf([1]);
    server.script = () => receiptAnswer(takes(batch));
    expect((await session.send(batch, never)).taken).toBe(1);
    expect(heads).toEqual([`CONNECT ${platform}:443 HTTP/1.1\r\nHost: ${platform}:443\r\n\r\n`]);
    expect(server.asked.map(({ headers, servername }) => [headers.host, servername])).toEqual([
      [platform, platform],
      [platform, platform],
    ]);
    expect(server.asked.some(({ headers }) => "proxy-authorization" in headers)).toBe(false);
  });

  it("names an IPv6 address in brackets", async () => {
    await open({ url: "https://[fd12::1]:8443/v1" });
    expect(heads[0]).toMatch(/^CONNECT \[fd12::1\]:8443 HTTP\/1\.1\r\nHost: \[fd12::1\]:8443\r\n\r\n$/);
    expect([server.asked[0]?.headers.host, server.asked[0]?.servername]).toEqual(["[fd12::1]:8443", false]);
  });

  it("shows user and password to the proxy alone, and the credential only to the platform", async () => {
    await open({ proxyUser: "gw1", proxyPassword: "secret:password" });
    const basic = Buffer.from("gw1:p w:ord").toString("base64");
    expect(heads[0]).toMatch(new RegExp(`\r\nProxy-Authorization: Basic ${basic}\r\n\r\n$`));
    expect(heads.join("")).not.toContain("open-sesame");
    expect(JSON.stringify(server.asked.map(({ headers }) => headers))).not.toContain(basic);
  });

  it("does not take the proxy's word for who the platform is", async () => {
    await server.close();
    await server.listen(ours.issue("DNS:proxy.example"));
    const error = await failure(open());
    expect([error.code, error.message]).toEqual(["tls", expect.stringMatching(/another host/)]);
    expect(server.asked).toEqual([]);
    await gone();
  });

  it.each<[string, string, string, "later" | "never"]>([
    [
      "refuses the password",
      "HTTP/1.1 407 Nope\r\nProxy-Authenticate: Basic\r\n\r\n",
      "proxy-credential",
      "never",
    ],
    ["forbids it", "HTTP/1.1 403 evil-text\r\n\r\n", "proxy", "later"],
    [
      "points elsewhere",
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/evil-text\r\n\r\n",
      "proxy",
      "later",
    ],
    ["does not reach the platform", "HTTP/1.1 502 evil-text\r\n\r\n", "proxy", "later"],
    ["is no proxy", "SSH-2.0-evil-text\r\n\r\n", "proxy", "later"],
    ["says something behind its answer", "HTTP/1.1 200 OK\r\n\r\nevil-text", "proxy", "later"],
    ["gives a number that is none", "HTTP/1.1 2000 OK\r\n\r\n", "proxy", "later"],
    ["talks without end", `HTTP/1.1 200 OK\r\n${"evil-text: x\r\n".repeat(1000)}`, "proxy", "later"],
  ])("does not open when the proxy %s", async (_, said, code, retry) => {
    answer = () => said;
    const error = await failure(open({ proxyUser: "gw1", proxyPassword: "secret:password" }));
    expect([error.code, error.retry]).toEqual([code, retry]);
    expect(reasonFor(error.code, "E519").code).toBe("E533");
    expect(everything(error)).not.toMatch(/evil-text|p w:ord|open-sesame/);
    await gone();
    expect([server.accepted, clock.sleeping]).toEqual([0, 0]);
  });

  it("does not open when the proxy hangs up, keeps silent, or is not there", async () => {
    answer = (socket) => {
      socket.end();
      return "";
    };
    expect((await failure(open())).code).toBe("proxy");
    expect((await failure(open({ proxy: "http://127.0.0.1:1" }))).code).toBe("proxy");
    let asked = () => {};
    answer = () => {
      asked();
      return "";
    };
    const silent = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const late = failure(open());
    await silent;
    await clock.advance(20_000);
    expect([(await late).code, (await late).retry]).toEqual(["proxy", "later"]);
    await gone();
  });

  it("gives up when told, wherever it is", async () => {
    const given = new AbortController();
    answer = () => {
      given.abort();
      return "";
    };
    expect((await failure(open({}, given.signal))).code).toBe("aborted");
    await gone();
    expect(clock.sleeping).toBe(0);
  });

  it("ends at a proxy that refuses the password later on, and keeps the batch", async () => {
    const session = await open();
    answer = () => "HTTP/1.1 407 Nope\r\n\r\n";
    server.script = ({ socket }) => {
      socket.end(httpAnswer(503, { connection: "close" }));
      return null;
    };
    expect((await failure(session.send(batchOf([1]), never))).code).toBe("busy");
    const error = await failure(session.send(batchOf([2]), never));
    expect([error.code, error.retry]).toEqual(["proxy-credential", "later"]);
    expect(await session.ended).toMatchObject({ code: "proxy-credential", retry: "never" });
  });
});
