/** Tries to get a text or a number that no point names through into a recording of a Modbus line. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, type LineEntry } from "../../../config/schema/recording.ts";
import { hasCrc16, withCrc16 } from "../../../drivers/codec/crc16.ts";
import { requestTcp } from "../../../drivers/modbus/mbap.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import { requestFrame } from "../../../drivers/modbus/rtu.ts";
import { ModbusScrubber } from "../../../drivers/modbus/scrubber.ts";
import { rtuDevice, tcpDevice } from "../modbus-session/world.ts";

/** Registers 2 and 5 are numbers, 8 to 11 a text; nobody has asked for what is between. */
const points = {
  a: { address: "2" },
  b: { address: "5" },
  name: { address: "8", type: "text", length: "4" },
};
const request: Read = { kind: "read", fc: 3, address: 0, count: 12 };
const serial = "SN20260901WXYZ";

function scrubber(framing: "rtu" | "tcp" = "rtu") {
  const entries: LineEntry[] = [];
  const context = {
    key: new Uint8Array(32).fill(7),
    secret: () => new Uint8Array(),
    wallMs: () => 0,
    words: new Set<string>(),
    take: (entry: object) => void entries.push(entry as LineEntry),
  };
  const made =
    framing === "rtu"
      ? new ModbusScrubber(
          {},
          { framing, devices: [rtuDevice("x", points, { unit: 7 })], lineOf: () => "serial:/dev/secret" },
          context,
        )
      : new ModbusScrubber(
          {},
          { framing, devices: [tcpDevice("x", 502, points, { unit: 7 })], lineOf: () => "tcp:10.1.2.3:502" },
          context,
        );
  const line = framing === "rtu" ? "serial:/dev/secret" : "tcp:10.1.2.3:502";
  let at = 0;
  const say = (way: "tx" | "rx", bytes: Uint8Array) => {
    at += 10;
    made.bytes(at, line, way, bytes);
  };
  const rx = () => {
    made.flush();
    return Uint8Array.from(entries.filter(({ way }) => way === "rx").flatMap((entry) => [...bytesOf(entry)]));
  };
  return { say, rx, made, entries };
}

/** What the device says: a serial number in front, then numbers and a name. */
function data(): Buffer {
  const registers = Buffer.alloc(24);
  registers.write("SERIAL", 0);
  registers.writeUInt16BE(0x4142, 4);
  registers.write("4711", 6);
  registers.writeUInt16BE(0xffce, 10);
  // A number in BCD: no text.
  registers.set([2, 16, 8, 18], 12);
  registers.write("WangLi17", 16);
  return registers;
}
const answer = () => withCrc16(Uint8Array.of(7, 3, 24, ...data()));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("of a good answer only what points name is kept, and no text", () => {
  const kept = (bytes: Uint8Array, front: number) => Buffer.from(bytes.subarray(front, front + 24));

  it("however late and in however many pieces, with a checksum that fits", () => {
    for (const size of [1, 3, 7, 29]) {
      const { say, rx } = scrubber();
      say("tx", requestFrame(7, request));
      say("tx", requestFrame(8, { ...request, count: 2 }));
      const whole = answer();
      for (let at = 0; at < whole.length; at += size) say("rx", whole.subarray(at, at + size));
      const made = rx();
      expect(hasCrc16(made)).toBe(true);
      const registers = kept(made, 3);
      expect([registers.readUInt16BE(4), registers.readUInt16BE(10)]).toEqual([0x4142, 0xffce]);
      expect([...registers.subarray(0, 4), ...registers.subarray(6, 10)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      expect(text(made)).not.toMatch(/SER|4711|Wang/);
      expect(registers.subarray(16, 24).toString()).toMatch(/^[A-Z][a-z]{3}[A-Z][a-z]\d\d$/);
    }
  });

  it("also over Modbus TCP", () => {
    const { say, rx } = scrubber("tcp");
    say("tx", requestTcp(7, request, 0x1234));
    say("rx", Uint8Array.of(0x12, 0x34, 0, 0, 0, 27, 7, 3, 24, ...data()));
    const made = rx();
    expect([...made.subarray(0, 9)]).toEqual([0x12, 0x34, 0, 0, 0, 27, 7, 3, 24]);
    expect(kept(made, 9).readUInt16BE(4)).toBe(0x4142);
    expect(text(made)).not.toMatch(/SER|4711|Wang/);
  });

  it("and of one that is cut off or damaged no more", () => {
    const { say, rx } = scrubber();
    say("tx", requestFrame(7, request));
    say("rx", answer().subarray(0, 20));
    const short = rx();
    expect(text(short)).not.toMatch(/SER|4711|Wang/);
    expect([...short.subarray(15, 19)]).toEqual([0, 0, 0, 0]);
    const other = scrubber();
    const bad = answer();
    bad[4] = (bad[4] ?? 0) ^ 1;
    other.say("tx", requestFrame(7, request));
    other.say("rx", bad);
    const made = other.rx();
    expect(made).toHaveLength(bad.length);
    expect(hasCrc16(made)).toBe(false);
    expect([...made.subarray(15, 19)]).toEqual([0, 0, 0, 0]);
    expect(text(made)).not.toMatch(/ERIAL|4711|Wang/);
  });
});

it("keeps what nothing explains, but for what could be a text", () => {
  const { say, rx } = scrubber();
  say("tx", requestFrame(7, request));
  const [front, behind] = [Uint8Array.of(0, 0xff, 7, 0x83, 2, 0x60, 0xf0, 1), Uint8Array.of(0, 1, 0xff)];
  say("rx", Uint8Array.of(...front, ...Buffer.from(`login: ${serial}`), ...behind));
  expect([...rx()]).toEqual([...front, ...Buffer.from("x".repeat(7 + serial.length)), ...behind]);
});

it("keeps a frame of somebody else one that fits, without the text in it", () => {
  const { say, rx } = scrubber();
  say("tx", requestFrame(7, request));
  say("rx", withCrc16(Uint8Array.of(9, 3, 8, ...Buffer.from("zhangwei"))));
  expect([...rx()]).toEqual([...withCrc16(Uint8Array.of(9, 3, 8, ...Buffer.from("xxxxxxxx")))]);
});

it("lets no text through, wherever it stands among other bytes", () => {
  const names = fc.constantFrom(
    ...[serial, "zhangwei", "欧阳娜娜", "13812345678"].map((name) => Buffer.from(name)),
    Buffer.from("d5c5ceb0", "hex"),
  );
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(names, bytes, bytes, fc.boolean(), (name, before, behind, asked) => {
      const { say, rx, entries } = scrubber();
      if (asked) say("tx", requestFrame(7, request));
      say("rx", Uint8Array.of(...before, ...name, ...behind));
      const made = rx();
      expect(made).toHaveLength(before.length + name.length + behind.length);
      expect(Buffer.from(made).toString("latin1")).not.toContain(name.toString("latin1"));
      expect(JSON.stringify(entries)).not.toContain("secret");
    }),
    { numRuns: 300 },
  );
});

it("keeps at most a kilobyte of what comes without a request", () => {
  const { say, rx, entries } = scrubber();
  for (let time = 0; time < 50; time++) say("rx", new Uint8Array(100));
  expect(rx()).toHaveLength(1024);
  expect(entries.reduce((all, { cut = 0 }) => all + cut, 0)).toBe(5000 - 1024);
});
