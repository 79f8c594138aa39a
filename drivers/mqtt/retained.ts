/**
 * Retained messages, the last one of each topic (MQTT 3.1.1, 3.3.1.3), in memory.
 *
 * Holds: no more than the bounds below; beyond them, the one that was said longest ago goes.
 */
import { copied, type KeptPacket, sizeOf } from "./kept-packet.ts";
import { matches } from "./topics.ts";

export const maxRetained = 1000;
export const maxRetainedBytes = 1024 * 1024;

export class Retained {
  /** Longest ago first. */
  readonly #byTopic = new Map<string, KeptPacket>();
  #bytes = 0;

  /** An empty one takes back what its topic has (MQTT-3.3.1-10). */
  store(packet: KeptPacket): void {
    const { topic = "" } = packet;
    this.#forget(topic);
    if ((packet.payload?.length ?? 0) === 0) return;
    this.#byTopic.set(topic, copied(packet));
    this.#bytes += sizeOf(packet);
    for (const longest of this.#byTopic.keys()) {
      if (this.#byTopic.size <= maxRetained && this.#bytes <= maxRetainedBytes) break;
      this.#forget(longest);
    }
  }

  #forget(topic: string): void {
    const packet = this.#byTopic.get(topic);
    if (packet === undefined) return;
    this.#byTopic.delete(topic);
    this.#bytes -= sizeOf(packet);
  }

  /** Each once, whose topic any of the filters matches. */
  matching(filters: readonly string[]): KeptPacket[] {
    return [...this.#byTopic.values()].filter(({ topic = "" }) =>
      filters.some((filter) => matches(filter, topic)),
    );
  }
}
