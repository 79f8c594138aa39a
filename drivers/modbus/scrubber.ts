/**
 * What may be kept of the bytes of a Modbus line for a recording.
 *
 * Holds: in an answer to a request of ours, however late, registers that no point names are 0, and texts have
 * stand-ins; its checksum is made anew. Other bytes are kept, as they are what is looked for (noise, another master,
 * wrong settings), but for anything that could be a text in them, and for what is more than a line says at once.
 * Never kept: the name of a host or a port.
 */
import { hasCrc16, withCrc16 } from "../codec/crc16.ts";
import { StandIns } from "../codec/stand-ins.ts";
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import type { ModbusAddress, ModbusDevice } from "./fields.ts";
import { answerAt } from "./overheard.ts";
import { dataBytes, type Read } from "./pdu.ts";
import { type Place, placeOf } from "./point-fields.ts";
import { answerFrameBytes } from "./rtu.ts";

/** Requests whose answers may still come. */
const remembered = 32;
/** So many signs of a text in a row are taken for one. */
const textLength = 4;

interface Framing {
  /** Bytes around the request and the answer, in front and behind. */
  front: number;
  /** Length of the good answer to this request at the front of these bytes; 0: there is none. */
  answer(bytes: Uint8Array, sent: Sent): number;
  seal(frame: Uint8Array): Uint8Array;
}

interface Sent {
  unit: number;
  request: Read;
  bytes: Uint8Array;
}

const rtu: Framing = {
  front: 1,
  answer: (bytes, { unit, request }) => answerAt(bytes, unit, request),
  seal: (frame) => withCrc16(frame.subarray(0, -2)),
};

const tcp: Framing = {
  front: 7,
  answer(bytes, { unit, request, bytes: sent }) {
    const [t0, t1, p0, p1, l0 = 0, l1 = 0, from, fc] = bytes;
    const length = (l0 << 8) | l1;
    const isOurs = t0 === sent[0] && t1 === sent[1] && p0 === 0 && p1 === 0 && from === unit;
    if (!isOurs || bytes.length < 6 + length) return 0;
    const isAnswer =
      fc === request.fc && bytes[8] === dataBytes(request) && length === 3 + dataBytes(request);
    return isAnswer ? 6 + length : 0;
  },
  seal: (frame) => frame,
};

export interface ModbusLines<A extends ModbusAddress> {
  framing: "rtu" | "tcp";
  devices: readonly ModbusDevice<A>[];
  /** The line of a device, as `bytes` is told it. */
  lineOf(device: ModbusDevice<A>): string;
}

