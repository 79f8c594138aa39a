/**
 * The status: what a gateway says about itself to page, beacon and command line. One JSON object.
 *
 * Holds states, counts and reasons. Never holds a value of a point above data level 2,
 * personal data, a secret or the text of a payload. New fields are optional, so that `v` stays 1.
 * A viewer gets it without what strangers, devices and technicians wrote: strangers and texts are left out.
 */
import { z } from "zod";
import { gatewayIdPattern, schoolIdPattern } from "./record.ts";
import { healthStates, valueSchema } from "./vocabulary.ts";

/** Most reasons of one status; the worst come first and the rest is counted. */
export const maxReasons = 256;
/** Most strangers remembered. */
export const maxStrangers = 64;

const count = z.int().min(0);
const id = z.string().min(1).max(64);
const note = z.string().max(200);
/** A point is named device/point. */
const subject = z.string().min(1).max(140);
const code = z.string().min(1).max(64).describe("Row of the catalogue of reasons, such as E501");
const wall = z.number().describe("ms UTC by the gateway's clock");
const state = z
  .enum(healthStates)
  .describe("ok; degraded: works in part; down; off: intended; unknown: too early to say");
const since = wall.optional().describe("ms UTC since when; absent while ok");

export const reasonSchema = z
  .strictObject({
    level: z.enum(["gateway", "bus", "device", "point"]),
    subject: subject.describe("Gateway, uplink, link, device, or device/point"),
    state: state.describe("What this reason does to its subject; ok: a notice, nothing is broken"),
    code,
    since: wall,
    facts: z.record(z.string().max(32), valueSchema).describe("What the texts of the row are filled with"),
    root: subject.optional().describe("Subject of the reason that explains this one"),
  })
  .describe("Why something is not well, for people: code, since when, and what explains it");

const stateCounts = z.strictObject({
  total: count,
  ok: count,
  degraded: count,
  down: count,
  off: count,
  unknown: count,
});
export type StateCounts = z.infer<typeof stateCounts>;

export const uplinkStatusSchema = z
  .strictObject({
    id,
    kind: z.string().max(64),
    state,
    code: code.optional(),
    since,
    confirms: z
      .enum(["receipt", "broker"])
      .describe("receipt: the platform confirmed; broker: only handed over to a broker, never confirmed"),
    delivered: count.describe("Records settled: confirmed, or handed over"),
    withheld: count.describe("Records that a filter keeps back"),
    quarantined: count.describe("Records that the platform refused; kept"),
    lost: count.describe("Records dropped for want of space; each loss is a record itself"),
    waiting: count,
    strays: count.describe("Receipts that answered nothing"),
    lastReceipt: wall.nullable().describe("ms UTC of the last receipt; null: none since the start"),
    days: z.number().min(0).optional().describe("Days that the local disk can still hold"),
  })
  .describe("One destination and the five fates of its records");

export const spaceStatusSchema = z
  .strictObject({
    id: z.string().max(64).describe("Short id, as people write it"),
    code: z.string().max(64).describe("Long provincial code, as devices name it"),
    name: note.optional(),
    kind: z.string().max(64),
  })
  .describe("One room or place, in the order of the configuration");

export const linkStatusSchema = z
  .strictObject({
    id,
    kind: z.string().max(64),
    via: id.optional().describe("Box or device that carries it"),
    state,
    code: code.optional(),
    since,
    listening: z.string().max(128).optional().describe("Address and port where devices connect"),
    devices: stateCounts.describe("Its devices, by state; those on trial do not count"),
    busyShare: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        "How much of the last minute its busiest line was in use; absent where nothing is polled, and in the first minute",
      ),
    cyclesMissed: count
      .optional()
      .describe("Polls that the line had no time for, since the start; those of silent devices do not count"),
  })
  .describe("One link to the south");

export const boxStatusSchema = z
  .strictObject({
    id,
    profile: z.string().max(64).optional(),
    space: z.string().max(64).describe("Long code of its space; empty without one"),
    place: note.optional().describe("Where it hangs, as the technician wrote it"),
    state: state.describe("ok: anything behind it can be reached; down: none of its links can"),
  })
  .describe("What carries links and is no device itself, such as a serial server");

