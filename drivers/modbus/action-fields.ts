/**
 * The fields that Modbus adds to an action of a profile: what is written where. Pure.
 */
import { z } from "zod";
import { type Complaint, complain } from "../../config/schema/scalar.ts";
import {
  encodeNumber,
  type NumberType,
  type Order,
  registersOf,
  shortOrders,
  wideOrders,
} from "../codec/registers.ts";
import { limits, type Write } from "./pdu.ts";
import { wireAddress } from "./scalars.ts";

const types = [...(Object.keys(registersOf) as NumberType[]), "bool"] as const;
export type WrittenType = (typeof types)[number];

const mostWrites = 16;

/** `0x0100`, `-5`, `26.5`, `true`. */
const constant = z.string().transform((raw, context): number => {
  if (raw === "true" || raw === "false") return raw === "true" ? 1 : 0;
  if (/^0[xX][0-9A-Fa-f]{1,8}$|^[+-]?\d{1,15}(\.\d+)?$/.test(raw)) return Number(raw);
  return complain(context, {
    what: { zh: `“${raw}” 不是要写的值`, en: `"${raw}" is no value to write` },
    fix: {
      zh: "写数（26、0x0100）或 true、false；随参数变的写 arg: 参数名",
      en: "write a number (26, 0x0100), true or false; what depends on an argument is arg: NAME",
    },
  });
});

const partKeys = {
  type: z
    .enum(types)
    .optional()
    .describe("As what it is written: uint16 if nothing is said; bool: a single bit of function 5 or 15"),
  order: z
    .enum([...shortOrders, ...wideOrders])
    .optional()
    .describe("Order of its bytes, where other than the profile's: AB or BA for one register"),
  value: constant.optional().describe("What is written, always the same"),
  arg: z.string().optional().describe("Argument of the action whose value is written"),
  codes: z
    .record(z.string(), constant)
    .optional()
    .describe('What is written for each value of the argument, where it is read otherwise: { "1": 0x0100 }'),
};

const partShape = z.strictObject(partKeys).describe("One of several values that are written together");
type WrittenPart = z.output<typeof partShape>;

const writeShape = z
  .strictObject({
    address: wireAddress.describe("First register or bit, as on the wire: counted from 0, decimal or 0x…"),
    fc: z
      .enum(["5", "6", "15", "16"])
      .transform((digits) => Number(digits) as Write["fc"])
      .optional()
      .describe("Function that writes it: 5 or 15 bits, 6 one register, 16 several; absent: by its type"),
    ...partKeys,
    values: z
      .array(partShape)
      .min(1)
      .max(64)
      .optional()
      .describe("Several that lie one after the other, written at once with function 15 or 16"),
  })
  .describe("What is written where");

const writeSchema = writeShape.transform((written, context): ModbusWrite => {
  const write = writeOf(written);
  return "what" in write ? complain(context, write) : write;
});

export const actionSchema = z
  .strictObject({
    write: z
      .union([writeSchema, z.array(writeSchema).min(1).max(mostWrites)])
      .describe("What is written, or a list of it: one after the other, as one command"),
  })
  .transform(({ write }) => ({ writes: Array.isArray(write) ? write : [write] }))
  .describe("How something is done over Modbus");
export type ModbusAction = z.output<typeof actionSchema>;

/** One value of a write: always the same, or that of an argument. */
export type Part = { type: WrittenType; order?: Order } & (
  | { value: number }
  | { arg: string; codes?: ReadonlyMap<string, number> }
);

/** One request that writes, its values still to be filled in. */
export interface ModbusWrite {
  fc: Write["fc"];
  address: number;
  /** Registers, or bits of fc 5 and 15. */
  count: number;
  parts: readonly Part[];
}

const tell = (zh: string, en: string, fixZh: string, fixEn: string): Complaint => ({
  what: { zh, en },
  fix: { zh: fixZh, en: fixEn },
});

const countOf = (type: WrittenType) => (type === "bool" ? 1 : registersOf[type]);
const isBits = (fc: number | undefined) => fc === 5 || fc === 15;

