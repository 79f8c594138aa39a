import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { httpsUplink } from "../../../gateway/uplink/https/index.ts";
import { makeAuthority } from "../../certificates.ts";
import { batchOf, failure, never, takes } from "../../suites/uplink-batches.ts";
import { httpsSettings } from "./https-world.ts";
import { contextOf } from "./mqtt-world.ts";
import { httpAnswer, receiptAnswer, ScriptedHttps } from "./scripted-https.ts";

/** A TLS server that insists on a certificate signed by the CA in `ca`. */
async function startOpenssl(
  ca: string,
  { key, cert }: { key: string; cert: string },
): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "ce-openssl-"));
  writeFileSync(join(folder, "both.pem"), `${key}\n${cert}`);
  const args = ["-accept", "127.0.0.1:0", "-cert", join(folder, "both.pem"), "-CAfile", ca];
  const server = spawn("openssl", [
    "s_server",
    ...args,
    "-Verify",
    "1",
    "-verify_return_error",
    "-naccept",
    "9",
  ]);
  const gone = new Promise((resolve) => server.once("exit", resolve));
  let said = "";
  for await (const chunk of server.stdout) {
    said += chunk;
    if (/ACCEPT 127\.0\.0\.1:\d+/.test(said)) break;
  }
  return {
    port: Number(/ACCEPT 127\.0\.0\.1:(\d+)/.exec(said)?.[1]),
    async stop() {
      server.kill();
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

describe("the HTTPS uplink", () => {
  const ours = makeAuthority("ours");
  const foreign = makeAuthority("foreign");
  const good = ours.issue("IP:127.0.0.1,IP:::1,DNS:localhost");
  const client = ours.issue("DNS:gw1");
  const stranger = foreign.issue("DNS:gw1");
  const secrets = {
    token: "open-sesame",
    ours: ours.cert,
    foreign: foreign.cert,
    both: `${foreign.cert}\n${ours.cert}`,
    client: `${client.key}\n${client.cert}`,
    stranger: `${stranger.key}\n${stranger.cert}`,
    "key-alone": client.key,
    empty: "",
  };
  let server: ScriptedHttps;
  const sessions: UplinkSession[] = [];

  afterAll(() => {
    ours.remove();
    foreign.remove();
  });
  beforeEach(() => {
    server = new ScriptedHttps();
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await server.close();
  });

  const open = async (entry: Record<string, string> = {}, host = "127.0.0.1") => {
    const settings = httpsSettings({ url: `https://${host}:${server.port}/v1`, ca: "secret:ours", ...entry });
    const session = await httpsUplink.open(settings, contextOf(secrets), never);
    sessions.push(session);
    return session;
  };

  it.each<[string, string, string | false]>([
    ["127.0.0.1", "127.0.0.1", false],
    ["[::1]", "::1", false],
    ["localhost", "127.0.0.1", "localhost"],
  ])("reaches %s, and asks for it by the right names", async (host, listens, servername) => {
    await server.listen(good, listens);
    const session = await open({}, host);
    await open({ ca: "secret:both" }, host);
    const batch = batchOf([1]);
    server.script = () => receiptAnswer(takes(batch));
    expect((await session.send(batch, never)).taken).toBe(1);
    expect(server.accepted).toBe(2);
    for (const asked of server.asked) {
      expect([asked.headers.host, asked.servername]).toEqual([`${host}:${server.port}`, servername]);
    }
  });

  it("leaves the scheme's own port out of the name that it asks for", async () => {
    for (const [url, host] of [
      ["http://127.0.0.1:80/v1", "127.0.0.1"],
      ["http://[::1]/v1", "[::1]"],
      ["https://127.0.0.1/v1", "127.0.0.1"],
      ["https://127.0.0.1:80/v1", "127.0.0.1:80"],
    ] as const) {
      const { Way } = await import("../../../gateway/uplink/https/way.ts");
      const { clock } = contextOf();
      const way = new Way({ url: httpsSettings({ url }).url, trust: undefined as never, clock, most: 1 });
      expect(way.host).toBe(host);
    }
  });

  it.each<[string, () => { key: string; cert: string }, RegExp]>([
    ["another CA signed it", () => foreign.issue("IP:127.0.0.1"), /the platform's certificate: .*into ca$/],
    ["it signed itself", () => selfSigned(), /into ca$/],
    ["it is for another host", () => ours.issue("DNS:evil.example,IP:127.0.0.2"), /another host/],
    ["it names the host only as common name", () => ours.issue("DNS:gw1"), /another host/],
    ["it has expired", () => ours.issue("IP:127.0.0.1", ["-days", "-1"]), /expired/],
  ])("refuses a platform's certificate when %s, and shows it not one byte", async (_, identity, detail) => {
    await server.listen(identity());
    const error = await failure(open());
    expect([error.code, error.retry]).toEqual(["tls", "later"]);
    expect(error.message).toMatch(detail);
    await server.until(() => server.connected === 0);
    expect([server.bytes, server.asked]).toEqual([0, []]);
  });

  it("checks every connection, not only the first", async () => {
    await server.listen(good);
    const { port } = server;
    const session = await open();
    await server.close();
    const evil = new ScriptedHttps();
    await evil.listen(foreign.issue("IP:127.0.0.1"), "127.0.0.1", port);
    try {
      expect((await failure(session.send(batchOf([1]), never))).code).toBe("tls");
      expect((await failure(session.send(batchOf([1]), never))).code).toBe("tls");
      expect(await session.ended).toMatchObject({ code: "tls", retry: "later" });
      expect(evil.bytes).toBe(0);
    } finally {
      await evil.close();
    }
  });

  it("cannot be talked out of it by the environment", async () => {
    await server.listen(foreign.issue("IP:127.0.0.1"));
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    try {
      expect((await failure(open())).code).toBe("tls");
    } finally {
      vi.unstubAllEnvs();
    }
    expect(server.bytes).toBe(0);
  });

  it("trusts the public CAs alone without `ca`", async () => {
    await server.listen(good);
    const settings = httpsSettings({ url: `https://127.0.0.1:${server.port}/v1` });
    expect((await failure(httpsUplink.open(settings, contextOf(secrets), never))).code).toBe("tls");
  });

  it("does not speak an outdated TLS", async () => {
    await server.listen({
      ...good,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    expect((await failure(open())).code).toBe("tls");
    expect(server.bytes).toBe(0);
  });

  it("says that a port without TLS is no TLS port", async () => {
    await server.listen();
    server.early = (_, socket) => socket.end(httpAnswer(400));
    const error = await failure(open());
    expect([error.code, error.retry]).toEqual(["tls", "later"]);
  });

  it("shows its own certificate where the platform asks for one", async () => {
    await server.listen({ ...good, ca: ours.cert, requestCert: true });
    await open({ cert: "secret:client" });
    expect(server.asked.map(({ socket }) => (socket as TLSSocket).authorized)).toEqual([true]);
  });

  it.each([{}, { cert: "secret:stranger" }])(
    "says that the platform does not accept its certificate: %o",
    async (entry: Record<string, string>) => {
      // Node's own server leaves without the alert that others send.
      const { port, stop } = await startOpenssl(ours.file, good);
      server.port = port;
      try {
        const error = await failure(open(entry));
        expect([error.code, error.retry]).toEqual(["tls", "later"]);
        expect(error.message).toMatch(/check cert$/);
      } finally {
        await stop();
      }
    },
  );

  it.each<[Record<string, string>, string]>([
    [{ ca: "secret:empty" }, "certificate"],
    [{ cert: "secret:key-alone" }, "certificate"],
    [{ ca: "secret:absent" }, "secret"],
    [{ credential: "secret:absent" }, "secret"],
  ])("does not try with unusable secrets: %o", async (entry, code) => {
    await server.listen(good);
    const error = await failure(open(entry));
    expect([error.code, error.retry]).toEqual([code, "never"]);
    expect(server.accepted).toBe(0);
  });

  function selfSigned(): { key: string; cert: string } {
    const own = makeAuthority("self");
    try {
      return own.self("IP:127.0.0.1");
    } finally {
      own.remove();
    }
  }
});
