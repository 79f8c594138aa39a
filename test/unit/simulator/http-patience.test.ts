import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Platform } from "../../../simulator/platform/platform.ts";
import { FakeClock } from "../../fake-clock.ts";
import { claim } from "./batches.ts";
import { batchesPath, gatewayPath, post } from "./http-client.ts";
import { closing, platformWith } from "./http-world.ts";
import { RawSocket } from "./raw-socket.ts";

describe("the patience of the HTTP door", () => {
  const head = `POST ${batchesPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n`;

  async function dial(platform: Platform): Promise<RawSocket> {
    const raw = await RawSocket.open(Number(new URL(platform.httpUrl).port));
    closing.push(() => raw.destroy());
    return raw;
  }

  const http = { headTimeoutMs: 10_000, requestTimeoutMs: 30_000, idleTimeoutMs: 60_000 };

  it.each([
    ["says nothing", "", http.headTimeoutMs],
    ["never ends its headers", head, http.headTimeoutMs],
    ["never ends its body", `${head}\r\n{`, http.requestTimeoutMs],
  ])("leaves who %s", async (_who, words, limitMs) => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, http });
    const raw = await dial(platform);
    raw.send(words);
    // Another one that comes later is served: what was sent before has been read.
    expect((await post(platform, claim(1, 1))).status).toBe(200);
    await clock.advance(limitMs - 1500);
    expect((await post(platform, claim(2, 2))).status).toBe(200);
    expect(raw.closed).toBe(false);
    await clock.advance(2500);
    await raw.until(({ closed }) => closed);
  });

  it("leaves who is idle after an answer, later than who stops in the middle of the next request", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, http });
    const idle = await dial(platform);
    const slow = await dial(platform);
    for (const raw of [idle, slow]) {
      raw.send(`GET ${gatewayPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await raw.until(({ received }) => received.includes("}"));
    }
    slow.send("POST ");
    expect((await post(platform, claim(1, 1))).status).toBe(200);
    await clock.advance(12_000);
    await slow.until(({ closed }) => closed);
    await clock.advance(40_000);
    expect((await post(platform, claim(2, 2))).status).toBe(200);
    expect(idle.closed).toBe(false);
    await clock.advance(12_000);
    await idle.until(({ closed }) => closed);
  });

  it("does not hurry its own answer", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, http, moods: { lateReceipts: { share: 1, ms: 600_000 } } });
    const answer = post(platform, claim(1, 1));
    await platform.until(({ count }) => count === 1);
    // The door's own second, and the answer's delay.
    while (clock.sleeping < 2) await new Promise(setImmediate);
    await clock.advance(600_000);
    expect((await answer).status).toBe(200);
  });

  it("reads on behind an answer that came early, so that it arrives", async () => {
    const platform = await platformWith({ http: { maxPayloadBytes: 1000 } });
    const { hostname, port } = new URL(platform.httpUrl);
    const socket = connect(Number(port), hostname);
    closing.push(() => socket.destroy());
    socket.write(`POST ${batchesPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n`);
    await new Promise((resolve) => socket.write(Buffer.alloc(4_000_000), resolve));
    socket.write(`GET ${gatewayPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk;
    });
    await new Promise((resolve) => socket.once("end", resolve));
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });
});
