/**
 * The fields that serial sensors add to the configuration files. What a frame is: frame-fields.ts. Pure.
 */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { complain, integer } from "../../config/schema/scalar.ts";
import { bitRange } from "../codec/bit-range.ts";
import { type Order, registersOf, shortOrders, wideOrders } from "../codec/registers.ts";
import { serialLinkSchema } from "../line/fields.ts";
import { bauds, formats } from "../line/pace.ts";
import { type Place, type PointType, sizeOf } from "./decode.ts";
import { judge, maxFrame } from "./frame.ts";
import { frameBytes, frameKeys, frameShape } from "./frame-fields.ts";

const second = 1000;

export const linkSchema = serialLinkSchema(
  {
    zh: "串口服务器的这一口设成透传（TCP Server），写 mode: transparent",
    en: "set this port of the serial server to pass bytes through (TCP server), and write mode: transparent",
  },
  { baud: "9600", format: "8N1" },
).describe("A serial line with one sensor on it");
export type SerialSensorLink = z.output<typeof linkSchema>;

const answerTime = within(20, 60 * second);

export const addressSchema = z
  .strictObject({
    answer: answerTime
      .optional()
      .describe("Longest time until its frame begins, where other than its model's: behind a radio, say"),
  })
  .describe("It is alone on its line: it has no address");
export type SerialAddress = z.output<typeof addressSchema>;

const factorySchema = z
  .strictObject({
    baud: z.enum(bauds).default("9600").transform(Number).describe("Speed"),
    format: z.enum(formats).default("8N1").describe("Data bits, parity, stop bits"),
  })
  .describe("How it is delivered");

export const profileSchema = z
  .strictObject({
    ask: frameBytes(64)
      .optional()
      .describe("What is sent for a reading, checksum and all; absent: it speaks by itself"),
    ...frameKeys,
    order: z
      .enum(wideOrders)
      .default("ABCD")
      .describe("Order of the bytes of its values: ABCD high byte first, DCBA low byte first"),
    answer: answerTime
      .optional()
      .describe(
        "Longest time until a frame begins: 500ms after it was asked; 3s where it speaks by itself, more than its rest between two frames",
      ),
    factory: factorySchema.optional(),
  })
  .transform(({ ask = [], start, length, end, checksum, order, answer, factory }, context) => {
    const shape = frameShape({ start, length, end, checksum });
    if ("complaint" in shape) return complain(context, shape.complaint);
    // An adapter that gives it back would make values of it.
    if ("answer" in judge(shape, new Uint8Array(), Uint8Array.from(ask)))
      return complain(context, {
        what: { zh: "请求 ask 自己就像一个应答的帧", en: "the request reads as a frame of an answer" },
        fix: {
          zh: "start 多写几个只有应答才有的字节",
          en: "give start more bytes, which the answer alone has",
        },
      });
    return {
      ...{ ask, shape, order },
      answerMs: answer ?? (ask.length > 0 ? 500 : 3 * second),
      ...(factory === undefined ? {} : { factory }),
    };
  })
  .describe("How a sensor on a serial line speaks");
export type SerialProfile = z.output<typeof profileSchema>;

const types = ["uint8", "int8", ...Object.keys(registersOf)] as PointType[];

export const sourceSchema = z
  .strictObject({
    at: integer(0, maxFrame - 1).describe("Its first byte in the frame, counted from 0"),
    type: z
      .enum(types as [PointType, ...PointType[]])
      .default("uint8")
      .describe("What stands there; uint8 if nothing is said"),
    order: z
      .enum([...shortOrders, ...wideOrders])
      .optional()
      .describe("Order of its bytes, where other than the profile's: AB or BA for two of them"),
    bit: integer(0, 15).optional().describe("This bit alone, 0 the lowest: true or false"),
    bits: bitRange.optional().describe("These bits alone, as a number, such as 0..3"),
  })
  .superRefine(({ type, order, bit, bits }, context) => {
    const size = sizeOf(type);
    const last = bit ?? bits?.to;
    if (bit !== undefined && bits !== undefined)
      complain(context, {
        what: { zh: "bit 和 bits 只能写一个", en: "bit and bits do not go together" },
        fix: { zh: "开关量写 bit，数写 bits", en: "write bit for true or false, bits for a number" },
      });
    else if (last !== undefined && (!/^u?int/.test(type) || last >= 8 * size))
      complain(context, {
        what: { zh: `type: ${type} 里没有第 ${last} 位`, en: `a ${type} has no bit ${last}` },
        fix: {
          zh: "位从 0 数，只用于整数类型，例如 uint8 的 0..7",
          en: "bits count from 0 and are of a whole number, such as 0..7 of uint8",
        },
      });
    const fitting = size === 1 ? [] : size === 2 ? shortOrders : wideOrders;
    if (order === undefined || fitting.some((one) => one === order)) return;
    complain(context, {
      what: { zh: `order: ${order} 和 type: ${type} 不配`, en: `order ${order} does not fit a ${type}` },
      fix:
        fitting.length === 0
          ? { zh: "删掉 order：只有一个字节", en: "remove order: it is a single byte" }
          : { zh: `写 ${fitting.join("、")} 之一`, en: `write one of ${fitting.join(", ")}` },
    });
  })
  .describe("Where a point's value lies in a frame");
export type SerialSource = z.output<typeof sourceSchema>;

/** Nothing is commanded: a profile that lists an action is refused here. */
export const actionSchema = z.never();
export type SerialAction = z.output<typeof actionSchema>;

export type SerialDevice = DevicePlan<SerialAddress, SerialProfile, SerialSource, SerialAction>;

const shortOf = (order: Order): Order => (order === "BADC" || order === "DCBA" ? "BA" : "AB");

/** Where a point of this profile is, with nothing left to the profile. */
export function placeOf(source: SerialSource, profile: Pick<SerialProfile, "order">): Place {
  const { at, type, order, bit, bits } = source;
  const usual = sizeOf(type) <= 2 ? shortOf(profile.order) : profile.order;
  return {
    ...{ at, type },
    order: sizeOf(type) === 1 ? "AB" : (order ?? usual),
    ...(bit === undefined ? {} : { bit }),
    ...(bits === undefined ? {} : { bits }),
  };
}
