import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { AirSensor } from "../../../simulator/devices/air-sensor.ts";
import { MqttDevice, type MqttDeviceOptions } from "../../../simulator/devices/mqtt-device.ts";
import { flatPayload } from "../../../simulator/devices/payload.ts";
import type { Emission } from "../../../simulator/devices/saying.ts";
import { connectMqtt } from "../../../simulator/mqtt/client.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { MqttServer, type MqttServerOptions } from "../../../simulator/mqtt/server.ts";
import { judge } from "../../../simulator/verdict.ts";
import { FakeClock } from "../../fake-clock.ts";
import { co2, epochA, gateway, school } from "./batches.ts";

const openssl = "/usr/bin/openssl";
const withoutOpenssl = process.env.CE_CI !== "1" && !existsSync(openssl);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(options: MqttServerOptions = {}): Promise<{ server: MqttServer; taken: Message[] }> {
  const taken: Message[] = [];
  const server = new MqttServer({
    onPublish: (message) => {
      taken.push(message);
      return 0;
    },
    ...options,
  });
  await server.start();
  closing.push(() => server.stop());
  return { server, taken };
}

function deviceFor(server: MqttServer, options: Partial<MqttDeviceOptions> = {}): MqttDevice {
  const device = new MqttDevice({ id: "301-air", host: "127.0.0.1", port: server.port, ...options });
  closing.push(() => device.stop({ abrupt: true }));
  return device;
}

const settled = async (predicate: () => boolean) => {
  while (!predicate()) await new Promise(setImmediate);
};

