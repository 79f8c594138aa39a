/**
 * A projector that speaks PJLink of class 1 or 2: a greeting, behind it lines with CR. With a password the first line of a
 * connection has in front of it the MD5 of the greeting's random digits and the password.
 *
 * Holds: nothing is done for whoever has not shown the password; while the lamp warms up or cools, and in standby, what
 * needs a picture is ERR3.
 */
import { createHash } from "node:crypto";
import { seeded } from "../seeded.ts";
import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { ascii, lineCut, type Reader, readerOf } from "../talk/reader.ts";
import type { Panel, PanelPower } from "./panel.ts";

export interface PjlinkOrder {
  /** The connection's password was shown, now or before. */
  isKnown: boolean;
  /** `1` or `2` as it was asked; empty: not PJLink. */
  level: string;
  command: string;
  parameter: string;
}

export interface PjlinkOptions {
  level?: 1 | 2;
  password?: string;
  /** With 0 it is a laser, which has none to tell of. Default 1. */
  lamps?: number;
  /** Any letters; UTF-8 on the wire. */
  name?: string;
  maker?: string;
  model?: string;
  serial?: string;
  /** Digits of fan, lamp, temperature, cover, filter, other: 0 well, 1 warning, 2 error; may change while running. */
  condition?: () => string;
  /** Closes the connection after a wrong password; models differ. Default false. */
  hangsUp?: boolean;
  seed?: string | number;
}

/** RGB 1, video 1, HDMI 1 and 2, network. */
export const pjlinkInputs = [0x31, 0x32, 0x11, 0x21, 0x51] as const;
const inputNames: Record<number, string> = {
  17: "VGA",
  33: "Video",
  49: "HDMI 1",
  50: "HDMI 2",
  81: "LAN",
};
const powers: Record<PanelPower, string> = { standby: "0", on: "1", cooling: "2", warming: "3" };

type Failure = "ERR1" | "ERR2" | "ERR3" | "ERR4";
/** What is answered behind the equals sign. */
type Outcome = string | { act(): void } | { failure: Failure };

const undefinedCommand: Outcome = { failure: "ERR1" };
const badParameter: Outcome = { failure: "ERR2" };
const notNow: Outcome = { failure: "ERR3" };

