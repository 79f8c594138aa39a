/**
 * What every link and every device may say, whatever its protocol; the rest of an entry belongs to the kind.
 */
import { z } from "zod";
import { decimal, flag, text } from "../../schema/scalar.ts";
import { freeText, reference } from "./identifier.ts";
import { moment, period } from "./measure.ts";
import { pointSettingsShape } from "./school.ts";

const anything = z.unknown();

export const linkShape = z
  .strictObject({
    kind: z.string().optional().describe("Protocol of the link"),
    via: reference.optional().describe("Device that carries the link, such as a serial server"),
    chain: z
      .union([z.string(), z.array(z.string()).max(1000)])
      .optional()
      .describe("Order along the cable"),
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
    scale: decimal().optional().describe("Factor on the value; needs why"),
    why: text(200).optional().describe("Reason of offset or scale"),
    off: flag.optional().describe("The point is not used"),
  }),
]);

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
      .strictObject({ serial: text(64).describe("Serial number that the device must show") })
      .optional(),
    power: text(120).optional().describe("Meter or outlet that feeds it"),
    was: z
      .union([reference, z.array(reference).max(100)])
      .optional()
      .describe("Earlier ids of this position"),
    swapped: z.array(anything).optional().describe("Replaced units, with old and new readings"),
    serial: freeText.optional(),
    mount: freeText.optional(),
    note: freeText.optional(),
  })
  .describe("A device: names a position, not hardware");
