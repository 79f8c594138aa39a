/**
 * What a reader said → something else that a reader could have said: as many bytes, the same line ends and frame marks,
 * another number or code of the same form, with its checksum or parity. Pure but for the key.
 *
 * Holds: the same number or code has the same stand-in as long as the key is the same, and nobody finds one from the
 * other without the key; what could be read can be read, and what is wrong is wrong in the same way. What finds no
 * stand-in is `*`.
 */
import { createHmac } from "node:crypto";
import type { ReaderProfile } from "./fields.ts";
import { identityOf } from "./identity.ts";
import { widthOf } from "./number.ts";
import { isShown, veiled } from "./veiled.ts";

const mostTries = 64;
/** For letters of a code; and of a number: hexadecimal ones for those, others for others. */
const [all, hexLetters, others] = ["abcdefghijklmnopqrstuvwxyz", "abcdef", "ghijklmnopqrstuvwxyz"];
/** Han characters, as each encoding writes them. */
const han = {
  "utf-8": ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛"].map((sign) => [...Buffer.from(sign)]),
  gbk: ["BCD7", "D2D2", "B1FB", "B6A1", "CEEC", "BCBA", "B8FD", "D0C1"].map((hex) => [
    ...Buffer.from(hex, "hex"),
  ]),
};

export class Disguise {
  readonly #profile: ReaderProfile;
  readonly #key: Uint8Array;

  constructor(profile: ReaderProfile, key: Uint8Array) {
    this.#profile = profile;
    this.#key = key;
  }

