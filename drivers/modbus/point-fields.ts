/**
 * The fields that Modbus adds to a point of a profile: where its value lies and of what type it is. Pure.
 */
import { z } from "zod";
import { type Complaint, complain, integer } from "../../config/schema/scalar.ts";
import { bitRange } from "../codec/bit-range.ts";
import { type NumberType, type Order, registersOf, shortOrders, wideOrders } from "../codec/registers.ts";
import type { ModbusProfile } from "./profile-fields.ts";
import { readFunction, wireAddress } from "./scalars.ts";

const numberTypes = Object.keys(registersOf) as NumberType[];
const types = [...numberTypes, "bit", "bool", "text"] as const;
export type PointType = (typeof types)[number];

export const sourceSchema = z
  .strictObject({
    address: wireAddress.describe("First register or bit, as on the wire: counted from 0, decimal or 0x…"),
    fc: readFunction.optional().describe("Function that reads it, where other than the profile's"),
    type: z
      .enum(types)
      .optional()
      .describe("What stands there: uint16 if nothing is said; bool: a single bit of function 1 or 2"),
    order: z
      .enum([...shortOrders, ...wideOrders])
      .optional()
      .describe("Order of its bytes, where other than the profile's: AB or BA for one register"),
    bit: integer(0, 15).optional().describe("Takes this bit of one register, 0 the lowest"),
    bits: bitRange.optional().describe("Takes these bits as a number, such as 0..3"),
    length: integer(1, 125).optional().describe("Registers of a text"),
  })
  .superRefine((source, context) => {
    const complaint = misfit(source);
    if (complaint !== null) complain(context, complaint);
  })
  .describe("Where a point's value lies in the device's registers");
export type ModbusSource = z.output<typeof sourceSchema>;

/** Where a point is, with nothing left to the profile. */
export interface Place {
  fc: 1 | 2 | 3 | 4;
  address: number;
  /** Registers, or bits of fc 1 and 2. */
  count: number;
  type: PointType;
  order: Order;
  bit?: number;
  bits?: { from: number; to: number };
}

const isBits = (fc: number | undefined) => fc === 1 || fc === 2;

/** Type of a point that may not say it. @param fc its own or the profile's function */
function typeOf({ type, bit, bits, order }: ModbusSource, fc: number | undefined): PointType {
  if (type !== undefined) return type;
  if (bit !== undefined) return "bit";
  return isBits(fc) && bits === undefined && order === undefined ? "bool" : "uint16";
}

const countOf = (type: PointType, length = 1): number =>
  type === "text" ? length : type === "bit" || type === "bool" ? 1 : registersOf[type];

/**
 * Where a point of this profile is. A `bool` is read by function 1 or 2 and everything else by 3 or 4: where the
 * profile's function is of the other kind, a point that says none has 1 or 3.
 */
export function placeOf(source: ModbusSource, profile: Pick<ModbusProfile, "fc" | "order">): Place {
  const type = typeOf(source, source.fc ?? profile.fc);
  const usual = isBits(profile.fc) === (type === "bool") ? profile.fc : type === "bool" ? 1 : 3;
  return {
    fc: source.fc ?? usual,
    address: source.address,
    count: countOf(type, source.length),
    type,
    order: source.order ?? (oneByOne(type) ? shortOf(profile.order) : profile.order),
    ...(source.bit === undefined ? {} : { bit: source.bit }),
    ...(source.bits === undefined ? {} : { bits: source.bits }),
  };
}

/** Each register stands for itself: no order of words matters. */
const oneByOne = (type: PointType) => type === "text" || countOf(type) === 1;
const shortOf = (order: Order): Order => (order === "BADC" || order === "DCBA" ? "BA" : "AB");

/** What of a point does not fit together; null: nothing. */
function misfit(source: ModbusSource): Complaint | null {
  const { fc, bit, bits, length, order, address } = source;
  const type = typeOf(source, fc);
  const count = countOf(type, length);
  const number = type in registersOf;
  const tell = (zh: string, en: string, fixZh: string, fixEn: string): Complaint => ({
    what: { zh, en },
    fix: { zh: fixZh, en: fixEn },
  });
  if (fc !== undefined && isBits(fc) !== (type === "bool"))
    return tell(
      `fc: ${fc} 读不到 ${type}`,
      `function ${fc} does not read a ${type}`,
      "单个位（线圈、离散输入）写 type: bool 和 fc: 1 或 2；寄存器用 fc: 3 或 4",
      "write type: bool with function 1 or 2 for single bits; registers have 3 or 4",
    );
  if ((type === "bit") !== (bit !== undefined))
    return type === "bit"
      ? tell("type: bit 要写哪一位", "type: bit needs the bit", "加上 bit: 0 到 15", "add bit: 0 to 15")
      : tell(
          `type: ${type} 不能有 bit`,
          `a ${type} has no bit`,
          "取一位写 type: bit；取几位组成的数写 bits: 0..3",
          "write type: bit for one of them, or bits: 0..3 for a number",
        );
  if ((type === "text") !== (length !== undefined))
    return type === "text"
      ? tell(
          "type: text 要写长度",
          "type: text needs a length",
          "加上 length: 寄存器个数",
          "add length: REGISTERS",
        )
      : tell(
          `type: ${type} 的长度是固定的`,
          `a ${type} has a length of its own`,
          "删掉 length，或写 type: text",
          "remove length, or write type: text",
        );
  if (bits !== undefined && (!number || type.startsWith("float") || bits.to >= 16 * count))
    return tell(
      `type: ${type} 里没有第 ${bits.from} 到 ${bits.to} 位`,
      `a ${type} has no bits ${bits.from} to ${bits.to}`,
      "bits 只用于整数类型，例如 uint16 的 0..15",
      "bits are of a whole number, such as 0..15 of uint16",
    );
  if (order !== undefined && type === "bool")
    return tell("type: bool 没有字节顺序", "a bool has no order", "删掉 order", "remove order");
  const short = order === "AB" || order === "BA";
  if (order !== undefined && short !== oneByOne(type))
    return tell(
      `order: ${order} 和 type: ${type} 不配`,
      `order ${order} does not fit a ${type}`,
      short ? `写 ${wideOrders.join("、")} 之一` : "写 AB 或 BA",
      short ? `write one of ${wideOrders.join(", ")}` : "write AB or BA",
    );
  if (address + count > 0x1_0000)
    return tell(
      `从 ${address} 起没有 ${count} 个寄存器`,
      `there are no ${count} registers from ${address}`,
      "最后一个地址是 65535",
      "the last address is 65535",
    );
  return null;
}