export const deviceStatusSchema = z
  .strictObject({
    id,
    link: z
      .string()
      .max(64)
      .describe("Empty when it is not known, which only happens to a device that is off"),
    space: z.string().max(64).describe("Long code of its space; empty without one"),
    profile: z.string().max(64).optional().describe("Its model: the part to bring for a replacement"),
    state,
    code: code.optional(),
    since,
    why: note.optional().describe("Why it is off, as the technician wrote it"),
    until: wall.optional().describe("ms UTC when it should be back; past: somebody must look"),
    behind: id.optional().describe("The device in front of it that is off"),
    lastSeen: wall.nullable().describe("ms UTC when it last said anything; null: not since the start"),
    points: stateCounts,
    trial: z.literal(true).optional().describe("Its data are uncertain and raise no alarm"),
    simulated: z.literal(true).optional(),
  })
  .describe("One device: judged by fresh good data, not by its connection");

export const strangerSchema = z
  .strictObject({
    link: id,
    client: z.string().max(64).describe("Name it gave"),
    address: z.string().max(64),
    code,
    first: wall,
    last: wall,
    times: count,
  })
  .describe("Somebody who was refused; nothing of what it sent is kept");

export const statusSchema = z
  .strictObject({
    v: z.literal(1),
    school: z.string().regex(schoolIdPattern),
    name: z.string().max(200),
    gateway: z.string().regex(gatewayIdPattern),
    at: wall.describe("When this status was made"),
    state: state.describe("Worst of what needs somebody: down only if the gateway itself is"),
    revision: z.strictObject({
      running: z.string().max(64).describe("Configuration that runs"),
      files: z.string().max(64).nullable().describe("Configuration in the folder; null: not looked at yet"),
      problems: count.describe("Problems in the folder; with any, the running one stays"),
    }),
    started: wall,
    uptimeMs: z.number().min(0),
    clock: z.strictObject({
      known: z.boolean(),
      quality: z.int().min(0).max(3).describe("0 synced, 1 holdover, 2 not yet known, 3 corrected later"),
      since,
    }),
    journal: z
      .strictObject({
        state: z.enum(["open", "store-down", "closed", "unknown"]),
        head: count.describe("Highest seq on disk in the newest epoch"),
        bytes: count,
        lastCommit: wall.nullable(),
        fault: z.string().max(64).optional().describe("Last failure of the disk, such as ENOSPC"),
        quotaBytes: count.optional().describe("What data may take at most"),
        bytesPerDay: count
          .optional()
          .describe("Written in a day, from the last 24 h; absent: too early to say"),
        days: z.number().min(0).optional().describe("Days until it is full at this rate"),
      })
      .describe("The local store"),
    history: z
      .strictObject({
        state: z.enum(["open", "closed"]),
        oldest: wall.nullable().describe("ms UTC of the oldest record; null: none of known time yet"),
        newest: wall.nullable(),
        records: count,
        bytes: count,
        quotaBytes: count,
      })
      .optional()
      .describe("The local history, for query; absent: there is none"),
    counts: z.strictObject({
      links: stateCounts,
      devices: stateCounts.describe("Devices by state; those on trial do not count"),
      trial: count,
      uplinks: stateCounts,
    }),
    contact: note.optional().describe("Whom to ask at the school"),
    spaces: z.array(spaceStatusSchema).optional(),
    spares: z
      .array(z.strictObject({ profile: z.string().max(64), serial: note.optional(), note: note.optional() }))
      .optional()
      .describe("Units in the cupboard"),
    uplinks: z.array(uplinkStatusSchema),
    links: z.array(linkStatusSchema),
    boxes: z.array(boxStatusSchema).optional().describe("Those that carry links; absent without any"),
    devices: z.array(deviceStatusSchema),
    reasons: z
      .array(reasonSchema)
      .max(maxReasons)
      .describe("Worst first; those that another explains come last"),
    moreReasons: count.describe("Reasons left out"),
    counters: z
      .strictObject({
        measured: count.describe("Values heard and normalised"),
        kept: count.describe("Of them, selected by the storing rule"),
        stored: count.describe("Records on disk"),
        repeated: count.describe("Messages that came twice and were stored once"),
        refused: count.describe("Connections and messages refused"),
        unplanned: count.describe("Facts about something that the configuration does not name"),
        faults: z.record(z.string().max(64), count).describe("Faults by code"),
      })
      .describe("Since the start of this process"),
    strangers: z.array(strangerSchema).max(maxStrangers),
  })
  .describe("What a gateway says about itself");

export type Status = z.infer<typeof statusSchema>;
export type UplinkStatus = z.infer<typeof uplinkStatusSchema>;
export type LinkStatus = z.infer<typeof linkStatusSchema>;
export type BoxStatus = z.infer<typeof boxStatusSchema>;
export type DeviceStatus = z.infer<typeof deviceStatusSchema>;
export type SpaceStatus = z.infer<typeof spaceStatusSchema>;
export type Stranger = z.infer<typeof strangerSchema>;
