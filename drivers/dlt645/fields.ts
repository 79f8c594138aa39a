/**
 * The fields that DL/T 645 adds to the configuration files: link, device, profile, point. Pure.
 */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { type Complaint, complain, flag, integer } from "../../config/schema/scalar.ts";
import { type SerialLink, serialLinkSchema } from "../line/fields.ts";
import { format, identifier, isBlock, meterNumber } from "./scalars.ts";

const second = 1000;

/** A meter begins within 500 ms (§5.3.2); what is between adds to it. */
const usualAnswerMs = 800;
const answerTime = within(20, 10 * second);

export const dltLinkSchema = serialLinkSchema(
  {
    zh: "把串口服务器这一口设成透传：写 mode: transparent；DL/T 645 没有网关模式",
    en: "let the serial server pass bytes through and write mode: transparent; there is no gateway for DL/T 645",
  },
  { baud: "2400", format: "8E1" },
).describe("DL/T 645-2007 electricity meters on an RS-485 line");
export type DltLink = SerialLink;

export const dltAddressSchema = z
  .strictObject({
    meter: meterNumber.describe(
      "Its number on the nameplate, 12 digits; zeros are put in front of a shorter one",
    ),
    answer: answerTime
      .optional()
      .describe(
        "Longest time until its answer begins, where other than its model's: behind a radio bridge, say",
      ),
  })
  .transform(({ meter, ...rest }) => ({ ...meter, ...rest }))
  .describe("How a meter is known on its line");
export type DltAddress = z.output<typeof dltAddressSchema>;

export const profileSchema = z
  .strictObject({
    answer: answerTime.default(usualAnswerMs).describe("Longest time until its answer begins"),
    serial: identifier
      .optional()
      .describe("Identifier of 12 digits in which the meter shows its own number, for expect"),
  })
  .transform(({ answer, ...rest }) => ({ ...rest, answerMs: answer }))
  .describe("How a meter model speaks DL/T 645");
export type DltProfile = z.output<typeof profileSchema>;

/** Items of the longest block that one is taken from. */
const mostItems = 64;

export const sourceSchema = z
  .strictObject({
    di: identifier.describe("Data identifier, 8 hexadecimal digits with DI3 in front, such as 02010100"),
    format: format.describe(
      "Its digits as the standard has them, such as XXX.X; N for a number of something",
    ),
    signed: flag.default(false).describe("The highest bit says that it is negative"),
    item: integer(1, mostItems)
      .optional()
      .describe("Which item of a block (FF in the identifier), 1 the first"),
  })
  .superRefine((source, context) => {
    const complaint = misfit(source);
    if (complaint !== null) complain(context, complaint);
  })
  .describe("Where a point's value lies in the meter");
export type DltSource = z.output<typeof sourceSchema>;

/** Nothing is commanded over DL/T 645: a profile that lists an action is refused here. */
export const actionSchema = z.never();
export type DltAction = z.output<typeof actionSchema>;

export type DltDevice = DevicePlan<DltAddress, DltProfile, DltSource, DltAction>;

function misfit({ di, format, signed, item }: DltSource): Complaint | null {
  if (isBlock(di) && item === undefined)
    return {
      what: { zh: `${di} 是数据块，没有写取第几项`, en: `${di} is a block, and which item is not said` },
      fix: { zh: "加上 item: 1（第一项）等", en: "add item: 1 for the first, and so on" },
    };
  if (!isBlock(di) && item !== undefined)
    return {
      what: { zh: `${di} 只有一项，不能写 item`, en: `${di} is no block and has no items` },
      fix: {
        zh: "删掉 item；读数据块时标识里有 FF，例如 0201FF00",
        en: "remove item; the identifier of a block has an FF, such as 0201FF00",
      },
    };
  if (signed && format.text)
    return {
      what: { zh: "编号没有正负号", en: "a number of something has no sign" },
      fix: { zh: "删掉 signed", en: "remove signed" },
    };
  return null;
}
