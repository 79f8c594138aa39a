/**
 * How a device lays values into 16-bit registers.
 *
 * A wide value is first written big-endian; the order then says which byte of that lies where:
 * ABCD as written, CDAB words from the low end, BADC bytes swapped inside each word, DCBA little-endian.
 */

export type WordType =
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64"
  | "bcd16"
  | "bcd32"
  | "bcd64";

export type WordOrder = "ABCD" | "CDAB" | "BADC" | "DCBA";

const bytesOf: Record<WordType, number> = {
  int16: 2,
  uint16: 2,
  bcd16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  bcd32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  bcd64: 8,
};

/** Registers that a type takes. */
export function widthOf(type: WordType): number {
  return bytesOf[type] / 2;
}

/** The words of a value. Integers wrap as registers do; a BCD value is taken modulo its digits, without sign. */
export function toWords(type: WordType, value: number | bigint, order: WordOrder = "ABCD"): number[] {
  const length = bytesOf[type];
  const bytes = Buffer.alloc(length);
  if (type === "float32") bytes.writeFloatBE(Number(value));
  else if (type === "float64") bytes.writeDoubleBE(Number(value));
  else if (type.startsWith("bcd")) bytes.write(digits(whole(value), length * 2), "hex");
  else for (let at = length, rest = whole(value); at > 0; rest >>= 8n) bytes[--at] = Number(rest & 0xffn);
  return ordered(bytes, order);
}

/** Text as ASCII, two characters in a register, filled with NUL. */
export function textWords(text: string, registers: number): number[] {
  const bytes = Buffer.alloc(registers * 2);
  bytes.write(text, "latin1");
  return ordered(bytes, "ABCD");
}

/** The value that 16-bit words hold as an integer, high word first. */
export function fromWords(words: readonly number[], signed = false): number {
  const value = words.reduce((sum, word) => (sum << 16n) | BigInt(word & 0xffff), 0n);
  return Number(signed ? BigInt.asIntN(words.length * 16, value) : value);
}

function whole(value: number | bigint): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.round(value));
}

function digits(value: bigint, length: number): string {
  const size = value < 0n ? -value : value;
  return size.toString().padStart(length, "0").slice(-length);
}

function ordered(bytes: Buffer, order: WordOrder): number[] {
  const words = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));
  if (order === "CDAB" || order === "DCBA") words.reverse();
  const swaps = order === "BADC" || order === "DCBA";
  return swaps ? words.map((word) => ((word & 0xff) << 8) | (word >>> 8)) : words;
}
