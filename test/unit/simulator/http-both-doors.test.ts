import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { startPlatform } from "../../../simulator/platform/platform.ts";
import { makeAuthority } from "../../certificates.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, claim, gateway, school } from "./batches.ts";
import { post } from "./http-client.ts";
import { asked, closing, mqttTo, platformWith } from "./http-world.ts";
import { RawSocket } from "./raw-socket.ts";

describe("the doors of the platform", () => {
  it("both at once: a record is stored once, whichever way it comes, and is counted in one place", async () => {
    const platform = await platformWith({ mqtt: true });
    const client = await mqttTo(platform);
    const mqtt = (batch: object) =>
      client.publish({ topic: `edu/v1/${school}/${gateway}/up/data`, payload: bytes(batch), qos: 1 });
    const seen: number[] = [];
    platform.on("record", ({ seq }) => seen.push(seq));
    await Promise.all([mqtt(claim(1, 20)), post(platform, claim(1, 20))]);
    await Promise.all([post(platform, claim(11, 30)), mqtt(claim(21, 40))]);
    await platform.until(({ counters }) => counters.batches === 4);
    expect(seen).toHaveLength(40);
    expect(new Set(seen).size).toBe(40);
    expect(platform.count).toBe(40);
    expect(platform.counters).toMatchObject({ stored: 40, duplicates: 40, conflicts: 0 });
    expect(platform.streams()).toMatchObject([{ head: 40, done: 40, next: 41, missing: [] }]);
  });

  it("has an address only for a door that is there", async () => {
    const onlyHttp = await platformWith();
    expect(() => onlyHttp.url).toThrow("no such door");
    expect(onlyHttp.publish({ topic: "x", payload: "" })).toBe(false);
    const onlyMqtt = await startPlatform();
    closing.push(() => onlyMqtt.stop());
    expect(() => onlyMqtt.httpUrl).toThrow("no such door");
  });

  it("speaks HTTPS, and not to who does not", async () => {
    const authority = makeAuthority("door");
    closing.push(() => authority.remove());
    const platform = await platformWith({ http: { tls: authority.issue("IP:127.0.0.1") } });
    expect(platform.httpUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await post(platform, claim(1, 1), { ca: authority.cert })).status).toBe(200);
    await expect(post(platform, claim(2, 2))).rejects.toThrow(/certificate/);
    const raw = await RawSocket.open(Number(new URL(platform.httpUrl).port));
    raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.until(({ closed }) => closed);
    expect(platform.counters.requests).toBe(1);
  });

  it("listens on IPv6", async () => {
    const platform = await platformWith({ http: { host: "::1" } });
    expect(platform.httpUrl).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await post(platform, claim(1, 1))).status).toBe(200);
  });

  it("down: cuts everybody, refuses connections, and is back at the same addresses with its receipts", async () => {
    const platform = await platformWith({ mqtt: true });
    const client = await mqttTo(platform);
    const agent = new Agent({ keepAlive: true });
    closing.push(() => agent.destroy());
    const batch = claim(1, 2);
    const first = await post(platform, batch, { agent });
    const urls = [platform.url, platform.httpUrl];
    await platform.down();
    await client.ended;
    await expect(post(platform, claim(3, 3))).rejects.toThrow("ECONNREFUSED");
    await platform.up();
    expect([platform.url, platform.httpUrl]).toEqual(urls);
    expect((await post(platform, batch)).body).toEqual(first.body);
    await mqttTo(platform);
  });

  it("down while it is slow: what was not judged is gone, and is judged when it comes again", async () => {
    const clock = new FakeClock();
    const platform = await platformWith({ clock, moods: { slowMs: 500 } });
    const batch = claim(1, 5);
    const cut = expect(post(platform, batch)).rejects.toThrow();
    await asked(platform, 1);
    await platform.down();
    await cut;
    expect(platform.counters).toMatchObject({ droppedWhenDown: 1, batches: 0 });
    platform.calm();
    await platform.up();
    const again = post(platform, batch);
    await asked(platform, 2);
    while (platform.count < 5) await clock.advance(100);
    expect((await again).status).toBe(200);
  });

  it("cut: ends connections, and takes new ones at once", async () => {
    const platform = await platformWith({ moods: { silent: true } });
    const cut = expect(post(platform, claim(1, 1))).rejects.toThrow();
    await platform.until(({ count }) => count === 1);
    platform.cut();
    await cut;
    platform.calm();
    expect((await post(platform, claim(2, 2))).status).toBe(200);
  });

  it("opens all its doors or none", async () => {
    const taken = await platformWith();
    const port = Number(new URL(taken.httpUrl).port);
    const free = await startPlatform();
    const { url } = free;
    await free.stop();
    const mqttPort = Number(new URL(url).port);
    await expect(startPlatform({ port: mqttPort, http: { port } })).rejects.toThrow("EADDRINUSE");
    await expect(RawSocket.open(mqttPort)).rejects.toThrow("ECONNREFUSED");
  });
});
