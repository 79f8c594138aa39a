import fc from "fast-check";
import { generate } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { batchOf } from "../../suites/uplink-batches.ts";
import { never, root } from "./mqtt-world.ts";
import { fault, PlainWorld } from "./plain-world.ts";

describe("against a broker that means no good, the MQTT uplink", () => {
  const world = PlainWorld.each();

  it.each<[string, Buffer]>([
    ["announces a packet above 256 kB", Buffer.from([0x30, 0x80, 0x80, 0x11])],
    ["announces 256 MB", Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])],
    ["sends a length that does not end", Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ["sends an acknowledgement without an id", Buffer.from([0x40, 0])],
    ["sends a message without an id", Buffer.from([0x32, 3, 0, 1, 0x61])],
    ["releases what was never sent, without an id", Buffer.from([0x62, 0])],
    ["sends with QoS 2", generate(qos2(), { protocolVersion: 5 })],
    ["sends a second CONNACK", Buffer.from([0x20, 3, 0, 0, 0])],
    ["sends a packet of no kind", Buffer.from([0x00, 0])],
    ["uses a topic alias that was not allowed", generate(aliased(), { protocolVersion: 5 })],
  ])("ends when it %s", async (_, bytes) => {
    const session = await world.open();
    const sent = fault(session.send(batchOf([1]), never));
    await world.broker.publish(0);
    world.broker.sendBytes(bytes);
    expect(await session.ended).toMatchObject({ code: "protocol", retry: "later" });
    expect(await sent).toEqual(["protocol", "later"]);
    await world.broker.until(() => world.broker.connected === 0);
  });

  it("ends or goes on, but throws nowhere, whatever bytes come", async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    const noise = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    // A header that fits its body gets further than noise, and a packet that is nearly right furthest.
    const framed = (type: number, body: Uint8Array) => Buffer.from([type, body.length, ...body]);
    const types = fc.integer({ min: 0x20, max: 0xff });
    const lookalike = fc
      .tuple(types, fc.uint8Array({ maxLength: 40 }))
      .map(([type, body]) => framed(type, body));
    const right = fc.constantFrom(...plausible.map((packet) => generate(packet, { protocolVersion: 5 })));
    const truncated = fc
      .tuple(right, fc.nat(60))
      .map(([[type = 0, , ...body], keep]) => framed(type, Buffer.from(body.slice(0, keep))));
    const flipped = fc.tuple(right, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = value;
      return copy;
    });
    const packet = fc.oneof(noise, lookalike, truncated, flipped, right);
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 5 }), async (packets) => {
          const session = await world.open();
          const before = world.broker.publishes.length;
          const sent = session.send(batchOf([1]), never).catch(() => null);
          await world.broker.publish(before);
          for (const bytes of packets) world.broker.sendBytes(bytes);
          world.broker.end();
          await session.ended;
          await sent;
          await session.close();
          world.sessions.length = 0;
        }),
        { numRuns: 150 },
      );
    } finally {
      process.off("uncaughtException", note);
      process.off("unhandledRejection", note);
    }
    expect(uncaught).toEqual([]);
  });

  it("opens, or says why not, whatever answers its CONNECT", async () => {
    const noise = fc.uint8Array({ maxLength: 30 });
    const body = fc.tuple(fc.constantFrom(0x20, 0x20, 0x20, 0xf0, 0xe0), noise);
    const answer = fc.oneof(
      noise.map((bytes) => Buffer.from(bytes)),
      body.map(([type, bytes]) => Buffer.from([type, bytes.length, ...bytes])),
    );
    await fc.assert(
      fc.asyncProperty(answer, async (connack) => {
        world.broker.script.connack = () => {
          setImmediate(() => world.broker.end());
          return connack;
        };
        const outcome = await world.open().catch((error: unknown) => error);
        expect(world.sessions.length > 0 || outcome instanceof UplinkError).toBe(true);
        await Promise.all(world.sessions.splice(0).map((session) => session.close()));
      }),
      { numRuns: 150 },
    );
  });
});

function qos2(): Parameters<typeof generate>[0] {
  return {
    cmd: "publish",
    topic: `${root}/dn/cmd`,
    payload: "{}",
    qos: 2,
    dup: false,
    retain: false,
    messageId: 1,
  };
}

const plausible: Parameters<typeof generate>[0][] = [
  { ...qos2(), qos: 1, properties: { contentType: "x", userProperties: { a: "b" } } } as never,
  { ...qos2(), qos: 0 } as never,
  { cmd: "puback", messageId: 1, reasonCode: 0 },
  { cmd: "puback", messageId: 3, reasonCode: 16 },
  { cmd: "pubrel", messageId: 1, reasonCode: 0 },
  { cmd: "suback", messageId: 1, granted: [1] },
  { cmd: "disconnect", reasonCode: 149 },
  { cmd: "connack", sessionPresent: false, reasonCode: 0, properties: { receiveMaximum: 3 } },
  { cmd: "pingresp" },
];

function aliased(): Parameters<typeof generate>[0] {
  const properties = { topicAlias: 1 };
  return {
    cmd: "publish",
    topic: `${root}/dn/cmd`,
    payload: "{}",
    qos: 0,
    dup: false,
    retain: false,
    properties,
  };
}
