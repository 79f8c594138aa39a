/**
 * The fields that Modbus adds to a profile: how a device model answers. Pure.
 */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import { complain, flag, integer } from "../../config/schema/scalar.ts";
import { wideOrders } from "../codec/registers.ts";
import { bauds, formats } from "../line/pace.ts";
import { readFunction, serialUnit, wireAddress } from "./scalars.ts";

const second = 1000;

const writeFunction = z
  .enum(["6", "16"])
  .default("6")
  .transform((digits) => Number(digits) as 6 | 16)
  .describe("Function that writes it: 6 (one register) or 16 (several)");

export const answerTime = within(20, 10 * second);

const factorySchema = z
  .strictObject({
    unit: serialUnit.default(1).describe("Number"),
    baud: z.enum(bauds).default("9600").transform(Number).describe("Speed"),
    format: z.enum(formats).default("8N1").describe("Data bits, parity, stop bits"),
  })
  .describe("How it is delivered");

const speedCodes = z
  .partialRecord(z.enum(bauds), integer(0, 65_535))
  .describe('What is written for each speed, such as "9600": 3');

const assignSchema = z
  .strictObject({
    unit: z
      .strictObject({ address: wireAddress.describe("Register"), fc: writeFunction })
      .optional()
      .describe("Where its number on the line is set"),
    baud: z
      .strictObject({
        address: wireAddress.describe("Register"),
        fc: writeFunction,
        values: speedCodes,
      })
      .optional()
      .describe("Where its speed is set"),
    both: z
      .strictObject({
        address: wireAddress.describe("Register"),
        fc: writeFunction,
        values: z
          .partialRecord(z.enum(bauds), integer(0, 255))
          .describe('What its low byte is for each speed, such as "9600": 1'),
      })
      .optional()
      .describe("Where both are set in one register: its number in the high byte, its speed in the low one"),
    restart: flag.default(false).describe("It takes effect only after the power was off"),
  })
  .superRefine(({ unit, baud, both }, context) => {
    if (both === undefined ? unit !== undefined : unit === undefined && baud === undefined) return;
    complain(context, {
      what: {
        zh: "地址在哪个寄存器里设，要写 unit（可加 baud），或者只写 both",
        en: "where its number is set: unit (with or without baud), or both alone",
      },
      fix: {
        zh: "各有各的寄存器写 unit 和 baud；一个寄存器里高字节地址、低字节速率写 both",
        en: "write unit and baud for registers of their own, both for one register with the number in its high byte",
      },
    });
  })
  .describe("How its number and speed are set");

export const profileSchema = z
  .strictObject({
    fc: readFunction
      .default(3)
      .describe("Function that reads its points: 3 or 4 (registers), 1 or 2 (single bits)"),
    order: z
      .enum(wideOrders)
      .default("ABCD")
      .describe("Order of values of several registers: ABCD high word first, CDAB low word first"),
    maxRegisters: integer(1, 125).default(125).describe("Most registers that it gives in one answer"),
    maxGap: integer(0, 124)
      .optional()
      .describe("Registers between two points that may be read along; 0: never; absent: as many as pay"),
    answer: answerTime.default(500).describe("Longest time until its answer begins"),
    pause: within(0, 10 * second)
      .default(0)
      .describe("Rest that it needs between two requests"),
    factory: factorySchema.optional(),
    assign: assignSchema.optional(),
  })
  .transform(({ answer, pause, ...rest }) => ({ ...rest, answerMs: answer, pauseMs: pause }))
  .describe("How a device model speaks Modbus");
export type ModbusProfile = z.output<typeof profileSchema>;
