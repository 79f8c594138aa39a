/**
 * What every link and every device may say, whatever its protocol; the rest of an entry belongs to the kind.
 */
import { z } from "zod";
import { decimal, flag, text } from "../../schema/scalar.ts";
import { freeText, idText, reference } from "./identifier.ts";
import { factor, moment, period } from "./measure.ts";
import { pointSettingsShape } from "./school.ts";
import { roomWord } from "./space.ts";

export const linkShape = z
  .strictObject({
    kind: z.string().optional().describe("Protocol of the link"),
    via: reference.optional().describe("Device that carries the link, such as a serial server"),
    chain: z
      .union([roomWord, z.array(roomWord).min(1).max(1000)])
      .optional()
      .describe("Rooms in the order along the cable, from this machine on, such as [101..108]"),
    simulated: flag.default(false).describe("Its data are simulated and say so everywhere"),
    note: freeText.optional(),
  })
  .describe("Shared settings of one protocol");

const placementShape = z.strictObject({
  in: reference.describe("Short room id"),
  from: moment.describe("Since when"),
});

/** One point of a device: `off`, or what is different here. */
export const overrideShape = z.union([
  z.literal("off"),
  pointSettingsShape.extend({
    offset: decimal().optional().describe("Added to the value after comparison with a reference; needs why"),
    scale: factor.optional().describe("Factor on the value; needs why"),
    why: text(200).optional().describe("Reason of offset or scale"),
    off: flag.optional().describe("The point is not used"),
  }),
]);

const readingsShape = z.record(z.string(), z.string());

export const swapShape = z
  .strictObject({
    at: moment.describe("When the unit was replaced, such as 2026-10-12T15:20"),
    why: text(200).describe("Why it was replaced"),
    old: z
      .object({
        last: readingsShape
          .default({})
          .describe("Last reading of each counter as the unit shows it, before ct: 10234.56kWh"),
      })
      .catchall(z.unknown())
      .default({ last: {} })
      .describe("The unit that went: its address, its serial number and its last readings"),
    new: z
      .strictObject({
        first: readingsShape.default({}).describe("First reading of each counter as the unit shows it"),
      })
      .default({ first: {} })
      .describe("The unit that came"),
  })
  .describe("A unit was replaced by another; its counters go on");
export type SwapShape = z.output<typeof swapShape>;

const serialText = text(64).describe("Serial number that the device must show");

export const spareShape = z
  .strictObject({
    profile: reference.describe("Device model: a profile"),
    serial: text(64).optional().describe("Serial number on its nameplate"),
    note: freeText.optional(),
  })
  .describe("A unit in the cupboard: it holds no position");

export const deviceShape = z
  .strictObject({
    profile: reference.optional().describe("Device model: a profile"),
    via: reference.optional().describe("What it hangs on: a link, a box or a bridge"),
    space: z
      .union([reference, z.array(placementShape).min(1).max(1000)])
      .optional()
      .describe("Short room id, or a list of { in, from } for what moves"),
    period: period.optional().describe("How often its points are asked or expected"),
    points: z.record(z.string(), overrideShape).optional().describe("What is different at single points"),
    stage: z
      .enum(["on", "trial", "off"])
      .default("on")
      .describe("trial: polled, not trusted yet; off: reserved and checked, not polled (needs why)"),
    why: text(200).optional().describe("Why it is off or on trial"),
    until: moment.optional().describe("When it should return"),
    simulated: flag.default(false).describe("Its data are simulated and say so everywhere"),
    with: z.record(z.string(), z.string()).optional().describe("Options of its profile"),
    expect: z
      .union([serialText.transform((serial) => ({ serial })), z.strictObject({ serial: serialText })])
      .optional()
      .describe("What the device must show of itself; another one gives no records"),
    power: reference.optional().describe("Device that feeds it: a meter or an outlet"),
    was: z
      .union([idText, z.array(idText).min(1).max(100)])
      .optional()
      .describe("Earlier ids of this position"),
    swapped: z
      .array(swapShape)
      .min(1)
      .max(100)
      .optional()
      .describe("Replaced units, oldest first, with old and new readings"),
    serial: text(64).optional().describe("Serial number on its nameplate"),
    mount: freeText.optional().describe("Where it hangs"),
    note: freeText.optional(),
  })
  .describe("A device: names a position, not hardware");
