/**
 * GM65, QR codes: it says what stands in the code and a tail behind it, without a length. Its settings can be read and
 * written: 7E 00, type, count, zone, data, sum; the answer begins with 02 00 00.
 */
import type { Drawn } from "../fault-list.ts";
import { gbk } from "./gbk.ts";
import type { Holder } from "./holders.ts";
import type { ReaderFault, ReaderModel } from "./reader.ts";

export interface Gm65Options {
  /** Default UTF-8. */
  encoding?: "utf-8" | "gbk";
  /** Default CR. */
  tail?: "\r" | "\r\n" | "";
}

const readZone = 0x07;
const writeZone = 0x08;
/** In place of the sum: do not look at it. */
const unchecked = 0xabcd;
export class Gm65 implements ReaderModel {
  readonly repeatMs = 700;
  /** What was written, by zone; 0 everywhere else. */
  readonly zones = new Map<number, number>();
  readonly #options: Gm65Options;
  #heard: number[] = [];

  constructor(options: Gm65Options = {}) {
    this.#options = options;
  }

  hear(byte: number): readonly Uint8Array[] {
    this.#heard.push(byte);
    while (this.#heard.length > 0 && !canBegin(this.#heard)) this.#heard.shift();
    const [, , type = 0, count = 0, high = 0, low = 0] = this.#heard;
    const length = 8 + (type === writeZone ? count : 1);
    if (this.#heard.length < length) return [];
    const command = this.#heard.splice(0);
    const sum = ((command.at(-2) ?? 0) << 8) | (command.at(-1) ?? 0);
    if (sum !== unchecked && sum !== xmodem(command.slice(2, -2))) return [];
    const zone = (high << 8) | low;
    if (type === writeZone) {
      for (const [n, value] of command.slice(6, -2).entries()) this.zones.set(zone + n, value);
      return [answer([0])];
    }
    if (type !== readZone) return [];
    return [answer(Array.from({ length: command[6] ?? 0 }, (_, n) => this.zones.get(zone + n) ?? 0))];
  }

  say({ code }: Holder, acting: Drawn<ReaderFault>): Uint8Array {
    const { encoding = "utf-8", tail = "\r" } = this.#options;
    const long = acting.get("long");
    const text = long === undefined ? code : code.padEnd(long.characters, code);
    const all = text + tail;
    return encoding === "gbk" ? gbk(all) : Buffer.from(all);
  }
}

/** Of a command's head, as far as it is there. */
const canBegin = ([head, next = 0]: readonly number[]) => head === 0x7e && next === 0;

function answer(data: readonly number[]): Uint8Array {
  const body = [0, 0, data.length, ...data];
  const sum = xmodem(body);
  return Uint8Array.of(0x02, ...body, sum >>> 8, sum & 0xff);
}

/** CRC-16/XMODEM: polynomial 1021, from 0. */
function xmodem(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  }
  return crc;
}
