/**
 * BenQ's and ViewSonic's panels: length as one digit, id as two, s to set or g to get, a command, three digits, which are
 * 000 for getting, CR. Set is answered with + or -, get with r and the value. The length counts all but CR (BenQ, RS232 &
 * LAN command list of RM8602K); the letters that ask for power and input are recalled.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { ascii, lineCut, readerOf } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

export interface BenqOrder {
  id: number;
  kind: "s" | "g";
  command: string;
  value: number;
}

/** HDMI 1, HDMI 2, VGA, DisplayPort, slot computer, by their numbers (they differ by model). */
export const benqInputs = [1, 2, 0, 51, 21] as const;
const everybody = 99;
const shape = /^(\d)(\d\d)(?:(s)([ -~])(\d{3})|(g)([ -~])000)$/;

function orderOf(line: string): BenqOrder | undefined {
  const found = shape.exec(line);
  if (found === null || Number(found[1]) !== line.length) return undefined;
  const [, , id, set, setting, value, , getting] = found;
  const kind = set === undefined ? "g" : "s";
  return { id: Number(id), kind, command: setting ?? getting ?? "", value: Number(value ?? 0) };
}

const digits = (value: number, length: number) => String(value).padStart(length, "0");

export function benqDisplay(panel: Panel, { id: own }: { id: number }): Dialect<BenqOrder> {
  const isOn = () => panel.power === "on" || panel.power === "warming";
  const read: Record<string, () => number> = {
    l: () => (isOn() ? 1 : 0),
    j: () => panel.input,
    f: () => panel.volume,
    g: () => (panel.muted ? 1 : 0),
  };
  /** null: it will not. */
  const act = (command: string, value: number): (() => void) | null => {
    if (command === "!") return value <= 1 ? () => void panel.turn(value === 1) : null;
    // A key of the remote control: taken, whatever it does.
    if (command === "A") return () => {};
    if (!isOn()) return null;
    if (command === '"' && panel.inputs.includes(value))
      return () => {
        panel.input = value;
      };
    if (command === "5" && value <= 100)
      return () => {
        panel.volume = value;
      };
    if (command === "6" && value <= 1)
      return () => {
        panel.muted = value === 1;
      };
    return null;
  };
  const serve = ({ id, kind, command, value }: BenqOrder, { obeys, refuses, as }: Manner): Said | null => {
    const answer = (rest: string): Said | null => {
      if (id === everybody) return null;
      const text = `${digits(as ?? own, 2)}${rest}\r`;
      return { bytes: ascii(`${text.length}${text}`) };
    };
    if (refuses) return answer("-");
    if (kind === "g") {
      const now = command === "l" || isOn() ? read[command]?.() : undefined;
      return now === undefined ? answer("-") : answer(`r${command}${digits(now, 3)}`);
    }
    const done = act(command, value);
    if (done === null) return answer("-");
    if (obeys) done();
    return answer("+");
  };
  return {
    faults: ["nak", "wrong-id"],
    reader: () => readerOf(lineCut(orderOf), 32),
    concerns: ({ id }) => id === own || id === everybody,
    serve,
  };
}
