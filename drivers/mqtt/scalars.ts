/**
 * Scalars that only this driver's fields have: topics, paths and names of values, networks, time zones. Pure.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { type Complaint, complain, matching } from "../../config/schema/scalar.ts";
import { isForbiddenName } from "./forbidden.ts";
import { type Pattern, parsePath, parsePattern } from "./path.ts";
import { usableName } from "./senml.ts";
import { filterFault, hasWildcard, isDownlink } from "./topics.ts";

/** A range of addresses that may connect. */
export interface Network {
  address: string;
  prefix: number;
  family: "ipv4" | "ipv6";
}

export const network = z.string().transform((raw, context): Network => {
  const [, address = "", digits = ""] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(raw) ?? [];
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 4 && prefix <= 32) return { address, prefix, family: "ipv4" };
  if (version === 6 && prefix <= 128) return { address, prefix, family: "ipv6" };
  return complain(context, {
    what: { zh: `“${raw}” 不是网段`, en: `"${raw}" is not a network` },
    fix: {
      zh: "写成 192.168.30.0/24 或 fd12:30::/64 这样",
      en: "write it like 192.168.30.0/24 or fd12:30::/64",
    },
  });
});

const topicComplaints: Record<NonNullable<ReturnType<typeof filterFault>>, Complaint["fix"]> = {
  empty: { zh: "主题不能为空，首尾不能是 /", en: "a topic must not be empty nor begin or end with /" },
  long: { zh: "主题最长 256 个字符、16 级", en: "a topic has at most 256 characters and 16 levels" },
  dollar: { zh: "$ 开头的主题由服务器保留", en: "topics that begin with $ are reserved" },
  wildcard: { zh: "+ 独占一级，# 独占最后一级", en: "+ stands alone in a level, # alone in the last" },
  placeholder: {
    zh: "只认 {device}、{friendly} 和 {name}",
    en: "only {device}, {friendly} and {name} are filled in",
  },
  character: { zh: "主题里不能有空格和控制字符", en: "no spaces or control characters in a topic" },
};

function readTopic(raw: string, context: z.core.$RefinementCtx, exact: boolean): string {
  const fault = filterFault(raw);
  const wild = exact && hasWildcard(raw);
  if (fault === null && !wild && !isDownlink(raw)) return raw;
  const fix = () => {
    if (fault !== null) return topicComplaints[fault];
    if (wild)
      return {
        zh: "这里要写一个完整的主题，不能有 + 和 #",
        en: "write one whole topic here, without + and #",
      };
    return { zh: "…/dn/… 只由网关发布", en: "only the gateway publishes …/dn/…" };
  };
  return complain(context, {
    what: { zh: `主题 “${raw}” 不能用`, en: `the topic "${raw}" cannot be used` },
    fix: fix(),
  });
}

export const topic = z
  .string()
  .transform((raw, context) => readTopic(raw, context, false))
  .describe("MQTT topic; + stands for one level, # for all that follow");

/** One topic, without wildcards. */
export const exactTopic = z.string().transform((raw, context) => readTopic(raw, context, true));

export const friendly = matching(/^(?=.{1,64}$)[^\s/+#\p{Cc}]+(?:\/[^\s/+#\p{Cc}]+)*$/u, {
  zh: "1 到 64 个字符，不含空格和 + #，首尾不是 /",
  en: "1 to 64 characters without spaces and + #, and no / at its ends",
}).describe("The device's name in its topics or its bridge, for {friendly} and {name}");

/** One item or a list of them; always a list afterwards, and each issue at its own place in it. */
export const listOf = <T>(item: z.ZodType<T, string>) =>
  z.union([z.string(), z.array(z.string()).min(1).max(1000)]).transform((raw, context): T[] =>
    (typeof raw === "string" ? [raw] : raw).flatMap((entry, index) => {
      const read = item.safeParse(entry);
      if (read.success) return [read.data];
      for (const { path: below, ...issue } of read.error.issues) {
        context.addIssue({ ...issue, path: typeof raw === "string" ? below : [index, ...below] });
      }
      return [];
    }),
  );

function tellForbidden(name: string, context: z.core.$RefinementCtx): never {
  return complain(context, {
    what: {
      zh: `“${name}” 属于禁止采集的个人数据（9 级）`,
      en: `"${name}" names personal data that is never taken (level 9)`,
    },
    fix: { zh: "删去这个点", en: "remove this point" },
  });
}

function readPath<S extends string | { begins: string }>(
  raw: string,
  segments: readonly S[] | null,
  context: z.core.$RefinementCtx,
): readonly S[] {
  if (segments === null) {
    return complain(context, {
      what: { zh: `“${raw}” 不是路径`, en: `"${raw}" is not a path` },
      fix: {
        zh: '用点分隔，名字里有点时加引号，例如 SDS0X1."PM2.5"',
        en: 'separate names by dots, quote a name that has one, such as SDS0X1."PM2.5"',
      },
    });
  }
  const names = segments.map((segment) => (typeof segment === "string" ? segment : segment.begins));
  const forbidden = names.find(isForbiddenName);
  return forbidden === undefined ? segments : tellForbidden(forbidden, context);
}

/** Where a value lies in the JSON payload; a name may be left open at its end. */
export const pattern = z
  .string()
  .transform((raw, context): Pattern => readPath(raw, parsePattern(raw), context))
  .describe("Names separated by dots, quoted if they contain one; SHT3X* is the first name that begins so");

/** Where a value lies in the JSON payload. */
export const path = z
  .string()
  .transform((raw, context): readonly string[] => readPath(raw, parsePath(raw), context))
  .describe("Where the value lies in the JSON payload: names separated by dots, quoted if they contain one");

/** Name of a SenML record, without the device's own base name. */
export const senmlName = z
  .string()
  .transform((raw, context) => {
    if (!usableName(raw) || raw.includes(":")) {
      return complain(context, {
        what: { zh: `“${raw}” 不是 SenML 名字`, en: `"${raw}" is not a SenML name` },
        fix: {
          zh: "只写最后一个冒号后面的部分：字母、数字和 - . / _，例如 temperature",
          en: "write what follows the last colon: letters, digits and - . / _, such as temperature",
        },
      });
    }
    return isForbiddenName(raw) ? tellForbidden(raw, context) : raw;
  })
  .describe("Name of its SenML records: what follows the last colon of base name and name together");

export const zone = z
  .string()
  .transform((raw, context) => {
    try {
      new Intl.DateTimeFormat("en", { timeZone: raw });
      return raw;
    } catch {
      return complain(context, {
        what: { zh: `没有时区 “${raw}”`, en: `there is no time zone "${raw}"` },
        fix: { zh: "例如 Asia/Shanghai", en: "write it like Asia/Shanghai" },
      });
    }
  })
  .describe("Time zone of the device's clock, such as Asia/Shanghai");

/** One word or a list of them, as a device writes them. */
export const words = z
  .union([z.string().max(64), z.array(z.string().max(64)).min(1).max(64)])
  .transform((raw): readonly string[] => (typeof raw === "string" ? [raw] : raw));
