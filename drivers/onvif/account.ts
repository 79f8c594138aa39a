/**
 * What is known of our account at a camera: whether it was taken, and how often it may have been refused. Cameras count
 * wrong logins whoever asks, so this outlives sessions, and links that have the same camera share it.
 *
 * Holds:
 * - between two logins that were taken it is shown three times at most, whatever became of the answers; a camera that
 *   asks for more (a digest) counts as one that refused, and one that was lost on the way does not, before a refusal;
 * - when a person says that something was mended it is shown once more, but in half an hour no more than four times;
 * - a camera that hangs up on three logins in a row, while it tells its clock, is left alone: minutes first, then an hour;
 * - of a password only a digest with a key of this process; of accounts the last `mostAccounts`.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../contract/index.ts";
import { OnvifError, type OnvifWord } from "./faults.ts";
import { Turns } from "./turns.ts";

/** Cameras lock an account after five. */
const mostTries = 3;
/** Those count that are no longer ago. */
const [mostShown, countedMs] = [4, 1_800_000];
const mostHangUps = 3;
const [firstRestMs, longestRestMs] = [300_000, 3_600_000];
const mostAccounts = 4096;

export class Account {
  /** As long as it was never taken, one asks at a time. */
  readonly turns = new Turns();
  /** It was taken before. */
  isTaken = false;
  #why: OnvifWord | null = null;
  #tries = 0;
  /** When it was shown since it was taken last, and was not taken, monotonic ms. */
  #shown: number[] = [];
  /** It was refused since it was taken last. */
  #isInDoubt = false;
  #hangUps = 0;
  #rest = { until: Number.NEGATIVE_INFINITY, ms: 0 };

  /** @throws OnvifError why its camera is not contacted any more */
  contact(): void {
    if (this.#why !== null) throw new OnvifError(this.#why);
  }

  /** @throws OnvifError hung-up: it is left alone for a while */
  rested(now: number): void {
    if (now < this.#rest.until) throw new OnvifError("hung-up");
  }

  /** Before it is shown. @throws OnvifError: it was shown often enough */
  show(now: number): void {
    this.contact();
    if (this.#tries >= mostTries) throw this.lock("password");
    this.#tries += 1;
    this.#shown.push(now);
  }

  /** A person has mended something: it may be shown once more, where that does not have it locked. */
  again(now: number): void {
    this.#rest = { ...this.#rest, until: Number.NEGATIVE_INFINITY };
    this.#shown = this.#shown.filter((at) => now - at < countedMs);
    if (this.#why === null || this.#shown.length >= mostShown) return;
    this.#why = null;
    this.#tries = mostTries - 1;
  }

  /** Nobody knows what became of the login that was shown. */
  lost(): void {
    if (!this.#isInDoubt) this.passed();
  }

  /** What was answered was no refusal of the login. */
  passed(): void {
    this.#tries = Math.max(0, this.#tries - 1);
    this.#shown.pop();
  }

  taken(): void {
    this.isTaken = true;
    this.#tries = 0;
    this.#shown = [];
    this.#isInDoubt = false;
    this.#hangUps = 0;
    this.#rest = { until: Number.NEGATIVE_INFINITY, ms: 0 };
  }

  refused(): void {
    this.#isInDoubt = true;
    this.#hangUps = 0;
  }

  /** It hung up on a login. @returns whether it is left alone from now on */
  hungUp(now: number): boolean {
    this.#hangUps += 1;
    if (this.#hangUps < mostHangUps) return false;
    const ms = Math.min(longestRestMs, Math.max(firstRestMs, 2 * this.#rest.ms));
    this.#rest = { until: now + ms, ms };
    return true;
  }

  lock(word: OnvifWord): OnvifError {
    this.#why = word;
    return new OnvifError(word);
  }
}

class Accounts {
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Account>();

  of(print: string): Account {
    const account = this.#known.get(print) ?? new Account();
    this.#known.delete(print);
    this.#known.set(print, account);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostAccounts) break;
      this.#known.delete(oldest);
    }
    return account;
  }

  forget(print: string): void {
    this.#known.delete(print);
  }

  /** @param password null: there is none */
  print(line: string, user: string, password: Uint8Array | null): string {
    const hmac = createHmac("sha256", this.#key).update(JSON.stringify([line, user, password === null]));
    return hmac.update(password ?? "").digest("base64");
  }
}

/** Of those who have the same time: a process has one clock. */
const byClock = new WeakMap<Clock, Accounts>();

/** The account of one user at one camera, as its password is at the moment. */
export class AccountOf {
  readonly #accounts: Accounts;
  readonly #line: string;
  readonly #user: string;
  #print: string | null = null;

  /** @param line host and port */
  constructor(clock: Clock, line: string, user: string) {
    const accounts = byClock.get(clock) ?? new Accounts();
    byClock.set(clock, accounts);
    this.#accounts = accounts;
    this.#line = line;
    this.#user = user;
  }

  /** With another password all begins anew; so it does when the one of before comes again. */
  with(password: Uint8Array | null): Account {
    const print = this.#accounts.print(this.#line, this.#user, password);
    if (this.#print !== null && this.#print !== print) this.#accounts.forget(this.#print);
    this.#print = print;
    return this.#accounts.of(print);
  }
}
