/**
 * Values in 16-bit registers: type and byte order to number and back. Pure.
 *
 * Orders are named for how a device puts the big-endian bytes A, B, C, D of a 32-bit value on the wire; for 64 bits
 * the same names mean: ABCD big-endian, CDAB words reversed, BADC bytes swapped in each word, DCBA little-endian.
 * Each is its own inverse. What is no value of the type (a nibble above 9, NaN, infinity, other than ASCII) is null.
 */

/** Registers that a number of each type takes. */
export const registersOf = {
  int16: 1,
  uint16: 1,
  bcd16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  bcd32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
  bcd64: 4,
} as const;
export type NumberType = keyof typeof registersOf;

export const shortOrders = ["AB", "BA"] as const;
export const wideOrders = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
export type Order = (typeof shortOrders)[number] | (typeof wideOrders)[number];

/** Bytes as the wire has them to big-endian, or the other way round. `wire` has an even length. */
export function inOrder(wire: Uint8Array, order: Order): Uint8Array {
  const swapsBytes = order === "BA" || order === "BADC" || order === "DCBA";
  const turnsWords = order === "CDAB" || order === "DCBA";
  const words = wire.length / 2;
  const bytes = new Uint8Array(wire.length);
  for (let word = 0; word < words; word++) {
    const from = 2 * (turnsWords ? words - 1 - word : word);
    bytes[2 * word] = wire[swapsBytes ? from + 1 : from] ?? 0;
    bytes[2 * word + 1] = wire[swapsBytes ? from : from + 1] ?? 0;
  }
  return bytes;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const smaller = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/**
 * The number in a value's registers; a bigint only beyond ±(2^53 − 1). null: these bytes are none of that type.
 * @throws RangeError when `wire` has another length than the type
 */
export function decodeNumber(wire: Uint8Array, type: NumberType, order: Order): number | bigint | null {
  if (wire.length !== 2 * registersOf[type])
    throw new RangeError(`${type} has ${registersOf[type]} registers`);
  const view = viewOf(inOrder(wire, order));
  switch (type) {
    case "int16":
      return view.getInt16(0);
    case "uint16":
      return view.getUint16(0);
    case "int32":
      return view.getInt32(0);
    case "uint32":
      return view.getUint32(0);
    case "int64":
      return smaller(view.getBigInt64(0));
    case "uint64":
      return smaller(view.getBigUint64(0));
    case "float32":
      return finite(shortest(view.getFloat32(0)));
    case "float64":
      return finite(view.getFloat64(0));
    default:
      return decodeBcd(view);
  }
}

/** The shortest decimal that is stored as this single: 229.8, where the double nearest to it is 229.8000030517578. */
function shortest(single: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return single;
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** Four decimal digits in each register, the highest first. */
function decodeBcd(view: DataView): number | bigint | null {
  let digits = "";
  for (let index = 0; index < view.byteLength; index++)
    digits += view.getUint8(index).toString(16).padStart(2, "0");
  return /^\d+$/.test(digits) ? smaller(BigInt(digits)) : null;
}

/**
 * The registers that hold `value`, as the wire has them.
 * @throws RangeError for what the type cannot hold: out of range, a fraction in an integer, NaN
 */
export function encodeNumber(value: number | bigint, type: NumberType, order: Order): Uint8Array {
  const bytes = new Uint8Array(2 * registersOf[type]);
  const view = viewOf(bytes);
  if (type === "float32" || type === "float64") {
    const number = Number(value);
    if (!Number.isFinite(type === "float32" ? Math.fround(number) : number))
      throw new RangeError(`${type} cannot hold ${value}`);
    if (type === "float32") view.setFloat32(0, number);
    else view.setFloat64(0, number);
    return inOrder(bytes, order);
  }
  const whole = typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value) : null;
  const [least, most] = boundsOf(type);
  if (whole === null || whole < least || whole > most) throw new RangeError(`${type} cannot hold ${value}`);
  const pattern = type.startsWith("bcd") ? BigInt(`0x${whole}`) : BigInt.asUintN(8 * bytes.length, whole);
  for (let index = 0; index < bytes.length; index++)
    bytes[bytes.length - 1 - index] = Number((pattern >> BigInt(8 * index)) & 0xffn);
  return inOrder(bytes, order);
}

/** Smallest and largest value of an integer type. */
export function boundsOf(type: Exclude<NumberType, "float32" | "float64">): readonly [bigint, bigint] {
  const bits = BigInt(16 * registersOf[type]);
  if (type.startsWith("bcd")) return [0n, 10n ** (bits / 4n) - 1n];
  if (type.startsWith("u")) return [0n, (1n << bits) - 1n];
  return [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** Bits `from` to `to` (0 is the lowest) of the registers as one unsigned number, whatever sign their type has. */
export function decodeBits(wire: Uint8Array, order: Order, from: number, to: number): number | bigint {
  let all = 0n;
  for (const byte of inOrder(wire, order)) all = (all << 8n) | BigInt(byte);
  return smaller(BigInt.asUintN(to - from + 1, all >> BigInt(from)));
}

/** Bit `index` of packed bits, the first in the lowest bit of the first byte. */
export const bitAt = (data: Uint8Array, index: number): boolean =>
  (((data[index >>> 3] ?? 0) >>> (index & 7)) & 1) === 1;

/** ASCII of two characters a register, without NULs and blanks around it; null: other characters are among it. */
export function decodeText(wire: Uint8Array, order: Order): string | null {
  const text = String.fromCharCode(...inOrder(wire, order)).replace(/^[\0 ]+|[\0 ]+$/g, "");
  return /^[\x20-\x7e]*$/.test(text) ? text : null;
}

/**
 * `text` in `registers` registers, filled up with NUL.
 * @throws RangeError when it is not printable ASCII or does not fit
 */
export function encodeText(text: string, registers: number, order: Order): Uint8Array {
  if (!/^[\x20-\x7e]*$/.test(text) || text.length > 2 * registers)
    throw new RangeError(`${registers} registers hold ${2 * registers} ASCII characters`);
  const bytes = new Uint8Array(2 * registers);
  bytes.set(Buffer.from(text, "latin1"));
  return inOrder(bytes, order);
}
