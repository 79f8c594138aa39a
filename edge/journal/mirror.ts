/**
 * The keys that make a message recognisable (R4), mirrored in memory as 8-byte hashes, so that a
 * repeat is known before it gets a seq.
 *
 * Holds: per slot at most 256 keys, at most `maxSlots` slots (the oldest is forgotten); what `lines`
 * returned has been applied here and must be committed, or the mirror reloaded from disk.
 */
import { hash } from "node:crypto";
import type { Key } from "../../drivers/contract/index.ts";
import { keysPerSlot, line, type SeenRow } from "./wire.ts";

/** Slots remembered; one is about 100 bytes for packet ids and up to 6 kB for a device's own keys. */
const maxSlots = 20_000;

interface Slot {
  n: number;
  /** Newest last; a ring is not worth it at 256. */
  keys: string[];
}

/** 66 bits of SHA-256. As base64url they are so short that no engine keeps the whole digest alive behind them. */
const digest = (text: string) => hash("sha256", text, "base64url").slice(0, 11);

/** Slot names come from client ids: anything that could break a commit line is hashed. */
function plain(slot: string): string {
  return /^[\x21-\x7e]{1,120}$/.test(slot) ? slot : `#${digest(slot)}${digest(`${slot}#`)}`;
}

export class Mirror {
  readonly #slots = new Map<string, Slot>();
  /** Goes once through all slots, the one used longest ago first: a new one would step over every slot deleted before. */
  #oldest = this.#slots.keys();

  /** Replaces everything by what is on disk. */
  load(rows: SeenRow[]): void {
    this.#slots.clear();
    this.#oldest = this.#slots.keys();
    for (const { slot, n, key } of rows) {
      const known = this.#slots.get(slot);
      if (known === undefined) this.#slots.set(slot, { n, keys: [key] });
      else {
        known.n = n;
        known.keys.push(key);
      }
    }
  }

  /** True iff a key of rule `once` or `last` says that this message was here before. */
  repeated(keys: readonly Key[]): boolean {
    return keys.some((key) => {
      if (key.rule !== "once" && key.rule !== "last") return false;
      return this.#slots.get(plain(key.slot))?.keys.includes(digest(key.value)) ?? false;
    });
  }

  /** True iff remembering `keys` overwrites or drops something that is on disk, so that it must be durable before an acknowledgement. */
  overwrites(keys: readonly Key[]): boolean {
    return keys.some((key) => key.rule !== "once" && this.#slots.has(plain(key.slot)));
  }

  /** Name under which a pending message is found by its repeat; null for keys that are not looked up. */
  names(keys: readonly Key[]): string[] {
    return keys.filter((key) => key.rule !== "drop").map((key) => `${plain(key.slot)} ${digest(key.value)}`);
  }

  /** Remembers `keys` and gives the commit lines for it. */
  remember(keys: readonly Key[]): string[] {
    const lines: string[] = [];
    for (const key of keys) {
      const name = plain(key.slot);
      const slot = this.#slots.get(name);
      if (key.rule === "drop") {
        if (this.#slots.delete(name)) lines.push(line.drop(name));
      } else if (key.rule === "once") {
        const kept = slot ?? { n: 0, keys: [] };
        kept.n += 1;
        kept.keys.push(digest(key.value));
        if (kept.keys.length > keysPerSlot) kept.keys.shift();
        // Moves to the end: the slot used longest ago is the first to be forgotten.
        this.#slots.delete(name);
        this.#slots.set(name, kept);
        lines.push(line.seen(name, kept.n, digest(key.value)));
      } else {
        this.#slots.delete(name);
        this.#slots.set(name, { n: 0, keys: [digest(key.value)] });
        lines.push(line.seen(name, 0, digest(key.value)));
      }
    }
    while (this.#slots.size > maxSlots) {
      const oldest = this.#oldest.next().value as string;
      this.#slots.delete(oldest);
      lines.push(line.drop(oldest));
    }
    return lines;
  }

  get slots(): number {
    return this.#slots.size;
  }
}
