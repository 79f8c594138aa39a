/**
 * What the files say of a point, in words: where it is, with nothing left to the profile, and what is read there. Pure.
 */
import type { Raw } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { boundsOf } from "../codec/registers.ts";
import { sizeOf } from "./decode.ts";
import { placeOf, type SerialProfile, type SerialSource } from "./fields.ts";

type Ways = Pick<SerialProfile, "order">;

export function describePlace(source: SerialSource, profile: Ways): Record<string, string> {
  const { at, type, order, bit, bits } = placeOf(source, profile);
  const last = at + sizeOf(type) - 1;
  return {
    at: at === last ? String(at) : `${at}..${last}`,
    type,
    ...(order === "AB" ? {} : { order }),
    ...(bit === undefined ? {} : { bit: String(bit) }),
    ...(bits === undefined ? {} : { bits: `${bits.from}..${bits.to}` }),
  };
}

export function rawOf(source: SerialSource, profile: Ways): Raw {
  const { type, bit, bits } = placeOf(source, profile);
  if (bit !== undefined) return { type: "boolean" };
  if (bits !== undefined) return whole(0, 2 ** (bits.to - bits.from + 1) - 1);
  if (type === "float32" || type === "float64")
    return { type: "number", min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, whole: false };
  if (type === "uint8") return whole(0, 255);
  if (type === "int8") return whole(-128, 127);
  const [least, most] = boundsOf(type);
  return whole(Number(least), Number(most));
}

const whole = (min: number, max: number): Raw => ({ type: "number", min, max, whole: true });

/** What to write for a value of each type. */
export const sourceOf: Readonly<Record<Raw["type"], Text>> = {
  boolean: { zh: "写 bit: 第几位（0 是最低位）", en: "write bit: NUMBER (0 is the lowest)" },
  number: {
    zh: "写数的类型：uint8、int16、uint16、int32、float32 等，不写 bit",
    en: "write a type of number: uint8, int16, uint16, int32, float32 and so on, without bit",
  },
  text: { zh: "串口帧里读不出文字", en: "no text is read from a frame" },
};
