import mqttPacket from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import { FrameCutter } from "../../../drivers/mqtt/frames.ts";
import { maxFrameBytes } from "../../../drivers/mqtt/gate.ts";
import { device, publish, secretOf, settle, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;

/** The header of a PUBLISH that says it has `length` bytes to come. */
function header(length: number): Buffer {
  const bytes = [0x32];
  let left = length;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(bytes);
}

describe("hostile bytes", () => {
  afterEach(() => w.close());

  it("that announce a packet above 256 KB are cut at its header", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.socket.write(header(maxFrameBytes));
    await client.end();
    expect(w.codes("refused")).toEqual(["mqtt.frame"]);
    const length = await w.login("air");
    length.socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff]));
    await length.end();
    expect(w.codes("refused")).toEqual(["mqtt.frame", "mqtt.protocol"]);
  });

  it("of a packet just below that are taken", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    const note = "x ".repeat(100);
    const notes = Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`n${n}`, note]));
    const packet = publish("air", { co2: 1, notes });
    expect(mqttPacket.generate(packet).length).toBeGreaterThan(240_000);
    client.send(packet);
    await client.next("puback");
    expect(w.messages[0]?.readings[0]?.samples).toEqual([{ point: "co2", raw: 1 }]);
  });

  it("held back before listen grow nothing either: the network keeps them", async () => {
    w = await world([air()], { listen: false });
    const client = await w.client();
    const sent = 32 * 1024 * 1024;
    client.socket.write(Buffer.alloc(sent, 0x61));
    await settle();
    await settle();
    expect(client.socket.writableLength).toBeGreaterThan(sent / 2);
  });

  it("of a second CONNECT end the connection", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    client.connect({ clientId: "air", username: "air", password: secretOf("air") });
    await client.end();
    expect(w.codes("down")).toEqual(["mqtt.protocol"]);
  });

  it("before a CONNECT end the connection", async () => {
    w = await world([air()]);
    const client = await w.client();
    client.send(publish("air", { co2: 1 }));
    await client.end();
    expect(w.messages).toEqual([]);
    expect(w.codes("refused")).toEqual(["mqtt.protocol"]);
  });

  it("in a topic that is not UTF-8 are not taken, even under a wildcard", async () => {
    w = await world([device("air", { co2: "co2" }, { address: { topics: ["ce/v1/air/up/#"] } })]);
    const client = await w.login("air");
    const bytes = mqttPacket.generate(publish("air", { co2: 1 }, { topic: "ce/v1/air/up/pr?p" }));
    bytes[bytes.indexOf("?")] = 0xff;
    client.socket.write(bytes);
    await client.end();
    expect(client.ids("puback")).toEqual([]);
  });
});

describe("a stream of packets", () => {
  const cut = (chunks: Buffer[], limit = 1000) => {
    const cutter = new FrameCutter(limit);
    const frames: string[] = [];
    for (const chunk of chunks) {
      const fault = cutter.push(chunk, ({ bytes }) => frames.push(bytes.toString("hex")) > 0);
      if (fault !== null) return { frames, fault };
    }
    return { frames, fault: null };
  };

  it("is cut the same however its bytes arrive", () => {
    const packets = [
      mqttPacket.generate(publish("air", { co2: 1 })),
      mqttPacket.generate({ cmd: "pingreq" }),
      mqttPacket.generate(publish("air", "x".repeat(300))),
      mqttPacket.generate({ cmd: "disconnect" }),
    ];
    const all = Buffer.concat(packets);
    const whole = packets.map((packet) => packet.toString("hex"));
    for (let size = 1; size <= all.length; size++) {
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
        all.subarray(n * size, (n + 1) * size),
      );
      expect(cut(chunks)).toEqual({ frames: whole, fault: null });
    }
  });

  it("that comes byte by byte, of a hundred peers at once, costs little more than its bytes", () => {
    const before = process.memoryUsage().heapUsed;
    const cutters = Array.from({ length: 100 }, () => new FrameCutter(16 * 1024));
    const byte = Buffer.from([0x61]);
    for (const cutter of cutters) {
      cutter.push(Buffer.from([0x10, 0xfc, 0x7f]), () => true);
      for (let n = 0; n < 16_000; n++) {
        if (cutter.push(byte, () => true) !== null) throw new Error("a byte was refused");
      }
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 1024 ** 2);
    expect(cutters).toHaveLength(100);
  });

  it("stops at the first packet that is too large, whole or not", () => {
    expect(cut([header(997)]).fault).toBeNull();
    expect(cut([header(998)]).fault).toBe("frame");
    expect(cut([...header(998)].map((byte) => Buffer.from([byte]))).fault).toBe("frame");
  });

  it("stops at a type that no client sends", () => {
    for (const type of [0, 2, 9, 11, 13, 15]) {
      expect(cut([Buffer.from([type << 4, 0])]).fault).toBe("protocol");
    }
  });
});
