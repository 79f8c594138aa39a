/**
 * A test vector of a device model: the request and the answer as they were on an RS-485 line, checksums included,
 * through the same code as a poll. Pure; for tests, and for what shows a capture.
 */
import { hasCrc16 } from "../codec/crc16.ts";
import type { Reading } from "../contract/index.ts";
import { decode } from "./decode.ts";
import { type ModbusFaultCode, modbusFault } from "./faults.ts";
import type { ModbusProfile, ModbusSource } from "./fields.ts";
import { limits, type Read } from "./pdu.ts";
import { placeOf } from "./point-fields.ts";
import { diagnose, judge } from "./rtu.ts";

/** Unit and request of a frame that reads; null: it is none, or its checksum is wrong. */
export function readRequest(frame: Uint8Array): { unit: number; request: Read } | null {
  const [unit = 0, fc, a1 = 0, a0 = 0, n1 = 0, n0 = 0] = frame;
  if (frame.length !== 8 || !hasCrc16(frame)) return null;
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4) return null;
  const address = (a1 << 8) | a0;
  const count = (n1 << 8) | n0;
  if (count < 1 || count > limits[fc] || address + count > 0x1_0000) return null;
  return { unit, request: { kind: "read", fc, address, count } };
}

/**
 * What a device says with `said` when it was `asked`: the points that the answer carries whole. A frame that is wrong
 * is one fault of no point.
 */
export function readVector(
  device: {
    id: string;
    profile: Pick<ModbusProfile, "fc" | "order">;
    points: { id: string; source: ModbusSource }[];
  },
  vector: { asked: Uint8Array; said: Uint8Array },
): Reading {
  const asked = readRequest(vector.asked);
  const wrong = (code: ModbusFaultCode, fact?: string): Reading => ({
    device: device.id,
    samples: [],
    faults: [modbusFault(code, fact === undefined ? {} : { fact })],
  });
  if (asked === null) return wrong("modbus.noise", "asked is no request that reads");
  const { unit, request } = asked;
  const verdict = judge(unit, request, vector.said);
  if (!("data" in verdict)) {
    return wrong("fault" in verdict ? verdict.fault : diagnose(unit, request, vector.said));
  }
  const points = device.points.flatMap(({ id, source }) => {
    const place = placeOf(source, device.profile);
    const at = place.address - request.address;
    const carried = place.fc === request.fc && at >= 0 && at + place.count <= request.count;
    return carried ? [{ id, place, at }] : [];
  });
  return { device: device.id, ...decode({ points }, verdict.data) };
}
