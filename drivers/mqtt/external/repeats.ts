/**
 * What of a broker's messages is a repeat, and how long a packet id that we answered must be remembered (R4).
 *
 * Holds:
 * - a mark "sent again" counts only in a session that was taken up, or for a packet id that came on this connection: of a
 *   session that began with it, nothing else can be a repeat;
 * - a packet id is forgotten when the broker has read our answer to it, and a keep-alive before. Packets that come say
 *   nothing of that, since a broker may have written thousands of them before it reads; the answer to a ping does.
 */
import type { AnsweredSlots } from "../answered.ts";
import { maxUnanswered } from "../gate.ts";
import { type PublishedPacket, RepeatKeys } from "../repeat-keys.ts";

/**
 * Packet ids whose answer may not have arrived: all there are. mosquitto that takes up a session sends whatever waits at
 * once, whatever we said that we receive, and again when its file was older than our answers.
 */
const maxAnswered = 65_535;

export class Repeats {
  readonly keys = new RepeatKeys({ unreleased: maxUnanswered, answered: maxAnswered });
  readonly #seen = new Set<number>();
  /** Monotonic ms of pings that are not answered yet, oldest first, and of the last one that was. */
  readonly #pinged: number[] = [];
  #confirmedAt = Number.NEGATIVE_INFINITY;

  /** Marked as a repeat only where it can be one. @param resumed the session is older than this connection */
  judged(packet: PublishedPacket, resumed: boolean): PublishedPacket {
    const { messageId } = packet;
    if (messageId === undefined) return packet;
    const dup = packet.dup && (resumed || this.#seen.has(messageId));
    this.#seen.add(messageId);
    return { ...packet, dup };
  }

  pinged(now: number): void {
    this.#pinged.push(now);
  }

  /** What was sent before a ping has been read when the ping is answered. */
  ponged(): void {
    this.#confirmedAt = this.#pinged.shift() ?? this.#confirmedAt;
  }

  /** Something came: what of our answers has been read for long enough is forgotten. */
  heard(answered: AnsweredSlots, keepAliveMs: number): void {
    this.keys.delivered(answered, keepAliveMs, this.#confirmedAt);
  }
}
