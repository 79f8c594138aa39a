/**
 * When a ping is due, and when a broker has been silent for too long. Pure.
 *
 * Holds: silence is noticed within one and a half keep-alives, though it is looked at only every `sweepMs` (of one
 * below `leastJudgedMs`, of so much: a broker may prescribe a second); a ping leaves every half a keep-alive, also while
 * messages come: its answer says that all we sent before was read.
 */
import { sweepMs } from "../sweeping.ts";
import { answerMs } from "./login.ts";

/** A broker that is asked every second may still take so long for an answer: the least that may be written here. */
const leastJudgedMs = 5_000;

interface Heard {
  /** Monotonic ms of the last whole packet that came. */
  heardAt: number;
  /** Since when a question is not answered; null: none is open. */
  askedAt: number | null;
}

export class Watch {
  readonly #keepAliveMs: number;
  #pingedAt: number;

  /** @param now monotonic ms: the login counts as a ping */
  constructor(keepAliveMs: number, now: number) {
    this.#keepAliveMs = keepAliveMs;
    this.#pingedAt = now;
  }

  due(now: number, { heardAt, askedAt }: Heard): "silent" | "no-answer" | "ping" | null {
    const keepAliveMs = this.#keepAliveMs;
    if (now - heardAt > Math.max(keepAliveMs, leastJudgedMs) * 1.5 - sweepMs) return "silent";
    if (askedAt !== null && now - askedAt >= answerMs) return "no-answer";
    // MQTT-3.1.2-23: something is sent within each keep-alive.
    if (now - this.#pingedAt < keepAliveMs / 2) return null;
    this.#pingedAt = now;
    return "ping";
  }
}
