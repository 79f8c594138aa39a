/**
 * The keys that make a message recognisable (R4), mirrored in memory as 8-byte hashes, so that a
 * repeat is known before it gets a seq.
 *
 * Holds: per slot at most 256 keys, at most `maxSlots` slots (the oldest is forgotten); what `lines`
 * returned has been applied here and must be committed, or the mirror reloaded from disk.
 */
import { hash } from "node:crypto";
import type { Key } from "../../drivers/contract/index.ts";
import { keyLength, keysPerSlot, line } from "./wire.ts";

/**
 * Slots remembered: every packet id that a school's own broker can have under way (65,535), and those of all devices.
 * One is about 250 bytes for a packet id and up to 6 kB for a device's own keys.
 */
const maxSlots = 100_000;
/** On disk stands a line for every change; beyond so many, and four for every key that holds, it begins anew. */
const fewLines = 16_384;

/** A key as it is remembered: digested once, whatever is asked of it. */
export interface Mark {
  rule: Key["rule"];
  /** Slot, as it is on disk. */
  slot: string;
  /** Empty for `drop`. */
  digest: string;
}

interface Slot {
  n: number;
  /** Newest last; a ring is not worth it at 256. */
  keys: string[];
}

/** 66 bits of SHA-256. As base64url they are so short that no engine keeps the whole digest alive behind them. */
const digest = (text: string) => hash("sha256", text, "base64url").slice(0, keyLength);

/** Slot names come from client ids: anything that could break a commit line is hashed. */
function plain(slot: string): string {
  return /^[\x21-\x7e]{1,120}$/.test(slot) ? slot : `#${digest(slot)}${digest(`${slot}#`)}`;
}

/** Name under which a message that is not committed is found by its repeat; null for what is not looked up. */
export const nameOf = ({ rule, slot, digest }: Mark): string | null =>
  rule === "drop" ? null : `${slot} ${digest}`;

export class Mirror {
  readonly #slots = new Map<string, Slot>();
  /** Goes once through all slots, the one used longest ago first: a new one would step over every slot deleted before. */
  #oldest = this.#slots.keys();

  /** Changes on disk since the last new beginning, and how many there may be. */
  #lines = 0;
  #mostLines = fewLines;

  /** Replaces everything by what is on disk. */
  load(texts: readonly string[]): void {
    this.#slots.clear();
    this.#oldest = this.#slots.keys();
    this.#lines = 0;
    for (const text of texts) {
      for (const one of text.split("\n")) {
        this.#lines += 1;
        if (one === line.anew()) this.#slots.clear();
        else if (one.startsWith("D")) this.#slots.delete(one.slice(1));
        else {
          const [slot = "", last, keys = ""] = one.slice(1).split("\t");
          const count = keys.length / keyLength;
          this.#lines += count - 1;
          for (let at = 0; at < count; at++)
            this.#remember(
              slot,
              Number(last) - count + 1 + at,
              keys.slice(at * keyLength, (at + 1) * keyLength),
            );
        }
      }
    }
    this.#oldest = this.#slots.keys();
    this.#mostLines = fewLines;
  }

  /** What `keys` are to this mirror; everything below takes these. */
  marks(keys: readonly Key[]): Mark[] {
    return keys.map(({ slot, value, rule }) => ({
      rule,
      slot: plain(slot),
      digest: rule === "drop" ? "" : digest(value),
    }));
  }

  /** True iff a key of rule `once` or `last` says that this message was here before. */
  repeated(marks: readonly Mark[]): boolean {
    return marks.some(
      ({ rule, slot, digest }) =>
        (rule === "once" || rule === "last") && this.#slots.get(slot)?.keys.includes(digest) === true,
    );
  }

  /** True iff remembering them overwrites or drops something that is on disk, so that it must be durable before an acknowledgement. */
  overwrites(marks: readonly Mark[]): boolean {
    return marks.some(({ rule, slot }) => rule !== "once" && this.#slots.has(slot));
  }

  /** Remembers them and gives the commit lines for it. */
  remember(marks: readonly Mark[]): string[] {
    const lines: string[] = [];
    for (const { rule, slot: name, digest } of marks) {
      if (rule === "drop") {
        if (this.#slots.delete(name)) lines.push(line.drop(name));
      } else {
        const n = rule === "once" ? (this.#slots.get(name)?.n ?? 0) + 1 : 0;
        this.#remember(name, n, digest);
        lines.push(line.seen(name, n, digest));
      }
    }
    while (this.#slots.size > maxSlots) {
      const oldest = this.#oldest.next().value as string;
      this.#slots.delete(oldest);
      lines.push(line.drop(oldest));
    }
    this.#lines += lines.length;
    return this.#lines > this.#mostLines ? this.#anew(lines) : lines;
  }

  /** A slot used again moves to the end: the one used longest ago is the first to be forgotten. */
  #remember(slot: string, n: number, digest: string): void {
    const known = this.#slots.get(slot)?.keys;
    this.#slots.delete(slot);
    if (n === 0 || known === undefined) {
      // An array that nothing was pushed to is short.
      this.#slots.set(slot, { n, keys: [digest] });
      return;
    }
    known.push(digest);
    if (known.length > keysPerSlot) known.shift();
    this.#slots.set(slot, { n, keys: known });
  }

  /** All that holds, instead of every change that led to it. @param lines given back when it is too early */
  #anew(lines: string[]): string[] {
    let keys = 0;
    for (const slot of this.#slots.values()) keys += slot.keys.length;
    this.#mostLines = fewLines + 4 * keys;
    if (this.#lines <= this.#mostLines) return lines;
    const all = [line.anew()];
    for (const [slot, { n, keys }] of this.#slots) all.push(line.seen(slot, n, keys.join("")));
    this.#lines = keys;
    return all;
  }

  get slots(): number {
    return this.#slots.size;
  }
}