export function pjlink(panel: Panel, options: PjlinkOptions = {}): Dialect<PjlinkOrder> {
  const { level = 1, password, hangsUp = false, lamps = 1, condition = () => "000000", seed = 1 } = options;
  const { name = "教室投影机", maker = "SIM", model = "PJ-1", serial = "SIM0001" } = options;
  const digits = seeded("pjlink", seed);
  const queries = identity();

  function identity(): Record<string, () => Outcome> {
    const filter = () => String(Math.floor(panel.hours / 2));
    const seen = (text: string) => () => (panel.power === "on" ? text : notNow);
    const one = {
      POWR: () => powers[panel.power],
      INPT: () => (panel.power === "on" ? hexInput(panel.input) : notNow),
      AVMT: () => (panel.power === "on" ? muteOf(panel) : notNow),
      ERST: condition,
      LAMP: () => (lamps === 0 ? undefinedCommand : lampText(panel, lamps)),
      INST: () => panel.inputs.map(hexInput).join(" "),
      NAME: () => name,
      INF1: () => maker,
      INF2: () => model,
      INFO: () => "",
      CLSS: () => String(level),
    };
    const two = {
      SNUM: () => serial,
      SVER: () => "1.00",
      IRES: seen("1920x1080"),
      RRES: () => "1920x1080",
      FILT: () => (lamps === 0 ? undefinedCommand : filter()),
      RLMP: () => (lamps === 0 ? undefinedCommand : "LMP-1"),
      RFIL: () => (lamps === 0 ? undefinedCommand : "FLT-1"),
      FREZ: () => (panel.power === "on" ? (panel.frozen ? "1" : "0") : notNow),
    };
    return Object.fromEntries([
      ...Object.entries(one).map(([word, say]) => [`1${word}`, say] as const),
      ...(level === 2 ? Object.entries({ ...one, ...two }) : []).map(
        ([word, say]) => [`2${word}`, say] as const,
      ),
    ]);
  }

  function outcome({ level: asked, command, parameter }: PjlinkOrder): Outcome {
    if (asked === "2" && level === 1) return undefinedCommand;
    if (asked === "2" && command === "INNM" && parameter.startsWith("?")) {
      const input = Number.parseInt(parameter.slice(1), 16);
      return panel.inputs.includes(input) ? (inputNames[input] ?? parameter.slice(1)) : badParameter;
    }
    if (parameter === "?") return queries[asked + command]?.() ?? undefinedCommand;
    const isTwo = asked === "2";
    switch (command) {
      case "POWR":
        return parameter === "0" || parameter === "1" ? power(parameter === "1") : badParameter;
      case "INPT":
        return select(parameter);
      case "AVMT":
        return mute(parameter);
      case "SVOL":
      case "MVOL":
        return isTwo
          ? picture(/^[01]$/, parameter, () => louder(command === "SVOL", parameter))
          : undefinedCommand;
      case "FREZ":
        return isTwo
          ? picture(/^[01]$/, parameter, () => {
              panel.frozen = parameter === "1";
            })
          : undefinedCommand;
      default:
        return undefinedCommand;
    }
  }

  function power(on: boolean): Outcome {
    const busy = panel.power === "warming" || panel.power === "cooling";
    return busy ? notNow : { act: () => void panel.turn(on) };
  }

  /** What needs a picture. */
  function picture(known: RegExp, parameter: string, act: () => void): Outcome {
    if (!known.test(parameter)) return badParameter;
    return panel.power === "on" ? { act } : notNow;
  }

  function select(parameter: string): Outcome {
    const input = /^[1-6][1-9A-Z]$/.test(parameter) ? Number.parseInt(parameter, 16) : Number.NaN;
    if (panel.power !== "on") return notNow;
    if (!panel.inputs.includes(input)) return badParameter;
    return {
      act: () => {
        panel.input = input;
      },
    };
  }

  function mute(parameter: string): Outcome {
    return picture(/^[123][01]$/, parameter, () => {
      const [which = "", on = ""] = parameter;
      if (which !== "2") panel.blank = on === "1";
      if (which !== "1") panel.muted = on === "1";
    });
  }

  function louder(speaker: boolean, parameter: string): void {
    if (speaker) panel.volume = Math.min(100, Math.max(0, panel.volume + (parameter === "1" ? 5 : -5)));
  }

  const serve = (order: PjlinkOrder, { obeys, refuses }: Manner): Said | null => {
    if (!order.isKnown) return { bytes: ascii("PJLINK ERRA\r"), hangUp: hangsUp };
    if (order.level === "") return null;
    const found = refuses ? ({ failure: "ERR4" } as const) : outcome(order);
    if (typeof found === "object" && "act" in found && obeys) found.act();
    const rest = typeof found === "string" ? found : "act" in found ? "OK" : found.failure;
    return { bytes: Uint8Array.from(Buffer.from(`%${order.level}${order.command}=${rest}\r`)) };
  };

  /** The first line shows the password; who has shown it once may leave it out. */
  function reader(key = password): Reader<PjlinkOrder> {
    if (key === undefined)
      return {
        ...readerOf(
          lineCut((line) => orderOf(line, true)),
          most,
        ),
        greeting: ascii("PJLINK 0\r"),
      };
    const salt = Math.floor(digits() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
    const shown = createHash("md5")
      .update(salt + key)
      .digest("hex");
    let isKnown = false;
    const order = (line: string) => {
      const [, head = "", rest = line] = /^([0-9a-f]{32})(%.*)$/s.exec(line) ?? [];
      isKnown ||= head === shown;
      return orderOf(rest, isKnown);
    };
    return { ...readerOf(lineCut(order), most), greeting: ascii(`PJLINK 1 ${salt}\r`) };
  }

  return { faults: ["nak", "password"], reader: (_way, key) => reader(key), concerns: () => true, serve };
}

/** A line of commands has 136 characters at most, with 32 of the password in front. */
const most = 168;

function orderOf(line: string, isKnown: boolean): PjlinkOrder {
  const [, level = "", command = "", parameter = ""] =
    /^%([12])([A-Z0-9]{4}) (.{1,128})$/s.exec(line.toUpperCase()) ?? [];
  return { isKnown, level, command, parameter };
}

const hexInput = (input: number) => input.toString(16).toUpperCase();

/** Video and sound: both, one, none. */
function muteOf({ blank, muted }: Panel): string {
  if (blank && muted) return "31";
  if (blank) return "11";
  return muted ? "21" : "30";
}

function lampText(panel: Panel, lamps: number): string {
  const burns = panel.power === "on" || panel.power === "warming" ? 1 : 0;
  return Array.from({ length: lamps }, () => `${Math.floor(panel.hours)} ${burns}`).join(" ");
}
