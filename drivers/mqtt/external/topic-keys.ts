/**
 * Keys by which a retained message is known that was stored before (R4): of each topic the digest of what was said
 * there last, live or retained. A topic that the files name has the slot `r/<session>/<topic>`; those that only a
 * wildcard brings share `maxShared` slots, `r/<session>/+<number>`.
 *
 * Holds: a retained message is a repeat only if it says what was said last on its topic; a live one never is. Who
 * invents topics behind a wildcard, over however many connections, pushes out no other key: all that happens is that
 * what shares a slot is stored once more when it is shown again. Nothing is remembered here of topics that came.
 */
import { hash } from "node:crypto";
import type { Key } from "../../contract/index.ts";
import type { PublishedPacket } from "../repeat-keys.ts";

export const maxShared = 4000;

export class TopicKeys {
  readonly #session: string;
  #named: ReadonlySet<string> = new Set();

  constructor(session: string) {
    this.#session = session;
  }

  /** @param named topics that the files name in full */
  adopt(named: ReadonlySet<string>): void {
    this.#named = named;
  }

  of({ topic, payload, retain }: PublishedPacket): Key {
    const rule = retain === true ? "last" : "set";
    const said = hash("sha256", payload, "hex");
    if (this.#named.has(topic)) return { slot: `r/${this.#session}/${topic}`, value: said, rule };
    const name = hash("sha256", topic, "hex");
    const number = Number.parseInt(name.slice(0, 12), 16) % maxShared;
    return { slot: `r/${this.#session}/+${number}`, value: `${name} ${said}`, rule };
  }
}
