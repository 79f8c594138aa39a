/**
 * What a school's broker was asked to send, what it refused of that, and when it is asked again; and what it is asked to
 * send no more, as earlier files may have asked for it.
 *
 * Holds: a refusal is told once, until the topic was granted or nobody wants it any more; what is asked is what was
 * wanted last, and while a change is under way all of before as well; of that, nothing is left for earlier files' sake.
 */
import type { Fault } from "../../contract/index.ts";
import { mqttFault } from "../faults.ts";
import type { Version } from "../packets.ts";
import { Earlier } from "./earlier.ts";
import type { Requests } from "./requests.ts";

/** Refused topics are asked for again after so long. */
const askAgainMs = 600_000;

export interface SubscribingParts {
  requests: Pick<Requests, "subscribe" | "unsubscribe">;
  version: Version;
  /** A topic that will not be heard, and why. */
  onRefused(filter: string, fault: Fault): void;
  /** Topics that come at QoS 0 only. */
  onUnacknowledged(filters: readonly string[]): void;
}

export class Subscribing {
  readonly #parts: SubscribingParts;
  #filters: ReadonlySet<string> = new Set();
  /** Of these, those that the broker refuses, and why. */
  readonly #refused = new Map<string, Fault>();
  /** Monotonic ms; while none is refused, the last look. */
  #askedAgainAt = 0;
  readonly #earlier = new Earlier();

  constructor(parts: SubscribingParts) {
    this.#parts = parts;
  }

  /** Resolves when the broker has answered for every topic; rejects when it does not, or is lost. */
  async ask(filters: ReadonlySet<string>): Promise<void> {
    const { requests, version, onRefused, onUnacknowledged } = this.#parts;
    this.#filters = new Set([...this.#filters, ...filters]);
    const granted = await requests.subscribe(filters, version);
    for (const { filter, code } of granted) {
      // No longer wanted by the time of the answer.
      if (!this.#filters.has(filter)) continue;
      if (code < 0x80) this.#refused.delete(filter);
      else if (!this.#refused.has(filter)) {
        const fault = refusedFault(filter, code);
        this.#refused.set(filter, fault);
        onRefused(filter, fault);
      }
    }
    const unacknowledged = granted.filter(({ code }) => code === 0).map(({ filter }) => filter);
    if (unacknowledged.length > 0) onUnacknowledged(unacknowledged);
  }

  /** Those of `next` that are refused already: `change` says nothing of them, though others may be behind them from now on. */
  refusedOf(next: ReadonlySet<string>): [string, Fault][] {
    return [...this.#refused].filter(([filter]) => next.has(filter));
  }

  /** Only what differs is asked for, and then what nobody wants any more is left. @throws the reason of `signal` */
  async change(next: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const before = this.#filters;
    await this.ask(new Set([...next].filter((filter) => !before.has(filter))));
    signal.throwIfAborted();
    const left = [...before].filter((filter) => !next.has(filter));
    this.#filters = next;
    for (const filter of left) this.#refused.delete(filter);
    await this.#parts.requests.unsubscribe(left);
  }

  /** At the beginning of a session that is taken up again. @param topics those of today that the files name in full */
  leaveBeside(topics: Iterable<string>): void {
    this.#leave(this.#earlier.beside(topics, this.#filters));
  }

  /** What else may have brought a topic that came. @param resumed the session is older than the connection */
  leaveBehind(topic: string, resumed: boolean): void {
    this.#leave(this.#earlier.behind(topic, this.#filters, resumed));
  }

  #leave(filters: readonly string[]): void {
    this.#parts.requests.unsubscribe(filters).catch(() => {}); // lost, which is told elsewhere
  }

  /** Called at every look: whoever keeps the broker may have mended what we may read. @param now monotonic ms */
  askAgain(now: number): void {
    if (this.#refused.size === 0) this.#askedAgainAt = now;
    if (now - this.#askedAgainAt < askAgainMs) return;
    this.#askedAgainAt = now;
    this.ask(new Set(this.#refused.keys())).catch(() => {}); // lost, which is told elsewhere
  }
}

/** @param code of SUBACK, 128 or above; 128 itself says nothing but that it is refused (MQTT 5, 3.9.3) */
function refusedFault(topic: string, code: number): Fault {
  const reason = code > 0x80 ? { reason: code } : {};
  return mqttFault("mqtt.their-topic", { fact: topic, facts: { topic, ...reason } });
}
