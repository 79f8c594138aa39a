/** RDM6300, cards of 125 kHz: 02, ten hex digits of five bytes, two of their exclusive or, 03; again while the card is there. */
import type { Drawn } from "../fault-list.ts";
import type { Holder } from "./holders.ts";
import type { ReaderFault, ReaderModel } from "./reader.ts";

export class Rdm6300 implements ReaderModel {
  readonly repeatMs = 100;

  hear(): readonly Uint8Array[] {
    return [];
  }

  say({ version, card }: Holder, acting: Drawn<ReaderFault>): Uint8Array {
    const bytes = [version, card >>> 24, (card >>> 16) & 0xff, (card >>> 8) & 0xff, card & 0xff];
    const sum = bytes.reduce((all, byte) => all ^ byte, 0);
    const wrong = acting.get("checksum") === undefined ? 0 : 1;
    const digits = [...bytes, sum ^ wrong].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return Uint8Array.of(0x02, ...Buffer.from(digits.toUpperCase()), 0x03);
  }
}
