import type { IConnackPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { UplinkError } from "../../../gateway/contract/index.ts";
import { mqttUplink } from "../../../gateway/uplink/mqtt/index.ts";
import { batchOf, takes } from "../../suites/uplink-batches.ts";
import { contextOf, never, settingsOf } from "./mqtt-world.ts";
import { fault, PlainWorld } from "./plain-world.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

describe("when a broker refuses or leaves, the MQTT uplink", () => {
  const world = PlainWorld.each();

  it("takes a goodbye for size as `tooLarge` for the largest batch on its way, and keeps the others", async () => {
    const session = await world.open();
    const batches = [batchOf([1]), batchOf(Array(900).fill(1)), batchOf([3])];
    const sent = batches.map((batch) => session.send(batch, never).catch(({ code }: UplinkError) => code));
    await world.broker.publish(2);
    world.broker.send({ cmd: "disconnect", reasonCode: 149 });
    expect(await Promise.all(sent)).toEqual([
      "too-large",
      expect.objectContaining({ batch: batches[1]?.id, tooLarge: true, taken: 0 }),
      "too-large",
    ]);
    expect(await session.ended).toMatchObject({ code: "too-large", retry: "later" });
  });

  it.each([
    [142, "taken-over"],
    [139, "busy"],
    [141, "silent"],
    [152, "refused"],
  ])(
    "says why the broker leaves with reason %i, and ends although the broker does not close",
    async (reasonCode, code) => {
      const session = await world.open();
      world.broker.send({ cmd: "disconnect", reasonCode });
      expect(await session.ended).toMatchObject({ code });
      await world.broker.until(() => world.broker.connected === 0);
    },
  );

  it.each<[string, Partial<IConnackPacket> | Buffer, string, string]>([
    ["bad user name or password", { reasonCode: 134 }, "credential", "never"],
    ["not authorised", { reasonCode: 135 }, "not-authorised", "never"],
    ["banned", { reasonCode: 138 }, "banned", "never"],
    ["client id not valid", { reasonCode: 133 }, "client-id", "never"],
    ["unsupported version", { reasonCode: 132 }, "version", "never"],
    ["unsupported version, in MQTT 3.1.1", Buffer.from([0x20, 2, 0, 1]), "version", "never"],
    ["accepted, in MQTT 3.1.1", Buffer.from([0x20, 2, 0, 0]), "version", "never"],
    ["bad user name or password, in MQTT 3.1.1", Buffer.from([0x20, 2, 0, 4]), "credential", "never"],
    ["server busy", { reasonCode: 137 }, "busy", "later"],
    [
      "another server",
      { reasonCode: 156, properties: { serverReference: "evil.example" } },
      "moved",
      "later",
    ],
    ["server moved", { reasonCode: 157, properties: { serverReference: "evil.example" } }, "moved", "never"],
    ["a reason nobody knows", { reasonCode: 128 }, "refused", "later"],
    ["no QoS 1", { properties: { maximumQoS: 0 } }, "qos", "never"],
    ["no MQTT at all", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol", "later"],
  ])("opens not when the broker says: %s", async (_, connack, code, retry) => {
    world.broker.script.connack = () => connack;
    expect(await fault(world.open())).toEqual([code, retry]);
    await world.broker.until(() => world.broker.connected === 0);
    expect(world.broker.accepted).toBe(1);
  });

  it("opens not without receipts, but without commands, with a word in the log", async () => {
    const context = contextOf();
    world.broker.script.suback = (topic) => (topic.endsWith("receipt") ? 135 : 1);
    expect(await fault(world.open())).toEqual(["not-authorised", "never"]);
    world.broker.script.suback = (topic) => (topic.endsWith("cmd") ? 135 : 1);
    const session = await world.open(context);
    const batch = batchOf([1]);
    const sent = session.send(batch, never);
    await world.broker.publish(0);
    world.receipt(takes(batch));
    expect((await sent).taken).toBe(1);
    expect(context.log.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ["warn", { reason: 135 }],
    ]);
  });

  it("notices a broker that falls silent", async () => {
    const settings = { ...settingsOf({ url: `mqtt://127.0.0.1:${world.broker.port}` }), keepAliveMs: 1000 };
    const session = await mqttUplink.open(settings, contextOf(), never);
    world.sessions.push(session);
    world.broker.freeze();
    expect(await session.ended).toMatchObject({ code: "silent", retry: "later" });
  });

  it("goes nowhere else: neither to a proxy that the environment names nor to another host", async () => {
    const proxy = new ScriptedBroker();
    await proxy.listen();
    process.env.MQTTJS_SOCKS_PROXY = `socks5://127.0.0.1:${proxy.port}`;
    try {
      await world.open();
      expect([world.broker.accepted, proxy.accepted]).toEqual([1, 0]);
    } finally {
      delete process.env.MQTTJS_SOCKS_PROXY;
      await proxy.close();
    }
  });
});
