/**
 * Scalars of the configuration files. YAML is read with the failsafe schema, so every scalar
 * arrives as text and the field decides what it is. Each schema here takes text and gives the
 * typed value, or an issue whose `params` are a `Complaint` in both languages.
 */
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { lacksZone, plainAddress } from "./address.ts";
import type { Text } from "./vocabulary.ts";

/** What is wrong with a scalar and how to mend it; the loader adds the place. */
export interface Complaint {
  what: Text;
  fix: Text;
}

/** Raises `complaint` on a zod context; the loader turns it into a message with file, line and caret. */
export function complain(context: z.core.$RefinementCtx, complaint: Complaint): never {
  context.addIssue({ code: "custom", message: complaint.what.en, params: { complaint } });
  return z.NEVER;
}

/** Any text, trimmed, 1 to `max` characters. */
export const text = (max = 200) =>
  z.string().transform((raw, context) => {
    const value = raw.trim();
    if (value.length >= 1 && value.length <= max) return value;
    return complain(context, {
      what: { zh: `文字长度应为 1 到 ${max} 个字符`, en: `a text of 1 to ${max} characters is needed` },
      fix: { zh: "改短或填写内容", en: "shorten it or fill it in" },
    });
  });

/** A text that matches `pattern`; `shape` says in words what is allowed, with an example. */
export const matching = (pattern: RegExp, shape: Text) =>
  z.string().transform((raw, context) => {
    if (pattern.test(raw)) return raw;
    return complain(context, {
      what: { zh: `“${raw}” 格式不对`, en: `"${raw}" has the wrong form` },
      fix: { zh: `应为${/^[\x21-\x7e]/.test(shape.zh) ? " " : ""}${shape.zh}`, en: `write ${shape.en}` },
    });
  });

/** A whole number in [min, max]. */
export const integer = (min: number, max: number) =>
  z.string().transform((raw, context) => {
    const value = /^-?\d+$/.test(raw) ? Number(raw) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    return complain(context, {
      what: {
        zh: `“${raw}” 不是 ${min} 到 ${max} 的整数`,
        en: `"${raw}" is not a whole number from ${min} to ${max}`,
      },
      fix: { zh: `写 ${min} 到 ${max} 之间的整数`, en: `write a whole number from ${min} to ${max}` },
    });
  });

/** A finite decimal number in [min, max]. */
export const decimal = (min = -Number.MAX_VALUE, max = Number.MAX_VALUE) =>
  z.string().transform((raw, context) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(raw) ? Number(raw) : Number.NaN;
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    return complain(context, {
      what: { zh: `“${raw}” 不是可用的数`, en: `"${raw}" is not a usable number` },
      fix: { zh: "写普通小数，例如 0.2", en: "write a plain decimal such as 0.2" },
    });
  });

/** `true` or `false`; yes/no/on/off are named as the likely wish. */
export const flag = z.string().transform((raw, context) => {
  if (raw === "true") return true;
  if (raw === "false") return false;
  return complain(context, {
    what: { zh: `“${raw}” 应为 true 或 false`, en: `"${raw}" must be true or false` },
    fix: { zh: "写 true 或 false", en: "write true or false" },
  });
});

/** How people write units otherwise, in small letters. */
const otherUnits: Readonly<Record<string, string>> = {
  毫秒: "ms",
  秒: "s",
  秒钟: "s",
  sec: "s",
  分: "min",
  分钟: "min",
  m: "min",
  小时: "h",
  时: "h",
  hour: "h",
  天: "d",
  日: "d",
  day: "d",
  k: "kB",
  g: "GB",
};

/** A number followed by one of `units`; gives the number times the unit's factor. */
const quantity = (units: Record<string, number>, example: string) =>
  z.string().transform((raw, context) => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z/]*)$/.exec(raw.trim()) ?? [];
    const factor = unit === undefined || !Object.hasOwn(units, unit) ? undefined : units[unit];
    if (digits !== undefined && factor !== undefined) return Number(digits) * factor;
    const choices = Object.keys(units).join(", ");
    const bare = digits !== undefined && unit === "";
    const meant = meantQuantity(raw, Object.keys(units));
    return complain(context, {
      what: bare
        ? { zh: `“${raw}” 缺少单位`, en: `"${raw}" has no unit` }
        : { zh: `“${raw}” 不是带单位的数`, en: `"${raw}" is not a number with a unit` },
      fix:
        meant === undefined
          ? {
              zh: `写成 ${example} 这样，单位可用 ${choices}`,
              en: `write it like ${example}; units: ${choices}`,
            }
          : {
              zh: `是不是 ${meant}？单位可用 ${choices}`,
              en: `did you mean ${meant}? units: ${choices}`,
            },
    });
  });

