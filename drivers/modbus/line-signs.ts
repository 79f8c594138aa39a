/**
 * What answers that cannot be read tell about the box or the cable between. Pure.
 */
import type { LineFaultCode } from "../line/faults.ts";
import type { ModbusFaultCode } from "./faults.ts";
import { headerBytes } from "./mbap.ts";

/** What the bytes look like when speed or format differ. */
const garbled: ReadonlySet<ModbusFaultCode> = new Set<ModbusFaultCode>([
  "modbus.noise",
  "modbus.crc",
  "modbus.short",
  "modbus.function",
  "modbus.count",
  "modbus.glued",
]);
/** Answers in a row without a single readable one. */
const enough = 5;
/** Where there was one, speed and format have changed: of several devices, and longer. */
const enoughLater = 10;

export class LineSigns {
  #garbled = 0;
  #everReadable = false;
  /** Of the answers in a row. */
  readonly #units = new Set<number>();

  /** An answer was whole and right, whatever it said. */
  readable(): void {
    this.#everReadable = true;
    this.#garbled = 0;
    this.#units.clear();
  }

  /**
   * @param code what is wrong with it, by itself
   * @param unit that was asked
   * @param sent the request
   * @param received everything until the line was quiet, 512 bytes at most
   * @param pieces it is right, but its bytes came with longer rests than any line makes
   * @returns what explains it better; null: nothing does
   */
  explain(
    code: ModbusFaultCode,
    unit: number,
    sent: Uint8Array,
    received: Uint8Array,
    pieces: boolean,
  ): LineFaultCode | null {
    if (pieces) return "line.packing";
    if (isTcpAnswer(sent, received)) return "line.gateway";
    if (!garbled.has(code) || received.length < 2) return null;
    this.#garbled += 1;
    this.#units.add(unit);
    const isClear = this.#everReadable
      ? this.#garbled >= enoughLater && this.#units.size > 1
      : this.#garbled >= enough;
    return isClear ? "line.settings" : null;
  }
}

/**
 * A gateway takes the first bytes of a bare frame for an MBAP header and answers with one: their transaction number,
 * protocol 0, its own length. Modbus Messaging on TCP/IP 1.0b, §3.1.3.
 */
export function isTcpAnswer(sent: Uint8Array, received: Uint8Array): boolean {
  const [t0, t1, p0, p1, high = 0, low = 0] = received;
  const length = (high << 8) | low;
  return (
    t0 === sent[0] &&
    t1 === sent[1] &&
    p0 === 0 &&
    p1 === 0 &&
    length > 2 &&
    length + headerBytes === received.length &&
    // What begins with the whole request is an echo of it.
    sent.some((byte, at) => byte !== received[at])
  );
}