function writeOf({
  address,
  fc: said,
  values,
  ...own
}: z.output<typeof writeShape>): ModbusWrite | Complaint {
  if (values !== undefined && Object.values(own).some((key) => key !== undefined))
    return tell(
      "values 不能和 value、arg、codes、type、order 一起写",
      "values does not go together with value, arg, codes, type or order",
      "这些写到 values 的每一项里",
      "write them at each of the values",
    );
  const parts: Part[] = [];
  for (const written of values ?? [own]) {
    const part = partOf(written, isBits(said) ? "bool" : "uint16");
    if ("what" in part) return part;
    parts.push(part);
  }
  const count = parts.reduce((sum, { type }) => sum + countOf(type), 0);
  const bits = parts.filter(({ type }) => type === "bool").length;
  const fc = said ?? (bits > 0 ? (count === 1 ? 5 : 15) : count === 1 ? 6 : 16);
  if (bits !== (isBits(fc) ? parts.length : 0))
    return tell(
      `fc: ${fc} 写不了 ${parts.find(({ type }) => (type === "bool") !== isBits(fc))?.type}`,
      `function ${fc} does not write a ${parts.find(({ type }) => (type === "bool") !== isBits(fc))?.type}`,
      "单个位写 type: bool 和 fc: 5 或 15；寄存器用 fc: 6 或 16",
      "write type: bool with function 5 or 15 for single bits; registers have 6 or 16",
    );
  if (count > limits[fc])
    return tell(
      `fc: ${fc} 一次最多写 ${limits[fc]} 个，这里有 ${count} 个`,
      `function ${fc} writes ${limits[fc]} at once, and these are ${count}`,
      fc === 6 ? "写 fc: 16" : fc === 5 ? "写 fc: 15" : "分成几次写",
      fc === 6 ? "write fc: 16" : fc === 5 ? "write fc: 15" : "make it several writes",
    );
  if (address + count > 0x1_0000)
    return tell(
      `从 ${address} 起没有 ${count} 个`,
      `there are no ${count} from ${address}`,
      "最后一个地址是 65535",
      "the last address is 65535",
    );
  return { fc, address, count, parts };
}

function partOf({ type: said, order, value, arg, codes }: WrittenPart, usual: WrittenType): Part | Complaint {
  const type = said ?? usual;
  if ((value === undefined) === (arg === undefined))
    return value === undefined
      ? tell(
          "没有写要写的值",
          "it does not say what is written",
          "加上 value: 值，或 arg: 参数名",
          "add value: VALUE or arg: NAME",
        )
      : tell("value 和 arg 只能有一个", "value and arg exclude each other", "只留一个", "keep one of them");
  if (codes !== undefined && arg === undefined)
    return tell(
      "codes 只能和 arg 一起写",
      "codes goes together with arg alone",
      "删掉 codes",
      "remove codes",
    );
  const isShort = order === "AB" || order === "BA";
  if (order !== undefined && (type === "bool" || isShort !== (countOf(type) === 1)))
    return tell(
      `order: ${order} 和 type: ${type} 不配`,
      `order ${order} does not fit a ${type}`,
      type === "bool" ? "删掉 order" : isShort ? `写 ${wideOrders.join("、")} 之一` : "写 AB 或 BA",
      type === "bool" ? "remove order" : isShort ? `write one of ${wideOrders.join(", ")}` : "write AB or BA",
    );
  const constants = [...(value === undefined ? [] : [value]), ...Object.values(codes ?? {})];
  const unfit = constants.find((each) => wordsOf(type, each, "ABCD") === null);
  if (unfit !== undefined)
    return tell(
      `type: ${type} 不能是 ${unfit}`,
      `a ${type} cannot be ${unfit}`,
      "换一个 type，或改值",
      "choose another type, or another value",
    );
  const common = { type, ...(order === undefined ? {} : { order }) };
  if (value !== undefined) return { ...common, value };
  return {
    ...common,
    arg: arg ?? "",
    ...(codes === undefined ? {} : { codes: new Map(Object.entries(codes)) }),
  };
}

/** The registers, or the bit, that hold a value; null: the type cannot be that. */
export function wordsOf(type: WrittenType, value: number, order: Order): number[] | null {
  if (type === "bool") return value === 0 || value === 1 ? [value] : null;
  try {
    const wire = encodeNumber(value, type, order);
    return Array.from(
      { length: wire.length / 2 },
      (_, word) => ((wire[2 * word] ?? 0) << 8) | (wire[2 * word + 1] ?? 0),
    );
  } catch {
    return null;
  }
}
