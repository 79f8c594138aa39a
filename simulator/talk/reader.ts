/** Takes what comes over a line or connection apart into orders. */

/** What stands in front of what was heard. */
export interface Cut<Order> {
  /** Bytes that are done with; 0: more must come. */
  used: number;
  /** What they ask for; absent: nothing that this device knows. */
  order?: Order;
}

/** One end of a conversation: each connection, and each line, has its own. */
export interface Reader<Order> {
  /** What is said to whoever comes, before anything is asked. */
  greeting?: Uint8Array;
  /** @param nowMs when the byte was there. @returns orders that are complete with it */
  take(byte: number, nowMs: number): Order[];
}

/** A frame of bytes with a longer pause inside is none, ms (assumption: makers do not say theirs). */
export const frameGapMs = 500;

/**
 * @param cut pure: looks at what was heard and says what to do with its beginning
 * @param most bytes kept; the oldest go
 * @param gapMs a frame with a longer pause inside is forgotten; default never
 */
export function readerOf<Order>(
  cut: (heard: readonly number[]) => Cut<Order>,
  most = 256,
  gapMs = Number.POSITIVE_INFINITY,
): Reader<Order> {
  const heard: number[] = [];
  let lastMs = 0;
  return {
    take(byte, nowMs) {
      if (nowMs - lastMs > gapMs) heard.length = 0;
      lastMs = nowMs;
      heard.push(byte);
      heard.splice(0, heard.length - most);
      const orders: Order[] = [];
      while (heard.length > 0) {
        const { used, order } = cut(heard);
        if (used === 0) break;
        heard.splice(0, used);
        if (order !== undefined) orders.push(order);
      }
      return orders;
    },
  };
}

/** Cuts lines of ASCII at CR; LF is not part of them. @param order absent result: not understood */
export function lineCut<Order>(order: (line: string) => Order | undefined) {
  return (heard: readonly number[]): Cut<Order> => {
    const end = heard.indexOf(0x0d);
    if (end < 0) return { used: 0 };
    const line = Buffer.from(heard.slice(0, end)).toString("latin1").replaceAll("\n", "");
    const understood = order(line);
    return understood === undefined ? { used: end + 1 } : { used: end + 1, order: understood };
  };
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** Low byte of the sum. */
export const sumOf = (bytes: readonly number[] | Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return sum;
};

/** All of them by exclusive or. */
export const xorOf = (bytes: readonly number[] | Uint8Array): number => {
  let rest = 0;
  for (const byte of bytes) rest ^= byte;
  return rest;
};

/** An upper-case hexadecimal number of so many digits. */
export const hexOf = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, "0");

/** Makes a byte of a frame wrong. @param at from the end, -1 being the last */
export const wrongAt =
  (at: number) =>
  (frame: Uint8Array): Uint8Array => {
    const out = Uint8Array.from(frame);
    out[out.length + at] = (out.at(at) ?? 0) ^ 0x55;
    return out;
  };
