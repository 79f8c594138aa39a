/**
 * Answers that may still come: of requests that were sent and not answered in time. Pure: time comes from outside.
 *
 * A device answers its requests in their order and each at most once, but possibly late; and an answer does not say
 * which registers it holds, only unit, function and size. So:
 * - An answer of data is the one of the request unless an answer of the same unit, function and size is owed.
 * - An exception is, unless any answer of the same unit and function is owed.
 * - What is known to answer the latest request of a unit settles all that this unit owed before.
 * - After `lostMs` without it an owed answer does not come any more, once the request is known to have left: one that
 *   still lies in a stalled connection is answered whenever it gets through.
 * - Whoever had the line before may have left anything unanswered: for as long, every unit owes until it has answered.
 * A device that gives each answer twice is not seen here (overheard.ts).
 */
import { hasCrc16 } from "../codec/crc16.ts";
import { dataBytes, limits, type Read } from "./pdu.ts";
import { answerFrameBytes, isLikeItsEcho } from "./rtu.ts";

/** No device and no serial server answers so late. */
const lostMs = 30_000;

/** A request, and to whom. */
export interface Asked {
  unit: number;
  request: Read;
}

interface Owed extends Asked {
  /** Monotonic ms. */
  sentAt: number;
  left: boolean;
  /** A refusal would not be waited for. */
  dataOnly: boolean;
}

const sizeOf = (request: Read) => dataBytes(request);
const isOpen = ({ left, sentAt }: Owed, now: number) => !left || now - sentAt < lostMs;
const isAlike = (owed: Owed, unit: number, request: Read) =>
  owed.unit === unit && owed.request.fc === request.fc && sizeOf(owed.request) === sizeOf(request);

export class OwedAnswers {
  readonly #direct: boolean;
  readonly #strangeUntil: number;
  #owed: Owed[] = [];
  /** Units that have answered. */
  readonly #met = new Set<number>();

  /**
   * @param direct what is sent has left at once: a serial port, no connection that may stall
   * @param since monotonic ms at which this line was taken over from nobody knows whom; absent: it is nobody else's
   */
  constructor(direct: boolean, since = Number.NEGATIVE_INFINITY) {
    this.#direct = direct;
    this.#strangeUntil = since + lostMs;
  }

  /** A request leaves: from now on its answer is owed. Of several of one unit, function and size the last is kept. */
  sent(unit: number, request: Read, now: number): void {
    this.#add({ unit, request, sentAt: now, left: this.#direct, dataOnly: false });
  }

  /** Another master's request was heard on the line. */
  overheard(unit: number, request: Read, now: number): void {
    this.#add({ unit, request, sentAt: now, left: true, dataOnly: false });
  }

