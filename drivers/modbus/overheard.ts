/**
 * What others say on a line: requests of another master, and answers that come a second time. Pure.
 */
import { hasCrc16 } from "../codec/crc16.ts";
import { dataBytes, limits, type Read } from "./pdu.ts";
import { answerFrameBytes, foreignBytes } from "./rtu.ts";

/** A request that another master sent; null: one that is no read. */
export type Foreign = { unit: number; request: Read } | null;

/** All requests in these bytes that only a master sends, but for `own`, which an adapter may give back. */
export function foreignRequests(received: Uint8Array, own: Uint8Array): Foreign[] {
  const found: Foreign[] = [];
  for (let at = 0; at < received.length; at++) {
    const rest = received.subarray(at);
    const length = foreignBytes(rest);
    if (length === 0) continue;
    at += length - 1;
    const frame = rest.subarray(0, length);
    if (!isSame(frame, own)) found.push(readOf(frame));
  }
  return found;
}

const isSame = (frame: Uint8Array, other: Uint8Array) =>
  frame.length === other.length && frame.every((byte, index) => byte === other[index]);

function readOf(frame: Uint8Array): Foreign {
  const [unit = 0, fc] = frame;
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4) return null;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const count = view.getUint16(4);
  if (count < 1 || count > limits[fc]) return null;
  return { unit, request: { kind: "read", fc, address: view.getUint16(2), count } };
}

/** Length of the good answer to `request` at the front, its checksum right; 0: it is not there. */
export function answerAt(received: Uint8Array, unit: number, request: Read): number {
  const [from, fc, size] = received;
  const length = answerFrameBytes(request);
  if (from !== unit || fc !== request.fc || size !== dataBytes(request) || received.length < length) return 0;
  return hasCrc16(received.subarray(0, length)) ? length : 0;
}
