/** Rows of a hexadecimal command table: checksums, patterns, and whatever comes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alike,
  byteAt,
  bytesOf,
  type Checksum,
  checksumOf,
  checksums,
  questionOf,
  type Row,
} from "../../../drivers/display/hex/codec.ts";
import { bytes, shown, sum, xor } from "./bytes.ts";

const row = (checksum: Checksum): Row & { reply: (number | null)[] } => ({
  send: [0xaa, 0x01, 0x51],
  reply: [0xaa, 0x81, null],
  checksum,
});
const read = byteAt([{ word: "p", at: 2 }]);
const asked = (checksum: Checksum) => {
  const sent = bytesOf(row(checksum), null) ?? new Uint8Array();
  return { sent, ...questionOf(row(checksum), sent, read) };
};
const said = (checksum: Checksum, value: number) => {
  const body = Uint8Array.of(0xaa, 0x81, value);
  return Uint8Array.of(...body, ...checksumOf(checksum, body));
};

it("checksums are those of manuals", () => {
  const body = bytes("AA 01 50 01");
  expect([...checksumOf("sum8", body)]).toEqual([sum(body)]);
  expect([...checksumOf("xor8", body)]).toEqual([xor(body)]);
  // Modbus Application Protocol, a read of one register of unit 1.
  expect(shown(checksumOf("crc16", bytes("01 03 00 00 00 01")))).toBe("840A");
  expect(checksumOf("none", body)).toHaveLength(0);
});

describe.each(checksums)("a row with the checksum %s", (checksum) => {
  it("is sent and answered as its table says", () => {
    const { sent, judge } = asked(checksum);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (value) => {
        const answer = said(checksum, value);
        expect(judge(answer)).toEqual({ answer: { values: { p: value } } });
        expect(judge(Uint8Array.of(...sent, ...answer))).toEqual({ answer: { values: { p: value } } });
        expect(judge(Uint8Array.of(0xff, ...answer))).toEqual({ answer: { values: { p: value } } });
        expect(judge(Uint8Array.of(...answer, 0))).toEqual({ fault: "glued" });
        for (let at = 0; at < answer.length; at++)
          expect(judge(answer.subarray(0, at))).toHaveProperty("more");
      }),
    );
  });

  it("takes any bytes without a throw, and gives a value of none whose checksum is wrong", () => {
    const { judge } = asked(checksum);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (received) => {
        const verdict = judge(received);
        if (!("answer" in verdict)) return;
        const length = said(checksum, 0).length;
        const frame = received.subarray(-length);
        expect(shown(frame)).toBe(shown(said(checksum, frame[2] ?? 0)));
      }),
      { numRuns: 2000 },
    );
    if (checksum === "none") return;
    const answer = said(checksum, 7);
    for (let at = 0; at < answer.length; at++) {
      const changed = Uint8Array.from(answer, (byte, index) => (index === at ? byte ^ 0x20 : byte));
      expect(judge(changed)).not.toHaveProperty("answer");
    }
  });
});

it("an argument is one byte, and nothing else", () => {
  const volume: Row = { send: [0xaa, null], reply: null, checksum: "sum8" };
  expect(shown(bytesOf(volume, 30) ?? new Uint8Array())).toBe("AA1EC8");
  for (const argument of [256, -1, 1.5, "30", null, undefined, true])
    expect(bytesOf(volume, argument)).toBeNull();
});

it("answers that could be taken for each other are known", () => {
  const of = (reply: (number | null)[], checksum: Checksum = "none") => ({ reply, checksum });
  expect(alike(of([1, null]), of([1, 2]))).toBe(true);
  expect(alike(of([1, null]), of([2, null]))).toBe(false);
  expect(alike(of([1, null]), of([1, null, null]))).toBe(false);
  expect(alike(of([1, null], "sum8"), of([1, null, null]))).toBe(true);
  expect(alike({ reply: null, checksum: "none" }, of([1]))).toBe(false);
});
