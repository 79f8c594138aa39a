/**
 * Counters of all devices: each record's value becomes one that goes on over the life of its position.
 *
 * Holds:
 * - a counter belongs to a device's id, wherever it hangs: a move changes nothing, a device that was renamed takes its
 *   own along;
 * - what does not tell how far the unit has counted (no number, a bad one) passes as it is;
 * - while a fall is unexplained, values are recorded as they are read, with quality 35;
 * - whatever makes the base another, or ends in quality 35, is an event as well.
 * Memory: one entry per counter of the plan, and of devices that left it as long as they were in what was loaded.
 */
import type { CounterPlan, DevicePoints, PointPlan } from "../../config/schema/plan.ts";
import { Quality, type Series } from "../../config/schema/vocabulary.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import { baseOf, type CounterStep, countOn, remember } from "./counter.ts";
import type { KnownCounter } from "./counter-known.ts";
import { swapsOf } from "./counter-swaps.ts";
import type { Now } from "./device-time.ts";
import type { Normal } from "./normalizer.ts";

/** Device id → point id → what is known. */
export type CountersKnown = ReadonlyMap<string, ReadonlyMap<string, KnownCounter>>;

export interface Counted {
  record: Normal;
  /** To be stored with it. */
  event?: Draft;
  /** It fell, unexplained: from and to as people see them on the unit. */
  fell?: Fall;
  /** To be called once: whether the store has taken the message. What it refused comes again, and was not counted. */
  settle(stored: boolean): void;
}

export interface Fall {
  from: number;
  to: number;
  unit: string;
}

export interface Counters {
  count(device: DevicePoints, point: PointPlan, record: Normal, now: Now): Counted;
  readonly known: CountersKnown;
}

/** Point of these events; no point of the catalogue has this name. */
export const counterPoint = "counter";

/** A reading that the store has not answered for, and what was known before it. */
interface Open {
  before: Held | undefined;
  /** As its unit shows it; null: it fell. */
  shown: number | null;
}

const nothing = () => {};

interface Held {
  known: KnownCounter;
  /** Monotonic ms of the last reading that counted; null: it was in another life of this program. */
  at: number | null;
}

/**
 * @param loaded what was known when the program ran last
 * @param changed called after each change; `urgent`: it must not get lost
 */
export function createCounters(loaded: CountersKnown, changed: (urgent: boolean) => void): Counters {
  const held = new Map<string, Map<string, Held>>();
  for (const [device, points] of loaded)
    held.set(device, new Map([...points].map(([point, known]) => [point, { known, at: null }])));

  const find = (device: DevicePoints, point: string): Held | undefined => {
    const own = held.get(device.device)?.get(point);
    if (own !== undefined) return own;
    for (const was of device.was ?? []) {
      const old = held.get(was)?.get(point);
      if (old === undefined) continue;
      held.get(was)?.delete(point);
      return old;
    }
    return undefined;
  };
  const keep = (device: string, point: string, entry: Held) => {
    let points = held.get(device);
    if (points === undefined) {
      points = new Map();
      held.set(device, points);
    }
    points.set(point, entry);
  };

  /** By counter, in the order in which they were read. */
  const open = new Map<string, readonly Open[]>();
  const opened = (device: string, point: string, own: Open): Counted["settle"] => {
    const name = `${device}\t${point}`;
    open.set(name, [...(open.get(name) ?? []), own]);
    return (stored) => {
      const all = open.get(name) ?? [];
      const at = all.indexOf(own);
      // It was counted from what is known no more.
      if (at < 0) return;
      const left = stored ? all.toSpliced(at, 1) : all.slice(0, at);
      if (left.length > 0) open.set(name, left);
      else open.delete(name);
      if (stored) return;
      const { before } = own;
      // They may come again behind newer ones: then they are old, and no fall.
      if (before === undefined) held.get(device)?.delete(point);
      else keep(device, point, { ...before, known: heardOf(before.known, all.slice(at)) });
      changed(true);
    };
  };

  return {
    count(device, point, record, now) {
      const plan = point.counter;
      const bare = record.quality & (Quality.simulated - 1);
      if (plan === undefined || typeof record.value !== "number" || bare >= Quality.noCommunication)
        return { record, settle: nothing };
      const before = find(device, point.id);
      const atMs = record.axis === "wall" ? record.time : null;
      const swaps = swapsOf(device.swapped ?? [], point.id);
      const shown = tidy((record.value - point.offset) / plan.ratio);
      const step = countOn(plan, swaps, before?.known, {
        shown,
        atMs,
        elapsedMs: elapsed(before, atMs, now),
        age:
          bare === Quality.stale
            ? "repeated"
            : device.buffered && isBefore(atMs, before?.known)
              ? "late"
              : "new",
        ...(device.expect === undefined ? {} : { serial: device.expect }),
      });
      const { known } = step;
      if (known !== before?.known) {
        const counts = isUrgent(step) ? step.what !== "fell" : step.what === "on";
        keep(device.device, point.id, { known, at: counts ? now.monotonicMs : (before?.at ?? null) });
        changed(isUrgent(step));
      }
      const event = eventOf(step, before?.known, { device, point, plan, record });
      return {
        settle: opened(device.device, point.id, {
          before,
          shown: step.what === "fell" ? null : shown,
        }),
        record: recorded(step, record, { point, plan }),
        ...(event === null ? {} : { event }),
        ...(step.what === "fell" ? { fell: fallOf(known, plan) } : {}),
      };
    },
    get known() {
      return new Map(
        [...held].map(([device, points]) => [
          device,
          new Map([...points].map(([point, { known }]) => [point, known])),
        ]),
      );
    },
  };
}

