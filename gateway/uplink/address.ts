/**
 * What the settings of all uplinks say alike: where the platform is, and what belongs to an encrypted way. Pure.
 */
import { isIPv6 } from "node:net";
import type { z } from "zod";
import { isLoopback, plainAddress } from "../../config/schema/address.ts";
import { type Complaint, matching, secret } from "../../config/schema/scalar.ts";

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

/** Settings that go with encryption alone, and the one that does without. */
export const trustFields = {
  ca: secret
    .optional()
    .describe("Secret with the platform's own CA certificate (PEM); absent: the public CAs are trusted"),
  cert: secret
    .optional()
    .describe(
      "Secret with this gateway's private key and certificate (PEM, both in one), if the platform asks",
    ),
};

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
): void {
  const { url, insecure } = settings;
  if (url.tls) return;
  if (!insecure && !isLoopback(url.host)) {
    complainAt(context, "url", {
      what: { zh: `到 ${url.host} 的连接没有加密`, en: `the connection to ${url.host} is not encrypted` },
      fix: {
        zh: `写 ${scheme}://；平台确实不支持加密时写 insecure: true`,
        en: `write ${scheme}://, or insecure: true if the platform truly cannot encrypt`,
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
