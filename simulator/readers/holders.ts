/**
 * People with cards and codes, who are nobody: made from a seed, so that a test can look for each of them where no
 * person may be found.
 */
import { seeded } from "../seeded.ts";

export interface Holder {
  /** Family and given name. */
  name: string;
  /** Byte in front of the number of a 125 kHz card. */
  version: number;
  /** Number of the card, 32 bits. */
  card: number;
  /** What the code on the phone or the card says. */
  code: string;
}

const families = [..."赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"];
const givens = [..."梓涵雨桐浩然欣怡子轩诗琪宇航思远佳颖俊杰语嫣明哲若曦嘉禾芷晴景行"];

/** @returns so many people, the same ones for the same seed */
export function holdersOf(seed: string | number, count: number): Holder[] {
  const chance = seeded("holders", seed);
  return Array.from({ length: count }, () => {
    const pick = (letters: readonly string[]) => letters[Math.floor(chance() * letters.length)] ?? "";
    const name = pick(families) + pick(givens) + pick(givens);
    const version = Math.floor(chance() * 256);
    const card = cardFrom(chance());
    return { name, version, card, code: `学生码:${name}:${String(card).padStart(10, "0")}${version}` };
  });
}

/** No number is so short that it would be found by accident: each of its four bytes counts. */
function cardFrom(draw: number): number {
  return (Math.floor(draw * 0x1_0000_0000) | 0x10_10_10_10) >>> 0;
}

/**
 * Everything by which somebody could be recognized: what a reader says of them, and the forms that school lists know.
 * None of it may be in a log, a journal or at the platform.
 */
export function tracesOf({ name, version, card, code }: Holder): string[] {
  const low = card & 0xff_ffff;
  const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, "0");
  const turned = (digits: string) => (digits.match(/../g) ?? []).reverse().join("");
  const numbers = [hex(card, 4), hex(low, 3), hex(version, 1) + hex(card, 4)];
  const digits = numbers.flatMap((one) => [one, turned(one)]);
  const decimals = digits.map((one) => String(Number.parseInt(one, 16)));
  const facility = `${low >>> 16}`.padStart(3, "0");
  const own = `${low & 0xffff}`.padStart(5, "0");
  return [
    ...new Set([
      name,
      code,
      ...digits.flatMap((one) => [one, one.toUpperCase()]),
      ...decimals,
      ...decimals.map((one) => one.padStart(10, "0")),
      `${facility},${own}`,
      `${facility}${own}`,
    ]),
  ];
}
