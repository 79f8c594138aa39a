/**
 * What the files say of a point, in words: where it is, with nothing left to the profile, and what is read there. Pure.
 */
import type { Raw } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { ModbusProfile, ModbusSource } from "./fields.ts";
import { type PointType, placeOf } from "./point-fields.ts";

type Ways = Pick<ModbusProfile, "fc" | "order">;

const hex = (address: number) => `0x${address.toString(16).toUpperCase().padStart(4, "0")}`;

/** As a manual has it: the address in the frame both ways, and how many registers the value takes. */
export function describePlace(source: ModbusSource, profile: Ways): Record<string, string> {
  const { fc, address, count, type, order, bit, bits } = placeOf(source, profile);
  const last = address + count - 1;
  return {
    address:
      count === 1 ? `${address} (${hex(address)})` : `${address}..${last} (${hex(address)}..${hex(last)})`,
    fc: String(fc),
    type,
    ...(order === "AB" ? {} : { order }),
    ...(bit === undefined ? {} : { bit: String(bit) }),
    ...(bits === undefined ? {} : { bits: `${bits.from}..${bits.to}` }),
  };
}

const whole = (min: number, max: number): Raw => ({ type: "number", min, max, whole: true });
const any: Raw = {
  type: "number",
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  whole: false,
};

const raws: Readonly<Record<PointType, Raw>> = {
  int16: whole(-(2 ** 15), 2 ** 15 - 1),
  uint16: whole(0, 2 ** 16 - 1),
  bcd16: whole(0, 9999),
  int32: whole(-(2 ** 31), 2 ** 31 - 1),
  uint32: whole(0, 2 ** 32 - 1),
  float32: any,
  bcd32: whole(0, 99_999_999),
  int64: whole(-(2 ** 63), 2 ** 63),
  uint64: whole(0, 2 ** 64),
  float64: any,
  bcd64: whole(0, 1e16),
  bit: { type: "boolean" },
  bool: { type: "boolean" },
  text: { type: "text" },
};

export function rawOf(source: ModbusSource, profile: Ways): Raw {
  const { type, bits } = placeOf(source, profile);
  return bits === undefined ? raws[type] : whole(0, 2 ** (bits.to - bits.from + 1) - 1);
}

/** What to write for a value of each type. */
export const sourceOf: Readonly<Record<Raw["type"], Text>> = {
  boolean: {
    zh: "写 type: bool（fc: 1 或 2），或 type: bit 和 bit: 0 到 15",
    en: "write type: bool (with fc: 1 or 2), or type: bit and bit: 0 to 15",
  },
  number: {
    zh: "写数的类型：int16、uint16、int32、uint32、float32 等",
    en: "write a type of number: int16, uint16, int32, uint32, float32 and so on",
  },
  text: { zh: "写 type: text 和 length: 寄存器个数", en: "write type: text and length: REGISTERS" },
};
