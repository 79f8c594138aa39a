/**
 * LG's ASCII commands: two letters, the set's id and data as hexadecimal digits, CR; data FF asks. An answer has the second
 * letter, the id, OK or NG with the data, and an x at its end.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { ascii, lineCut, readerOf } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

export interface LgOrder {
  command: string;
  id: number;
  data: number;
  /** As it was written. */
  text: string;
}

/** HDMI 1, HDMI 2, RGB, component, AV. */
export const lgInputs = [0x90, 0x91, 0x60, 0x40, 0x20] as const;
const ask = 0xff;
const everybody = 0;
const shape = /^([a-z])([a-z]) +([0-9a-f]{1,2}) +([0-9a-f]{1,2})$/i;

function orderOf(line: string): LgOrder | undefined {
  const [, first = "", second = "", id = "", data = ""] = shape.exec(line.trim()) ?? [];
  if (first === "") return undefined;
  const command = `${first}${second}`.toLowerCase();
  return { command, id: Number.parseInt(id, 16), data: Number.parseInt(data, 16), text: data };
}

const two = (value: number) => value.toString(16).padStart(2, "0");

export function lgDisplay(panel: Panel, { id: own }: { id: number }): Dialect<LgOrder> {
  const isOn = () => panel.power === "on" || panel.power === "warming";
  const read: Record<string, () => number> = {
    ka: () => (isOn() ? 1 : 0),
    kb: () => panel.input,
    xb: () => panel.input,
    // The screen is mute with 1; sound is mute with 0, the other way round.
    kd: () => (panel.blank ? 1 : 0),
    ke: () => (panel.muted ? 0 : 1),
    kf: () => panel.volume,
    // Nothing is wrong.
    kz: () => 0,
    dl: () => Math.floor(panel.hours),
    dn: () => (isOn() ? 41 : 28),
  };
  /** null: it will not. */
  const act = (command: string, data: number): (() => void) | null => {
    if (command === "ka") return data <= 1 ? () => void panel.turn(data === 1) : null;
    if (!isOn()) return null;
    if ((command === "xb" || command === "kb") && panel.inputs.includes(data))
      return () => {
        panel.input = data;
      };
    if (command === "kd" && data <= 1)
      return () => {
        panel.blank = data === 1;
      };
    if (command === "ke" && data <= 1)
      return () => {
        panel.muted = data === 0;
      };
    if (command === "kf" && data <= 0x64)
      return () => {
        panel.volume = data;
      };
    // A key of the remote control: taken, whatever it does.
    return command === "mc" ? () => {} : null;
  };
  const serve = ({ command, id, data, text }: LgOrder, { obeys, refuses, as }: Manner): Said | null => {
    const answer = (word: "OK" | "NG", value: string): Said | null =>
      id === everybody ? null : { bytes: ascii(`${command[1]} ${two(as ?? own)} ${word}${value}x`) };
    if (refuses) return answer("NG", text);
    if (data === ask) {
      // In standby it knows nothing but that.
      const value = command === "ka" || isOn() ? read[command]?.() : undefined;
      return value === undefined ? answer("NG", text) : answer("OK", two(value));
    }
    const done = act(command, data);
    if (done === null) return answer("NG", text);
    if (obeys) done();
    return answer("OK", two(data));
  };
  return {
    faults: ["nak", "wrong-id"],
    reader: () => readerOf(lineCut(orderOf), 64),
    concerns: ({ id }) => id === own || id === everybody,
    serve,
  };
}
