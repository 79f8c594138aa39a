/**
 * What the HTTPS uplink adds to the configuration files. Pure.
 */
import { z } from "zod";
import type { UplinkKind } from "../../../config/schema/kind.ts";
import {
  checkEncryption,
  complainAt,
  credentialInAddress,
  readHost,
  userName,
} from "../../../config/schema/remote.ts";
import { complain, flag, type SecretRef, secret } from "../../../config/schema/scalar.ts";
import { trustFields } from "../trust-fields.ts";

/** Where the platform is; `tls`: https. */
export interface PlatformAddress {
  tls: boolean;
  /** Name or address, without brackets. */
  host: string;
  port: number;
  /** From "/" to "/v1". */
  path: string;
}

export interface ProxyAddress {
  host: string;
  port: number;
}

export interface HttpsUplinkSettings {
  url: PlatformAddress;
  credential: SecretRef;
  ca?: SecretRef | undefined;
  cert?: SecretRef | undefined;
  proxy?: ProxyAddress | undefined;
  proxyUser?: string | undefined;
  proxyPassword?: SecretRef | undefined;
  compress: "none" | "gzip" | "zstd";
  insecure: boolean;
}

const example = "https://cube.example.zj.cn/v1";

/** The message never repeats an address that holds a user or a password. */
const url = z
  .string()
  .transform((raw, context): PlatformAddress => {
    const [, scheme, rest = "", path = ""] =
      /^(https?):\/\/([^/]*)((?:\/[A-Za-z0-9._~-]+)*)\/?$/.exec(raw) ?? [];
    const tls = scheme === "https";
    const found = readHost(rest);
    if (found !== null && path.endsWith("/v1")) {
      return { tls, host: found.host, port: found.port ?? (tls ? 443 : 80), path };
    }
    if (raw.includes("@")) {
      return complain(
        context,
        credentialInAddress({ zh: "写 credential: secret:名字", en: "write credential: secret:NAME" }),
      );
    }
    if (found === null) {
      const bare =
        scheme === undefined && /^[A-Za-z0-9][A-Za-z0-9.:-]*(\/|$)/.test(raw) && !raw.includes("://");
      const meant = bare ? `https://${raw.replace(/\/.*$/, "")}/v1` : example;
      return complain(context, {
        what: { zh: `“${raw}” 不是 HTTPS 平台地址`, en: `"${raw}" is not the address of an HTTPS platform` },
        fix: { zh: `例如 ${meant}`, en: `write it like ${meant}` },
      });
    }
    const meant = `${scheme}://${rest}${path.replace(/\/v\d+(\/.*)?$/, "")}/v1`;
    return complain(context, {
      what: { zh: `“${raw}” 不是以 /v1 结尾`, en: `"${raw}" does not end in /v1` },
      fix: {
        zh: `写到 /v1 为止，多半是 ${meant}；学校和网关的编号由程序加上`,
        en: `write it up to /v1, probably ${meant}; school and gateway are added by the program`,
      },
    });
  })
  .describe(
    "The platform's address up to /v1, such as https://cube.example.zj.cn/v1; http:// is not encrypted",
  );

const proxy = z
  .string()
  .transform((raw, context): ProxyAddress => {
    const [, rest = ""] = /^http:\/\/([^/]*)\/?$/.exec(raw) ?? [];
    const found = readHost(rest);
    if (found?.port !== undefined) return { host: found.host, port: found.port };
    if (raw.includes("@")) {
      return complain(
        context,
        credentialInAddress({
          zh: "写 proxyUser: 名字 和 proxyPassword: secret:名字",
          en: "write proxyUser: NAME and proxyPassword: secret:NAME",
        }),
      );
    }
    return complain(context, {
      what: { zh: `“${raw}” 不是代理地址`, en: `"${raw}" is not the address of a proxy` },
      fix: {
        zh: "写 http://主机:端口，例如 http://10.1.0.8:3128",
        en: "write http://HOST:PORT, such as http://10.1.0.8:3128",
      },
    });
  })
  .describe("The school's HTTP proxy, such as http://10.1.0.8:3128, if there is no other way out");

export const httpsUplinkSchema = z
  .strictObject({
    url,
    credential: secret.describe("Token that the platform gave this gateway, as secret:NAME"),
    ...trustFields,
    proxy: proxy.optional(),
    proxyUser: userName.optional().describe("User name at the proxy, if it asks for one"),
    proxyPassword: secret.optional().describe("Its password, as secret:NAME"),
    compress: z
      .enum(["none", "gzip", "zstd"])
      .default("gzip")
      .describe("Makes batches smaller on the wire; none if the platform cannot read it"),
    insecure: flag
      .default(false)
      .describe("Allows an unencrypted connection (http://) to another machine: anyone between can read it"),
  })
  .superRefine((settings, context) => {
    const { url, proxy, proxyUser, proxyPassword } = settings;
    checkEncryption(context, settings, "https");
    if (proxy !== undefined && !url.tls) {
      complainAt(context, "proxy", {
        what: { zh: "代理只用于 https://", en: "a proxy is only used with https://" },
        fix: { zh: "把 url 改成 https://，或删去 proxy", en: "write https:// in url, or remove proxy" },
      });
    }
    if (proxyUser !== undefined && proxy === undefined) {
      complainAt(context, "proxyUser", {
        what: { zh: "有代理用户名但没有代理", en: "there is a user for a proxy but no proxy" },
        fix: { zh: "加上 proxy: http://主机:端口", en: "add proxy: http://HOST:PORT" },
      });
    }
    if ((proxyUser === undefined) !== (proxyPassword === undefined)) {
      const missing = proxyUser === undefined ? "proxyUser: 名字" : "proxyPassword: secret:名字";
      complainAt(context, proxyUser === undefined ? "proxyPassword" : "proxyUser", {
        what: { zh: "代理的用户名和密码要一起写", en: "user and password of a proxy belong together" },
        fix: { zh: `加上 ${missing}`, en: `add ${missing.replace("名字", "NAME")}` },
      });
    }
  })
  .describe("A platform that takes batches over HTTPS");

export const httpsUplinkKind: UplinkKind<HttpsUplinkSettings> = {
  kind: "https",
  config: httpsUplinkSchema,
  receiptsOnly: true,
};
