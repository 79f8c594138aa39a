/**
 * How a frame is described in a profile: its start, length, end and checksum. Pure.
 */
import { z } from "zod";
import { type Complaint, complain, integer } from "../../config/schema/scalar.ts";
import { shortOrders } from "../codec/registers.ts";
import { checksumBytes, checksumKinds } from "../codec/sums.ts";
import { type Checksum, type FrameShape, leastLength, maxFrame, mostLength } from "./frame.ts";

/** `AA C0` → bytes. */
export const frameBytes = (most: number) =>
  z.string().transform((raw, context): readonly number[] => {
    const digits = raw.replace(/\s+/g, "");
    if (/^(?:[0-9A-Fa-f]{2})+$/.test(digits) && digits.length <= 2 * most)
      return [...Buffer.from(digits, "hex")];
    return complain(context, {
      what: {
        zh: `“${raw}” 不是 1 到 ${most} 个十六进制字节`,
        en: `"${raw}" is not 1 to ${most} bytes in hexadecimal`,
      },
      fix: { zh: "写成 FF 86 这样", en: "write them like FF 86" },
    });
  });

const order = z.enum(shortOrders);
const place = integer(-maxFrame, maxFrame - 1);
const wholeLength = integer(2, maxFrame);

const lengthField = z.strictObject({
  at: integer(0, maxFrame - 1).describe("Where it stands, counted from 0"),
  type: z.enum(["uint8", "uint16"]).default("uint8").describe("How wide it is"),
  order: order.default("AB").describe("Order of its bytes: AB high first, BA low first"),
  add: integer(-maxFrame, maxFrame)
    .default(0)
    .describe("Bytes of the frame that it does not count: length of the frame = number + add"),
  min: wholeLength.optional().describe("Shortest frame that there is"),
  max: wholeLength.default(maxFrame).describe("Longest frame that there is"),
});

const checksumFields = z.strictObject({
  kind: z
    .enum(checksumKinds)
    .describe(
      "sum8, sum16: sum of the bytes; negsum8: what makes their sum 0; xor8: exclusive or; crc16-modbus",
    ),
  from: place.default(0).describe("First byte that it is over; negative: counted from the end, -1 the last"),
  to: place.optional().describe("Last byte that it is over; absent: the one in front of it"),
  at: place.optional().describe("Where it stands; absent: at the end, in front of the end bytes"),
  order: order
    .optional()
    .describe("Order of its bytes where it has two: AB high first (usual), BA low first (usual of the CRC)"),
});

/** The keys of a profile that say what a frame is. */
export const frameKeys = {
  start: frameBytes(16).describe("Bytes with which each frame begins, in hexadecimal"),
  length: z
    .union([wholeLength, lengthField])
    .describe("Bytes of a whole frame; or where its length stands in it"),
  end: frameBytes(8).optional().describe("Bytes with which each frame ends"),
  checksum: z
    .union([z.literal("none"), checksumFields])
    .describe("How a frame is known to be right; none: it has no checksum"),
};

export interface FrameWords {
  start: readonly number[];
  length: number | z.output<typeof lengthField>;
  end?: readonly number[] | undefined;
  checksum: "none" | z.output<typeof checksumFields>;
}

/** What the words mean. A complaint: with its key, what does not fit together. */
export function frameShape(words: FrameWords): FrameShape | { key: string; complaint: Complaint } {
  const { start, end = [] } = words;
  const checksum = words.checksum === "none" ? null : checksumOf(words.checksum, end.length);
  const width = checksum === null ? 0 : checksumBytes(checksum.kind);
  const least = start.length + width + end.length;
  const length = typeof words.length === "number" ? words.length : fieldOf(words.length, least);
  const shape: FrameShape = { start, length, end, checksum };
  const misfit = lengthMisfit(shape, least) ?? checksumMisfit(shape);
  return misfit ?? shape;
}

function fieldOf({ type, order, min, ...field }: z.output<typeof lengthField>, least: number) {
  const bytes = type === "uint8" ? 1 : 2;
  return {
    ...field,
    bytes,
    lowFirst: order === "BA",
    min: min ?? Math.max(least, field.at + bytes),
  } as const;
}

function checksumOf(
  { kind, from, to, at, order }: z.output<typeof checksumFields>,
  endLength: number,
): Checksum {
  const place = at ?? -checksumBytes(kind) - endLength;
  return {
    ...{ kind, from, at: place, to: to ?? place - 1 },
    lowFirst: (order ?? (kind === "crc16-modbus" ? "BA" : "AB")) === "BA",
  };
}

function lengthMisfit(shape: FrameShape, least: number): ReturnType<typeof checksumMisfit> {
  const { length } = shape;
  const inside = typeof length === "number" ? 0 : length.at + length.bytes;
  const needed = Math.max(least, inside);
  if (leastLength(shape) < needed)
    return {
      key: "length",
      complaint: {
        what: {
          zh: `最短的帧要有 ${needed} 个字节：开头、长度、校验和结尾都在里面`,
          en: `the shortest frame needs ${needed} bytes: start, length, checksum and end are in it`,
        },
        fix: { zh: `写 ${needed} 或更多`, en: `write ${needed} or more` },
      },
    };
  if (mostLength(shape) >= leastLength(shape)) return null;
  return {
    key: "length",
    complaint: {
      what: { zh: "max 小于 min", en: "max is below min" },
      fix: { zh: "min 写小的", en: "write the smaller one as min" },
    },
  };
}

/** Every place is in the shortest frame, and the checksum is not over itself. */
function checksumMisfit(shape: FrameShape): { key: string; complaint: Complaint } | null {
  const { checksum } = shape;
  if (checksum === null) return null;
  const width = checksumBytes(checksum.kind);
  const fits = [leastLength(shape), mostLength(shape)].every((length) => {
    const [from, to, at] = [checksum.from, checksum.to, checksum.at].map((place) =>
      place < 0 ? length + place : place,
    ) as [number, number, number];
    const inside = from >= 0 && from <= to && to < length && at >= 0 && at + width <= length;
    return inside && (to < at || from >= at + width);
  });
  if (fits) return null;
  return {
    key: "checksum",
    complaint: {
      what: {
        zh: "校验的位置不在帧里，或算进了校验自己",
        en: "the checksum is not within the frame, or is over itself",
      },
      fix: {
        zh: "核对 from、to、at：从 0 数，末尾起写负数（-1 是最后一个字节）",
        en: "compare from, to and at: counted from 0, or negative from the end (-1 is the last byte)",
      },
    },
  };
}
