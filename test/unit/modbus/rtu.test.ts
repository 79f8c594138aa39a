import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { modbusFaults } from "../../../drivers/modbus/faults.ts";
import { answerBytes, dataBytes, type Read, type Request, requestPdu } from "../../../drivers/modbus/pdu.ts";
import { answerFrameBytes, diagnose, judge, requestFrame } from "../../../drivers/modbus/rtu.ts";
import { bytes } from "./bytes.ts";
import { answerFrame, answerPdu, requests, units } from "./requests.ts";

const two: Read = { kind: "read", fc: 3, address: 0, count: 2 };
const good = bytes("01 03 04 01 0F 01 EF 8B D0");
const fills = fc.uint8Array({ minLength: 1, maxLength: 250 });

describe("an answer on the line", () => {
  it("is asked for more until it is whole, and never for bytes beyond it", () => {
    fc.assert(
      fc.property(units, requests, fills, (unit, request, fill) => {
        const frame = answerFrame(unit, request, fill);
        expect(frame).toHaveLength(answerFrameBytes(request));
        for (let length = 0; length < frame.length; length++) {
          const verdict = judge(unit, request, frame.subarray(0, length));
          if (!("more" in verdict)) throw new Error(`${length}: ${JSON.stringify(verdict)}`);
          expect(verdict.more).toBeGreaterThan(0);
          expect(length + verdict.more).toBeLessThanOrEqual(frame.length);
        }
        const data = request.kind === "read" ? frame.slice(3, -2) : new Uint8Array();
        expect(judge(unit, request, frame)).toEqual({ data });
      }),
    );
  });

  it("is never taken with more bytes than it has", () => {
    fc.assert(
      fc.property(units, requests, fc.uint8Array({ minLength: 1, maxLength: 20 }), (unit, request, more) => {
        const received = Uint8Array.of(...answerFrame(unit, request), ...more);
        expect(judge(unit, request, received)).toEqual({ fault: "modbus.glued" });
      }),
    );
  });

  it("is never taken with one to three bits turned", () => {
    fc.assert(
      fc.property(
        units,
        requests,
        fills,
        fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }),
        (unit, request, fill, turned) => {
          const frame = answerFrame(unit, request, fill);
          for (const place of new Set(turned.map((turn) => turn % (8 * frame.length))))
            frame[place >>> 3] = (frame[place >>> 3] ?? 0) ^ (1 << (place & 7));
          const verdict = judge(unit, request, frame);
          if (!("fault" in verdict)) expect(verdict).toHaveProperty("more");
        },
      ),
    );
  });

  it.each([
    [1, "modbus.illegal-function"],
    [2, "modbus.illegal-address"],
    [3, "modbus.illegal-value"],
    [4, "modbus.device-failure"],
    [5, "modbus.acknowledge"],
    [6, "modbus.busy"],
    [7, "modbus.negative"],
    [8, "modbus.parity"],
    [9, "modbus.exception"],
    [10, "modbus.gateway-path"],
    [11, "modbus.gateway-target"],
    [0, "modbus.exception"],
    [255, "modbus.exception"],
  ] as const)("may be exception %i: %s", (code, fault) => {
    const frame = withCrc16(Uint8Array.of(1, 0x83, code));
    for (let length = 2; length < 5; length++)
      expect(judge(1, two, frame.subarray(0, length))).toEqual({ more: 5 - length });
    expect(judge(1, two, frame)).toEqual({ fault });
    frame[3] = 0xff ^ (frame[3] ?? 0);
    expect(judge(1, two, frame)).toEqual({ fault: "modbus.crc" });
  });

  it("of random bytes, with a right checksum or without, is the answer only if every byte says so", () => {
    const random = fc.uint8Array({ maxLength: 300 });
    const near = fc.tuple(units, requests).chain(([unit, request]) =>
      fc.tuple(
        fc.constant(unit),
        fc.constant(request),
        fc.oneof(
          random,
          random.map((body) => withCrc16(body)),
          // As near as can be: right checksum, and right or wrong in each of unit, function, count and length.
          fc
            .tuple(
              fc.oneof(fc.constant(unit), fc.nat(255)),
              fc.oneof(fc.constant(request.fc), fc.nat(255)),
              fc.oneof(fc.constant(answerPdu(request)[1] ?? 0), fc.nat(255)),
              fc.oneof(fc.constant(answerBytes(request) - 2), fc.integer({ min: 0, max: 260 })),
            )
            .map(([from, code, count, length]) =>
              withCrc16(Uint8Array.of(from, code, count, ...Array<number>(Math.max(0, length)).fill(7))),
            ),
        ),
      ),
    );
    let taken = 0;
    fc.assert(
      fc.property(near, ([unit, request, received]) => {
        const verdict = judge(unit, request, received);
        const name = diagnose(unit, request, received);
        expect(modbusFaults).toHaveProperty([name]);
        if ("fault" in verdict) expect(modbusFaults).toHaveProperty([verdict.fault]);
        if (!("data" in verdict)) return;
        taken += 1;
        expect(received[0]).toBe(unit);
        expect(received[1]).toBe(request.fc);
        expect(received).toHaveLength(answerFrameBytes(request));
        expect(received).toEqual(withCrc16(received.slice(0, -2)));
        if (request.kind === "read") {
          expect(received[2]).toBe(dataBytes(request));
          expect(verdict.data).toEqual(received.slice(3, -2));
        } else expect(received.slice(1, -2)).toEqual(requestPdu(request).slice(0, 5));
      }),
      { numRuns: 3000 },
    );
    // Else nothing was shown of what is taken.
    expect(taken).toBeGreaterThan(0);
  });
});

