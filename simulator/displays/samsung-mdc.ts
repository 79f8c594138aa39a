/**
 * Samsung's Multiple Display Control: AA, command, id, length, data, checksum; an answer has FF for its command and says A
 * or N before the command that it answers. The checksum is the low byte of the sum of all behind AA.
 */

import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { type Cut, frameGapMs, readerOf, sumOf, wrongAt } from "../talk/reader.ts";
import type { Panel } from "./panel.ts";

export interface MdcOrder {
  command: number;
  id: number;
  data: number[];
}

export interface MdcOptions {
  /** 0 to 253. */
  id: number;
  serial?: string;
}

const head = 0xaa;
const everybody = 0xfe;
const ack = 0x41;
const nak = 0x4e;
/** The reason in a refusal (recalled: 1 stands for "cannot"). */
const cannot = 1;
/** HDMI 1, PC, DVI, HDMI 2, DisplayPort, HDMI 3. A computer on HDMI or DVI is read as 22, 24, 1F, which cannot be set. */
export const mdcInputs = [0x21, 0x14, 0x18, 0x23, 0x25, 0x31] as const;

const cut = (heard: readonly number[]): Cut<MdcOrder> => {
  if (heard[0] !== head) return { used: 1 };
  const [, command = 0, id = 0, length = 0] = heard;
  if (heard.length < 4 || heard.length < 5 + length) return { used: 0 };
  if (sumOf(heard.slice(1, 4 + length)) !== heard[4 + length]) return { used: 1 };
  return { used: 5 + length, order: { command, id, data: heard.slice(4, 4 + length) } };
};

export function mdcFrame(command: number, id: number, data: readonly number[]): Uint8Array {
  const body = [command, id, data.length, ...data];
  return Uint8Array.of(head, ...body, sumOf(body));
}

export function samsungMdc(
  panel: Panel,
  { id: own, serial = "0SIMH4ZN900001" }: MdcOptions,
): Dialect<MdcOrder> {
  /** What is in an answer; null: the set does not know the command. */
  const read = (command: number): number[] | null => {
    const on = panel.power === "on" || panel.power === "warming" ? 1 : 0;
    switch (command) {
      case 0x00:
        // Power, volume, mute, input, aspect, and two timers that nobody has set.
        return [on, panel.volume, panel.muted ? 1 : 0, panel.input, 0x10, 0, 0];
      case 0x0b:
        return [...Buffer.from(serial, "latin1")];
      case 0x0d:
        // Lamp, temperature, brightness sensor, input, degrees, fan; 0 is well.
        return [0, 0, 0, 0, on === 1 ? 41 : 28, 0];
      case 0x11:
        return [on];
      case 0x12:
        return [panel.volume];
      case 0x13:
        return [panel.muted ? 1 : 0];
      case 0x14:
        return [panel.input];
      default:
        return null;
    }
  };
  /** null: it will not. */
  const act = (command: number, value: number): (() => void) | null => {
    if (command === 0x11 && value <= 1) return () => void panel.turn(value === 1);
    if (command === 0x11 && value === 2) return () => panel.restart();
    if (panel.power === "standby") return null;
    if (command === 0x12 && value <= 100)
      return () => {
        panel.volume = value;
      };
    if (command === 0x13 && value <= 1)
      return () => {
        panel.muted = value === 1;
      };
    if (command === 0x14 && panel.inputs.includes(value))
      return () => {
        panel.input = value;
      };
    return null;
  };
  const serve = ({ command, id, data }: MdcOrder, { obeys, refuses, as }: Manner): Said | null => {
    const answer = (sign: number, values: readonly number[]): Said | null =>
      id === everybody ? null : { bytes: mdcFrame(0xff, as ?? own, [sign, command, ...values]) };
    if (refuses) return answer(nak, [cannot]);
    const [value] = data;
    if (value === undefined) {
      const values = read(command);
      return values === null ? answer(nak, [cannot]) : answer(ack, values);
    }
    const done = data.length === 1 ? act(command, value) : null;
    if (done === null) return answer(nak, [cannot]);
    if (obeys) done();
    return answer(ack, [value]);
  };
  return {
    faults: ["nak", "bad-checksum", "wrong-id"],
    reader: () => readerOf(cut, 264, frameGapMs),
    concerns: ({ id }) => id === own || id === everybody,
    serve,
    spoilt: wrongAt(-1),
  };
}
