/**
 * How a camera is shown user and password over HTTP: not before it asks, and as a digest.
 *
 * Holds: for one request it is shown them twice at most, the second time because its nonce was too old, and once while the
 * last answer was a refusal; Basic only where it proved by its certificate who it is.
 */
import { randomBytes } from "node:crypto";
import { authorization, type Challenge, challengesOf, NonceCounts } from "./digest.ts";
import type { Answered } from "./http.ts";

const isRefusal = ({ status }: Answered) => status === 401 || status === 403;

export class Login {
  readonly #user: string;
  readonly #counts = new NonceCounts();
  /** What it asked for last: it is answered at once. */
  #challenge: Challenge | null = null;
  #isRefused = false;

  constructor(user: string) {
    this.#user = user;
  }

  forget(): void {
    this.#challenge = null;
  }

  /**
   * @param password null: there is none to be shown
   * @param send the request, with these headers more; `toProved`: to nobody who does not prove who it is
   * @returns denied: it refuses them; basic: it wants them in clear
   */
  async through(
    password: Uint8Array | null,
    path: string,
    send: (headers: Record<string, string>, toProved: boolean) => Promise<Answered>,
  ): Promise<Answered | "denied" | "basic"> {
    let headers = this.#challenge === null ? {} : this.#digest(this.#challenge, password, path);
    let isBasic = false;
    const most = this.#isRefused ? 1 : 2;
    for (let shown = Number(("Authorization" in headers)), attempt = 0; ; attempt++, shown++) {
      const answered = await send(headers, isBasic);
      if (password === null) return isRefusal(answered) ? "denied" : answered;
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
      this.#challenge = digest;
      headers = this.#digest(digest, password, path);
    }
  }

  /** What it is asked next, it is asked without them first: its nonce is surely a new one then. */
  #denied(): "denied" {
    this.#isRefused = true;
    this.#challenge = null;
    return "denied";
  }

  #digest(challenge: Challenge, password: Uint8Array | null, path: string): Record<string, string> {
    if (password === null) return {};
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