/** `６０秒`, `60S` → `60s`. */
function meantQuantity(raw: string, units: readonly string[]): string | undefined {
  const [, digits, written = ""] = /^(\d+(?:\.\d+)?)\s*(.+)$/.exec(raw.normalize("NFKC").trim()) ?? [];
  const small = written.toLowerCase();
  const other = Object.hasOwn(otherUnits, small) ? otherUnits[small] : undefined;
  const unit = units.find((known) => known === other || known.toLowerCase() === small);
  return digits === undefined || unit === undefined ? undefined : `${digits}${unit}`;
}

const msOf = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
export const durationUnits: readonly string[] = Object.keys(msOf);
/** `60s` → milliseconds. Units ms, s, min, h, d. */
export const duration = quantity(msOf, "60s");
/** `6GB` → bytes. Units kB, MB, GB (powers of 1000). */
export const byteSize = quantity({ kB: 1e3, MB: 1e6, GB: 1e9 }, "6GB");

/** A secret's name; its bytes are read only where they are used. Prints as `***`. */
export class SecretRef {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toString(): string {
    return "***";
  }
  toJSON(): string {
    return "***";
  }
}

/** The most natural slip: a blank between `secret:` and the name. */
export const spacedSecret: Complaint = {
  what: { zh: "secret: 后面多了空格", en: "there is a blank after secret:" },
  fix: { zh: "去掉 secret: 后面的空格，连着写 secret:名字", en: "write secret:NAME, no blank after secret:" },
};

/** Certificates come as files, so that their path is written. */
const secretPath: Complaint = {
  what: { zh: "这里写 secret:名字，不写文件的路径", en: "this is secret:NAME, not the path of a file" },
  fix: {
    zh: "把文件拷成 secrets/名字（chmod 600），写 secret:名字",
    en: "copy the file to secrets/NAME (chmod 600) and write secret:NAME",
  },
};

/** `secret:NAME`; a secret written in clear is an error. The message never repeats what was written. */
export const secret = z.string().transform((raw, context) => {
  const name = /^secret:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(raw)?.[1];
  if (name !== undefined) return new SecretRef(name);
  if (/^secret:\s+\S/.test(raw)) return complain(context, spacedSecret);
  if (/^\.{0,2}\/\S*$|^[^:]*\.(pem|crt|cer|key)$/i.test(raw)) return complain(context, secretPath);
  return complain(context, {
    what: { zh: "密码不能明文写在配置里", en: "a secret must not be written in clear" },
    fix: {
      zh: "写 secret:名字，密码存进文件 secrets/名字（chmod 600）",
      en: "write secret:NAME and store it in the file secrets/NAME (chmod 600)",
    },
  });
});

/** What has only digits and dots is meant as an IPv4 address, and must be one. */
const isHost = (host: string) => !/^[\d.]+$/.test(host) || isIPv4(host);

/** Every network port has such an address; which one is meant must be said. */
const whichPort = (host: string): Complaint => ({
  what: {
    zh: `${host} 在每个网口上都有，没有说是哪个网口`,
    en: `${host} exists at every network port, and which one is not said`,
  },
  fix: {
    zh: `后面加上 % 和网口名（ip link 可查），例如 ${host}%eth0`,
    en: `add % and the port's name (see ip link), such as ${host}%eth0`,
  },
});

/** `127.0.0.1:8080`, `[::1]:8883` → host without brackets, port 0 to 65535 (0: any free one, for tests and demos). */
export const endpoint = z.string().transform((raw, context): { host: string; port: number } => {
  const [, v6, v4, digits] = /^(?:\[([^[\]\s]+)\]|([^[\]:\s]+)):(\d{1,5})$/.exec(raw) ?? [];
  const host = v6 ?? v4;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535 && (v6 === undefined ? isHost(host) : isIPv6(host)))
    return lacksZone(host) ? complain(context, whichPort(host)) : { host: plainAddress(host), port };
  return complain(context, {
    what: { zh: `“${raw}” 不是 地址:端口`, en: `"${raw}" is not address:port` },
    fix: {
      zh: '例如 127.0.0.1:8080 或 "[::1]:8883"（带方括号时要加引号）',
      en: 'for example 127.0.0.1:8080 or "[::1]:8883" (brackets need the quotes)',
    },
  });
});

/** Name or address of a machine, without port and brackets. */
export const host = z.string().transform((raw, context): string => {
  const name = /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/.test(raw) && raw.length <= 253;
  if (lacksZone(raw)) return complain(context, whichPort(raw));
  if (isIPv6(raw) || (name && isHost(raw))) return plainAddress(raw);
  const [, inner] = /^\[(.*)\](?::\d+)?$/.exec(raw) ?? [];
  const [, front] = /^([^:]+):\d+$/.exec(raw) ?? [];
  const meant = inner ?? front;
  return complain(context, {
    what: { zh: `“${raw}” 不是主机地址`, en: `"${raw}" is no host` },
    fix:
      meant === undefined
        ? { zh: "例如 192.168.1.21 或 fd12:10::21", en: "write it like 192.168.1.21 or fd12:10::21" }
        : {
            zh: `写 ${meant}；端口写在 port，方括号不要`,
            en: `write ${meant}; the port goes to port, without brackets`,
          },
  });
});
