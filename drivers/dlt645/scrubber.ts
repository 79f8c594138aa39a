/**
 * What may be kept of the bytes of a line of meters for a recording.
 *
 * Holds: a meter's number, which tells whose connection it is, is another number of 12 digits wherever it stands, the
 * same one each time; sums are made anew, and a wrong one stays wrong. Of an answer to nobody's question of ours, of a
 * write, and of a frame that was cut off, no data is kept; of what is no frame only that so many bytes came.
 */
import { StandIns } from "../codec/stand-ins.ts";
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import type { DltDevice, DltSource } from "./fields.ts";
import { addressBytes, type Found, frameBytes, hexOf, isRequest, scan, sumOf, wakeBytes } from "./frame.ts";
import { diBytes, numberBytes } from "./messages.ts";
import { isMeterNumber, sizeOf } from "./scalars.ts";

/** Bytes that say nothing by themselves: wake-ups, marks, an idle or a broken line. */
const plain: ReadonlySet<number> = new Set([0xfe, 0x68, 0x16, 0x00, 0xff]);
const hidden = 0x55;
/** Data of nothing: a zero, as it stands on the line. */
const nothing = 0x33;
/** Group of identifiers in which a meter has its numbers. */
const numbers = "040004";

const reads: ReadonlySet<number> = new Set([0x11, 0x12, 0x13]);
const refusals: ReadonlySet<number> = new Set([0xd1, 0xd2]);
const ofRead: ReadonlySet<number> = new Set([0x91, 0xb1]);
const ofFollowing: ReadonlySet<number> = new Set([0x92, 0xb2]);
const addressReply = 0x93;

export class DltScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #devices: readonly DltDevice[];
  readonly #held: HeldBytes;
  readonly #standIns: StandIns;
  /** By meter and identifier. */
  readonly #sources = new Map<string, DltSource>();

  constructor(
    settings: Readonly<Record<string, string | number | boolean>>,
    devices: readonly DltDevice[],
    context: ScrubberContext,
  ) {
    this.settings = settings;
    this.#devices = devices;
    const scrubbed = (bytes: Uint8Array) => this.#scrubbed(bytes);
    this.#held = new HeldBytes({ asked: scrubbed, said: scrubbed }, context.take);
    this.#standIns = new StandIns(context.key);
    for (const { address, points } of devices)
      for (const { source } of points) this.#sources.set(`${address.meter} ${source.di}`, source);
  }

  known(id: string): Readonly<Record<string, string | number>> | null {
    const device = this.#devices.find((one) => one.id === id);
    return device === undefined ? null : { line: 1, meter: this.#standIns.of(device.address.meter) };
  }

  bytes(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, way, bytes);
  }

  flush(): void {
    this.#held.flush();
  }

  #scrubbed(bytes: Uint8Array): Uint8Array {
    const made = bytes.map((byte) => (plain.has(byte) ? byte : hidden));
    const { frames, damaged, open } = scan(bytes);
    if (open !== null && bytes.length - open.at > 8) {
      const torn = bytes.slice(open.at);
      torn.set(addressBytes(this.#number(hexOf(torn.subarray(1, 7)))), 1);
      made.set(torn.fill(nothing, 10), open.at);
    }
    // Whole ones last: what seemed to be another around them was chance.
    for (const found of [...damaged, ...frames]) made.set(this.#frame(bytes, found), found.at);
    return made;
  }

  #frame(bytes: Uint8Array, { at, length, frame }: Found): Uint8Array {
    const was = bytes.subarray(at, at + length);
    const made = frameBytes({
      ...frame,
      meter: this.#number(frame.meter),
      data: this.#data(frame),
    }).subarray(wakeBytes);
    const off = (was.at(-2) ?? 0) - sumOf(was.subarray(0, -2));
    made[length - 2] = (made[length - 2] ?? 0) + off;
    return made;
  }

  /** Another meter's number; those of nobody stay. */
  #number(meter: string): string {
    if (/^(?:AA|99)+$/.test(meter)) return meter;
    const made = this.#standIns.of(meter);
    return /^[0-9A-Fa-f]{12}$/.test(made) ? made : "0".repeat(12);
  }

  #data(frame: Found["frame"]): Uint8Array {
    const { meter, control, data } = frame;
    if (isRequest(frame)) return reads.has(control) ? data : new Uint8Array(data.length);
    if (refusals.has(control)) return data.length === 1 ? data : new Uint8Array(data.length);
    if (control === addressReply) return data.length === 6 ? this.#digits(data) : new Uint8Array(data.length);
    const made = new Uint8Array(data.length);
    const isFollowing = ofFollowing.has(control);
    if ((!ofRead.has(control) && !isFollowing) || data.length < diBytes) return made;
    made.set(data.subarray(0, diBytes));
    const end = Math.max(diBytes, data.length - (isFollowing ? numberBytes : 0));
    made.set(data.subarray(end), end);
    made.set(this.#values(meter, hexOf(data.subarray(0, diBytes)), data.subarray(diBytes, end)), diBytes);
    return made;
  }

  /** Of an identifier that a point of this meter has; numbers of something are others. */
  #values(meter: string, di: string, values: Uint8Array): Uint8Array {
    const isSerial = this.#devices.some(
      ({ address, profile }) => address.meter === meter && profile.serial === di,
    );
    if (isSerial) return this.#digits(values);
    const source = this.#sources.get(`${meter} ${di}`);
    if (source === undefined) return new Uint8Array(values.length);
    if (!source.format.text && !di.startsWith(numbers)) return values;
    const size = sizeOf(source.format);
    const made = new Uint8Array(values.length);
    for (let at = 0; at + size <= values.length; at += size)
      made.set(this.#digits(values.subarray(at, at + size)), at);
    return made;
  }

  #digits(bytes: Uint8Array): Uint8Array {
    if (bytes.every((byte) => byte === 0xff)) return bytes;
    const text = hexOf(bytes);
    const made = isMeterNumber(text) ? this.#number(text) : this.#standIns.of(text);
    return addressBytes(/^\d*$/.test(made) && made.length === text.length ? made : "0".repeat(text.length));
  }
}