describe("what came instead is named", () => {
  const name = (hex: string, request: Request = two) => diagnose(1, request, bytes(hex));

  it.each([
    ["modbus.silent", ""],
    ["modbus.short", "01"],
    ["modbus.short", "01 03 04 01 0F 01"],
    ["modbus.crc", "01 03 04 01 0F 01 EF 8B D1"],
    ["modbus.glued", "01 03 04 01 0F 01 EF 8B D0 01 03 04 01 10 01 EF BA 11"],
    ["modbus.noise", "00 01 03 04 01 0F 01 EF 8B D0"],
    ["modbus.noise", "FF"],
    ["modbus.echo", "01 03 00 00 00 02 C4 0B"],
    ["modbus.echo", "01 03 00 00 00 02 C4 0B 01 03 04 01 0F 01 EF 8B D0"],
    ["modbus.short", "01 03 00 00 00"],
    ["modbus.unit", "0A 03 02 00 FA 9D C6"],
    ["modbus.function", "01 04 04 01 31 02 22 2A CE"],
    ["modbus.count", "01 03 02 03 E8 B8 FA"],
    ["modbus.second-master", "01 04 00 01 00 02 20 0B"],
    ["modbus.second-master", "0A 03 10 00 00 01 81 B1 0A 03 02 00 FA 9D C6"],
    ["modbus.second-master", "01 10 01 01 00 02 04 00 20 25 80 25 09"],
    ["modbus.second-master", "01 03 00 05 00 01 94 0B"],
    ["modbus.illegal-address", "01 83 02 C0 F1"],
  ])("%s: %s", (fault, hex) => expect(name(hex)).toBe(fault));

  it("our own request is told from an answer whose beginning looks like it", () => {
    // The address's high byte is the byte count of the answer.
    const request: Read = { kind: "read", fc: 3, address: 0x0200, count: 1 };
    const own = requestFrame(1, request);
    expect(judge(1, request, own)).toEqual({ fault: "modbus.echo" });
    expect(judge(1, request, own.subarray(0, 6))).toEqual({ more: 1 });
    expect(diagnose(1, request, own)).toBe("modbus.echo");
    const long: Read = { kind: "read", fc: 3, address: 0x0a00, count: 5 };
    expect(judge(1, long, requestFrame(1, long))).toEqual({ more: 7 });
    expect(diagnose(1, long, requestFrame(1, long))).toBe("modbus.echo");
    expect(judge(1, two, bytes("01 03 00 00"))).toEqual({ more: 4 });
  });

  it("another unit's answer with three bytes of bits is no request, though as long as one", () => {
    const bits: Read = { kind: "read", fc: 1, address: 0, count: 24 };
    expect(diagnose(1, two, answerFrame(10, bits))).toBe("modbus.unit");
  });

  it("the confirmation of another write is none of ours", () => {
    const write: Request = { kind: "write", fc: 6, address: 1, values: [2] };
    for (const pdu of ["06 00 01 00 03", "06 00 02 00 02"])
      expect(judge(1, write, withCrc16(Uint8Array.of(1, ...bytes(pdu))))).toEqual({ fault: "modbus.count" });
  });

  it("a late answer to a request for another number of registers is not this one's", () => {
    const late = answerFrame(1, { ...two, count: 3 });
    for (let length = 3; length <= late.length; length++)
      expect(judge(1, two, late.subarray(0, length))).toEqual({ fault: "modbus.count" });
  });
});

it("gives the data of the bytes that it was given, and changes none", () => {
  const before = Uint8Array.from(good);
  expect(judge(1, two, good)).toEqual({ data: bytes("01 0F 01 EF") });
  expect(good).toEqual(before);
});

describe("no request is made", () => {
  it.each([
    { kind: "read", fc: 3, address: 0, count: 0 },
    { kind: "read", fc: 3, address: 0, count: 126 },
    { kind: "read", fc: 1, address: 0, count: 2001 },
    { kind: "read", fc: 4, address: 65_535, count: 2 },
    { kind: "read", fc: 4, address: -1, count: 2 },
    { kind: "read", fc: 4, address: 0.5, count: 2 },
    { kind: "write", fc: 6, address: 0, values: [] },
    { kind: "write", fc: 6, address: 0, values: [1, 2] },
    { kind: "write", fc: 6, address: 0, values: [65_536] },
    { kind: "write", fc: 5, address: 0, values: [2] },
    { kind: "write", fc: 16, address: 0, values: Array<number>(124).fill(0) },
  ] satisfies Request[])("of %j", (request) => expect(() => requestPdu(request)).toThrow(RangeError));
});
