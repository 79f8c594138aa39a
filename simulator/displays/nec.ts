/**
 * NEC's large screens: SOH, '0', to, from, kind, length as two hexadecimal digits, STX, message, ETX, check, CR. The length
 * counts from STX to ETX; the check is the exclusive or of everything between SOH and itself.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { type Cut, frameGapMs, hexOf, readerOf, wrongAt, xorOf } from "../talk/reader.ts";
import type { Panel, PanelPower } from "./panel.ts";

export interface NecOrder {
  /** 0 for all sets. */
  id: number;
  /** A command, C get, E set. */
  kind: string;
  message: string;
}

/** HDMI 1, HDMI 2, DisplayPort, DVI, VGA. */
export const necInputs = [0x11, 0x12, 0x0f, 0x03, 0x01] as const;
const [soh, stx, etx, cr] = [0x01, 0x02, 0x03, 0x0d];
/** Where id 1 begins, and what stands for all. */
const firstId = 0x40;
const allSets = 0x2a;
const controller = 0x30;
const answerKind: Record<string, string> = { A: "B", C: "D", E: "F" };
/** On, standby, suspended, off; what warms up says that it is on. */
const powers: Record<PanelPower, number> = { on: 1, warming: 1, cooling: 4, standby: 4 };

const cut = (heard: readonly number[]): Cut<NecOrder> => {
  if (heard[0] !== soh || (heard.length > 1 && heard[1] !== 0x30)) return { used: 1 };
  if (heard.length < 7) return { used: 0 };
  const length = Number.parseInt(Buffer.from(heard.slice(5, 7)).toString("latin1"), 16);
  if (!(length >= 2)) return { used: 1 };
  const end = 7 + length;
  if (heard.length < end + 2) return { used: 0 };
  const frame = heard.slice(0, end + 2);
  const isWhole = frame[7] === stx && frame[end - 1] === etx && frame[end + 1] === cr;
  if (!isWhole || xorOf(frame.slice(1, end)) !== frame[end]) return { used: 1 };
  const to = frame[2] ?? 0;
  const order = {
    id: to === allSets ? 0 : to - firstId,
    kind: String.fromCharCode(frame[4] ?? 0),
    message: Buffer.from(frame.slice(8, end - 1)).toString("latin1"),
  };
  return { used: end + 2, order };
};

/** A frame of a set to its controller. */
export function necAnswer(id: number, kind: string, message: string): Uint8Array {
  const header = [0x30, controller, firstId + id, kind.charCodeAt(0)];
  const length = Buffer.from(hexOf(message.length + 2, 2), "latin1");
  const body = [...header, ...length, stx, ...Buffer.from(message, "latin1"), etx];
  return Uint8Array.of(soh, ...body, xorOf(body), cr);
}

/** One value of a set: how it is read and, where it can be, written. */
interface Operation {
  most: number;
  read(): number;
  write(value: number): (() => void) | null;
}

export function necDisplay(panel: Panel, { id: own }: { id: number }): Dialect<NecOrder> {
  const operations: Record<string, Operation> = {
    "0060": {
      most: 0x88,
      read: () => panel.input,
      write: (value) =>
        panel.inputs.includes(value)
          ? () => {
              panel.input = value;
            }
          : null,
    },
    "0062": {
      most: 100,
      read: () => panel.volume,
      write: (value) =>
        value <= 100
          ? () => {
              panel.volume = value;
            }
          : null,
    },
    // Mute is 1, and not mute is 2 or 0.
    "008D": {
      most: 2,
      read: () => (panel.muted ? 1 : 2),
      write: (value) =>
        value <= 2
          ? () => {
              panel.muted = value === 1;
            }
          : null,
    },
  };
  /** null: a null message, which says that it cannot or does not know. */
  const answerTo = ({ kind, message }: NecOrder, obeys: boolean): string | null => {
    if (kind === "A") {
      // Result, code, kind, how many states there are, and which.
      if (message === "01D6") return `0200D6000004${hexOf(powers[panel.power], 4)}`;
      const [, state = ""] = /^C203D6000([14])$/.exec(message) ?? [];
      if (state === "") return null;
      if (obeys) panel.turn(state === "1");
      return `00C203D6000${state}`;
    }
    const [, code = "", digits = ""] = /^([0-9A-F]{4})([0-9A-F]{4})?$/.exec(message) ?? [];
    const operation = operations[code];
    const result = (ok: boolean, most: number, value: number) =>
      `${ok ? "00" : "01"}${code}00${hexOf(most, 4)}${hexOf(value, 4)}`;
    if (code === "" || (kind === "C") === (digits !== "")) return null;
    if (operation === undefined || panel.power === "standby") return result(false, 0, 0);
    if (kind === "C") return result(true, operation.most, operation.read());
    const value = Number.parseInt(digits, 16);
    const done = operation.write(value);
    if (done === null) return result(false, operation.most, operation.read());
    if (obeys) done();
    return result(true, operation.most, value);
  };
  const serve = (order: NecOrder, { obeys, refuses, as }: Manner): Said | null => {
    const message = refuses ? null : answerTo(order, obeys);
    if (order.id === 0) return null;
    const from = as ?? own;
    if (message === null) return { bytes: necAnswer(from, "B", "BE") };
    return { bytes: necAnswer(from, answerKind[order.kind] ?? "B", message) };
  };
  return {
    faults: ["nak", "bad-checksum", "wrong-id"],
    reader: () => readerOf(cut, 128, frameGapMs),
    concerns: ({ id, kind }) => (id === own || id === 0) && kind in answerKind,
    serve,
    spoilt: wrongAt(-2),
  };
}