describe("a simulated device", () => {
  it("keeps what it says until it is acknowledged, in order, from before the first connection", async () => {
    const { server, taken } = await serve({ users: { u: "p" } });
    const device = deviceFor(server, { user: "u", password: "p" });
    const first = device.emit({ co2: 400 });
    expect([device.unacked, first.wire]).toEqual([1, []]);
    await device.start();
    device.emit({ co2: 401 });
    await device.idle();
    expect(taken.map(({ topic, payload, qos, dup }) => [topic, payload.toString(), qos, dup])).toEqual([
      ["ce/v1/301-air/up/prop", '{"p":{"co2":400}}', 1, false],
      ["ce/v1/301-air/up/prop", '{"p":{"co2":401}}', 1, false],
    ]);
    expect(device.emissions.map(({ n, ackedMs }) => [n, ackedMs !== null])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(server.clients).toEqual([{ clientId: "301-air", user: "u", version: 4 }]);
  });

  it("puts its own key into the payload, or whatever the test builds", async () => {
    const { server, taken } = await serve();
    const clock = new FakeClock();
    const keyed = deviceFor(server, { ownKey: true, boot: 7, clock });
    const flat = deviceFor(server, { id: "b", payload: flatPayload, topic: "x/y", qos: 2 });
    keyed.emit({ co2: 400 });
    flat.emit({ co2: 400, on: true });
    await Promise.all([keyed.start(), flat.start()]);
    await Promise.all([keyed.idle(), flat.idle()]);
    const texts = taken.map(({ topic, payload }) => `${topic} ${payload}`).sort();
    expect(texts).toEqual([
      `ce/v1/301-air/up/prop {"ep":7,"seq":1,"t":${clock.wallMs()},"p":{"co2":400}}`,
      'x/y {"co2":400,"on":true}',
    ]);
  });

  it("has no more unacknowledged than it may, its own limit or the server's", async () => {
    for (const { options, limits, expected } of [
      { options: { inFlight: 3 }, limits: {}, expected: 3 },
      { options: { inFlight: 50, version: 5 as const }, limits: { receiveMaximum: 4 }, expected: 4 },
    ]) {
      const held: (() => void)[] = [];
      const onPublish = () => new Promise<number>((resolve) => held.push(() => resolve(0)));
      const { server } = await serve({ ...limits, onPublish });
      const device = deviceFor(server, options);
      await device.start();
      for (let n = 1; n <= 9; n++) device.emit({ n });
      const onWire = () => device.emissions.filter(({ wire }) => wire.length > 0).length;
      expect(onWire()).toBe(expected);
      for (let n = 1; n <= 9; n++) {
        await settled(() => held.length >= n);
        held[n - 1]?.();
        await device.until(({ emissions }) => emissions[n - 1]?.ackedMs !== null);
        expect(onWire()).toBe(Math.min(9, expected + n));
      }
      await device.idle();
    }
  });

  it.each([
    { version: 4 as const, clean: false, forget: false, dup: [false, true], sameId: true },
    { version: 4 as const, clean: false, forget: true, dup: [false, true], sameId: true },
    { version: 4 as const, clean: true, forget: false, dup: [false, false], sameId: false },
    { version: 5 as const, clean: false, forget: false, dup: [false, true], sameId: true },
    { version: 5 as const, clean: false, forget: true, dup: [false, false], sameId: false },
  ])("re-sends after a cut: %o", async ({ version, clean, forget, dup, sameId }) => {
    let deaf = true;
    const heard: Message[] = [];
    const { server } = await serve({
      onPublish: (message) => {
        heard.push(message);
        return deaf ? null : 0;
      },
    });
    const clock = new FakeClock();
    const device = deviceFor(server, { version, clean, clock });
    await device.start();
    device.emit({ n: 1 });
    device.emit({ n: 2 });
    await settled(() => heard.length === 2);
    await server.stop(forget);
    await device.until(({ online }) => !online);
    deaf = false;
    await server.start();
    while (!device.online) await clock.advance(100);
    await device.idle();
    expect(heard.map((message) => message.dup)).toEqual([dup[0], dup[0], dup[1], dup[1]]);
    expect(heard.map(({ payload }) => JSON.parse(payload.toString()).p.n)).toEqual([1, 2, 1, 2]);
    for (const { wire } of device.emissions) {
      expect(wire.map((time) => time.dup)).toEqual(dup);
      expect(wire[0]?.packetId === wire[1]?.packetId).toBe(sameId);
    }
  });

  it("at QoS 2 is handed over once, also when the connection is lost in between", async () => {
    const { server, taken } = await serve();
    const clock = new FakeClock();
    const device = deviceFor(server, { qos: 2, clock });
    await device.start();
    const emission = device.emit({ n: 1 });
    await settled(() => taken.length === 1);
    device.cut();
    await device.until(({ online }) => !online);
    while (!device.online) await clock.advance(100);
    await device.idle();
    expect(taken).toHaveLength(1);
    expect(emission.ackedMs).not.toBeNull();
  });

  it("comes back with a growing pause, the same for the same seed", async () => {
    const { server } = await serve();
    await server.stop();
    const attempts = async (seed: number) => {
      const clock = new FakeClock();
      const pauses: number[] = [];
      const sleep = clock.sleep.bind(clock);
      clock.sleep = (ms, signal) => {
        if (ms !== 10_000) pauses.push(Math.round(ms));
        return sleep(ms, signal);
      };
      const device = deviceFor(server, { seed, clock, backoff: { minMs: 100, maxMs: 2000 } });
      void device.start();
      while (pauses.length < 8) await clock.advance(50);
      await device.stop();
      return pauses;
    };
    const pauses = await attempts(1);
    const ceiling = [100, 200, 400, 800, 1600, 2000, 2000, 2000];
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeLessThanOrEqual(ceiling[index] ?? 0);
      expect(pause).toBeGreaterThanOrEqual((ceiling[index] ?? 0) / 2 - 1);
    }
    expect(await attempts(1)).toEqual(pauses);
    expect(await attempts(2)).not.toEqual(pauses);
  });

  it("drops the oldest unsent when too much waits, QoS 0 without a connection, and what MQTT 5 refuses", async () => {
    const { server } = await serve({ onPublish: () => 0x99 });
    const full = deviceFor(server, { maxQueue: 3 });
    for (let n = 1; n <= 5; n++) full.emit({ n });
    expect(full.emissions.map(({ dropped }) => dropped)).toEqual([true, true, false, false, false]);
    const zero = deviceFor(server, { id: "z", qos: 0 });
    expect(zero.emit({ n: 1 }).dropped).toBe(true);
    await zero.start();
    const said = zero.emit({ n: 2 });
    await zero.idle();
    expect([said.dropped, said.ackedMs, said.wire.length]).toEqual([false, null, 1]);
    const refused = deviceFor(server, { id: "r", version: 5 });
    await refused.start();
    const emission = refused.emit({ n: 1 });
    await refused.idle();
    expect([emission.dropped, emission.ackedMs]).toEqual([true, null]);
  });

  it.skipIf(withoutOpenssl)(
    "speaks TLS, and to nobody whose certificate it cannot check (needs openssl)",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "tls-"));
      closing.push(() => rm(folder, { recursive: true }));
      const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
      execFileSync(
        openssl,
        [
          ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(
            " ",
          ),
          ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certFile],
        ],
        { stdio: "ignore" },
      );
      const [key, cert] = await Promise.all([keyFile, certFile].map((file) => readFile(file, "utf8")));
      if (key === undefined || cert === undefined) throw new Error("no certificate");
      const { server, taken } = await serve({ tls: { key, cert } });
      expect(server.url).toMatch(/^mqtts:/);
      const trusting = deviceFor(server, { tls: { ca: cert } });
      trusting.emit({ n: 1 });
      await trusting.start();
      await trusting.idle();
      expect(taken).toHaveLength(1);
      const connecting = connectMqtt({ host: "127.0.0.1", port: server.port, tls: {}, clientId: "b" });
      await expect(connecting).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    },
  );

  it("goes on after a stop where it was", async () => {
    const { server, taken } = await serve();
    const device = deviceFor(server);
    await device.start();
    device.emit({ n: 1 });
    await device.idle();
    await device.stop();
    await settled(() => server.clients.length === 0);
    device.emit({ n: 2 });
    await device.start();
    await device.idle();
    expect(taken).toHaveLength(2);
  });
});

