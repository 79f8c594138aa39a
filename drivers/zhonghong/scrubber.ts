/**
 * What may be kept of what a ZhongHong gateway says, for a recording.
 *
 * Holds: of a status only what points can show is kept, the two bytes of each unit that nobody explains are 0; sums are
 * made anew, and a wrong one stays wrong. Of a frame that is cut off or damaged, what was asked is kept and no value; of
 * what is no frame only that so many bytes came. What we ask and set is kept: it is of the files.
 */
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import type { ZhonghongDevice, ZhonghongLink } from "./fields.ts";
import { begins, controlFunctions, isSealed, requestBytes, statusBytes, sumOf } from "./frame.ts";
import { lineOf } from "./plan.ts";

/** Bytes that say nothing by themselves: an idle or a broken line. */
const plain: ReadonlySet<number> = new Set([0x00, 0xff]);
/** What stands for any other, but for the gateway's own number. */
const [hidden, other] = [0x55, 0xaa];
const statusFunction = 0x50;
/** Gateway, function, a value, how many units. */
const headBytes = 4;
/** Of a unit's status: its numbers, and what points can show. */
const unitBytes = 10;
const shownBytes = 8;
/** More units than a gateway has. */
const mostUnits = 64;

export class ZhonghongScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #link: ZhonghongLink;
  readonly #devices: readonly ZhonghongDevice[];
  readonly #held: HeldBytes;
  /** What was sent last. */
  #asked = new Uint8Array();

  constructor(link: ZhonghongLink, devices: readonly ZhonghongDevice[], context: ScrubberContext) {
    const { end, pace, gateway } = link;
    const behind = "device" in end ? "port" : pace === null ? "network" : "serial-server";
    this.settings = { ...pace, gateway, behind };
    this.#link = link;
    this.#devices = devices;
    this.#held = new HeldBytes(
      { asked: (bytes) => this.#sent(bytes), said: (bytes) => this.#scrubbed(bytes) },
      context.take,
    );
  }

  known(id: string): Readonly<Record<string, string | number>> | null {
    const device = this.#devices.find((one) => one.id === id);
    if (device === undefined) return null;
    const { outdoor, indoor } = device.address;
    return { line: this.#held.numberOf(lineOf(this.#link)), outdoor, indoor };
  }

  bytes(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, way, bytes);
  }

  flush(): void {
    this.#held.flush();
  }

  #sent(bytes: Uint8Array): Uint8Array {
    this.#asked = Uint8Array.from(bytes);
    return bytes;
  }

  #scrubbed(bytes: Uint8Array): Uint8Array {
    const veil = this.#link.gateway === hidden ? other : hidden;
    const made = bytes.map((byte) => (plain.has(byte) ? byte : veil));
    for (let at = 0; at < bytes.length; ) {
      const kept = this.#wholeAt(bytes.subarray(at)) ?? this.#brokenAt(bytes.subarray(at));
      if (kept !== null) made.set(kept, at);
      at += kept?.length ?? 1;
    }
    return made;
  }

  /** What may be kept of the whole frame at the front; null: there is none. */
  #wholeAt(bytes: Uint8Array): Uint8Array | null {
    const { gateway } = this.#link;
    const [from, code = 0, , count = 0] = bytes;
    const isControl = controlFunctions.has(code);
    if (from !== gateway || count > mostUnits || !(isControl || code === statusFunction)) return null;
    // A status function without values is a request, as it is given back on a line.
    for (const size of isControl ? [2] : [unitBytes, 2]) {
      const frame = bytes.slice(0, headBytes + count * size + 1);
      if (frame.length < headBytes + count * size + 1 || !isSealed(frame)) continue;
      if (size !== unitBytes) return frame;
      for (let unit = 0; unit < count; unit++)
        frame.fill(0, headBytes + unit * unitBytes + shownBytes, headBytes + (unit + 1) * unitBytes);
      frame[frame.length - 1] = sumOf(frame.subarray(0, -1));
      return frame;
    }
    return null;
  }

  /** The same of a frame that was asked for and is cut off, or has a wrong sum. */
  #brokenAt(bytes: Uint8Array): Uint8Array | null {
    const head = this.#asked.subarray(0, requestBytes - 1);
    if (head.length === 0 || !begins(bytes, head)) return null;
    const length = head[1] === statusFunction ? statusBytes : requestBytes;
    const made = bytes.slice(0, length);
    made.fill(0, head.length);
    const last = length - 1;
    if (made.length === length) made[last] = sumOf(made.subarray(0, last)) + 1;
    return made;
  }
}
