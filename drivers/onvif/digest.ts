/**
 * HTTP Digest (RFC 7616) with MD5 and SHA-256, quality `auth` or the older one without. Pure.
 *
 * Holds: a nonce of the camera is never answered twice with the same count, also when it comes again.
 */
import { createHash } from "node:crypto";

export interface Challenge {
  /** As heads of HTTP come: one sign a byte, whatever they mean. */
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: "MD5" | "SHA-256";
  /** null: as RFC 2069 has it. */
  readonly qop: "auth" | null;
  readonly opaque?: string;
  /** The nonce was too old; user and password were right. */
  readonly stale: boolean;
}

export interface Challenges {
  /** The best of those that we can answer; null: none. */
  digest: Challenge | null;
  basic: boolean;
}

const mostParts = 64;

/** What stands between commas, but for those in quotes. */
function partsOf(header: string): string[] {
  const parts: string[] = [];
  let [from, quoted] = [0, false];
  for (let at = 0; at < header.length && parts.length < mostParts; at++) {
    const sign = header[at];
    if (quoted && sign === "\\") at += 1;
    else if (sign === '"') quoted = !quoted;
    else if (sign === "," && !quoted) {
      parts.push(header.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(header.slice(from).trim());
  return parts.filter((part) => part !== "");
}

/** @param headers each `WWW-Authenticate`, as it came; one may hold several challenges */
export function challengesOf(headers: readonly string[]): Challenges {
  const found: { scheme: string; values: Map<string, string> }[] = [];
  for (const part of headers.slice(0, 8).flatMap(partsOf)) {
    const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9-]*)(?:\s+(\S.*))?$/.exec(part) ?? [];
    if (scheme !== undefined && !/^[\w-]+\s*=/.test(part)) found.push({ scheme, values: new Map() });
    const [, key, value] = /^([\w-]+)\s*=\s*(.*)$/.exec(scheme === undefined ? part : (rest ?? "")) ?? [];
    if (key === undefined || value === undefined) continue;
    const plain = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
    found.at(-1)?.values.set(key.toLowerCase(), plain);
  }
  const digests = found.flatMap(({ scheme, values }) =>
    scheme.toLowerCase() === "digest" ? (challengeOf(values) ?? []) : [],
  );
  return {
    digest: digests.find(({ algorithm }) => algorithm === "SHA-256") ?? digests[0] ?? null,
    basic: found.some(({ scheme }) => scheme.toLowerCase() === "basic"),
  };
}

const printable = /^[\x20-\x7e]{1,1024}$/;

function challengeOf(values: ReadonlyMap<string, string>): Challenge | null {
  const algorithm = (values.get("algorithm") ?? "MD5").toUpperCase();
  const [realm = "", nonce = "", opaque] = ["realm", "nonce", "opaque"].map((key) => values.get(key));
  if (algorithm !== "MD5" && algorithm !== "SHA-256") return null;
  if (!printable.test(nonce) || !/^[\x20-\x7e\x80-\xff]{0,256}$/.test(realm)) return null;
  if (opaque !== undefined && !/^[\x20-\x7e]{0,1024}$/.test(opaque)) return null;
  const offered = values
    .get("qop")
    ?.split(",")
    .map((word) => word.trim().toLowerCase());
  if (offered !== undefined && !offered.includes("auth")) return null;
  return {
    ...{ realm, nonce, algorithm, qop: offered === undefined ? null : "auth" },
    ...(opaque === undefined ? {} : { opaque }),
    stale: values.get("stale")?.toLowerCase() === "true",
  };
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/** @param cnonce drawn anew each time @param count of this nonce, from 1 */
export function authorization(
  challenge: Challenge,
  {
    user,
    password,
    path,
    cnonce,
    count,
  }: {
    user: string;
    password: Uint8Array;
    path: string;
    cnonce: string;
    count: number;
  },
): string {
  const { realm, nonce, algorithm, qop, opaque } = challenge;
  const name = algorithm === "MD5" ? "md5" : "sha256";
  const digest = (text: string) => createHash(name).update(text).digest("hex");
  const who = Buffer.concat([Buffer.from(`${user}:`), Buffer.from(`${realm}:`, "latin1"), password]);
  const secret = createHash(name).update(who).digest("hex");
  // Its bytes are what is hashed, and what heads of HTTP can hold.
  const userBytes = Buffer.from(user).toString("latin1");
  const asked = digest(`POST:${path}`);
  const nc = count.toString(16).padStart(8, "0");
  const response = digest(
    qop === null ? `${secret}:${nonce}:${asked}` : `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${asked}`,
  );
  return [
    `Digest username=${quoted(userBytes)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(path)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`, `cnonce="${cnonce}"`]),
  ].join(", ");
}

const remembered = 32;

/** How often each nonce was answered; of a camera, the last few. */
export class NonceCounts {
  readonly #counts = new Map<string, number>();

  next(nonce: string): number {
    const count = (this.#counts.get(nonce) ?? 0) + 1;
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= remembered) break;
      this.#counts.delete(oldest);
    }
    return count;
  }
}
