/**
 * ZhongHong's gateway of a central air conditioning: address, function, control, count, records, checksum, which is the low
 * byte of the sum. 50 asks for states: of one unit, of several, of all, or which there are; 31 to 34 tell units their power,
 * temperature, mode and fan, and come back as they were.
 *
 * Holds: units without mains are not in any state that is told; a unit says mode 0 and fan 0 for a while after it was
 * switched off, which no specification has.
 */
import type { Clock } from "../../config/schema/context.ts";
import { systemClock } from "../system-clock.ts";
import type { Dialect, Manner, Said } from "../talk/instrument.ts";
import { type Cut, frameGapMs, readerOf, sumOf, wrongAt } from "../talk/reader.ts";
import type { AcFan, AcMode, AcState, AcUnit } from "./ac-unit.ts";

export interface ZhongHongUnit {
  outdoor: number;
  indoor: number;
  unit: AcUnit;
  /** 0 is well; may change while running. */
  error?: () => number;
}

export interface ZhongHongOptions {
  /** Default 1. */
  address?: number;
  units: readonly ZhongHongUnit[];
  /** How long mode and fan are 0 after a unit was switched off, ms; default 3000. */
  zeroMs?: number;
  clock?: Clock;
}

export interface ZhongHongOrder {
  address: number;
  task: number;
  control: number;
  count: number;
  places: { outdoor: number; indoor: number }[];
}

const [status, power, temperature, mode, fan] = [0x50, 0x31, 0x32, 0x33, 0x34];
const tasks = new Set([status, power, temperature, mode, fan]);
const [one, online, several, all] = [0x01, 0x02, 0x0f, 0xff];
const modes: Readonly<Record<AcMode, number>> = { cool: 1, dry: 2, fan: 4, heat: 8, auto: 1 };
/** 3 and 5 lie between: what was told is told back while the unit keeps to it. */
const fans: Readonly<Record<AcFan, number>> = { high: 1, medium: 2, low: 4, quiet: 5, auto: 2 };
const fanOf: Readonly<Record<number, AcFan>> = { 1: "high", 2: "medium", 3: "medium", 4: "low", 5: "quiet" };
const modeOf: Readonly<Record<number, AcMode>> = { 1: "cool", 2: "dry", 4: "fan", 8: "heat" };
const [coldest, warmest] = [16, 30];

const cut = (heard: readonly number[]): Cut<ZhongHongOrder> => {
  const [address = 0, task = 0, control = 0, count = 0] = heard;
  if (heard.length >= 2 && !tasks.has(task)) return { used: 1 };
  if (heard.length < 4) return { used: 0 };
  const isWide = task === status && (control === all || control === online);
  const places = isWide ? 1 : count;
  const end = 4 + 2 * places;
  if (heard.length <= end) return { used: 0 };
  if (sumOf(heard.slice(0, end)) !== heard[end]) return { used: 1 };
  const asked = Array.from({ length: places }, (_, at) => ({
    outdoor: heard[4 + 2 * at] ?? 0,
    indoor: heard[5 + 2 * at] ?? 0,
  }));
  return { used: end + 1, order: { address, task, control, count, places: asked } };
};

export function zhongHongFrame(bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...bytes, sumOf(bytes));
}

export function zhongHong(options: ZhongHongOptions): Dialect<ZhongHongOrder> {
  const { address: own = 1, units, zeroMs = 3000, clock = systemClock } = options;
  const offMs = new Map<ZhongHongUnit, number>();
  const wasOn = new Map<ZhongHongUnit, boolean>();
  const toldFan = new Map<ZhongHongUnit, number>();
  const fanNumber = (each: ZhongHongUnit, now: AcFan) => {
    const told = toldFan.get(each) ?? 0;
    return fanOf[told] === now ? told : fans[now];
  };
  /** Its state, and since when it is off. */
  const look = (each: ZhongHongUnit) => {
    const now = each.unit.now();
    if (wasOn.get(each) === true && !now.state.power) offMs.set(each, clock.monotonicMs());
    wasOn.set(each, now.state.power);
    return now;
  };
  const record = (each: ZhongHongUnit, as?: number): number[] => {
    const { state, celsius } = look(each);
    const sinceMs = clock.monotonicMs() - (offMs.get(each) ?? Number.NEGATIVE_INFINITY);
    const zero = !state.power && sinceMs < zeroMs;
    return [
      each.outdoor,
      as ?? each.indoor,
      state.power ? 1 : 0,
      Math.round(state.target),
      zero ? 0 : modes[state.mode],
      zero ? 0 : fanNumber(each, state.fan),
      Math.max(0, Math.round(celsius ?? 0)) & 0xff,
      each.error?.() ?? 0,
      0,
      0,
    ];
  };
  const hasMains = (each: ZhongHongUnit) => each.unit.now().powered;
  const unitAt = ({ outdoor, indoor }: { outdoor: number; indoor: number }) =>
    units.find((each) => each.outdoor === outdoor && each.indoor === indoor);
  const states = ({ control, places }: ZhongHongOrder, as?: number): number[] | null => {
    if (control === online)
      return [
        own,
        status,
        online,
        units.length,
        ...units.flatMap((each) => [each.outdoor, as ?? each.indoor, hasMains(each) ? 1 : 0]),
      ];
    const asked = control === all ? units : places.flatMap((place) => unitAt(place) ?? []);
    const here = asked.filter(hasMains);
    if (![one, several, all].includes(control) || here.length === 0) return null;
    return [own, status, control, here.length, ...here.flatMap((each) => record(each, as))];
  };
  const change = ({ task, control }: ZhongHongOrder): Partial<AcState> | null => {
    if (task === power) return control <= 2 ? { power: control === 1 } : null;
    if (task === temperature) return control >= coldest && control <= warmest ? { target: control } : null;
    const isMode = task === mode;
    const word = isMode ? modeOf[control] : fanOf[control];
    if (word === undefined) return null;
    return isMode ? { mode: word as AcMode } : { fan: word as AcFan };
  };
  const serve = (order: ZhongHongOrder, { obeys, refuses, as }: Manner): Said | null => {
    // It has no word for no.
    if (refuses) return null;
    if (order.task === status) {
      const bytes = states(order, as);
      return bytes === null ? null : { bytes: zhongHongFrame(bytes) };
    }
    const by = change(order);
    const told = order.places.flatMap((place) => unitAt(place) ?? []).filter(hasMains);
    if (by === null || told.length === 0) return null;
    for (const each of told) {
      look(each);
      if (obeys) {
        each.unit.tell(by);
        if (by.fan !== undefined) toldFan.set(each, order.control);
      }
      look(each);
    }
    const places = told.flatMap(({ outdoor, indoor }) => [outdoor, as ?? indoor]);
    return { bytes: zhongHongFrame([own, order.task, order.control, told.length, ...places]) };
  };
  return {
    faults: ["nak", "bad-checksum", "wrong-id"],
    reader: () => readerOf(cut, 5 + 2 * 255, frameGapMs),
    concerns: ({ address }) => address === own,
    serve,
    spoilt: wrongAt(-1),
  };
}
