/** Any request that the standard allows, and the good answer to it, for generated cases. */
import fc from "fast-check";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { dataBytes, limits, type Read, type Request, requestPdu } from "../../../drivers/modbus/pdu.ts";

export const units = fc.integer({ min: 1, max: 247 });

export const reads: fc.Arbitrary<Read> = fc
  .constantFrom(1 as const, 2 as const, 3 as const, 4 as const)
  .chain((code) =>
    fc
      .integer({ min: 1, max: limits[code] })
      .chain((count) =>
        fc
          .integer({ min: 0, max: 0x1_0000 - count })
          .map((address): Read => ({ kind: "read", fc: code, address, count })),
      ),
  );

const writes: fc.Arbitrary<Request> = fc
  .constantFrom(5 as const, 6 as const, 15 as const, 16 as const)
  .chain((code) => {
    const most = code === 5 || code === 15 ? 1 : 0xffff;
    const values = fc.array(fc.integer({ min: 0, max: most }), {
      minLength: 1,
      maxLength: Math.min(limits[code], 40),
    });
    return fc
      .tuple(values, fc.integer({ min: 0, max: 65_000 }))
      .map(([values, address]): Request => ({ kind: "write", fc: code, address, values }));
  });

export const requests: fc.Arbitrary<Request> = fc.oneof({ arbitrary: reads, weight: 3 }, writes);

/** The good answer's PDU. @param fill bytes of its data, repeated as often as needed */
export function answerPdu(request: Request, fill: Uint8Array = Uint8Array.of(0x5a)): Uint8Array {
  if (request.kind === "write") return requestPdu(request).subarray(0, 5);
  const length = dataBytes(request);
  const data = Array.from({ length }, (_, index) => fill[index % Math.max(1, fill.length)] ?? 0);
  return Uint8Array.of(request.fc, length, ...data);
}

export const answerFrame = (unit: number, request: Request, fill?: Uint8Array): Uint8Array =>
  withCrc16(Uint8Array.of(unit, ...answerPdu(request, fill)));
