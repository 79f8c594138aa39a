/**
 * A recorded request of Modbus with what came after it, and what the same device would have said to another read of the
 * same registers. A gateway now and then asks for fewer registers than it wants, each time others, to see that nothing
 * is still on its way: the recording knows the answer, though it was not asked for it. Pure.
 */
import { isSealed, sealed } from "../modbus/crc.ts";

/** A read of bits or registers (V1.1b3, 6.1 to 6.4). */
export interface RecordedRead {
  unit: number;
  fc: number;
  address: number;
  count: number;
}

export interface Piece {
  /** ms since the request. */
  afterMs: number;
  bytes: Uint8Array;
}

export interface RecordedExchange {
  asked: Uint8Array;
  /** null: it is no read. */
  read: RecordedRead | null;
  said: readonly Piece[];
}

/** How frames look on the recorded line. */
export type Framing = "rtu" | "tcp";

const tcpHead = 6;
const frontOf = (framing: Framing) => (framing === "rtu" ? 0 : tcpHead);

export function readOf(asked: Uint8Array, framing: Framing): RecordedRead | null {
  const front = frontOf(framing);
  if (asked.length !== front + (framing === "rtu" ? 8 : 6)) return null;
  if (framing === "rtu" && !isSealed(asked)) return null;
  const [unit = 0, fc = 0, a0 = 0, a1 = 0, c0 = 0, c1 = 0] = asked.subarray(front);
  return fc < 1 || fc > 4 ? null : { unit, fc, address: (a0 << 8) | a1, count: (c0 << 8) | c1 };
}

const sizeOf = ({ fc, count }: RecordedRead) => (fc <= 2 ? Math.ceil(count / 8) : 2 * count);

/** Where the good answer to the recorded read stands in all that came; null: it did not come. */
function answerIn(
  { asked, read, said }: RecordedExchange,
  framing: Framing,
): { at: number; frame: Uint8Array } | null {
  if (read === null) return null;
  const all = joined(said);
  const front = frontOf(framing);
  const length = front + 3 + sizeOf(read) + (framing === "rtu" ? 2 : 0);
  for (let at = 0; at + length <= all.length; at++) {
    const frame = all.subarray(at, at + length);
    const [unit, fc, size] = frame.subarray(front);
    if (unit !== read.unit || fc !== read.fc || size !== sizeOf(read)) continue;
    const isWhole = framing === "rtu" ? isSealed(frame) : frame[0] === asked[0] && frame[1] === asked[1];
    if (isWhole) return { at, frame };
  }
  return null;
}

/** The data of a read of registers that lie within those that were answered; null: they do not, or nothing was. */
export function dataFor(wanted: RecordedRead, from: RecordedExchange, framing: Framing): Uint8Array | null {
  const { read } = from;
  if (read === null || read.unit !== wanted.unit || read.fc !== wanted.fc || wanted.fc <= 2) return null;
  const first = wanted.address - read.address;
  if (first < 0 || first + wanted.count > read.count) return null;
  const found = answerIn(from, framing);
  if (found === null) return null;
  const start = frontOf(framing) + 3 + 2 * first;
  return found.frame.slice(start, start + 2 * wanted.count);
}

/** A good answer as it goes over the wire. @param asked the request that it is for */
export function answerOf(
  { unit, fc }: RecordedRead,
  data: Uint8Array,
  asked: Uint8Array,
  framing: Framing,
): Uint8Array {
  const body = Uint8Array.of(unit, fc, data.length, ...data);
  if (framing === "rtu") return sealed(body);
  return Uint8Array.of(...asked.subarray(0, 4), body.length >> 8, body.length & 0xff, ...body);
}

/** What came then, with another answer where the one to the recorded read was: what came too early stays. */
export function withAnswer(exchange: RecordedExchange, answer: Uint8Array, framing: Framing): Piece[] {
  const found = answerIn(exchange, framing);
  const last = exchange.said.at(-1)?.afterMs ?? 0;
  if (found === null) return [...exchange.said, { afterMs: last, bytes: answer }];
  const made: Piece[] = [];
  const end = found.at + found.frame.length;
  let at = 0;
  for (const { afterMs, bytes } of exchange.said) {
    const before = bytes.subarray(0, Math.max(0, found.at - at));
    const behind = bytes.subarray(Math.max(0, end - at));
    const isEnd = at < end && at + bytes.length >= end;
    made.push({
      afterMs,
      bytes: Uint8Array.of(...before, ...(isEnd ? answer : []), ...(at + bytes.length > end ? behind : [])),
    });
    at += bytes.length;
  }
  return made.filter(({ bytes }) => bytes.length > 0);
}

function joined(said: readonly Piece[]): Uint8Array {
  return Uint8Array.from(said.flatMap(({ bytes }) => [...bytes]));
}
