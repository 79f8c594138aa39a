/**
 * What settings say alike of a machine that this one calls: where it is, who we are there, and what belongs to an
 * encrypted way. Pure.
 */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { isLoopback, plainAddress } from "./address.ts";
import { type Complaint, complain, duration, matching } from "./scalar.ts";
import type { Text } from "./vocabulary.ts";

/** Name or address, without brackets; the port if one is written. */
export interface Host {
  host: string;
  port?: number;
}

/** `iot.example.cn`, `[fd12::1]:8883` → host and port; null for anything else. */
export function readHost(text: string): Host | null {
  const [, v6, name, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  if (host === undefined || (v6 !== undefined && !isIPv6(v6))) return null;
  if (digits === undefined) return { host: plainAddress(host) };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host: plainAddress(host), port } : null;
}

/** A user name, as brokers and proxies have them. */
export const userName = matching(/^[\x21-\x7e]{1,128}$/, {
  zh: "1 到 128 个 ASCII 字符，不含空格",
  en: "1 to 128 ASCII characters without spaces",
});

/** Raises `complaint` at one key of the settings. */
export function complainAt(context: z.core.$RefinementCtx, key: string, { what, fix }: Complaint): void {
  context.addIssue({ code: "custom", path: [key], message: what.en, params: { complaint: { what, fix } } });
}

interface Way {
  url: { tls: boolean; host: string };
  ca?: unknown;
  cert?: unknown;
  insecure: boolean;
}

/** Without encryption nothing goes to another machine, unless it is called insecure; certificates have no use then. */
export function checkEncryption(
  context: z.core.$RefinementCtx,
  settings: Way,
  scheme: "mqtts" | "https",
  peer: Text = { zh: "平台", en: "platform" },
): void {
  const { url, insecure } = settings;
  if (url.tls) return;
  if (!insecure && !isLoopback(url.host)) {
    complainAt(context, "url", {
      what: { zh: `到 ${url.host} 的连接没有加密`, en: `the connection to ${url.host} is not encrypted` },
      fix: {
        zh: `写 ${scheme}://；${peer.zh}确实不支持加密时写 insecure: true`,
        en: `write ${scheme}://, or insecure: true if the ${peer.en} truly cannot encrypt`,
      },
    });
  }
  for (const key of ["ca", "cert"] as const) {
    if (settings[key] === undefined) continue;
    complainAt(context, key, {
      what: { zh: `证书只用于 ${scheme}://`, en: `certificates are only used with ${scheme}://` },
      fix: {
        zh: `把 url 改成 ${scheme}://，或删去 ${key}`,
        en: `write ${scheme}:// in url, or remove ${key}`,
      },
    });
  }
}

/** For an address with `@`, which must not be repeated; `fix` names where user and password go. */
export const credentialInAddress = (fix: Complaint["fix"]): Complaint => ({
  what: { zh: "用户名和密码不能写在地址里", en: "user and password do not belong into the address" },
  fix,
});

/** A password is of somebody. */
export function checkPassword(
  context: z.core.$RefinementCtx,
  { user, password }: { user?: unknown; password?: unknown },
): void {
  if (password === undefined || user !== undefined) return;
  complainAt(context, "password", {
    what: { zh: "有密码但没有用户名", en: "there is a password but no user" },
    fix: { zh: "加上 user: 名字", en: "add user: NAME" },
  });
}

/** Where a broker is; `tls`: mqtts. */
export interface BrokerAddress {
  tls: boolean;
  /** Name or address, without brackets. */
  host: string;
  port: number;
}

const example = { zh: "例如 mqtts://iot.example.cn:8883", en: "write it like mqtts://iot.example.cn:8883" };

/** The message never repeats an address that holds a user or a password. */
export const brokerUrl = z.string().transform((raw, context): BrokerAddress => {
  const [, scheme, rest = ""] = /^(mqtts?):\/\/([^/]*)\/?$/.exec(raw) ?? [];
  const tls = scheme === "mqtts";
  const found = readHost(rest);
  if (found !== null) return { tls, host: found.host, port: found.port ?? (tls ? 8883 : 1883) };
  if (raw.includes("@")) {
    return complain(
      context,
      credentialInAddress({
        zh: "写 user: 名字 和 password: secret:名字",
        en: "write user: NAME and password: secret:NAME",
      }),
    );
  }
  return complain(context, {
    what: { zh: `“${raw}” 不是 MQTT 地址`, en: `"${raw}" is not the address of an MQTT broker` },
    fix: example,
  });
});

export const keepAlive = duration
  .transform((ms, context) => {
    if (ms >= 5000 && ms <= 3_600_000) return Math.round(ms / 1000) * 1000;
    return complain(context, {
      what: { zh: "心跳间隔应为 5s 到 1h", en: "a keep-alive is from 5s to 1h" },
      fix: { zh: "写 keepAlive: 60s", en: "write keepAlive: 60s" },
    });
  })
  .describe("A dead connection is noticed after one and a half times this, such as 60s");

export const clientId = matching(/^[A-Za-z0-9._:-]{1,64}$/, {
  zh: "1 到 64 个字母、数字或 . _ : -",
  en: "1 to 64 letters, digits or . _ : -",
});
