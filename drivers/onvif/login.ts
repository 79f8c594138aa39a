/**
 * How a camera is shown user and password over HTTP: not before it asks, and as a digest.
 *
 * Holds: for one request it is shown them twice at most, the second time because its nonce was too old, and once while the
 * last answer was a refusal; Basic only where it proved by its certificate who it is. One that is known to ask for a digest
 * is not shown a token before, which it would count as a wrong login of its own.
 */
import { randomBytes } from "node:crypto";
import { authorization, type Challenge, challengesOf, NonceCounts } from "./digest.ts";
import type { Answered } from "./http.ts";

const isRefusal = ({ status }: Answered) => status === 401 || status === 403;

/** How one request is sent. */
export interface Shown {
  headers: Record<string, string>;
  /** To nobody who does not prove who it is. */
  toProved: boolean;
  /** Without a token. */
  isBare: boolean;
}

export class Login {
  readonly #user: string;
  readonly #counts = new NonceCounts();
  /** What it asked for last: it is answered at once. */
  #challenge: Challenge | null = null;
  #isRefused = false;
  /** It asks for a digest where none is shown. */
  #isAsking = false;

  constructor(user: string) {
    this.#user = user;
  }

  forget(): void {
    this.#challenge = null;
  }

  /**
   * @param password null: there is none to be shown
   * @returns denied: it refuses them; basic: it wants them in clear
   */
  async through(
    password: Uint8Array | null,
    path: string,
    send: (how: Shown) => Promise<Answered>,
  ): Promise<Answered | "denied" | "basic"> {
    if (password === null) {
      const answered = await send({ headers: {}, toProved: false, isBare: true });
      return isRefusal(answered) ? "denied" : answered;
    }
    // Its nonce is surely a new one then.
    if (this.#isRefused) this.#challenge = null;
    const isFresh = this.#challenge === null && this.#isAsking;
    if (isFresh) {
      const answered = await send({ headers: {}, toProved: false, isBare: true });
      if (answered.status < 400) return answered;
      this.#challenge = challengesOf(answered.challenges).digest;
      this.#isAsking = this.#challenge !== null;
    }
    return this.#shown(password, path, send, isFresh && this.#isAsking);
  }

  /** @param isFresh the challenge came just now: it is not too old */
  async #shown(
    password: Uint8Array,
    path: string,
    send: (how: Shown) => Promise<Answered>,
    isFresh: boolean,
  ): Promise<Answered | "denied" | "basic"> {
    let headers = this.#challenge === null ? {} : this.#digest(this.#challenge, password, path);
    let isBasic = false;
    const most = this.#isRefused ? 1 : 2;
    for (let shown = Number(("Authorization" in headers)), attempt = Number(isFresh); ; attempt++, shown++) {
      const answered = await send({ headers, toProved: isBasic, isBare: false });
      if (!isRefusal(answered)) {
        this.#isRefused = false;
        return answered;
      }
      if (answered.status === 403 || isBasic || shown >= most) return this.#denied();
      const { digest, basic } = challengesOf(answered.challenges);
      if (digest === null && basic) {
        if (!answered.proved) return "basic";
        isBasic = true;
        headers = this.#basic(password);
        continue;
      }
      if (digest === null || (attempt > 0 && !digest.stale)) return this.#denied();
      this.#isAsking = true;
      this.#challenge = digest;
      headers = this.#digest(digest, password, path);
    }
  }

  /** What it is asked next, it is asked without them first. */
  #denied(): "denied" {
    this.#isRefused = true;
    return "denied";
  }

  #digest(challenge: Challenge, password: Uint8Array, path: string): Record<string, string> {
    const cnonce = randomBytes(12).toString("hex");
    const count = this.#counts.next(challenge.nonce);
    const user = this.#user;
    return { Authorization: authorization(challenge, { user, password, path, cnonce, count }) };
  }

  #basic(password: Uint8Array): Record<string, string> {
    const said = Buffer.concat([Buffer.from(`${this.#user}:`), password]).toString("base64");
    return { Authorization: `Basic ${said}` };
  }
}