  /** Of whole scans, or all that there is of one: each piece between line ends and frame marks is another. */
  of(bytes: Uint8Array): Uint8Array {
    const made = veiled(bytes);
    for (let from = 0; from < bytes.length; ) {
      let to = from;
      while (to < bytes.length && !isShown(bytes[to] ?? 0)) to += 1;
      if (to > from) made.set(this.#piece(bytes.subarray(from, to)), from);
      from = to + 1;
    }
    return made;
  }

  #piece(scan: Uint8Array): Uint8Array {
    const read = identityOf(scan, this.#profile);
    const wanted = "identity" in read ? null : read.fault;
    if (wanted === "reader.empty") return this.#empty(scan);
    // However it is padded, the same card has the same stand-in.
    const secret = "identity" in read && this.#profile.form !== "text" ? read.identity : scan;
    for (let attempt = 0; attempt < mostTries; attempt++) {
      const random = this.#random(attempt, secret);
      const made = wanted === null ? this.#another(scan, random) : alike(scan, random, this.#profile);
      const again = identityOf(made, this.#profile);
      if ("identity" in again ? wanted !== null : again.fault !== wanted) continue;
      if (!isSame(read, again) && Buffer.compare(made, scan) !== 0) return made;
    }
    return veiled(scan);
  }

  /** What says that nothing was read says nothing else. */
  #empty(scan: Uint8Array): Uint8Array {
    if (this.#profile.form === "bits") return scan;
    return scan.map((byte) => (/[0-9A-Fa-f]/.test(String.fromCharCode(byte)) ? 0x30 : byte));
  }

  /** Of what can be read. */
  #another(scan: Uint8Array, random: Random): Uint8Array {
    const { form, bits } = this.#profile;
    if (form === "text") return alike(scan, random, this.#profile);
    const text = String.fromCharCode(...scan);
    const said = text.trim();
    const isSmall = /[a-f]/.test(said);
    const cased = (hex: string) => (isSmall ? hex.toLowerCase() : hex.toUpperCase());
    const other = () => {
      if (form === "rdm6300") {
        const bytes = Buffer.from(Array.from({ length: said.length / 2 - 1 }, () => random.below(0x100)));
        const sum = bytes.reduce((all, byte) => all ^ byte, 0);
        return cased(Buffer.of(...bytes, sum).toString("hex"));
      }
      if (form === "bits") return withParity(random.bits(bits - 2));
      if (form === "facility")
        return said
          .replace(/^\d{1,3}?(?=\D?\d{5}$)/, (digits) => like(digits, 10, 0x100n, random))
          .replace(/\d{5}$/, (digits) => like(digits, 10, 0x10000n, random));
      const most = 1n << BigInt(8 * widthOf(bits));
      return cased(like(said, form === "hex" ? 16 : 10, most, random));
    };
    return Uint8Array.from(Buffer.from(text.replace(said, other), "latin1"));
  }

  #random(attempt: number, secret: string | Uint8Array): Random {
    return new Random((block) =>
      createHmac("sha256", this.#key).update(`${attempt} ${block} `).update(secret).digest(),
    );
  }
}

/** A row of numbers that is drawn block by block. */
class Random {
  readonly #draw: (block: number) => Uint8Array;
  #block: Uint8Array = new Uint8Array();
  #blocks = 0;
  #at = 0;

  constructor(draw: (block: number) => Uint8Array) {
    this.#draw = draw;
  }

  /** @param most 1 to 65536 */
  below(most: number): number {
    return Number(this.wide() % BigInt(most));
  }

  bits(count: number): string {
    return this.wide().toString(2).padStart(64, "0").slice(-count);
  }

  /** 64 bits. */
  wide(): bigint {
    if (this.#at + 8 > this.#block.length) {
      this.#block = this.#draw(this.#blocks++);
      this.#at = 0;
    }
    const value = Buffer.from(this.#block).readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }
}

/** Another number of as many digits, below `most`; zeros in front stay. */
function like(digits: string, base: 10 | 16, most: bigint, random: Random): string {
  const significant = digits.replace(/^0+/, "").length;
  if (significant === 0) return digits;
  const least = BigInt(base) ** BigInt(significant - 1);
  const end = least * BigInt(base) < most ? least * BigInt(base) : most;
  const value = least + (random.wide() % (end > least ? end - least : 1n));
  return value.toString(base).padStart(digits.length, "0");
}

/** Wiegand: even over the first half with the bit in front, odd over the second with the bit behind. */
function withParity(data: string): string {
  const half = data.length / 2;
  const ones = (of: string) => of.replaceAll("0", "").length;
  return `${ones(data.slice(0, half)) % 2}${data}${1 - (ones(data.slice(half)) % 2)}`;
}

/** Letters for letters, digits for digits, Han characters for what is not ASCII; signs and blanks stay. */
function alike(scan: Uint8Array, random: Random, { form, encoding }: ReaderProfile): Uint8Array {
  const letter = (from: number, byte: number) => {
    const letters = form === "text" ? all : byte - from < hexLetters.length ? hexLetters : others;
    return letters.charCodeAt(random.below(letters.length)) - 0x61 + from;
  };
  // Bits stay bits.
  const digit = (byte: number) =>
    0x30 + (form === "bits" && byte < 0x32 ? random.below(2) : random.below(10));
  const made: number[] = [];
  for (let at = 0; at < scan.length; ) {
    const byte = scan[at] ?? 0;
    const size = byte < 0x80 ? 1 : sizeAt(scan, at, encoding);
    const sign = han[encoding][random.below(8)] ?? [];
    if (byte >= 0x30 && byte <= 0x39) made.push(digit(byte));
    else if (byte >= 0x41 && byte <= 0x5a) made.push(letter(0x41, byte));
    else if (byte >= 0x61 && byte <= 0x7a) made.push(letter(0x61, byte));
    else if (byte < 0x80) made.push(byte < 0x20 && !separators.has(byte) ? 0 : byte);
    else if (sign.length === size) made.push(...sign);
    else made.push(...(standsFor[size] ?? [0xff]));
    at += size;
  }
  return Uint8Array.from(made);
}

const separators: ReadonlySet<number> = new Set([0x04, 0x09, 0x1c, 0x1d, 0x1e, 0x1f]);
/** By size: é, and a sign of a later plane, in UTF-8; the same bytes may be none in GBK, and are not taken then. */
const standsFor: Readonly<Record<number, readonly number[]>> = {
  1: [0xff],
  2: [0xc3, 0xa9],
  4: [0xf0, 0xa0, 0x80, 0x80],
};

/** Bytes of the character there; 1 for what is none. */
function sizeAt(scan: Uint8Array, at: number, encoding: "utf-8" | "gbk"): number {
  for (const size of [2, 3, 4]) {
    const bytes = scan.subarray(at, at + size);
    if (bytes.length < size) break;
    try {
      const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
      if ([...text].length === 1) return size;
    } catch {
      // No character, or not all of it.
    }
  }
  return 1;
}

const isSame = (one: ReturnType<typeof identityOf>, other: ReturnType<typeof identityOf>) =>
  "identity" in one && "identity" in other && one.identity === other.identity;
