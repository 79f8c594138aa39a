/**
 * A panel whose maker tells nobody its protocol: it knows the bytes of a table, and answers with those that stand there.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { type Cut, readerOf, sumOf } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

/** What it hears; all but the first two may be absent. */
export const hexOrders = [
  "on",
  "off",
  "ask",
  "mute",
  "unmute",
  "input1",
  "input2",
  "input3",
  "askVolume",
  "setVolume",
] as const;
export type HexOrder = (typeof hexOrders)[number];
/** What it says; what is absent is not said. */
export const hexAnswers = ["ok", "no", "isOn", "isOff", "isVolume", "volumeSet"] as const;
export type HexAnswer = (typeof hexAnswers)[number];

/** A byte; the volume, 0 to 100; the low byte of the sum of all in front of it. */
export type HexByte = number | "volume" | "sum";
/** Bytes by word. */
export type HexTable = Readonly<Partial<Record<HexOrder | HexAnswer, ArrayLike<HexByte>>>>;

/** Made up, no maker's: the table of the example profile, each row closed by the low byte of its sum. */
export const plainTable = {
  on: Uint8Array.of(0xaa, 0x01, 0x50, 0x01, 0xfc),
  off: Uint8Array.of(0xaa, 0x01, 0x50, 0x00, 0xfb),
  ask: Uint8Array.of(0xaa, 0x01, 0x51, 0x00, 0xfc),
  askVolume: Uint8Array.of(0xaa, 0x01, 0x52, 0x00, 0xfd),
  setVolume: [0xaa, 0x01, 0x53, "volume", "sum"],
  ok: Uint8Array.of(0xaa, 0x81, 0x50, 0x01, 0x7c),
  no: Uint8Array.of(0xaa, 0x82, 0x50, 0x00, 0x7c),
  isOn: Uint8Array.of(0xaa, 0x81, 0x51, 0x01, 0x7d),
  isOff: Uint8Array.of(0xaa, 0x81, 0x51, 0x00, 0x7c),
  isVolume: [0xaa, 0x81, 0x52, "volume", "sum"],
  volumeSet: [0xaa, 0x81, 0x53, "volume", "sum"],
} as const satisfies HexTable;

const loudest = 100;

/** One row of the table, as it was heard. */
interface Heard {
  word: HexOrder;
  /** What stood where the volume stands. */
  volume: number;
}

export function hexPanel(panel: Panel, table: HexTable): Dialect<Heard> {
  const rows = hexOrders.flatMap((word) => {
    const bytes = table[word];
    return bytes === undefined ? [] : [{ word, bytes: Array.from(bytes) }];
  });
  const longest = Math.max(1, ...rows.map(({ bytes }) => bytes.length));
  const cut = (heard: readonly number[]): Cut<Heard> => {
    const begun = rows.filter(({ bytes }) => isBegun(bytes, heard));
    const row = begun.find(({ bytes }) => bytes.length <= heard.length);
    if (row === undefined) return { used: begun.length > 0 ? 0 : 1 };
    const volume = heard[row.bytes.indexOf("volume")] ?? 0;
    return { used: row.bytes.length, order: { word: row.word, volume } };
  };
  const isOn = () => panel.power === "on" || panel.power === "warming";
  /** null: it will not. */
  const act = ({ word, volume }: Heard): (() => void) | null => {
    if (word === "on" || word === "off") return () => void panel.turn(word === "on");
    if (!isOn()) return null;
    if (word === "mute" || word === "unmute")
      return () => {
        panel.muted = word === "mute";
      };
    if (word === "setVolume")
      return volume > loudest
        ? null
        : () => {
            panel.volume = volume;
          };
    const input = panel.inputs[Number(word.slice("input".length)) - 1];
    if (input === undefined) return null;
    return () => {
      panel.input = input;
    };
  };
  const say = (word: HexAnswer): Said | null => {
    const bytes = table[word];
    return bytes === undefined ? null : { bytes: written(bytes, panel.volume) };
  };
  const serve = (order: Heard, { obeys, refuses }: Manner): Said | null => {
    if (refuses) return say("no");
    if (order.word === "ask") return say(isOn() ? "isOn" : "isOff");
    if (order.word === "askVolume") return say("isVolume");
    const done = act(order);
    if (done === null) return say("no");
    if (obeys) done();
    return (order.word === "setVolume" ? say("volumeSet") : null) ?? say("ok");
  };
  return { faults: ["nak"], reader: () => readerOf(cut, longest), concerns: () => true, serve };
}

/** What was heard is this row, as far as either goes. */
function isBegun(bytes: readonly HexByte[], heard: readonly number[]): boolean {
  return heard.slice(0, bytes.length).every((byte, at) => {
    const own = bytes[at];
    return own === "volume" || byte === (own === "sum" ? sumOf(heard.slice(0, at)) : own);
  });
}

function written(bytes: ArrayLike<HexByte>, volume: number): Uint8Array {
  const out: number[] = [];
  for (const byte of Array.from(bytes))
    out.push(byte === "volume" ? volume : byte === "sum" ? sumOf(out) : byte);
  return Uint8Array.from(out);
}
