/**
 * Logins by HTTP Digest (RFC 7616), qop auth.
 *
 * Holds: a nonce counts only for this camera, until it is too old or the camera starts anew; a count that was used, or is
 * smaller than one that was, is not taken again.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../config/schema/context.ts";
import { type Chance, seeded } from "../seeded.ts";
import type { Verdict } from "./camera-state.ts";
import type { HttpAlgorithm } from "./maker.ts";

const hashOf = { MD5: "md5", "SHA-256": "sha256" } as const;

const nonceMs = 5 * 60_000;
const mostNonces = 64;

export interface DigestAsked {
  method: string;
  /** With its query. */
  path: string;
  authorization: string;
}

export class HttpDigest {
  readonly realm: string;
  readonly #clock: Clock;
  readonly #algorithms: readonly HttpAlgorithm[];
  readonly #chance: Chance;
  #nonces = new Map<string, { madeMs: number; count: number }>();

  constructor(realm: string, algorithms: readonly HttpAlgorithm[], clock: Clock, seed: string | number) {
    this.realm = realm;
    this.#clock = clock;
    this.#algorithms = algorithms;
    this.#chance = seeded("nonce", seed);
  }

  /** Nonces are unknown from now on. */
  forget(): void {
    this.#nonces.clear();
  }

  /** Lines of WWW-Authenticate, one for each algorithm. @param fixed this nonce instead of a new one */
  challenge(isStale: boolean, fixed?: string): string[] {
    const nonce = fixed ?? this.#nonce();
    return this.#algorithms.map(
      (algorithm) =>
        `Digest realm="${this.realm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"${isStale ? ", stale=true" : ""}`,
    );
  }

  /** @returns `wrong` also for what is no digest, or asks for something else than was asked */
  check({ method, path, authorization }: DigestAsked, user: string | null, password: string): Verdict {
    const said = wordsOf(authorization);
    const algorithm = (said.get("algorithm") ?? "MD5") as HttpAlgorithm;
    if (!this.#algorithms.includes(algorithm)) return "wrong";
    const hash = (...parts: string[]) => createHash(hashOf[algorithm]).update(parts.join(":")).digest("hex");
    const [nonce = "", nc = "", cnonce = ""] = ["nonce", "nc", "cnonce"].map((key) => said.get(key));
    if (user === null || said.get("username") !== user) return "unknown";
    const isThis = said.get("uri") === path && said.get("realm") === this.realm && said.get("qop") === "auth";
    if (!isThis || !/^[0-9a-f]{8}$/i.test(nc) || cnonce === "") return "wrong";
    const secret = hash(user, this.realm, password);
    if (said.get("response") !== hash(secret, nonce, nc, cnonce, "auth", hash(method, path))) return "wrong";
    const known = this.#nonces.get(nonce);
    if (known === undefined || this.#clock.monotonicMs() - known.madeMs > nonceMs) return "stale";
    const count = Number.parseInt(nc, 16);
    if (count <= known.count) return "replayed";
    known.count = count;
    return "ok";
  }

  #nonce(): string {
    const nonce = Array.from({ length: 4 }, () =>
      Math.floor(this.#chance() * 2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    this.#nonces.set(nonce, { madeMs: this.#clock.monotonicMs(), count: 0 });
    for (const oldest of this.#nonces.keys()) {
      if (this.#nonces.size <= mostNonces) break;
      this.#nonces.delete(oldest);
    }
    return nonce;
  }
}

/** `key=value` and `key="value"`, divided by commas. */
export function wordsOf(authorization: string): ReadonlyMap<string, string> {
  const found = authorization.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi);
  return new Map([...found].map(([, key = "", quoted, bare]) => [key.toLowerCase(), quoted ?? bare ?? ""]));
}
