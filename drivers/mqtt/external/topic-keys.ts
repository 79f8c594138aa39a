/**
 * Keys by which a retained message is known that was stored before (R4): of each topic the digest of what was said
 * there last, live or retained, in `r/<session>/<topic>`.
 *
 * Holds: a retained message is a repeat iff it says what was said last on its topic; a live one never is. Topics
 * beyond `maxTopics` of a connection share one slot: a broker that invents topics pushes out no other key.
 */
import { hash } from "node:crypto";
import type { Key } from "../../contract/index.ts";
import type { PublishedPacket } from "../repeat-keys.ts";

export const maxTopics = 4000;

export class TopicKeys {
  readonly #session: string;
  readonly #topics = new Set<string>();

  constructor(session: string) {
    this.#session = session;
  }

  of({ topic, payload, retain }: PublishedPacket): Key {
    if (this.#topics.size < maxTopics) this.#topics.add(topic);
    const name = this.#topics.has(topic) ? topic : "#";
    const value = hash("sha256", payload, "hex");
    return { slot: `r/${this.#session}/${name}`, value, rule: retain === true ? "last" : "set" };
  }
}
