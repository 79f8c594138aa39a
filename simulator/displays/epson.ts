/**
 * Epson's ESC/VP21: lines of ASCII with CR; the projector says a colon when it is ready for the next, ERR before it when
 * it cannot. On TCP a handshake of ESC/VP.net comes first, and what is said before it is not understood.
 */

import type { Dialect, Manner, Said, Way } from "../talk/instrument.ts";
import { ascii, lineCut, readerOf } from "../talk/reader.ts";
import type { Panel, PanelPower } from "./panel.ts";

export type EpsonOrder = { hello: boolean } | { line: string };

/** HDMI 1, PC, HDMI 2, video, USB, LAN. */
export const epsonInputs = [0x30, 0x10, 0xa0, 0x40, 0x52, 0x53] as const;
const powers: Record<PanelPower, string> = { on: "01", warming: "02", cooling: "03", standby: "00" };

/** Version 1.0, connect, no word, no headers; behind the wish 00, behind the answer 20 for well and 40 for a bad one. */
const helloName = ascii("ESC/VP.net");
const helloBytes = 16;
const hello = (status: number) => Uint8Array.of(...helloName, 0x10, 0x03, 0, 0, status, 0);
const [well, badRequest] = [0x20, 0x40];
/** Its volume has 21 steps on a scale of 255 (recalled). */
const toEpson = (volume: number) => Math.round((volume / 100) * 243);
/** Switching off is answered after so long at the latest, ms (recalled). */
const offAnswerMs = 10_000;

export interface EpsonOptions {
  /** In a network it stands by awake, and says 04. */
  networkStandby?: boolean;
}

export function epson(panel: Panel, { networkStandby = false }: EpsonOptions = {}): Dialect<EpsonOrder> {
  const power = () => (networkStandby && panel.power === "standby" ? "04" : powers[panel.power]);
  const read: Record<string, () => string> = {
    SOURCE: () => panel.input.toString(16).toUpperCase().padStart(2, "0"),
    VOL: () => String(toEpson(panel.volume)),
    MUTE: () => (panel.blank ? "ON" : "OFF"),
    FREEZE: () => (panel.frozen ? "ON" : "OFF"),
  };
  /** null: it will not. A number: how long until it is ready again, ms. */
  const act = (line: string): (() => number) | null => {
    const [, name = "", value = ""] = /^([A-Z]+) ([A-Z0-9]+)$/.exec(line) ?? [];
    const flag = value === "ON" || value === "OFF";
    if (name === "PWR" && flag && (panel.power === "on" || panel.power === "standby"))
      return () => {
        panel.turn(value === "ON");
        return value === "ON" ? panel.busyMs : Math.min(panel.busyMs, offAnswerMs);
      };
    if (panel.power !== "on") return null;
    const input = Number.parseInt(value, 16);
    if (name === "SOURCE" && /^[0-9A-F]{2}$/.test(value) && panel.inputs.includes(input))
      return () => {
        panel.input = input;
        return 0;
      };
    if (name === "MUTE" && flag)
      return () => {
        panel.blank = value === "ON";
        return 0;
      };
    if (name === "FREEZE" && flag)
      return () => {
        panel.frozen = value === "ON";
        return 0;
      };
    const volume = Number(value);
    if (name === "VOL" && /^\d{1,3}$/.test(value) && volume <= 255)
      return () => {
        panel.volume = Math.min(100, Math.round((volume / 243) * 100));
        return 0;
      };
    return null;
  };
  const answerTo = (line: string, obeys: boolean): Said => {
    const ready = (text = "", afterMs = 0): Said => ({ bytes: ascii(`${text}:`), afterMs });
    if (line === "") return ready();
    const [, asked = ""] = /^([A-Z]+)\?$/.exec(line) ?? [];
    if (asked === "PWR") return ready(`PWR=${power()}\r`);
    if (asked === "LAMP") return ready(`LAMP=${Math.floor(panel.hours)}\r`);
    if (asked === "ERR") return ready("ERR=00\r");
    const value = panel.power === "on" ? read[asked]?.() : undefined;
    if (value !== undefined) return ready(`${asked}=${value}\r`);
    const done = asked === "" ? act(line) : null;
    if (done === null) return ready("ERR\r");
    return ready("", obeys ? done() : 0);
  };
  const serve = (order: EpsonOrder, { obeys, refuses }: Manner): Said => {
    if ("hello" in order)
      return order.hello && !refuses ? { bytes: hello(well) } : { bytes: hello(badRequest), hangUp: true };
    return refuses ? { bytes: ascii("ERR\r:") } : answerTo(order.line, obeys);
  };
  return {
    faults: ["nak"],
    reader: (way) => epsonReader(way),
    concerns: () => true,
    serve,
  };
}

function epsonReader(way: Way) {
  let greeted = way === "serial";
  const cutLine = lineCut<EpsonOrder>((line) => ({ line: line.trim().toUpperCase() }));
  return readerOf<EpsonOrder>((heard) => {
    if (greeted) return cutLine(heard);
    // What cannot become the handshake any more is none.
    const isNone = heard.some((byte, at) => at < helloName.length && byte !== helloName[at]);
    if (isNone) return { used: heard.length, order: { hello: false } };
    if (heard.length < helloBytes) return { used: 0 };
    const said = heard.slice(helloName.length, helloBytes);
    const isConnect = said[0] === 0x10 && said[1] === 0x03 && said[4] === 0;
    greeted = isConnect;
    return { used: helloBytes, order: { hello: isConnect } };
  }, 128);
}
