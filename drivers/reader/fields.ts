/**
 * The fields that readers of cards and codes add to the configuration files. Pure.
 */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { complain } from "../../config/schema/scalar.ts";
import { serialLinkSchema } from "../line/fields.ts";
import { bauds, formats } from "../line/pace.ts";
import type { End } from "./framer.ts";

const second = 1000;

export const linkSchema = serialLinkSchema(
  {
    zh: "串口服务器的这一口设成透传（TCP Server），写 mode: transparent",
    en: "set this port of the serial server to pass bytes through (TCP server), and write mode: transparent",
  },
  { baud: "9600", format: "8N1" },
).describe("A serial line with one reader of cards or codes on it");
export type ReaderLink = z.output<typeof linkSchema>;

export const addressSchema = z.strictObject({}).describe("It is alone on its line: it has no address");
export type ReaderAddress = z.output<typeof addressSchema>;

const factorySchema = z
  .strictObject({
    baud: z.enum(bauds).default("9600").transform(Number).describe("Speed"),
    format: z.enum(formats).default("8N1").describe("Data bits, parity, stop bits"),
  })
  .describe("How it is delivered");

const forms = ["text", "hex", "decimal", "facility", "bits", "rdm6300"] as const;
const ends = ["CR", "LF", "CRLF", "any", "gap"] as const;

export const profileSchema = z
  .strictObject({
    form: z
      .enum(forms)
      .describe(
        "What it says: text of a code; number of a card as hex, decimal, facility (3 and 5 digits) or bits with parity; rdm6300 frames",
      ),
    end: z
      .enum(ends)
      .optional()
      .describe(
        "What each scan ends with; any: CR, LF or both; gap: a rest of the line; CR if nothing is said",
      ),
    gap: within(20, 2 * second)
      .default(100)
      .describe("With end: gap, the rest of the line that ends a scan"),
    encoding: z.enum(["utf-8", "gbk"]).default("utf-8").describe("Encoding of a text"),
    bits: z
      .enum(["26", "34"])
      .default("34")
      .transform((digits) => Number(digits) as 26 | 34)
      .describe("Wiegand bits of a card's number, parity included: 26 has 24 of the number, 34 has 32"),
    byteOrder: z
      .enum(["as-sent", "reversed"])
      .default("as-sent")
      .describe("Whether its maker sends the bytes of a number in reverse"),
    keep: z
      .enum(["3", "4"])
      .optional()
      .transform((digits) => (digits === undefined ? undefined : (Number(digits) as 3 | 4)))
      .describe("Most bytes of a card's number that count, the low ones; 3: as readers with 26 bits give it"),
    again: within(0, 60 * second)
      .default(3 * second)
      .describe("The same card or code within this is one event"),
    factory: factorySchema.optional(),
  })
  .transform((fields, context) => {
    const { form, end, gap, again, keep, factory, ...rest } = fields;
    const isFrame = form === "rdm6300";
    if (isFrame && end !== undefined)
      return complain(context, {
        what: {
          zh: "rdm6300 的帧有自己的头尾，没有 end",
          en: "frames of rdm6300 end by themselves: there is no end",
        },
        fix: { zh: "删掉 end", en: "remove end" },
      });
    if (form === "facility" && rest.bits !== 26)
      return complain(context, {
        what: {
          zh: "facility（3 位加 5 位）只有 26 位的卡号",
          en: "facility, 3 and 5 digits, is of 26 bits alone",
        },
        fix: { zh: "写 bits: 26", en: "write bits: 26" },
      });
    if (form === "text" && keep !== undefined)
      return complain(context, {
        what: { zh: "文字没有 keep：整条作摘要", en: "a text is digested whole: it has no keep" },
        fix: { zh: "删掉 keep", en: "remove keep" },
      });
    const framing: End = isFrame ? "frame" : (end ?? "CR");
    return {
      ...rest,
      ...{ form, end: framing, keep, gapMs: gap, againMs: again },
      ...(factory === undefined ? {} : { factory }),
    };
  })
  .describe("How a reader of cards or codes speaks");
export type ReaderProfile = z.output<typeof profileSchema>;

export const sourceSchema = z
  .strictObject({})
  // Nothing else leaves this driver.
  .transform(() => ({ digest: true as const }))
  .describe("What was read, as its keyed digest");
export type ReaderSource = z.output<typeof sourceSchema>;

/** Nothing is commanded: a profile that lists an action is refused here. */
export const actionSchema = z.never();
export type ReaderAction = z.output<typeof actionSchema>;

export type ReaderDevice = DevicePlan<ReaderAddress, ReaderProfile, ReaderSource, ReaderAction>;
