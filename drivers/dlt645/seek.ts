/**
 * How meters are searched for whose numbers nobody knows, and what came of it. Pure.
 *
 * First whoever is there is asked for its number, which one meter alone can answer. Then come numbers of which only the
 * lowest digits are said, with AA for the others (shortened addressing): 00 to 99, and where answers collide, the two
 * digits above as well. Not every meter answers to that. An answer carries the whole number, so whoever is found is right.
 */
import type { Seek } from "../../config/schema/kind.ts";
import { serialLineName } from "../line/fields.ts";
import type { DltFaultCode } from "./faults.ts";
import type { DltLink } from "./fields.ts";
import { aroundBytes, type Frame, isRequest, mostData, scan, wakeBytes } from "./frame.ts";
import { diBytes, isOwn, type Request } from "./messages.ts";
import { type Way, wholeMs } from "./pace.ts";
import { anyMeter, isMeterNumber } from "./scalars.ts";

/** The standard's bound (§5.3.2); who is later is found in the turn of the next. */
export const seekAnswerMs = 500;
/** Energy, which every meter has; one that refuses it is there as well. */
const di = "00010000";
/** Pairs of digits. */
const pairs = Array.from({ length: 100 }, (_, digits) => String(digits).padStart(2, "0"));

/** `digits`: the lowest of its number; none: any meter. */
export interface SeekBody {
  digits: string;
}
export type DltSeek = Seek & { body: SeekBody };

export const seekRequest = (digits: string): Request =>
  digits === ""
    ? { kind: "address" }
    : { kind: "read", meter: `${anyMeter.slice(digits.length)}${digits}`, di };

/** Where answers to two digits collide, those with two more; the wildcard is followed by all pairs anyway. */
export const refined = (seek: DltSeek): DltSeek[] =>
  seek.body.digits.length === 2
    ? pairs.map((pair) => ({ ...seek, body: { digits: `${pair}${seek.body.digits}` } }))
    : [];

export function seekMeters(link: DltLink, way: Way): DltSeek[] {
  const frame = wakeBytes + aroundBytes;
  const once = wholeMs({ txBytes: frame + diBytes, rxBytes: frame + mostData }, seekAnswerMs, link, way);
  const silentMs = wholeMs({ txBytes: frame + diBytes, rxBytes: 0 }, seekAnswerMs, link, way);
  return ["", ...pairs].map(
    (digits): DltSeek => ({
      line: serialLineName(link),
      address: {},
      deadlineMs: Math.ceil(once),
      silentMs: Math.ceil(silentMs),
      // Who has a line to itself at another speed is found by the first.
      ...(digits === "" ? { likely: true } : {}),
      body: { digits },
    }),
  );
}

/** What meters are set to, the most usual first. */
const usualBauds = [2400, 1200, 4800, 9600];

/** The line at other speeds. None behind a serial server: its page has the speed, whatever the files say. */
export const otherPaces = (link: DltLink): DltLink[] =>
  "device" in link
    ? usualBauds
        .map((baud): DltLink => ({ ...link, baud, format: "8E1" }))
        .filter(({ baud, format }) => baud !== link.baud || format !== link.format)
    : [];

export interface SoughtMeters {
  meters: { meter: string; fault?: DltFaultCode }[];
  /** Something came that cannot be read: several may have answered at once. */
  fault?: DltFaultCode;
}

/** Answers of DL/T 645-1997. */
const old: ReadonlySet<number> = new Set([0x81, 0xc1]);

/** @param received all that came until the line was quiet */
export function soughtIn(request: Request, received: Uint8Array): SoughtMeters {
  const { frames, open, noise } = scan(received);
  const said = frames.map(({ frame }) => frame).filter((frame) => !isOwn(request, frame));
  const answers = said.filter((frame) => !isRequest(frame) && isMeterNumber(frame.meter));
  const meters = new Map(answers.map((frame) => [frame.meter, meterOf(frame)]));
  // A damaged frame is noise behind its mark.
  const isUnread = open !== null || noise > 0;
  // Asked for its number, one alone may answer.
  const areSeveral = answers.length > 1 && request.kind === "address";
  if (!isUnread && !areSeveral) return { meters: [...meters.values()] };
  const fault = said.some(isRequest) ? "dlt645.second-master" : "dlt645.several";
  return { meters: [...meters.values()], fault };
}

const meterOf = ({ meter, control }: Frame): SoughtMeters["meters"][number] =>
  old.has(control) ? { meter, fault: "dlt645.old-standard" } : { meter };
