/** The serving side of the application protocol (V1.1b3, 6): a request's PDU to the answer's PDU. */
import { type Bank, illegalAddress, illegalFunction, illegalValue, type Table } from "./bank.ts";

/** What a device is able to do. */
export interface Abilities {
  /** Functions it knows; others are exception 1. */
  functions: readonly number[];
  /** Registers of one request, 1 to 125. */
  maxRegisters: number;
}

export const allAbilities: Abilities = { functions: [1, 2, 3, 4, 5, 6, 15, 16], maxRegisters: 125 };

const tables: Record<number, Table> = { 1: "coils", 2: "discrete", 3: "holding", 4: "input" };
const maxBits = 2000;
const maxWrittenBits = 1968;
const maxWrittenRegisters = 123;

/** Serves one request; the answer may be an exception. An empty PDU has none. */
export function serve(bank: Bank, pdu: Uint8Array, abilities: Abilities = allAbilities): Uint8Array {
  const fc = pdu[0] ?? 0;
  if (!abilities.functions.includes(fc)) return exception(fc, illegalFunction);
  switch (fc) {
    case 1:
    case 2:
    case 3:
    case 4:
      return read(bank, pdu, fc, abilities);
    case 5:
    case 6:
      return writeOne(bank, pdu, fc);
    case 15:
    case 16:
      return writeMany(bank, pdu, fc);
    default:
      return exception(fc, illegalFunction);
  }
}

export function exception(fc: number, code: number): Uint8Array {
  return Uint8Array.of((fc | 0x80) & 0xff, code & 0xff);
}

/** Bits eight to a byte, the first in the lowest bit. */
export function packBits(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    if (bit !== 0) bytes[index >>> 3] = (bytes[index >>> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

/** Registers high byte first. */
export function packWords(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [(word >>> 8) & 0xff, word & 0xff]));
}

function read(bank: Bank, pdu: Uint8Array, fc: number, { maxRegisters }: Abilities): Uint8Array {
  const table = tables[fc];
  if (pdu.length !== 5 || table === undefined) return exception(fc, illegalValue);
  const address = word(pdu, 1);
  const count = word(pdu, 3);
  if (count < 1 || count > (fc <= 2 ? maxBits : maxRegisters)) return exception(fc, illegalValue);
  if (address + count > 0x10000) return exception(fc, illegalAddress);
  const cells = bank.read(table, address, count);
  if (cells === null) return exception(fc, illegalAddress);
  const data = fc <= 2 ? packBits(cells) : packWords(cells);
  return Uint8Array.of(fc, data.length, ...data);
}

/** The answer to a single write is its echo. */
function writeOne(bank: Bank, pdu: Uint8Array, fc: number): Uint8Array {
  if (pdu.length !== 5) return exception(fc, illegalValue);
  const value = word(pdu, 3);
  if (fc === 5 && value !== 0 && value !== 0xff00) return exception(fc, illegalValue);
  const [table, cell] = fc === 5 ? (["coils", value === 0 ? 0 : 1] as const) : (["holding", value] as const);
  const refused = bank.write(table, word(pdu, 1), [cell]);
  return refused === null ? Uint8Array.from(pdu) : exception(fc, refused);
}

function writeMany(bank: Bank, pdu: Uint8Array, fc: number): Uint8Array {
  if (pdu.length < 6) return exception(fc, illegalValue);
  const address = word(pdu, 1);
  const count = word(pdu, 3);
  const data = pdu.subarray(6);
  const [most, size] = fc === 15 ? [maxWrittenBits, Math.ceil(count / 8)] : [maxWrittenRegisters, count * 2];
  if (count < 1 || count > most || pdu[5] !== size || data.length !== size)
    return exception(fc, illegalValue);
  if (address + count > 0x10000) return exception(fc, illegalAddress);
  const cells = Array.from({ length: count }, (_, index) =>
    fc === 15 ? ((data[index >>> 3] ?? 0) >>> (index & 7)) & 1 : word(data, index * 2),
  );
  const refused = bank.write(fc === 15 ? "coils" : "holding", address, cells);
  return refused === null ? Uint8Array.from(pdu.subarray(0, 5)) : exception(fc, refused);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
