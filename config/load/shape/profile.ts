/**
 * What every profile may say, whatever its driver; the rest of an entry belongs to the driver's kind.
 */
import { z } from "zod";
import { complain, decimal, flag, integer, text } from "../../schema/scalar.ts";
import { recordKinds } from "../../schema/vocabulary.ts";
import { freeText, idText } from "./identifier.ts";
import { noFactor, period, span, within } from "./measure.ts";
import { pointSettingsShape } from "./school.ts";
import { above, below } from "./threshold.ts";

const anything = z.unknown();

const bothLanguages = z.strictObject({ zh: text(120), en: text(120) });

const optionShape = z
  .strictObject({
    text: z
      .union([text(120).transform((both) => ({ zh: both, en: both })), bothLanguages])
      .describe("What it is, for people"),
    default: text(64)
      .optional()
      .describe("Value where a device says nothing; without it every device must say"),
    range: span.optional().describe("It is a number within, such as 1..2000"),
    choices: z.array(text(64)).min(1).max(100).optional().describe("It is one of these"),
  })
  .describe("What a device says under with, put where the profile writes $NAME");
export type OptionShape = z.output<typeof optionShape>;

const hexBytes = z.string().transform((raw, context): Uint8Array => {
  const digits = raw.replace(/\s+/g, "");
  if (/^(?:[0-9A-Fa-f]{2}){1,4096}$/.test(digits)) return Uint8Array.from(Buffer.from(digits, "hex"));
  return complain(context, {
    what: { zh: "这里不是十六进制字节", en: "these are not bytes in hexadecimal" },
    fix: { zh: "写成 01 03 02 02 64 这样", en: "write them like 01 03 02 02 64" },
  });
});

const vectorShape = z
  .strictObject({
    name: text(120).optional().describe("What it shows"),
    with: z.record(z.string(), z.string()).optional().describe("Options of the device that says it"),
    topic: text(256).optional().describe("Topic of the message, where it matters"),
    payload: z.string().max(65_536).optional().describe("What the device says, as text"),
    asked: hexBytes.optional().describe("What it was asked, as bytes in hexadecimal, where it answers"),
    bytes: hexBytes.optional().describe("What the device says, as bytes in hexadecimal"),
    expect: z
      .record(z.string(), z.string())
      .describe("Value of each point in the catalogue's unit; null where it is no value"),
  })
  .describe("What a device says, and what it means");
export type VectorShape = z.output<typeof vectorShape>;

/** `0.01` or a product such as `0.01*40`, where an option's value is one of the factors. */
const product = z.string().transform((raw, context) => {
  const factors = raw.split("*").map((factor) => decimal().safeParse(factor.trim()));
  // 15 digits: 0.1 × 3 is 0.3.
  const value = factors.reduce((before, { data }) => before * (data ?? Number.NaN), 1);
  if (value === 0) return complain(context, noFactor);
  if (Number.isFinite(value)) return Number(value.toPrecision(15));
  return complain(context, {
    what: { zh: `“${raw}” 不是可用的数`, en: `"${raw}" is not a usable number` },
    fix: {
      zh: "写普通小数，例如 0.2；要相乘写 0.01*40",
      en: "write a plain decimal such as 0.2, or a product such as 0.01*40",
    },
  });
});

/** A counter with fewer digits cannot be told from one that jumps. */
const fewest = 100;
const amount = decimal().transform((value, context) =>
  value >= fewest
    ? value
    : complain(context, {
        what: {
          zh: `“${value}” 太小，不是计满归零的数`,
          en: `${value} is too small for a counter to begin anew`,
        },
        fix: {
          zh: "写显示屏计满后归零的数，例如 6 位整数写 1000000",
          en: "write where its display begins at 0 again: 1000000 for six digits before the dot",
        },
      }),
);

export const profileShape = z
  .strictObject({
    profile: idText.optional().describe("Id of the device model"),
    text: bothLanguages.optional().describe("Name in both languages"),
    proof: z
      .enum(["simulated", "bench", "field"])
      .optional()
      .describe("How far it is proven: bytes made up, a capture is attached, seen in a school"),
    capture: text(200)
      .optional()
      .describe("File with what a real unit said; bench is not claimed without it"),
    driver: z.string().optional().describe("Driver that speaks to it"),
    period: period.optional().describe("How often its points are asked or expected"),
    points: z.record(z.string(), anything).optional().describe("Its points by their catalogue id"),
    actions: z.record(z.string(), anything).optional().describe("What it can be told to do"),
    options: z
      .record(z.string(), optionShape)
      .optional()
      .describe("What a device must or may say under with"),
    variants: z
      .record(z.string(), z.record(z.string(), anything))
      .optional()
      .describe("Register maps of one model name: with { variant: NAME } lays one over the profile"),
    vectors: z.array(vectorShape).max(1000).optional().describe("Test vectors: bytes and what they mean"),
    products: z
      .union([z.string(), z.array(z.string()).max(100)])
      .optional()
      .describe("Products that it fits"),
    note: freeText.optional(),
  })
  .describe("A device model");

export const profilePointShape = pointSettingsShape
  .extend({
    scale: product.default(1).describe("value = raw × scale + offset; a product such as 0.01*$ct is allowed"),
    offset: decimal().default(0),
    unit: z.string().max(16).optional().describe("UCUM unit after scaling; must be the catalogue's"),
    rollOver: amount
      .optional()
      .describe(
        "A counter begins at 0 again here: as the unit itself shows it, in the catalogue's unit, before ct and pt; six digits before the dot are 1000000",
      ),
    range: span.optional().describe("What the device can measure, such as 0..5000"),
    sentinels: z
      .union([z.string(), z.array(z.string()).max(64)])
      .default([])
      .describe("Raw values that mean: no value"),
    enum: z.record(z.string(), text(256)).optional().describe("Raw value: value"),
    warmUp: within(0, 86_400_000).default(0).describe("Inaccurate for so long after the device came up"),
    optional: flag
      .default(false)
      .describe("Not every unit of this model has it: only missed after it was heard once"),
    onChange: flag
      .default(false)
      .describe("Said when it changes and perhaps never again: its silence is no fault"),
    assumed: flag
      .default(false)
      .describe(
        "It says what it was told last, not what is so, as an infrared gateway does: its values are doubtful (quality 17)",
      ),
    from: z
      .enum(["power-meter"])
      .optional()
      .describe("The device does not say it: it is inferred from the meter or plug that its power names"),
    on: above
      .optional()
      .describe('Of an inferred point: the power above which it is on, in W or kW, such as "> 15 W"'),
    off: below
      .optional()
      .describe('Of an inferred point: the power below which it is off, such as "< 8 W"; absent: 60 % of on'),
    quality: z
      .enum(["assumed"])
      .optional()
      .describe("Of an inferred point: its values are doubtful (quality 17), also where this is not written"),
    level: integer(1, 4).optional().describe("Data level, where higher than the catalogue's"),
    kind: z.enum(recordKinds).optional().describe("Kind of record, where other than the catalogue's"),
    note: freeText.optional(),
  })
  .describe("One point of a device model");
export type ProfilePoint = z.output<typeof profilePointShape>;
