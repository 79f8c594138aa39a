/**
 * The sections that a school has once: who it is, its defaults, its buffer.
 */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { isLoopback } from "../../schema/address.ts";
import { gatewayIdPattern } from "../../schema/record.ts";
import { byteSize, complain, endpoint, matching, text } from "../../schema/scalar.ts";
import type { Text } from "../../schema/vocabulary.ts";
import { deadband, period, silence, within } from "./measure.ts";

/** 学校（机构）标识码: two digits type, two digits province (GB/T 2260), six digits serial; no check digit. */
const institution =
  /^(11|2[12]|3[1-7]|4[12]|51|9[1-3])(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)\d{6}$/;

const second = 1000;
const day = 86_400_000;

const loopback = endpoint.transform((at, context) => {
  if (isLoopback(at.host)) return at;
  return complain(context, {
    what: {
      zh: `网页只在本机开放，不能用 ${at.host}`,
      en: `the page opens on this machine only, not at ${at.host}`,
    },
    fix: { zh: '写 127.0.0.1:8080 或 "[::1]:8080"', en: 'write 127.0.0.1:8080 or "[::1]:8080"' },
  });
});

export const statusShape = z
  .strictObject({
    listen: loopback.describe("Loopback address and port of the school page, such as 127.0.0.1:8080"),
  })
  .describe("The school page on this machine; absent: no page");

export const schoolShape = z
  .strictObject({
    id: matching(institution, {
      zh: "10 位学校（机构）标识码：类型 2 位、省份 2 位、顺序号 6 位，例如 2133000001",
      en: "the 10-digit institution code: type 2, province 2, serial 6, such as 2133000001",
    }).describe("Institution code of the school, 10 digits"),
    gateway: matching(gatewayIdPattern, {
      zh: "小写字母、数字和 -，例如 gw1（最长 32 个字符）",
      en: "lower-case letters, digits and -, such as gw1 (at most 32)",
    }).describe("Name of this gateway, unique in the school"),
    name: text(80).describe("Name of the school as people say it"),
    district: matching(/^\d{6}$/, {
      zh: "6 位区划代码（GB/T 2260），例如 330127",
      en: "the 6-digit area code (GB/T 2260), such as 330127",
    })
      .optional()
      .describe("Area code of the district"),
    contact: text(120).optional().describe("Whom to find on site; shown in next steps"),
    language: z.enum(["zh", "en"]).default("zh").describe("Language of pages and messages"),
    clock: z
      .enum(["auto", "trusted"])
      .default("auto")
      .describe(
        "auto: the system says when its clock is right; trusted: there is no time service, take it as it is",
      ),
    status: statusShape.optional(),
  })
  .describe("Who the school is");

export const pointSettingsShape = z.strictObject({
  period: period.optional().describe("How often the point is asked or expected, such as 60s"),
  deadband: deadband.optional().describe("Smallest change that is stored: 20, 1%, or off for every value"),
  maxSilence: silence.optional().describe("Stored at the latest after so long, also without a change"),
});

export const defaultsShape = z
  .strictObject({
    period: period.optional().describe("How often points are asked or expected, such as 60s"),
    points: z.record(z.string(), pointSettingsShape).optional().describe("Settings by point"),
  })
  .describe("Above catalogue and profiles, below the device");

const absolute = text(400).transform((path, context) => {
  if (isAbsolute(path) && !path.includes("\0")) return path;
  return complain(context, {
    what: { zh: `“${path}” 不是绝对路径`, en: `"${path}" is not an absolute path` },
    fix: { zh: "以 / 开头，例如 /var/lib/campus-edge", en: "begin with /, such as /var/lib/campus-edge" },
  });
});

const bytes = (min: number, words: string, otherwise: Text = { zh: "", en: "" }) =>
  byteSize.transform((size, context) => {
    if (size >= min && size <= 1e15) return Math.round(size);
    if (size > 1e15)
      return complain(context, {
        what: { zh: "最多 1000000GB", en: "1000000GB is the most" },
        fix: { zh: "写小一些，例如 6GB", en: "write less, such as 6GB" },
      });
    return complain(context, {
      what: { zh: `至少要 ${words}`, en: `at least ${words} is needed` },
      fix: { zh: `写 ${words} 或更多${otherwise.zh}`, en: `write ${words} or more${otherwise.en}` },
    });
  });

/** `2GB`, or `off`. */
const historyQuota = z.string().transform((raw, context) => {
  if (raw.trim() === "off") return "off" as const;
  const size = bytes(50e6, "50MB", { zh: "；不要历史就写 off", en: ", or off for no history" }).safeParse(
    raw,
  );
  if (size.success) return size.data;
  for (const issue of size.error.issues) context.addIssue({ ...issue, code: "custom" });
  return z.NEVER;
});

const commitShape = z.strictObject({
  ack: within(1, 60 * second)
    .default(100)
    .describe("Longest wait of an acknowledgement for the next write to disk"),
  polled: within(1, 60 * second)
    .default(1000)
    .describe("Longest wait of a polled value"),
});

export const bufferShape = z
  .strictObject({
    folder: absolute.default("/var/lib/campus-edge").describe("Where records are kept on this machine"),
    quota: bytes(100e6, "100MB").default(6e9).describe("Most that the records may take on disk"),
    keep: within(3_600_000, 3650 * day)
      .default(400 * day)
      .describe("How far the local history goes back, for query"),
    history: historyQuota
      .default("off")
      .describe(
        "Most that the local history may take on disk, such as 2GB, its oldest goes first; off: there is none. It takes about 40 MB of memory",
      ),
    diskFloor: bytes(0, "0MB").default(2e9).describe("Free space that is always left on the disk"),
    commit: commitShape.default({ ack: 100, polled: 1000 }),
  })
  .describe("The records' place on the local disk");
