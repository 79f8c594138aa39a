/**
 * What a server remembers of one client: subscriptions, and messages on their way to it.
 *
 * Holds: at most `maxQueued` messages wait, the newest are dropped and counted; at most the client's receive maximum is unacknowledged;
 * after a reconnect the unacknowledged are sent again first, with DUP.
 */
import type { Message } from "./message.ts";
import { matches } from "./topics.ts";

export interface Subscription {
  qos: 0 | 1;
  /** Not what the client published itself (MQTT 5, 3.8.3.1). */
  noLocal: boolean;
  /** Keeps the retain flag of a forwarded message. */
  keepRetain: boolean;
}

/** Puts a message on the wire: "gone" without a connection, "never" when this client cannot take it. */
export type Send = (
  message: Message,
  messageId: number | undefined,
  dup: boolean,
) => "sent" | "gone" | "never";

const maxQueued = 1000;

export class Session {
  readonly clientId: string;
  readonly subscriptions = new Map<string, Subscription>();
  /** Packet ids of QoS 2 messages taken but not yet released. */
  readonly inbound = new Set<number>();
  /** Monotonic ms after which an abandoned session is forgotten. */
  expiresAtMs = 0;
  dropped = 0;
  #queue: Message[] = [];
  #unacked = new Map<number, Message>();
  #lastId = 0;
  #send: Send | null = null;
  #window = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  /** A connection takes over; `window` is the client's receive maximum. */
  attach(send: Send, window: number): void {
    this.#send = send;
    this.#window = Math.min(window, 1000);
    for (const [id, message] of this.#unacked) send(message, id, true);
    this.#pump();
  }

  detach(): void {
    this.#send = null;
  }

  /** The highest QoS at which a subscription takes this topic; null when none does. */
  takes(topic: string, fromClientId: string | null): { qos: 0 | 1; keepRetain: boolean } | null {
    let best: { qos: 0 | 1; keepRetain: boolean } | null = null;
    for (const [filter, { qos, noLocal, keepRetain }] of this.subscriptions) {
      if (noLocal && fromClientId === this.clientId) continue;
      if (matches(filter, topic) && (best === null || qos > best.qos)) best = { qos, keepRetain };
    }
    return best;
  }

  /** QoS 0 goes at once or never; QoS 1 waits for its turn. */
  deliver(message: Message): void {
    if (message.qos === 0) {
      this.#send?.(message, undefined, false);
      return;
    }
    if (this.#queue.length >= maxQueued) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(message);
    this.#pump();
  }

  acknowledged(messageId: number): void {
    if (this.#unacked.delete(messageId)) this.#pump();
  }

  #pump(): void {
    while (this.#send !== null && this.#unacked.size < this.#window) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      const id = this.#freeId();
      this.#unacked.set(id, message);
      const outcome = this.#send(message, id, false);
      // Too large for the peer counts as acknowledged (MQTT 5, 3.1.2.11.4).
      if (outcome === "never") this.#unacked.delete(id);
      if (outcome === "gone") return;
    }
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#unacked.has(this.#lastId));
    return this.#lastId;
  }
}