export class ModbusScrubber<A extends ModbusAddress> implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #framing: Framing;
  readonly #held: HeldBytes;
  readonly #standIns: StandIns;
  readonly #devices: readonly ModbusDevice<A>[];
  /** By unit and number of the line. */
  readonly #places = new Map<string, Place[]>();
  /** By line, what was asked last in front. */
  readonly #sent = new Map<number, readonly Sent[]>();
  readonly #lineOf: (device: ModbusDevice<A>) => string;

  constructor(
    settings: Readonly<Record<string, string | number | boolean>>,
    { framing, devices, lineOf }: ModbusLines<A>,
    context: ScrubberContext,
  ) {
    this.settings = settings;
    this.#framing = framing === "rtu" ? rtu : tcp;
    this.#devices = devices;
    this.#lineOf = lineOf;
    this.#standIns = new StandIns(context.key);
    this.#held = new HeldBytes(
      {
        asked: (bytes, line) => this.#asked(bytes, line),
        said: (bytes, line) => this.#scrubbed(bytes, line),
      },
      context.take,
    );
    for (const device of devices) {
      const at = `${device.address.unit} ${this.#held.numberOf(lineOf(device))}`;
      const places = device.points.map(({ source }) => placeOf(source, device.profile));
      this.#places.set(at, [...(this.#places.get(at) ?? []), ...places]);
    }
  }

  known(id: string): Readonly<Record<string, string | number>> | null {
    const device = this.#devices.find((one) => one.id === id);
    if (device === undefined) return null;
    return { line: this.#held.numberOf(this.#lineOf(device)), unit: device.address.unit };
  }

  bytes(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, way, bytes);
  }

  flush(): void {
    this.#held.flush();
  }

  #asked(bytes: Uint8Array, line: number): Uint8Array {
    const sent = this.#sentOf(bytes);
    if (sent !== null) this.#sent.set(line, [sent, ...this.#sentOn(line)].slice(0, remembered));
    return bytes;
  }

  #sentOn(line: number): readonly Sent[] {
    return this.#sent.get(line) ?? [];
  }

  #sentOf(bytes: Uint8Array): Sent | null {
    const { front } = this.#framing;
    const unit = bytes[front - 1] ?? 0;
    const [fc = 0, a0 = 0, a1 = 0, c0 = 0, c1 = 0] = bytes.subarray(front);
    if (fc < 1 || fc > 4) return null;
    const request: Read = {
      kind: "read",
      fc: fc as Read["fc"],
      address: (a0 << 8) | a1,
      count: (c0 << 8) | c1,
    };
    return { unit, request, bytes: Uint8Array.from(bytes) };
  }

  #scrubbed(bytes: Uint8Array, line: number): Uint8Array {
    const made = Uint8Array.from(bytes);
    const sent = this.#sentOn(line);
    const torn = this.#torn(bytes, sent[0]);
    let from = torn;
    for (let at = torn; at < bytes.length; ) {
      const rest = bytes.subarray(at);
      const found = sent.find((one) => this.#framing.answer(rest, one) > 0);
      const length = found === undefined ? 0 : this.#framing.answer(rest, found);
      if (found === undefined || length === 0) {
        at += 1;
        continue;
      }
      hideTexts(made.subarray(from, at));
      made.set(this.#framing.seal(this.#only(bytes.slice(at, at + length), found, line)), at);
      at += length;
      from = at;
    }
    if (torn > 0) made.set(this.#only(bytes.slice(0, torn), sent[0], line));
    hideTexts(made.subarray(from));
    // The frame of somebody else stays one.
    const rest = bytes.subarray(from);
    if (rest.length > 2 && hasCrc16(rest)) made.set(withCrc16(made.slice(from, -2)), from);
    return made;
  }

  /** Length of an answer at the front that is cut off or damaged, to what was asked last; 0: it is none, or whole. */
  #torn(bytes: Uint8Array, last: Sent | undefined): number {
    if (last === undefined || this.#framing !== rtu || rtu.answer(bytes, last) > 0) return 0;
    const { unit, request } = last;
    const isBegun = bytes[0] === unit && bytes[1] === request.fc && bytes[2] === dataBytes(request);
    return isBegun ? Math.min(bytes.length, answerFrameBytes(request)) : 0;
  }

  /** Of an answer only what a point names, and of that no text; the checksum is as it was. */
  #only(frame: Uint8Array, sent: Sent | undefined, line: number): Uint8Array {
    if (sent === undefined) return frame;
    const { unit, request } = sent;
    const start = this.#framing.front + 2;
    const size = dataBytes(request);
    const data = new Uint8Array(size);
    data.set(frame.subarray(start, start + size));
    const shown = new Uint8Array(size);
    for (const place of this.#places.get(`${unit} ${line}`) ?? []) {
      const at = place.address - request.address;
      if (place.fc !== request.fc || at < 0 || at + place.count > request.count) continue;
      if (request.fc <= 2) shown[at >> 3] = (shown[at >> 3] ?? 0) | ((data[at >> 3] ?? 0) & (1 << (at & 7)));
      else if (place.type === "text") this.#text(shown, data, 2 * at, 2 * place.count);
      else shown.set(data.subarray(2 * at, 2 * (at + place.count)), 2 * at);
    }
    frame.set(shown.subarray(0, Math.max(0, Math.min(size, frame.length - start))), start);
    return frame;
  }

  #text(shown: Uint8Array, data: Uint8Array, from: number, length: number): void {
    const text = Buffer.from(data.subarray(from, from + length)).toString("latin1");
    const made = this.#standIns.of(text);
    for (let at = 0; at < length; at++) {
      const code = made.charCodeAt(at);
      shown[from + at] = code <= 0x7f ? code : 0x78;
    }
  }
}

/** Anything that could be a word is x, where nothing tells what it is. */
function hideTexts(bytes: Uint8Array): void {
  let run = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at];
    // Latin letters, and the bytes of which Chinese ones are made in UTF-8 and GBK.
    const isText = byte !== undefined && ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x80 && byte < 0xff));
    if (isText) {
      run += 1;
      continue;
    }
    if (run >= textLength) bytes.fill(0x78, at - run, at);
    run = 0;
  }
}
