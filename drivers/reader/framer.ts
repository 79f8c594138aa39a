/**
 * Bytes of a reader → scans. No clock: whoever gives it bytes tells it when the line has rested.
 *
 * Holds: at most 512 bytes are kept, and none of a scan that has ended; a scan that is longer is dropped whole, and so
 * is one without its end. What is given out is the caller's to wipe.
 */
import type { ReaderFaultCode } from "./faults.ts";

export const maxScan = 512;
/** A scan goes on without such a rest, at any speed. */
const unfinishedMs = 1_000;

export type End = "CR" | "LF" | "CRLF" | "any" | "gap" | "frame";

export type Framed = { scan: Uint8Array } | { fault: ReaderFaultCode };

const cr = 0x0d;
const lf = 0x0a;
const stx = 0x02;
const etx = 0x03;

export class Framer {
  /** Rest of the line after which `rest` is to be called, ms. */
  readonly restMs: number;
  readonly #end: End;
  readonly #bytes = new Uint8Array(maxScan);
  #length = 0;
  #isLong = false;
  /** Of a frame: between its start and its end. */
  #isInside = false;
  /** The scan ended with CR: an LF that follows is of that end. */
  #endedWithCr = false;

  constructor(end: End, gapMs: number) {
    this.#end = end;
    this.restMs = end === "gap" ? gapMs : unfinishedMs;
  }

  /** Something has begun. */
  get pending(): boolean {
    return this.#length > 0 || this.#isLong || this.#isInside;
  }

  push(chunk: Uint8Array): Framed[] {
    const framed: Framed[] = [];
    for (const byte of chunk) {
      const one = this.#end === "frame" ? this.#inFrame(byte) : this.#inText(byte);
      if (one !== null) framed.push(one);
    }
    return framed;
  }

  /** The line has rested. */
  rest(): Framed[] {
    this.#endedWithCr = false;
    if (!this.pending) return [];
    if (this.#end !== "gap") {
      const fault = this.#isLong ? "reader.long" : "reader.unfinished";
      this.#forget();
      return [{ fault }];
    }
    while (this.#length > 0 && isLineEnd(this.#bytes[this.#length - 1])) this.#length -= 1;
    return [this.#take()];
  }

  #inFrame(byte: number): Framed | null {
    if (byte === stx) {
      const cut: Framed | null = this.pending ? { fault: "reader.unfinished" } : null;
      this.#forget();
      this.#isInside = true;
      return cut;
    }
    if (byte === etx && this.#isInside) return this.#take();
    // Between two frames there is nothing but line ends.
    if (this.#isInside || !isLineEnd(byte)) this.#keep(byte);
    return null;
  }

  #inText(byte: number): Framed | null {
    const wasCr = this.#endedWithCr;
    this.#endedWithCr = false;
    switch (this.#end) {
      case "CR":
      case "any":
        if (byte === lf && wasCr) return null;
        if (byte !== cr && !(byte === lf && this.#end === "any")) break;
        this.#endedWithCr = byte === cr;
        return this.#take();
      case "LF":
        if (byte !== lf) break;
        this.#dropCr();
        return this.#take();
      case "CRLF":
        if (byte !== lf || (!this.#isLong && this.#bytes[this.#length - 1] !== cr)) break;
        this.#dropCr();
        return this.#take();
    }
    this.#keep(byte);
    return null;
  }

  #dropCr(): void {
    if (this.#length > 0 && this.#bytes[this.#length - 1] === cr) this.#length -= 1;
  }

  #keep(byte: number): void {
    if (this.#isLong) return;
    if (this.#length < maxScan) {
      this.#bytes[this.#length] = byte;
      this.#length += 1;
      return;
    }
    const isInside = this.#isInside;
    this.#forget();
    this.#isInside = isInside;
    this.#isLong = true;
  }

  #take(): Framed {
    const framed: Framed = this.#isLong
      ? { fault: "reader.long" }
      : this.#length === 0
        ? { fault: "reader.empty" }
        : { scan: this.#bytes.slice(0, this.#length) };
    this.#forget();
    return framed;
  }

  #forget(): void {
    this.#bytes.fill(0);
    this.#length = 0;
    this.#isLong = false;
    this.#isInside = false;
  }
}

const isLineEnd = (byte: number | undefined) => byte === cr || byte === lf;
