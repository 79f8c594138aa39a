/** Packets of a broker with bits turned, bytes cut out and put in: nothing of it may throw, or end a connection twice. */
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import { expect, it } from "vitest";
import type { Fault } from "../../../drivers/contract/index.ts";
import { ExternalConnection } from "../../../drivers/mqtt/external/connection.ts";
import { accessOf } from "../../../drivers/mqtt/external/subscriptions.ts";
import { mqttFaults } from "../../../drivers/mqtt/faults.ts";
import { seeded } from "../journal/model.ts";
import { air, settle, topicOf } from "./world.ts";

const message: Omit<IPublishPacket, "qos"> = {
  cmd: "publish",
  topic: topicOf("air"),
  payload: '{"co2":1}',
  dup: false,
  retain: false,
};
const publish: Packet = { ...message, qos: 1, messageId: 7 };
const sound = (version: 4 | 5): Packet[] => [
  { cmd: "connack", sessionPresent: true, returnCode: 0, reasonCode: 0, properties: { serverKeepAlive: 9 } },
  publish,
  { ...message, qos: 2, messageId: 8 },
  { ...message, qos: 0 },
  { cmd: "pubrel", messageId: 7 },
  { cmd: "suback", messageId: 1, granted: [1, 128] },
  { cmd: "unsuback", messageId: 1, granted: version === 5 ? [0] : [] },
  { cmd: "pingresp" },
  ...(version === 5 ? [withProperties, { cmd: "disconnect", reasonCode: 142 } satisfies Packet] : []),
];
const withProperties: Packet = {
  ...{ ...message, qos: 1, messageId: 9 },
  properties: { contentType: "a", userProperties: { b: "c" }, messageExpiryInterval: 9 },
};

function mutated(bytes: Buffer, random: () => number): Buffer {
  const out = [...bytes];
  for (let n = Math.floor(random() * 4); n >= 0; n--) {
    const at = Math.floor(random() * out.length);
    const kind = random();
    if (kind < 0.5) out[at] = (out[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (kind < 0.75) out.splice(at, Math.floor(random() * 5));
    else out.splice(at, 0, Math.floor(random() * 256));
  }
  return Buffer.from(out);
}

it.each([4, 5] as const)("2,000 broken packets of MQTT %i", async (version) => {
  const random = seeded(version);
  const packets = sound(version);
  let lost = 0;
  let taken = 0;
  for (let n = 0; n < 2000; n++) {
    const socket = new PassThrough() as unknown as Socket & PassThrough;
    socket.destroySoon = () => {};
    const faults: Fault[] = [];
    const connection = new ExternalConnection({
      ...{ socket, version, session: "s", access: accessOf([air()]), now: () => n },
      events: {
        onPublish(packet) {
          taken += 1;
          if (packet.qos > 0) expect(packet.messageId).toBeGreaterThan(0);
          expect(packet.topic).not.toBe("");
          connection.gate.answered();
        },
        onPacket: () => {},
        onLost: (fault) => void faults.push(fault),
      },
    });
    // What is written comes back: the stream is its own other side.
    connection.start();
    const packet = packets[Math.floor(random() * packets.length)] ?? publish;
    const bytes = mutated(generate(packet, { protocolVersion: version }), random);
    const cut = Math.floor(random() * bytes.length);
    socket.write(bytes.subarray(0, cut));
    socket.write(bytes.subarray(cut));
    if (n % 100 === 0) await settle();
    else await new Promise(setImmediate);
    expect(faults.length).toBeLessThanOrEqual(1);
    for (const { code } of faults) expect(Object.keys(mqttFaults)).toContain(code);
    lost += faults.length;
    connection.destroy();
  }
  expect(lost).toBeGreaterThan(200);
  expect(taken).toBeGreaterThan(50);
});
