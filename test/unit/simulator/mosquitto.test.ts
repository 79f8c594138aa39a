import { afterEach, describe, expect, it } from "vitest";
import { MqttDevice } from "../../../simulator/devices/mqtt-device.ts";
import { connectMqtt } from "../../../simulator/mqtt/client.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { MqttServer } from "../../../simulator/mqtt/server.ts";
import { startPlatform } from "../../../simulator/platform/platform.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, claim, gateway, school } from "./batches.ts";
import { Mosquitto, run, withoutMosquitto } from "./mosquitto.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function broker(): Promise<Mosquitto> {
  const mosquitto = await Mosquitto.start();
  closing.push(() => mosquitto.remove());
  return mosquitto;
}

describe.skipIf(withoutMosquitto)(
  "mosquitto's own clients against the simulated server (needs mosquitto)",
  () => {
    for (const version of ["mqttv5", "mqttv311"]) {
      it(`speaks with mosquitto_pub and mosquitto_sub in ${version}, at every QoS`, async () => {
        const taken: Message[] = [];
        const server = new MqttServer({
          users: { gw: "pw" },
          onPublish: (message) => {
            taken.push(message);
            return 0;
          },
        });
        await server.start();
        closing.push(() => server.stop());
        const common = ["-h", "127.0.0.1", "-p", String(server.port), "-u", "gw", "-P", "pw", "-V", version];
        const sub = run(
          "/usr/bin/mosquitto_sub",
          ...common,
          "-t",
          "up/+",
          "-q",
          "1",
          "-C",
          "3",
          "-F",
          "%t %q %p",
        );
        closing.push(() => sub.kill());
        while (server.clients.length === 0) await new Promise(setImmediate);
        const ready = () => server.publish({ topic: "up/ready", payload: "0" }) > 0;
        while (!ready()) await new Promise(setImmediate);
        for (const qos of ["1", "2"]) {
          const pub = run("/usr/bin/mosquitto_pub", ...common, "-t", `up/${qos}`, "-q", qos, "-m", `m${qos}`);
          expect(await pub.done).toBe(0);
        }
        expect(await sub.done).toBe(0);
        expect(sub.output.trim().split("\n").slice(1)).toEqual(["up/1 1 m1", "up/2 1 m2"]);
        expect(taken.map(({ topic, qos }) => [topic, qos])).toEqual([
          ["up/1", 1],
          ["up/2", 2],
        ]);
        const zero = run("/usr/bin/mosquitto_pub", ...common, "-t", "up/0", "-m", "m0");
        expect(await zero.done).toBe(0);
        while (taken.length < 3) await new Promise(setImmediate);
        const stranger = run("/usr/bin/mosquitto_pub", ...common, "-P", "wrong", "-t", "up/1", "-m", "x");
        expect(await stranger.done).not.toBe(0);
      });
    }

    it("answers a batch that mosquitto_pub sends with its properties", async () => {
      const platform = await startPlatform();
      closing.push(() => platform.stop());
      const port = new URL(platform.url).port;
      const receipts = run(
        "/usr/bin/mosquitto_sub",
        ...["-p", port, "-h", "127.0.0.1", "-V", "mqttv5", "-q", "1", "-C", "2"],
        ...["-t", `edu/v1/${school}/${gateway}/dn/mine`],
      );
      closing.push(() => receipts.kill());
      const ready = () =>
        platform.publish({ topic: `edu/v1/${school}/${gateway}/dn/mine`, payload: "ready" });
      while (!ready()) await new Promise(setImmediate);
      const pub = run(
        "/usr/bin/mosquitto_pub",
        ...["-p", port, "-h", "127.0.0.1", "-V", "mqttv5", "-q", "1"],
        ...["-t", `edu/v1/${school}/${gateway}/up/data`, "-m", bytes(claim(1, 5)).toString()],
        ...["-D", "publish", "response-topic", `edu/v1/${school}/${gateway}/dn/mine`],
      );
      expect(await pub.done).toBe(0);
      expect(await receipts.done).toBe(0);
      expect(receipts.output).toContain('"taken":5,"rejected":[],"next":6');
    });
  },
);

