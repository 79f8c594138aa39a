/**
 * Addresses of names, so that a name nobody knows holds up no other connection.
 *
 * Holds: the system looks up at most two names at a time, each once, as it does so on threads that others need too and
 * may take many seconds for a dead one; the last addresses of a name serve while it is looked up again.
 * Memory: one entry for each name of the configuration.
 */
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

const mostAtOnce = 2;
/** Addresses that are older are looked up again. */
const freshMs = 60_000;

type Lookup = (host: string) => Promise<LookupAddress[]>;

export class Resolver {
  readonly #lookup: Lookup;
  readonly #known = new Map<string, { addresses: LookupAddress[]; at: number }>();
  readonly #asked = new Map<string, Promise<LookupAddress[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(how: Lookup = (host) => lookup(host, { all: true })) {
    this.#lookup = how;
  }

  /**
   * @param host a name, or an address, which is given back
   * @param now monotonic ms
   * @throws the error of the system for a name that it does not know
   */
  async addressesOf(host: string, now: number): Promise<LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const known = this.#known.get(host);
    if (known !== undefined && now - known.at < freshMs) return known.addresses;
    const asked = this.#asked.get(host) ?? this.#ask(host, now);
    if (known === undefined) return asked;
    asked.catch(() => {});
    return known.addresses;
  }

  /** Nobody was there: the name is looked up again with the next question. */
  doubt(host: string): void {
    const known = this.#known.get(host);
    if (known !== undefined) known.at = Number.NEGATIVE_INFINITY;
  }

  async #ask(host: string, now: number): Promise<LookupAddress[]> {
    const asked = this.#one(host, now);
    this.#asked.set(host, asked);
    try {
      return await asked;
    } finally {
      this.#asked.delete(host);
    }
  }

  async #one(host: string, now: number): Promise<LookupAddress[]> {
    if (this.#running >= mostAtOnce) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#running += 1;
    try {
      const addresses = await this.#lookup(host);
      this.#known.set(host, { addresses, at: now });
      return addresses;
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** The one of this process: its threads are shared by all. */
export const resolver = new Resolver();
