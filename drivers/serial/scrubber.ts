/**
 * What may be kept of what a serial sensor says, for a recording.
 *
 * Holds: of a frame its start, its length, its end and what points name is kept, any other byte, a serial number too, is
 * 0; its checksum is made anew, and a wrong one stays wrong. Of a frame that is damaged or cut off no value is kept; of
 * what is no frame only that so many bytes came. What the sensor is asked is kept: it is of the profile.
 */
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { serialLineName } from "../line/fields.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import { sizeOf } from "./decode.ts";
import type { SerialDevice, SerialSensorLink } from "./fields.ts";
import { echoOf, frameAt, lengthAt, seal } from "./frame.ts";

/** Bytes that say nothing by themselves: an idle or a broken line. */
const plain: ReadonlySet<number> = new Set([0x00, 0xff]);
/** What may stand for any other byte: one that is in no mark of the frames. */
const veils = [0x55, 0x2a, 0x33, 0x2e, 0x3c, 0x5e];
/** A rest that no frame has within it, on any line. */
const restMs = 500;

interface Piece {
  at: number;
  length: number;
  state: "whole" | "torn" | "end" | "checksum";
}

export class SerialScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #link: SerialSensorLink;
  readonly #device: SerialDevice | undefined;
  readonly #held: HeldBytes;
  readonly #veil: number;

  constructor(link: SerialSensorLink, [device]: readonly SerialDevice[], context: ScrubberContext) {
    const { baud, format } = link;
    this.settings = { baud, format, behind: "device" in link ? "port" : "serial-server" };
    this.#link = link;
    this.#device = device;
    const { start, end } = device?.profile.shape ?? { start: [], end: [] };
    const marks = [...start, ...end];
    this.#veil = veils.find((byte) => !marks.includes(byte)) ?? 0;
    const speaks = device !== undefined && device.profile.ask.length === 0;
    this.#held = new HeldBytes(
      {
        asked: (bytes) => bytes,
        said: (bytes) => this.#scrubbed(bytes),
        ...(speaks ? { whole: (bytes) => this.#whole(bytes), restMs } : {}),
      },
      context.take,
    );
  }

  known(id: string): Readonly<Record<string, string | number>> | null {
    return this.#device?.id === id ? { line: this.#held.numberOf(serialLineName(this.#link)) } : null;
  }

  bytes(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, way, bytes);
  }

  flush(): void {
    this.#held.flush();
  }

  /** Up to the end of the last whole frame. */
  #whole(bytes: Uint8Array): number {
    const last = this.#pieces(bytes).findLast(({ state }) => state === "whole");
    return last === undefined ? 0 : last.at + last.length;
  }

  #scrubbed(bytes: Uint8Array): Uint8Array {
    const made = bytes.map((byte) => (plain.has(byte) ? byte : this.#veil));
    const device = this.#device;
    if (device === undefined) return made;
    const pieces = this.#pieces(bytes);
    // Whole ones last: what seemed to be another around them was chance.
    for (const isWhole of [false, true])
      for (const piece of pieces)
        if ((piece.state === "whole") === isWhole) made.set(this.#kept(device, bytes, piece), piece.at);
    made.set(bytes.subarray(0, this.#echoOf(bytes)));
    return made;
  }

  /** Frames, and what began like one. */
  #pieces(bytes: Uint8Array): Piece[] {
    const shape = this.#device?.profile.shape;
    const found: Piece[] = [];
    if (shape === undefined) return found;
    for (let at = this.#echoOf(bytes); at < bytes.length; ) {
      const seen = frameAt(shape, bytes, at);
      const isStart = !("no" in seen && seen.no === "start");
      const length = "length" in seen ? seen.length : Math.min(bytes.length - at, lengthAt(shape, bytes, at));
      const state = "length" in seen ? "whole" : "more" in seen ? "torn" : seen.no;
      if (isStart && state !== "start") found.push({ at, length, state });
      // Without a checksum nothing else tells a frame from the middle of another.
      if (state !== "whole" && shape.checksum === null) break;
      at += state === "whole" ? length : 1;
    }
    return found;
  }

  #echoOf(bytes: Uint8Array): number {
    return echoOf(Uint8Array.from(this.#device?.profile.ask ?? []), bytes);
  }

  #kept({ profile, points }: SerialDevice, bytes: Uint8Array, { at, length, state }: Piece): Uint8Array {
    const { shape } = profile;
    const frame = bytes.subarray(at, at + length);
    const made = new Uint8Array(length);
    const show = (from: number, size: number) => {
      for (let byte = from; byte < Math.min(length, from + size); byte++) made[byte] = frame[byte] ?? 0;
    };
    if (state === "whole") for (const { source } of points) show(source.at, sizeOf(source.type));
    show(0, shape.start.length);
    if (typeof shape.length !== "number") show(shape.length.at, shape.length.bytes);
    if (state === "torn") return made;
    const end = length - shape.end.length;
    if (state === "end") made.fill(this.#veil, end);
    else show(end, shape.end.length);
    if (shape.checksum !== null) seal(shape.checksum, made, state === "whole" ? 0 : 1);
    return made;
  }
}
