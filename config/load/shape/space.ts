/**
 * One row of `spaces`: rooms of one floor.
 */
import { z } from "zod";
import { integer, matching, text } from "../../schema/scalar.ts";
import { area, length } from "./measure.ts";

/** A short room id, or a range of them. */
export const roomWord = matching(/^[A-Z0-9]{1,12}(?:\.\.[A-Z0-9]{1,12})?$/, {
  zh: "房间号（大写字母和数字），或范围，例如 101..108",
  en: "a room (capital letters and digits) or a range such as 101..108",
});

export const spaceKinds = [
  "classroom",
  "computer",
  "lab",
  "music",
  "art",
  "dance",
  "language",
  "library",
  "reading",
  "multi",
  "meeting",
  "office",
  "counselling",
  "clinic",
  "gym",
  "canteen",
  "kitchen",
  "dormitory",
  "corridor",
  "hall",
  "toilet",
  "distribution",
  "server",
  "store",
  "gate",
  "outdoor",
  "other",
] as const;

export const spaceShape = z
  .strictObject({
    building: matching(/^[A-Z0-9]{1,8}$/, {
      zh: "1 到 8 个大写字母或数字，例如 JX1",
      en: "1 to 8 capital letters or digits, such as JX1",
    })
      .optional()
      .describe("Building, such as JX1"),
    floor: matching(/^[BF]\d{2}$/, {
      zh: "F 加两位楼层（地下用 B），例如 F01",
      en: "F and two digits (B below ground), such as F01",
    })
      .optional()
      .describe("Floor: F01, or B01 below ground"),
    campus: matching(/^\d{2}$/, { zh: "两位数字，例如 01", en: "two digits, such as 01" })
      .default("01")
      .describe("Number of the campus"),
    prefix: matching(/^[A-Z0-9]{1,6}$/, {
      zh: "1 到 6 个大写字母或数字，例如 B",
      en: "1 to 6 capital letters or digits, such as B",
    })
      .optional()
      .describe("Put before the room in its short id, for a second building with the same numbers"),
    rooms: z
      .union([roomWord, z.array(roomWord).min(1).max(1000)])
      .optional()
      .describe("One room, a range such as 101..108, or a list"),
    kind: z.enum(spaceKinds).optional().describe("What it is used for"),
    name: text(80).optional().describe("Name for people"),
    area: area.optional().describe("Floor area, such as 63 m2"),
    height: length.optional().describe("Height of the room, such as 3.4 m"),
    seats: integer(0, 10_000).optional().describe("Seats"),
  })
  .describe("Rooms of one floor; a later row overrides an earlier one");