  #add(added: Owed): void {
    const { unit, request, sentAt } = added;
    this.#owed = this.#owed.filter((owed) => isOpen(owed, sentAt) && !isAlike(owed, unit, request));
    this.#owed.push(added);
  }

  /**
   * What answers the latest request came: the unit owes nothing, and what left before it has left. Of a unit that was
   * not heard before, it may be the answer to the same question of somebody before us: then ours is still to come,
   * until data says otherwise. A refusal in place of another does no harm, so that one is not waited for.
   */
  answered(unit: number, isData: boolean, now: number): void {
    const own = this.#owed.filter((owed) => owed.unit === unit);
    const isSure = !this.#isStrange(unit, now) && (isData || !own.some(({ dataOnly }) => dataOnly));
    this.renewed(now);
    this.#met.add(unit);
    if (isSure) this.#owed = this.#owed.filter((owed) => owed.unit !== unit);
    else if (!isData) for (const owed of own) owed.dataOnly = true;
  }

  /**
   * Any answer to `request` came, and what it holds is of no matter: that of a unit that was heard before is not owed
   * any more.
   */
  found(unit: number, request: Read, now: number): void {
    if (!this.#isStrange(unit, now)) this.#owed = this.#owed.filter((owed) => !isAlike(owed, unit, request));
  }

  /** The connection was made anew: nothing lies in the old one any more. */
  renewed(now: number): void {
    for (const owed of this.#owed) {
      // It may have left only just now.
      if (!owed.left) owed.sentAt = now;
      owed.left = true;
    }
  }

  #isStrange(unit: number, now: number): boolean {
    return now < this.#strangeUntil && !this.#met.has(unit);
  }

  /** Whether data could be the answer to an earlier request instead. */
  mayBeLate(unit: number, request: Read, now: number): boolean {
    return (
      this.#isStrange(unit, now) ||
      this.#owed.some((owed) => isOpen(owed, now) && isAlike(owed, unit, request))
    );
  }

  /** Whether an exception could be the answer to an earlier request instead. */
  mayRefuseLate(unit: number, fc: Read["fc"], now: number): boolean {
    return this.#of(unit, fc, now).some(({ dataOnly }) => !dataOnly);
  }

  #of(unit: number, fc: number, now: number): Owed[] {
    return this.#owed.filter((owed) => isOpen(owed, now) && owed.unit === unit && owed.request.fc === fc);
  }

  /**
   * Reads whose answer cannot be mistaken for an owed one, nearest to `request` first: fewer values, more values, the
   * other function. Whatever they give, data of theirs tells that everything before was answered or never will be.
   */
  markers(unit: number, request: Read, now: number): Read[] {
    const taken = new Set([
      ...this.#of(unit, request.fc, now).map((owed) => sizeOf(owed.request)),
      sizeOf(request),
    ]);
    const free = (read: Read) => !taken.has(sizeOf(read)) && !isLikeItsEcho(read);
    const { fc, address, count } = request;
    const most = Math.min(limits[fc], 0x1_0000 - address);
    // Whoever had the line before asked for sizes of a plan, and for the smallest ones: not that again.
    const fewer = evenFirst(request, 1, count - 1, this.#isStrange(unit, now) ? now : 0);
    const more = evenFirst(request, count + 1, most, 0);
    const other: Read = { kind: "read", fc: otherFunction[fc], address, count: 1 };
    const found = [fewer.find(free), more.find(free)].filter((read) => read !== undefined);
    return this.mayRefuseLate(unit, other.fc, now) ? found : [...found, other];
  }

  /**
   * How many bytes at the front of `received` are an owed answer that cannot be the one to `asked`; 0: none.
   * `more`: so many are missing until that can be said.
   */
  lateAt(received: Uint8Array, asked: Asked | null, now: number): number | { more: number } {
    let missing = 0;
    for (const owed of this.#owed) {
      const length = isOpen(owed, now) ? lengthAs(owed, received, asked) : 0;
      if (length === 0) continue;
      if (received.length < length) missing = Math.max(missing, length - received.length);
      else if (hasCrc16(received.subarray(0, length))) return length;
    }
    return missing === 0 ? 0 : { more: missing };
  }
}

/** The same from one count to another; even ones first, as some devices refuse half a value. @param turn begins there */
function evenFirst(request: Read, from: number, to: number, turn: number): Read[] {
  const counts = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  const even = counts.filter((count) => count % 2 === 0);
  const begin = Math.floor(turn) % Math.max(1, even.length);
  const odd = counts.filter((count) => count % 2 === 1);
  return [...even.slice(begin), ...even.slice(0, begin), ...odd].map((count) => ({ ...request, count }));
}

/** Length of the owed answer that these bytes begin; 0: they do not, or as well the answer to `asked`. */
function lengthAs(owed: Owed, [from, fc, size]: Uint8Array, asked: Asked | null): number {
  if (from !== owed.unit) return 0;
  const sameFunction = asked?.unit === owed.unit && asked.request.fc === owed.request.fc;
  if (fc === (owed.request.fc | 0x80)) return sameFunction ? 0 : exceptionFrameBytes;
  if (fc !== undefined && fc !== owed.request.fc) return 0;
  if (size !== undefined && size !== sizeOf(owed.request)) return 0;
  return asked !== null && isAlike(owed, asked.unit, asked.request) ? 0 : answerFrameBytes(owed.request);
}

const exceptionFrameBytes = 5;

const otherFunction = { 1: 2, 2: 1, 3: 4, 4: 3 } as const;