describe.skipIf(withoutMosquitto)("the platform behind a real broker (needs mosquitto)", () => {
  it("takes what gateways publish there, answers there, and comes back after the broker was away", async () => {
    const mosquitto = await broker();
    const platform = await startPlatform({ behind: { url: mosquitto.url } });
    closing.push(() => platform.stop());
    expect(platform.url).toBe(mosquitto.url);
    const received: string[] = [];
    const dial = () =>
      connectMqtt({
        host: "127.0.0.1",
        port: mosquitto.port,
        version: 5,
        clientId: "gw",
        onMessage: ({ payload }) => {
          received.push(JSON.parse(payload.toString()).next);
          return 0;
        },
      });
    const send = async (from: number, to: number) => {
      const client = await dial();
      await client.subscribe([`edu/v1/${school}/${gateway}/dn/receipt`]);
      const topic = `edu/v1/${school}/${gateway}/up/data`;
      const reason = await client.publish({ topic, payload: bytes(claim(from, to)), qos: 1 });
      return { client, reason };
    };
    const first = await send(1, 5);
    expect(first.reason).toBe(0);
    await platform.until(({ count }) => count === 5);
    while (received.length < 1) await new Promise(setImmediate);
    await first.client.disconnect();

    await platform.down();
    const unheard = await send(6, 7);
    expect(unheard.reason).toBe(0x10);
    await unheard.client.disconnect();
    await platform.up();

    await mosquitto.end("SIGTERM");
    await mosquitto.begin();
    let last = await send(6, 9);
    while (last.reason === 0x10) {
      await last.client.disconnect();
      last = await send(6, 9);
    }
    await platform.until(({ count }) => count === 9);
    while (received.length < 2) await new Promise(setImmediate);
    expect(received).toEqual([6, 10]);
    await last.client.disconnect();
  });
});

describe.skipIf(withoutMosquitto)("a device on a real broker (needs mosquitto)", () => {
  for (const qos of [1, 2] as const) {
    it(`sends what was unacknowledged again as the same packet after the broker died, at QoS ${qos}`, async () => {
      const mosquitto = await broker();
      const clock = new FakeClock();
      const device = new MqttDevice({ id: "301-air", host: "127.0.0.1", port: mosquitto.port, qos, clock });
      closing.push(() => device.stop({ abrupt: true }));
      await device.start();
      const heard: { n: number; dup: boolean }[] = [];
      const listen = async () => {
        const client = await connectMqtt({
          host: "127.0.0.1",
          port: mosquitto.port,
          clientId: "listener",
          onMessage: ({ payload, dup }) => {
            heard.push({ n: JSON.parse(payload.toString()).p.n, dup });
            return 0;
          },
        });
        closing.push(() => client.destroy());
        await client.subscribe(["ce/v1/301-air/up/prop"], 2);
      };
      await listen();
      for (let n = 1; n <= 3; n++) device.emit({ n });
      await device.idle();

      mosquitto.freeze();
      for (let n = 4; n <= 30; n++) device.emit({ n });
      expect(device.unacked).toBe(27);
      expect(device.emissions.filter(({ wire }) => wire.length === 1)).toHaveLength(13);
      await mosquitto.end("SIGKILL");
      await device.until(({ online }) => !online);
      await mosquitto.begin();
      await listen();
      const back = device.until(({ online }) => online);
      while (!device.online) await clock.advance(100);
      await back;
      await device.idle();

      while (heard.length < 30) await new Promise(setImmediate);
      expect(heard.map(({ n }) => n)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
      for (const { n, wire, ackedMs } of device.emissions) {
        expect(ackedMs).not.toBeNull();
        const again = n > 3 && n <= 13;
        expect(wire.map(({ dup }) => dup)).toEqual(again ? [false, true] : [false]);
        expect(new Set(wire.map(({ packetId }) => packetId)).size).toBe(1);
      }
    });
  }

  it("sends it again as new messages without a kept session", async () => {
    const mosquitto = await broker();
    const clock = new FakeClock();
    const device = new MqttDevice({ id: "a", host: "127.0.0.1", port: mosquitto.port, clean: true, clock });
    closing.push(() => device.stop({ abrupt: true }));
    await device.start();
    mosquitto.freeze();
    for (let n = 1; n <= 3; n++) device.emit({ n });
    device.cut();
    await device.until(({ online }) => !online);
    mosquitto.thaw();
    while (!device.online) await clock.advance(100);
    await device.idle();
    for (const { wire } of device.emissions) expect(wire.map(({ dup }) => dup)).toEqual([false, false]);
  });
});
