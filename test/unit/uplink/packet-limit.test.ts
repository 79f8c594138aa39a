import fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, it } from "vitest";
import { dataPacket, packetBytes, topicsOf } from "../../../gateway/uplink/mqtt/packet.ts";
import { PacketLimit } from "../../../gateway/uplink/mqtt/packet-limit.ts";
import { batchOf } from "../../suites/uplink-batches.ts";

const packet = (body: number): Buffer => {
  const header = [0x30];
  let rest = body;
  do {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  // A body full of what looks like endless lengths must not be read as headers.
  return Buffer.concat([Buffer.from(header), Buffer.alloc(body, 0xff)]);
};

it("accepts packets up to the limit and refuses larger ones at their header, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(40_000), { maxLength: 5 }),
      fc.integer({ min: 2, max: 40_000 }),
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 20 }),
      (bodies, limit, cuts) => {
        const packets = bodies.map(packet);
        const stream = Buffer.concat(packets);
        const reader = new PacketLimit(limit);
        let accepted = true;
        for (let at = 0, n = 0; at < stream.length && accepted; n++) {
          const to = at + (cuts[n % cuts.length] as number);
          accepted = reader.accepts(stream.subarray(at, to));
          at = to;
        }
        expect(accepted).toBe(packets.every(({ length }) => length <= limit));
      },
    ),
  );
});

it("needs only the header to refuse", () => {
  expect(new PacketLimit(262_144).accepts(packet(262_144).subarray(0, 4))).toBe(false);
  expect(new PacketLimit(262_144).accepts(packet(262_140))).toBe(true);
  expect(new PacketLimit(262_144).accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
});

it("counts a packet as it will be on the wire, to the byte", () => {
  const topics = topicsOf("2133000001", "gw1");
  fc.assert(
    fc.property(
      fc.constantFrom(undefined, "gzip" as const, "zstd" as const),
      fc.oneof(
        fc.nat(300),
        fc.integer({ min: 16_000, max: 17_000 }),
        fc.integer({ min: 2_096_800, max: 2_097_300 }),
      ),
      (encoding, size) => {
        const bytes = new Uint8Array(size);
        const outgoing = dataPacket(topics, batchOf([1]), {
          bytes,
          ...(encoding === undefined ? {} : { encoding }),
        });
        const sent = { ...outgoing, cmd: "publish", qos: 1, dup: false, messageId: 65_535 } as const;
        expect(packetBytes(outgoing)).toBe(generate(sent, { protocolVersion: 5 }).length);
      },
    ),
  );
});
