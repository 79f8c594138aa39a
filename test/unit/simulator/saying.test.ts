import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { MqttDevice, type MqttDeviceOptions } from "../../../simulator/devices/mqtt-device.ts";
import { jsonSaying, plainSaying } from "../../../simulator/devices/saying.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { MqttServer } from "../../../simulator/mqtt/server.ts";
import { FakeClock } from "../../fake-clock.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const settled = async (predicate: () => boolean) => {
  while (!predicate()) await new Promise(setImmediate);
};

async function world(options: Partial<MqttDeviceOptions> = {}) {
  const taken: Message[] = [];
  const server = new MqttServer({
    onPublish: (message) => {
      taken.push(message);
      return 0;
    },
  });
  await server.start();
  closing.push(() => server.stop());
  const clock = new FakeClock();
  const device = new MqttDevice({ id: "d", host: "127.0.0.1", port: server.port, clock, ...options });
  closing.push(() => device.stop({ abrupt: true }));
  const back = async () => {
    await device.until(({ online }) => !online);
    while (!device.online) await clock.advance(100);
  };
  return { server, taken, clock, device, back };
}

describe("a device that says things on many topics", () => {
  it("puts each on its own topic, with its own QoS and retain flag, and remembers what it was", async () => {
    const { taken, device } = await world({ qos: 0 });
    await device.start();
    device.say(jsonSaying("a/SENSOR", { T: { x: 1.5, y: [true, null] }, word: "open" }));
    device.say(plainSaying("a/b", "nan", null, { retain: true, qos: 1 }));
    await device.idle();
    await settled(() => taken.length === 2);
    expect(taken.map(({ topic, payload, qos, retain }) => [topic, payload.toString(), qos, retain])).toEqual([
      ["a/SENSOR", '{"T":{"x":1.5,"y":[true,null]},"word":"open"}', 0, false],
      ["a/b", "nan", 1, true],
    ]);
    expect(
      device.emissions.map(({ n, topic, retain, qos, values }) => [n, topic, retain, qos, values]),
    ).toEqual([
      [1, "a/SENSOR", false, 0, { "T.x": 1.5, "T.y.0": true, "T.y.1": null, word: "open" }],
      [2, "a/b", true, 1, { value: null }],
    ]);
    expect(device.emissions.map(({ ackedMs }) => ackedMs !== null)).toEqual([false, true]);
  });

  it("is born at every connection, before everything that waits", async () => {
    const births: boolean[] = [];
    const { taken, device, back } = await world({
      birth: (again) => {
        births.push(again);
        return [plainSaying("d/status", "online", "online", { retain: true })];
      },
    });
    device.say(plainSaying("d/x", "1", 1));
    await device.start();
    await device.idle();
    device.cut();
    await device.until(({ online }) => !online);
    device.say(plainSaying("d/x", "2", 2));
    await back();
    await device.idle();
    await device.stop();
    await device.start();
    await device.idle();
    expect(taken.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      ...["d/status online", "d/x 1", "d/status online", "d/x 2", "d/status online"],
    ]);
    expect(births).toEqual([false, true, false]);
  });

  it("hears what it has subscribed to, and never gives one packet id to two questions", async () => {
    const heard: string[] = [];
    const { server, device, taken } = await world({
      birth: () => [plainSaying("d/a", "1", 1), plainSaying("d/a", "2", 2)],
      subscribe: { filters: ["d/set/#", "all"], qos: 1 },
      onMessage: ({ topic, payload }) => void heard.push(`${topic} ${payload}`),
    });
    await device.start();
    for (let n = 3; n <= 9; n++) device.say(plainSaying("d/a", String(n), n));
    await device.idle();
    expect(taken.map(({ payload }) => payload.toString())).toEqual([..."123456789"]);
    const ids = device.emissions.map(({ wire }) => wire[0]?.packetId);
    expect(new Set(ids).size).toBe(9);
    await settled(() => server.publish({ topic: "all", payload: "x", qos: 1 }) === 1);
    server.publish({ topic: "d/set/lamp", payload: "ON", qos: 1 });
    await settled(() => heard.length >= 2);
    expect(heard.slice(-2)).toEqual(["all x", "d/set/lamp ON"]);
  });

  it("drops what is fleeting when nobody is there, at any QoS, and what power off takes from memory", async () => {
    const { device } = await world({ port: 1 });
    const fleeting = device.say({ ...plainSaying("d/a", "1", 1), fleeting: true });
    const patient = device.say(plainSaying("d/a", "2", 2));
    expect([fleeting.dropped, patient.dropped, device.unacked]).toEqual([true, false, 1]);
    await device.stop({ forget: true });
    expect([patient.dropped, patient.wire, device.unacked]).toEqual([true, [], 0]);
  });

  it("never says a thing of QoS 0 twice, also when the server has stopped reading", async () => {
    const deaf = createServer((socket) => {
      // CONNACK, and then nothing more is read.
      socket.once("data", () => {
        socket.pause();
        socket.write(Buffer.from([0x20, 2, 0, 0]));
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    closing.push(() => deaf.close());
    const address = deaf.address();
    const { device } = await world({ qos: 0, port: typeof address === "object" ? (address?.port ?? 0) : 0 });
    await device.start();
    const payload = Buffer.alloc(1024 * 1024);
    while (device.online) {
      device.say({ topic: "d/big", payload });
      await new Promise(setImmediate);
    }
    await device.idle();
    const lost = device.emissions.filter(({ dropped }) => dropped);
    expect(lost.length).toBeGreaterThan(0);
    for (const { wire } of device.emissions) expect(wire.length).toBeLessThanOrEqual(1);
  });
});
