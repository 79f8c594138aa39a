import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChecksumKind, checksumBytes, checksumKinds, checksumOf } from "../../../drivers/codec/sums.ts";
import { type FrameShape, judge, judgeAll, leastLength, mostLength } from "../../../drivers/serial/frame.ts";
import { type FrameWords, frameShape } from "../../../drivers/serial/frame-fields.ts";
import { bytes, mhz, mhzAsked, pms, sds, sensor } from "./sensors.ts";

const nothing = new Uint8Array();
const shapes = {
  pms: sensor("pms").profile.shape,
  sds: sensor("sds").profile.shape,
  mhz: sensor("mhz").profile.shape,
};

function shapeOf(words: FrameWords): FrameShape {
  const shape = frameShape(words);
  if ("complaint" in shape) throw new Error(shape.complaint.what.en);
  return shape;
}

describe("checksums", () => {
  it.each([
    ["sum8", 0x09],
    ["sum16", 0x0209],
    ["negsum8", 0xf7],
    ["xor8", 0x01],
    ["crc16-modbus", 0xd5c3],
  ] as const)("%s of 01 04 FE FF 05 01 01", (kind, right) => {
    // Worked out with another program, the CRC bit by bit.
    expect(checksumOf(kind, bytes("01 04 FE FF 05 01 01"))).toBe(right);
  });
});

/** A shape of a frame whose length stands in it, any checksum, and how to make such a frame. */
const varied = fc
  .record({
    start: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    end: fc.uint8Array({ maxLength: 2 }),
    kind: fc.constantFrom(...checksumKinds),
    wide: fc.boolean(),
    lowFirst: fc.boolean(),
    add: fc.integer({ min: -10, max: 20 }),
  })
  .map(({ start, end, kind, wide, lowFirst, add }) => {
    const order = lowFirst ? "BA" : "AB";
    const field = { at: start.length, type: wide ? "uint16" : "uint8", order, add, max: 200 } as const;
    const shape = shapeOf({
      start: [...start],
      end: [...end],
      length: field,
      checksum: { kind, from: 0, order },
    });
    const make = (payload: Uint8Array): Uint8Array => {
      const whole = start.length + (wide ? 2 : 1) + payload.length + checksumBytes(kind) + end.length;
      const said = whole - add;
      const number = wide ? (lowFirst ? [said & 255, said >> 8] : [said >> 8, said & 255]) : [said];
      const body = Uint8Array.of(...start, ...number, ...payload);
      return Uint8Array.of(...body, ...sealOf(kind, body, lowFirst), ...end);
    };
    return { shape, make };
  });

function sealOf(kind: ChecksumKind, body: Uint8Array, lowFirst: boolean): number[] {
  const sum = checksumOf(kind, body);
  if (checksumBytes(kind) === 1) return [sum];
  return lowFirst ? [sum & 255, sum >> 8] : [sum >> 8, sum & 255];
}

const payloads = fc.uint8Array({ minLength: 12, maxLength: 100 });

