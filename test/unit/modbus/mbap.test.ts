import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modbusFaults } from "../../../drivers/modbus/faults.ts";
import { judgeTcp, requestTcp } from "../../../drivers/modbus/mbap.ts";
import { answerBytes, type Read, type Request } from "../../../drivers/modbus/pdu.ts";
import { bytes } from "./bytes.ts";
import { answerPdu, requests } from "./requests.ts";

const units = fc.nat(255);
const transactions = fc.nat(65_535);

const frame = (
  unit: number,
  transaction: number,
  pdu: Uint8Array,
  { protocol = 0, length = pdu.length + 1 } = {},
) =>
  Uint8Array.of(
    ...[
      transaction >>> 8,
      transaction & 255,
      protocol >>> 8,
      protocol & 255,
      length >>> 8,
      length & 255,
      unit,
    ],
    ...pdu,
  );

describe("an answer over TCP", () => {
  it("is asked for more until it is whole, and never for bytes beyond it", () => {
    fc.assert(
      fc.property(units, transactions, requests, (unit, transaction, request) => {
        const whole = frame(unit, transaction, answerPdu(request));
        for (let length = 0; length < whole.length; length++) {
          const verdict = judgeTcp(unit, request, transaction, whole.subarray(0, length));
          if (!("more" in verdict)) throw new Error(`${length}: ${JSON.stringify(verdict)}`);
          expect(verdict.more).toBeGreaterThan(0);
          expect(length + verdict.more).toBeLessThanOrEqual(whole.length);
        }
        const data = request.kind === "read" ? answerPdu(request).slice(2) : new Uint8Array();
        expect(judgeTcp(unit, request, transaction, whole)).toEqual({ data });
        expect(judgeTcp(unit, request, transaction, Uint8Array.of(...whole, 0))).toEqual({
          fault: "modbus.glued",
        });
      }),
    );
  });

  it.each([
    ["modbus.transaction", frame(1, 8, bytes("03 02 00 01"))],
    ["modbus.protocol", frame(1, 7, bytes("03 02 00 01"), { protocol: 1 })],
    ["modbus.protocol", bytes("01 03 02 00 01 79 84")],
    ["modbus.unit", frame(2, 7, bytes("03 02 00 01"))],
    ["modbus.function", frame(1, 7, bytes("04 02 00 01"))],
    ["modbus.count", frame(1, 7, bytes("03 04 00 01"))],
    ["modbus.count", frame(1, 7, bytes("03 04 00 01 00 02"))],
    ["modbus.count", frame(1, 7, bytes("03 02 00 01"), { length: 0 })],
    ["modbus.count", frame(1, 7, bytes("03 02 00 01"), { length: 65_535 })],
    ["modbus.count", frame(1, 7, bytes("03 02"))],
    ["modbus.illegal-address", frame(1, 7, bytes("83 02"))],
    ["modbus.gateway-target", frame(1, 7, bytes("83 0B"))],
  ])("is refused as %s", (fault, received) => {
    const one: Read = { kind: "read", fc: 3, address: 0, count: 1 };
    expect(judgeTcp(1, one, 7, received)).toEqual({ fault });
  });

  it("of random bytes is the answer only if every byte says so", () => {
    const cases = fc.tuple(units, transactions, requests).chain(([unit, transaction, request]) =>
      fc.tuple(
        fc.constant([unit, transaction, request] as const),
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc
            .tuple(
              fc.oneof(fc.constant(unit), fc.nat(255)),
              fc.oneof(fc.constant(transaction), fc.nat(65_535)),
              fc.oneof(fc.constant(0), fc.nat(65_535)),
              fc.oneof(
                fc.constant(answerPdu(request)),
                fc.uint8Array({ minLength: 1, maxLength: 253 }),
                fc
                  .uint8Array({ minLength: 1, maxLength: 253 })
                  .map((rest) => Uint8Array.of(request.fc, ...rest)),
              ),
            )
            .map(([from, id, protocol, pdu]) => frame(from, id, pdu, { protocol })),
        ),
      ),
    );
    let taken = 0;
    fc.assert(
      fc.property(cases, ([[unit, transaction, request], received]) => {
        const verdict = judgeTcp(unit, request, transaction, received);
        if ("fault" in verdict) expect(modbusFaults).toHaveProperty([verdict.fault]);
        if (!("data" in verdict)) return;
        taken += 1;
        const pdu = received.slice(7);
        expect(received).toEqual(frame(unit, transaction, pdu));
        expect(pdu).toHaveLength(answerBytes(request));
        expect([...pdu.slice(0, 2)]).toEqual([...answerPdu(request).slice(0, 2)]);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});

it("a request over TCP has its header in front", () => {
  const request: Request = { kind: "read", fc: 3, address: 0x10, count: 2 };
  expect(requestTcp(17, request, 0x0102)).toEqual(bytes("01 02 00 00 00 06 11 03 00 10 00 02"));
});
