/**
 * A panel whose maker tells nobody its protocol: it knows the bytes of a table, and answers with those that stand there.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { type Cut, readerOf } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

/** What it hears; all but the first two may be absent. */
export const hexOrders = ["on", "off", "ask", "mute", "unmute", "input1", "input2", "input3"] as const;
export type HexOrder = (typeof hexOrders)[number];
/** What it says; what is absent is not said. */
export const hexAnswers = ["ok", "no", "isOn", "isOff"] as const;
export type HexAnswer = (typeof hexAnswers)[number];

/** Bytes by word. */
export type HexTable = Readonly<Partial<Record<HexOrder | HexAnswer, Uint8Array>>>;

/** Made up, no maker's: the table of the example profile, each row closed by the low byte of its sum. */
export const plainTable: HexTable = {
  on: Uint8Array.of(0xaa, 0x01, 0x50, 0x01, 0xfc),
  off: Uint8Array.of(0xaa, 0x01, 0x50, 0x00, 0xfb),
  ask: Uint8Array.of(0xaa, 0x01, 0x51, 0x00, 0xfc),
  ok: Uint8Array.of(0xaa, 0x81, 0x50, 0x01, 0x7c),
  no: Uint8Array.of(0xaa, 0x82, 0x50, 0x00, 0x7c),
  isOn: Uint8Array.of(0xaa, 0x81, 0x51, 0x01, 0x7d),
  isOff: Uint8Array.of(0xaa, 0x81, 0x51, 0x00, 0x7c),
};

export function hexPanel(panel: Panel, table: HexTable): Dialect<HexOrder> {
  const rows = hexOrders.flatMap((word) => {
    const bytes = table[word];
    return bytes === undefined ? [] : [{ word, bytes }];
  });
  const longest = Math.max(1, ...rows.map(({ bytes }) => bytes.length));
  const cut = (heard: readonly number[]): Cut<HexOrder> => {
    const row = rows.find(({ bytes }) => bytes.every((byte, at) => byte === heard[at]));
    if (row !== undefined) return { used: row.bytes.length, order: row.word };
    const isBegun = rows.some(({ bytes }) => heard.every((byte, at) => byte === bytes[at]));
    return { used: isBegun ? 0 : 1 };
  };
  const isOn = () => panel.power === "on" || panel.power === "warming";
  /** null: it will not. */
  const act = (order: HexOrder): (() => void) | null => {
    if (order === "on" || order === "off") return () => void panel.turn(order === "on");
    if (!isOn()) return null;
    if (order === "mute" || order === "unmute")
      return () => {
        panel.muted = order === "mute";
      };
    const input = panel.inputs[Number(order.slice("input".length)) - 1];
    if (input === undefined) return null;
    return () => {
      panel.input = input;
    };
  };
  const say = (word: HexAnswer): Said | null => {
    const bytes = table[word];
    return bytes === undefined ? null : { bytes };
  };
  const serve = (order: HexOrder, { obeys, refuses }: Manner): Said | null => {
    if (refuses) return say("no");
    if (order === "ask") return say(isOn() ? "isOn" : "isOff");
    const done = act(order);
    if (done === null) return say("no");
    if (obeys) done();
    return say("ok");
  };
  return { faults: ["nak"], reader: () => readerOf(cut, longest), concerns: () => true, serve };
}