describe("a frame", () => {
  it("is found whole, with any length, checksum, order and end, and asked for until it is", () => {
    fc.assert(
      fc.property(varied, payloads, ({ shape, make }, payload) => {
        const frame = make(payload);
        expect(judge(shape, nothing, frame)).toEqual({ answer: frame });
        for (let length = 1; length < frame.length; length++) {
          const verdict = judge(shape, nothing, frame.subarray(0, length));
          if (!("more" in verdict)) throw new Error(`${length}: ${JSON.stringify(verdict)}`);
          expect(verdict.more).toBeGreaterThan(0);
          expect(length + verdict.more).toBeLessThanOrEqual(frame.length);
        }
      }),
    );
  });

  it("is none whose checksum is wrong, and nothing of one is", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, place, by) => {
        const whole = pms(...payload);
        whole[4 + (place % 28)] = (whole[4 + (place % 28)] ?? 0) ^ by;
        expect(judge(shapes.pms, nothing, whole)).not.toHaveProperty("answer");
        expect(judgeAll(shapes.pms, nothing, whole)).toEqual({ fault: "serial.checksum" });
      }),
    );
  });

  it("is only ever what has start, end, length and checksum, whatever bytes come", () => {
    fc.assert(
      fc.property(varied, fc.uint8Array({ maxLength: 600 }), ({ shape }, noise) => {
        const verdict = judge(shape, nothing, noise);
        if (!("answer" in verdict)) return;
        const { answer } = verdict;
        expect([...answer.subarray(0, shape.start.length)]).toEqual(shape.start);
        expect(answer.length).toBeGreaterThanOrEqual(leastLength(shape));
        expect(answer.length).toBeLessThanOrEqual(mostLength(shape));
        expect(judge(shape, nothing, answer)).toEqual({ answer });
      }),
      { numRuns: 300 },
    );
  });

  it("is found behind any noise, half frames and start bytes, and in front of them", () => {
    const halves = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(
          bytes("42 4D"),
          bytes("42 4D 00 1C"),
          bytes("42 42 4D 00"),
          pms(1, 2, 3).slice(0, 20),
        ),
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(halves, halves, fc.uint8Array({ minLength: 26, maxLength: 26 }), (before, after, data) => {
        const frame = pms(...data);
        const all = Uint8Array.of(
          ...before.flatMap((one) => [...one]),
          ...frame,
          ...after.flatMap((one) => [...one]),
        );
        expect(judgeAll(shapes.pms, nothing, all)).toEqual({ frame });
      }),
    );
  });

  it("with start bytes inside is one frame", () => {
    const inside = pms(0x424d, 0x001c, 0x424d, 0x001c, 0x424d, 0x001c);
    expect(judge(shapes.pms, nothing, inside)).toEqual({ answer: inside });
    const ended = sds(0xabaa, 0xc0ab);
    expect(judge(shapes.sds, nothing, ended)).toEqual({ answer: ended });
  });

  it("inside another that is still coming is none", () => {
    const shape = shapeOf({
      start: [0xaa],
      length: { at: 1, type: "uint8", order: "AB", add: 0, max: 60 },
      checksum: { kind: "sum8", from: 0 },
    });
    const framed = (payload: Uint8Array) => {
      const body = Uint8Array.of(0xaa, payload.length + 3, ...payload);
      return Uint8Array.of(...body, checksumOf("sum8", body));
    };
    const inner = framed(Uint8Array.of(1, 2, 3));
    const outer = framed(Uint8Array.of(9, ...inner, 9, 9));
    for (let length = 1; length < outer.length; length++)
      expect(judge(shape, nothing, outer.subarray(0, length))).toMatchObject({ skipped: 0 });
    expect(judge(shape, nothing, outer)).toEqual({ answer: outer });
    // When nothing more comes, it was no frame, and what is behind its start may be one.
    expect(judgeAll(shape, nothing, outer.subarray(0, -1))).toEqual({ frame: inner });
  });

  it("of several is the newest", () => {
    const both = Uint8Array.of(...pms(1), ...pms(2), ...pms(3).subarray(0, 9));
    expect(judge(shapes.pms, nothing, both)).toEqual({ answer: pms(2) });
    expect(judgeAll(shapes.pms, nothing, both)).toEqual({ frame: pms(2) });
  });

  it("that ends otherwise is none", () => {
    const cut = sds(100, 200);
    cut[9] = 0xac;
    expect(judgeAll(shapes.sds, nothing, cut)).toEqual({ fault: "serial.end" });
  });

  it("longer or shorter than there are is none", () => {
    const shape = shapeOf({
      start: [0x42, 0x4d],
      length: { at: 2, type: "uint16", order: "AB", add: 4, min: 24, max: 40 },
      checksum: { kind: "sum16", from: 0 },
    });
    for (const length of [0, 19, 37, 0xffff])
      expect(judgeAll(shape, nothing, Uint8Array.of(0x42, 0x4d, length >> 8, length & 255, 0, 0, 0))).toEqual(
        {
          fault: "serial.noise",
        },
      );
    expect(judge(shape, nothing, pms(5))).toEqual({ answer: pms(5) });
  });

  it("without a checksum counts only in front, as nothing tells it from the middle of another", () => {
    const shape = shapeOf({ start: [0xaa], length: 4, checksum: "none" });
    expect(judge(shape, nothing, bytes("AA 01 02 03"))).toEqual({ answer: bytes("AA 01 02 03") });
    expect(judge(shape, nothing, bytes("AA 01 02 03 AA 04 05 06 AA"))).toEqual({
      answer: bytes("AA 04 05 06"),
    });
    expect(judgeAll(shape, nothing, bytes("01 AA 02 03 04"))).toEqual({ fault: "serial.noise" });
    expect(judgeAll(shape, bytes("55 66"), bytes("55 66 AA 02 03 04"))).toEqual({
      frame: bytes("AA 02 03 04"),
    });
  });
});

describe("what is no frame", () => {
  it("has a name", () => {
    const named = (hex: string) => judgeAll(shapes.mhz, mhzAsked, bytes(hex));
    expect(named("")).toEqual({ fault: "serial.silent" });
    expect(named("FF 86 02")).toEqual({ fault: "serial.short" });
    expect(named("00 11 22")).toEqual({ fault: "serial.noise" });
    expect(judgeAll(shapes.mhz, mhzAsked, mhzAsked)).toEqual({ fault: "serial.echo" });
  });

  it("of our own request is no answer, in front of one or alone", () => {
    expect(judge(shapes.mhz, mhzAsked, mhzAsked)).not.toHaveProperty("answer");
    expect(judge(shapes.mhz, mhzAsked, Uint8Array.of(...mhzAsked, ...mhz(636)))).toEqual({
      answer: mhz(636),
    });
  });
});
