/**
 * What can go wrong in a simulated school, as it is written in a scene or typed by hand.
 */
import { z } from "zod";
import { complain, duration, integer, matching } from "../../config/schema/scalar.ts";
import { type Misbehaviour, misbehaviours } from "./misbehaviour.ts";

const room = matching(/^[A-Z0-9]{1,12}$/, { zh: "房间，例如 205", en: "a room such as 205" }).describe(
  "Room",
);
const device = matching(/^[a-z0-9][a-z0-9-]{0,63}$/, {
  zh: "设备编号，例如 205-air",
  en: "a device such as 205-air",
}).describe("Device");
const floor = integer(1, 99).describe("Floor");
const signed = z
  .string()
  .transform((raw, context) => {
    const [, sign, rest = ""] = /^([+-]?)(.*)$/.exec(raw.trim()) ?? [];
    const result = duration.safeParse(rest);
    if (result.success && result.data > 0) return sign === "-" ? -result.data : result.data;
    return complain(context, {
      what: { zh: `“${raw}” 不是时间差`, en: `"${raw}" is no step in time` },
      fix: { zh: "写成 -3d 或 400d 这样", en: "write it like -3d or 400d" },
    });
  })
  .describe("How far the gateway's clock jumps");

/** Longest pause of one timer, ms (a bit less than 2^31). */
const maxPauseMs = 20 * 86_400_000;
const pause = duration.transform((ms, context) =>
  ms <= maxPauseMs
    ? ms
    : complain(context, {
        what: { zh: "超过 20 天", en: "more than 20 days" },
        fix: { zh: "写 20d 以内", en: "write at most 20d" },
      }),
);

const when = {
  at: pause.default(0).describe("How long after the start it comes"),
  for: pause.optional().describe("How long it stays; absent: until it is taken back"),
  every: pause.optional().describe("Comes again so long after it came"),
};

const words = {
  floor,
  room,
  device,
  rate: integer(1, 20_000).describe("Messages a second"),
  count: integer(1, 64).describe("Devices that nobody knows"),
  by: signed,
  how: z.enum(misbehaviours).describe("In which way a device goes wrong that is told what to do"),
};
type Word = keyof typeof words;

/** Words that each kind of fault needs, and those that it may have. */
const kinds = {
  "power-out": { needs: ["floor"], may: [] },
  "cable-cut": { needs: ["room"], may: [] },
  "converter-off": { needs: [], may: [] },
  "converter-mode": { needs: ["floor"], may: [] },
  "device-off": { needs: ["device"], may: [] },
  "device-reboots": { needs: ["device"], may: [] },
  "sensor-stuck": { needs: ["device"], may: [] },
  "same-address": { needs: ["device"], may: [] },
  misbehaves: { needs: ["device", "how"], may: [] },
  "broker-flood": { needs: ["device"], may: ["rate"] },
  strangers: { needs: [], may: ["count"] },
  "clock-jump": { needs: ["by"], may: [] },
  "platform-down": { needs: [], may: [] },
} as const satisfies Record<string, { needs: readonly Word[]; may: readonly Word[] }>;

export type FaultKind = keyof typeof kinds;
export const faultKinds = Object.keys(kinds) as [FaultKind, ...FaultKind[]];

/** What goes wrong, without when. */
export type SchoolFault =
  | { what: "power-out"; floor: number }
  | { what: "cable-cut"; room: string }
  | { what: "converter-off" }
  | { what: "converter-mode"; floor: number }
  | { what: "device-off" | "device-reboots" | "sensor-stuck" | "same-address"; device: string }
  | { what: "misbehaves"; device: string; how: Misbehaviour }
  | { what: "broker-flood"; device: string; rate?: number }
  | { what: "strangers"; count?: number }
  | { what: "clock-jump"; by: number }
  | { what: "platform-down" };

/** One fault with when it comes; ms. */
export type PlannedFault = SchoolFault & { at: number; for?: number; every?: number };

/** One of them, with when it comes. */
export const faultSchema = z
  .strictObject({
    what: z.enum(faultKinds).describe("What goes wrong"),
    ...z.object(words).partial().shape,
    ...when,
  })
  .superRefine((fault, context) => {
    const { needs, may }: { needs: readonly Word[]; may: readonly Word[] } = kinds[fault.what];
    const tell = (path: PropertyKey, zh: string, en: string, fixZh: string, fixEn: string) =>
      context.addIssue({
        code: "custom",
        message: en,
        path: [path],
        params: { complaint: { what: { zh, en }, fix: { zh: fixZh, en: fixEn } } },
      });
    for (const word of Object.keys(words) as Word[]) {
      if (fault[word] === undefined && needs.includes(word))
        tell(
          "what",
          `${fault.what} 缺少 ${word}`,
          `${fault.what} has no ${word}`,
          `加上 ${word}: …`,
          `add ${word}: …`,
        );
      if (fault[word] !== undefined && !needs.includes(word) && !may.includes(word))
        tell(
          word,
          `${fault.what} 不用 ${word}`,
          `${fault.what} takes no ${word}`,
          `删掉 ${word}`,
          `remove ${word}`,
        );
    }
    if (fault.every !== undefined && fault.for === undefined)
      tell("every", "写了 every 没有写 for", "every without for", "加上 for: …", "add for: …");
  })
  // Its words are those that its kind needs, by the check above.
  .transform((fault) => fault as PlannedFault);
