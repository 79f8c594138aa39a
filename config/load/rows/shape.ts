/**
 * What a template and a block of rooms may say.
 */
import { z } from "zod";
import { complain, text } from "../../schema/scalar.ts";
import { freeText } from "../shape/identifier.ts";

const anything = z.unknown();

/** `1..30` → whole numbers from 1 to 30. */
const wholeSpan = z.string().transform((raw, context): readonly [number, number] => {
  const [, low, high] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(raw.replaceAll(" ", "")) ?? [];
  if (low !== undefined && Number(low) <= Number(high)) return [Number(low), Number(high)];
  return complain(context, {
    what: { zh: `“${raw}” 不是整数范围`, en: `"${raw}" is not a range of whole numbers` },
    fix: { zh: "写成 1..30，小的在前", en: "write it like 1..30, the smaller first" },
  });
});

export const paramShape = z
  .strictObject({
    text: text(60).optional().describe("What it is, for people; also the heading of its column in a table"),
    default: z.string().max(200).optional().describe("Value for rows that do not give one"),
    range: wholeSpan.optional().describe("Whole numbers that it may be, such as 1..30"),
    kind: text(64).optional().describe("It names a link of this kind"),
  })
  .describe("A parameter of a template: $name in its texts is the row's value");

export const templateShape = z
  .strictObject({
    params: z
      .record(z.string(), paramShape)
      .optional()
      .describe("What a row gives; the one that space uses, else the first, is the room"),
    space: anything.optional().describe("Short room id of its devices, such as $room"),
    devices: z.record(z.string(), anything).optional().describe("Its devices; the id of each is room-key"),
    note: freeText.optional(),
  })
  .describe("What rooms have in common");

export const roomsShape = z
  .strictObject({
    use: text(64).optional().describe("The template"),
    rows: anything.optional().describe("One room each: a list, or the name of a .csv file in the folder"),
    note: freeText.optional(),
  })
  .describe("Rooms that are made from a template");

/** Keys of a row beside the template's parameters. */
export const rowKeys = ["space", "devices", "stage", "why", "until"] as const;
