/**
 * Who may ask a camera: looks at what was sent, counts what was wrong, locks the account.
 *
 * Holds: after five wrong logins in a row nobody gets in before the lock is over, also not with the right password; a token is
 * taken once; its time is the camera's own.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../config/schema/context.ts";
import type { Verdict } from "./camera-state.ts";
import { type DigestAsked, HttpDigest, wordsOf } from "./http-digest.ts";
import type { Maker } from "./maker.ts";
import { namespaces, passwordDigestType } from "./namespaces.ts";
import { type Element, find } from "./read-xml.ts";

export interface Judged {
  verdict: Verdict;
  /** What was sent, whether or not it was looked at. */
  sent: readonly ("token" | "digest" | "basic")[];
  user: string | null;
}

/** Wrong logins until it is locked, as most makers have it. */
export const mostWrong = 5;
const mostTokens = 1000;

export class Login {
  /** Logins that were refused so far, without those whose nonce was merely too old. */
  wrong = 0;
  /** How often the account was locked. */
  locks = 0;
  user: string;
  password: string;
  /** false: ONVIF has users of its own, and this one is not among them. */
  isEnabled = true;
  readonly digest: HttpDigest;
  readonly #maker: Maker;
  readonly #clock: Clock;
  readonly #ownMs: () => number;
  #inRow = 0;
  #lockedMs = Number.NEGATIVE_INFINITY;
  #tokens = new Set<string>();

  /** @param ownMs the camera's own wall time */
  constructor(maker: Maker, account: { user: string; password: string }, clock: Clock, ownMs: () => number) {
    this.user = account.user;
    this.password = account.password;
    this.#maker = maker;
    this.#clock = clock;
    this.#ownMs = ownMs;
    this.digest = new HttpDigest(`${maker.manufacturer} simulated`, maker.algorithms, clock, maker.serial);
  }

  get isLocked(): boolean {
    return this.#clock.monotonicMs() < this.#lockedMs;
  }

  get #name(): string | null {
    return this.isEnabled ? this.user : null;
  }

  /** Starts anew: nonces are forgotten, a lock is not. */
  reboot(): void {
    this.digest.forget();
    this.#tokens.clear();
  }

  /** @param isOpen what is asked needs no login: nothing is looked at, nothing counted */
  judge(asked: DigestAsked, header: Element | undefined, isOpen: boolean): Judged {
    const token = find(header, "UsernameToken");
    const isDigest = /^digest\s/i.test(asked.authorization);
    const isBasic = /^basic\s/i.test(asked.authorization);
    const named = find(token, "Username")?.text ?? wordsOf(asked.authorization).get("username") ?? null;
    const sent = [
      ...(token === undefined ? [] : (["token"] as const)),
      ...(isDigest ? (["digest"] as const) : []),
      ...(isBasic ? (["basic"] as const) : []),
    ];
    const verdict = isOpen ? "ok" : this.#verdict(asked, token, isDigest, isBasic);
    this.#count(verdict, isOpen);
    return { verdict, sent, user: named };
  }

  #verdict(asked: DigestAsked, token: Element | undefined, isDigest: boolean, isBasic: boolean): Verdict {
    const { login } = this.#maker;
    const wants = {
      token:
        login === "token" || login === "both" || (login === "either" && !isDigest && token !== undefined),
      digest: login === "digest" || login === "both" || (login === "either" && isDigest),
    };
    const counted = (wants.token && token !== undefined) || (wants.digest && isDigest) || isBasic;
    if (this.isLocked && counted) return "locked";
    if (isBasic) return "plain";
    const verdicts: Verdict[] = [
      ...(wants.digest ? [isDigest ? this.digest.check(asked, this.#name, this.password) : "none"] : []),
      ...(wants.token ? [token === undefined ? "none" : this.#token(token)] : []),
    ] as Verdict[];
    if (verdicts.length === 0) return "none";
    return verdicts.find((verdict) => verdict !== "ok") ?? "ok";
  }

  /** WS-Security UsernameToken Profile 1.0, 3.1. */
  #token(token: Element): Verdict {
    const [user, password, nonce, created] = ["Username", "Password", "Nonce", "Created"].map((name) =>
      token.children.find((child) => child.name === name),
    );
    if (user?.text !== this.#name) return "unknown";
    if (password?.attributes.get("Type") !== passwordDigestType) return "plain";
    if (nonce?.namespace !== namespaces.wsse || created?.namespace !== namespaces.wsu) return "wrong";
    const bytes = Buffer.from(nonce.text, "base64");
    const right = createHash("sha1")
      .update(bytes)
      .update(created.text)
      .update(this.password)
      .digest("base64");
    if (bytes.length === 0 || password.text !== right) return "wrong";
    const awayMs = Math.abs(Date.parse(created.text) - this.#ownMs());
    // What is no time is away from every time.
    if (!(awayMs <= this.#maker.createdWithinMs)) return "created";
    if (this.#tokens.has(nonce.text)) return "replayed";
    this.#tokens.add(nonce.text);
    for (const oldest of this.#tokens) {
      if (this.#tokens.size <= mostTokens) break;
      this.#tokens.delete(oldest);
    }
    return "ok";
  }

  #count(verdict: Verdict, isOpen: boolean): void {
    if (isOpen || verdict === "none" || verdict === "stale") return;
    if (verdict === "ok") {
      this.#inRow = 0;
      return;
    }
    this.wrong += 1;
    if (verdict === "locked") return;
    this.#inRow += 1;
    if (this.#inRow < mostWrong) return;
    this.#inRow = 0;
    this.locks += 1;
    this.#lockedMs = this.#clock.monotonicMs() + this.#maker.lockMs;
  }
}