describe("an air sensor", () => {
  it("says what its room is like, at its pace", async () => {
    const { server, taken } = await serve();
    const clock = new FakeClock();
    const sensor = new AirSensor({
      id: "101-air",
      host: "127.0.0.1",
      port: server.port,
      clock,
      everyMs: 10_000,
      source: () => ({ co2: clock.monotonicMs() }),
    });
    closing.push(() => sensor.stop());
    await sensor.start();
    await clock.advance(60_000);
    await sensor.device.idle();
    expect(taken).toHaveLength(6);
    const said = sensor.device.emissions.map(({ values }) => values.co2 as number);
    expect(said.map((at, index) => at - (said[0] ?? 0) - index * 10_000)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe("the verdict", () => {
  const emission = (n: number, more: Partial<Emission> = {}): Emission => ({
    n,
    topic: "ce/v1/301-air/up/prop",
    retain: false,
    values: { co2: n },
    timeMs: 0,
    qos: 1,
    ownKey: false,
    wire: [{ atMs: 0, dup: false, packetId: n }],
    ackedMs: 1,
    dropped: false,
    ...more,
  });
  const record = (seq: number, value: number, more = {}) => ({
    ...{
      school,
      gateway,
      epoch: epochA,
      seq,
      device: co2.device,
      point: "co2",
      space: "",
      value,
      quality: 0,
    },
    ...{ kind: "measurement" as const, time: 0, received: 0, timeQuality: 0, level: 2, ...more },
  });
  const twice = [
    { atMs: 0, dup: false, packetId: 1 },
    { atMs: 1, dup: true, packetId: 1 },
  ];
  const anew = [
    { atMs: 0, dup: false, packetId: 1 },
    { atMs: 1, dup: false, packetId: 2 },
  ];

  it("is clean when every acknowledged emission has its record", () => {
    const said = [emission(1), emission(2), emission(3, { ackedMs: null }), emission(4, { ackedMs: null })];
    const verdict = judge("301-air", "co2", said, [record(1, 1), record(2, 2), record(3, 3)]);
    expect(verdict).toEqual({ lostAcked: [], duplicates: [], phantoms: [], received: 3 });
  });

  it("names what was lost, unless it is excused", () => {
    const said = [emission(1), emission(2)];
    expect(judge("301-air", "co2", said, [record(1, 1)]).lostAcked).toEqual([2]);
    expect(judge("301-air", "co2", said, [record(1, 1)], (n) => n === 2).lostAcked).toEqual([]);
  });

  it.each([
    ["DUP=1", { wire: twice }, [1]],
    ["two new messages", { wire: anew }, []],
    ["two new messages with a device key", { wire: anew, ownKey: true }, [1]],
  ])("allows one record per identity: %s", (_what, more, duplicates) => {
    const records = [record(1, 1), record(2, 1)];
    expect(judge("301-air", "co2", [emission(1, more)], records).duplicates).toEqual(duplicates);
  });

  it("names records that nobody sent", () => {
    const records = [record(1, 1), record(2, 99), record(3, 3), record(4, 1, { device: "other" })];
    const verdict = judge("301-air", "co2", [emission(1), emission(3, { wire: [] })], records);
    expect(verdict.phantoms).toEqual([`${epochA}/2`, `${epochA}/3`]);
  });

  it("refuses emissions that cannot be told apart", () => {
    expect(() => judge("a", "co2", [emission(1), emission(2, { values: { co2: 1 } })], [])).toThrow(
      RangeError,
    );
  });
});
