/**
 * Hisense's commercial displays: DD FF, length of two bytes, C1, command, 00, sub-command, id, data, check, BB CC; the
 * answer AB AB … CD CD. The length counts from C1 to the check, which is the exclusive or of all from the length on.
 * BM sets have the bytes as they are; DM sets write them in hexadecimal digits on TCP.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { ascii, type Cut, frameGapMs, readerOf, wrongAt, xorOf } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

export interface HisenseOrder {
  command: number;
  sub: number;
  id: number;
  data: number[];
  /** It came in digits, and is answered so. */
  digits: boolean;
}

export interface HisenseOptions {
  id: number;
  /** Frames as hexadecimal digits on TCP, as DM sets have them. Default false. */
  digits?: boolean;
  /** Told to do what some sets do at command 10: they lose their settings. */
  erased?: () => void;
  software?: string;
  /** Twelve hexadecimal digits. */
  mac?: string;
}

/** HDMI 1, HDMI 2, DisplayPort, VGA, DVI, PC, as they are set. */
export const hisenseInputs = [0x0e, 0x0f, 0x16, 0x17, 0x09, 0x0c] as const;
/** As the set says them: in its status, and asked for its input. */
const inStatus: Record<number, readonly number[]> = {
  14: [5, 5],
  15: [5, 4],
  22: [5, 3],
  23: [8, 1],
  9: [5, 2],
  12: [5, 1],
};
const asInput: Record<number, readonly number[]> = {
  14: [5, 3, 3],
  15: [5, 3, 4],
  22: [5, 3, 2],
  23: [6, 4, 0],
  9: [5, 3, 2],
  12: [5, 3, 1],
};
/** HDMI without a number is the first. */
const plainHdmi = 0x08;

const most = 64;

const cutBytes = (heard: readonly number[]): Cut<HisenseOrder> => {
  if (heard[0] !== 0xdd || (heard.length > 1 && heard[1] !== 0xff)) return { used: 1 };
  if (heard.length < 4) return { used: 0 };
  const length = ((heard[2] ?? 0) << 8) | (heard[3] ?? 0);
  if (length < 6 || length > most) return { used: 1 };
  const check = 3 + length;
  if (heard.length < check + 3) return { used: 0 };
  const isWhole = heard[4] === 0xc1 && heard[check + 1] === 0xbb && heard[check + 2] === 0xcc;
  if (!isWhole || xorOf(heard.slice(2, check)) !== heard[check]) return { used: 1 };
  const [command = 0, , sub = 0, id = 0] = heard.slice(5, 9);
  return { used: check + 3, order: { command, sub, id, data: heard.slice(9, check), digits: false } };
};

/** Digits as the bytes that they mean; anything else in front is skipped. */
const cutDigits = (heard: readonly number[]): Cut<HisenseOrder> => {
  const text = Buffer.from(heard).toString("latin1");
  const stray = /^[^0-9a-f]/i.test(text) || (text.length >= 4 && !/^ddff/i.test(text));
  if (stray) return { used: 1 };
  const digits = /^[0-9a-f]*/i.exec(text)?.[0] ?? "";
  if (digits.length < 2) return { used: 0 };
  const { used, order } = cutBytes([...Buffer.from(digits.slice(0, digits.length & ~1), "hex")]);
  return order === undefined
    ? { used: Math.min(used, 1) }
    : { used: used * 2, order: { ...order, digits: true } };
};

export function hisenseAnswer(
  { command, sub, id }: Pick<HisenseOrder, "command" | "sub" | "id">,
  data: readonly number[],
): Uint8Array {
  const length = 6 + data.length;
  const body = [length >>> 8, length & 0xff, 0xc1, command, 0, sub, id, ...data];
  return Uint8Array.of(0xab, 0xab, ...body, xorOf(body), 0xcd, 0xcd);
}

export function hisenseDisplay(panel: Panel, options: HisenseOptions): Dialect<HisenseOrder> {
  const { id: own, digits = false, software = "V0000.01.00A.N0101", mac = "a8032a000001" } = options;
  const isOn = () => panel.power === "on" || panel.power === "warming";
  /** Volume, input, power (FF is off), mute, and one more that is 0. */
  const status = () => [
    panel.volume,
    ...(inStatus[panel.input] ?? [0, 0]),
    isOn() ? 0 : 0xff,
    panel.muted ? 1 : 0,
    0,
  ];
  const read = (command: number): readonly number[] | null => {
    if (command === 0x28) return status();
    if (command === 0x6c) return [...Buffer.from(mac, "hex")];
    if (command === 0x1b) return [...Buffer.from(software, "latin1")];
    return command === 0x1a && isOn() ? (asInput[panel.input] ?? [0, 0, 0]) : null;
  };
  /** null: it will not. */
  const act = (command: number, [value = -1, second = -1]: readonly number[]): (() => void) | null => {
    if (command === 0x15 && (value === 0xaa || value === 0xbb) && second === value)
      return () => void panel.turn(value === 0xbb);
    if (command === 0x10) return () => options.erased?.();
    if (!isOn() || second >= 0) return null;
    if (command === 0x31 && (value === 0 || value === 1))
      return () => {
        panel.blank = value === 0;
      };
    if (command === 0x26 && (value === 0 || value === 1))
      return () => {
        panel.muted = value === 1;
      };
    if (command === 0x27 && value >= 0 && value <= 100)
      return () => {
        panel.volume = value;
      };
    const input = value === plainHdmi ? 0x0e : value;
    if (command === 0x08 && panel.inputs.includes(input))
      return () => {
        panel.input = input;
      };
    return null;
  };
  const serve = (order: HisenseOrder, { obeys, refuses, as }: Manner): Said | null => {
    const { command, data } = order;
    const answer = (values: readonly number[]): Said => {
      const frame = hisenseAnswer({ ...order, id: as ?? order.id }, values);
      return { bytes: order.digits ? ascii(Buffer.from(frame).toString("hex").toUpperCase()) : frame };
    };
    const values = data.length === 0 ? read(command) : null;
    if (!refuses && values !== null) return answer(values);
    const done = refuses ? null : act(command, data);
    // It has no word for no.
    if (done === null) return null;
    if (obeys) done();
    return answer(data);
  };
  return {
    faults: ["nak", "bad-checksum", "wrong-id"],
    reader: (way) => readerOf(digits && way === "tcp" ? cutDigits : cutBytes, 2 * (most + 8), frameGapMs),
    concerns: ({ id }) => id === own,
    serve,
    // In digits the check has two characters; one wrong is enough.
    spoilt: (frame) => (frame[0] === 0xab ? wrongAt(-3)(frame) : wrongDigit(frame)),
  };
}

function wrongDigit(frame: Uint8Array): Uint8Array {
  const out = Uint8Array.from(frame);
  out[out.length - 6] = out.at(-6) === 0x30 ? 0x31 : 0x30;
  return out;
}