/** Without the noise of a division. */
const tidy = (value: number) => Number(value.toPrecision(15)) + 0;

const heardOf = (known: KnownCounter, open: readonly Open[]): KnownCounter =>
  open.reduce((heard, { shown }) => (shown === null ? heard : remember(heard, shown)), known);

const isBefore = (atMs: number | null, known: KnownCounter | undefined) =>
  atMs !== null && known !== undefined && known.lastMs !== null && atMs < known.lastMs;

/** By both clocks the longer: what a device kept comes all at once, and a clock that was set back tells nothing. */
function elapsed(before: Held | undefined, atMs: number | null, { monotonicMs }: Now): number | null {
  if (before === undefined) return null;
  const { lastMs } = before.known;
  const byWall = atMs === null || lastMs === null || atMs < lastMs ? null : atMs - lastMs;
  if (before.at === null) return byWall;
  return Math.max(monotonicMs - before.at, byWall ?? 0);
}

const isUrgent = (step: CounterStep) =>
  step.what === "fell" ? step.first : !["on", "late", "repeated", "doubtful"].includes(step.what);

interface Where {
  point: PointPlan;
  plan: CounterPlan;
}

function recorded(step: CounterStep, record: Normal, { point, plan }: Where): Normal {
  const simulated = record.quality & Quality.simulated;
  if (step.what === "fell") return { ...record, quality: Quality.configuration + simulated };
  const base = tidy(baseOf(step.known) * plan.ratio);
  const read = tidy((Number(record.value) - point.offset) / plan.ratio);
  const value = step.shown === read ? Number(record.value) : step.shown * plan.ratio + point.offset;
  const counted = base === 0 && step.shown === read ? value : tidy(value + base);
  const quality =
    step.what === "repeated"
      ? Quality.stale + simulated
      : step.what === "doubtful"
        ? Math.max(record.quality - simulated, Quality.inaccurate) + simulated
        : record.quality;
  return { ...record, value: counted, quality };
}

function fallOf({ last, fell }: KnownCounter, { display }: CounterPlan): Fall {
  const seen = (shown: number) => tidy(shown * display.factor);
  return { from: seen(last), to: seen(fell?.latest ?? last), unit: display.unit };
}

/** What an event says of the unit is as the unit shows it; `base` is what it adds to a value from now on. */
function eventOf(
  step: CounterStep,
  before: KnownCounter | undefined,
  { device, point, plan, record }: Where & { device: DevicePoints; record: Normal },
): Draft | null {
  if (!isUrgent(step) || before === undefined) return null;
  const { known } = step;
  const to = step.what === "fell" ? known.fell?.latest : known.last;
  const base = step.what === "fell" ? {} : { base: tidy(baseOf(known) * plan.ratio) };
  return {
    series: seriesOf(device),
    class: "K",
    value: JSON.stringify({ point: point.id, what: step.what, from: before.last, to, ...base }),
    quality: record.quality & Quality.simulated,
    ...(record.deviceTime === undefined ? {} : { deviceTime: record.deviceTime }),
  };
}

/** The journal numbers series by object. */
const seriesByDevice = new WeakMap<DevicePoints, Series>();

function seriesOf(of: DevicePoints): Series {
  const known = seriesByDevice.get(of);
  if (known !== undefined) return known;
  const { device, space, profile, simulated } = of;
  const series: Series = Object.freeze({
    ...{ device, point: counterPoint, space, kind: "event" as const, level: 2, source: profile },
    ...(simulated ? { simulated: true as const } : {}),
  });
  seriesByDevice.set(of, series);
  return series;
}
