/**
 * From a driver's message to records on disk: normalise, tell health, apply the storing rule, append.
 *
 * Holds: `deliver` resolves only when everything of the message that the storing rule selects is on disk;
 * a repeat is known before anything is derived from it, so it moves no storing rule and no health; of a message with
 * several devices only the readings that are repeats are left out;
 * after a refusal by the store the points concerned are forgotten, so that their next value is stored;
 * what comes again because the store refused it is told to nobody twice;
 * `adopt` takes effect between two messages: each is judged by one plan alone;
 * what is inferred from a reading is stored with it, or not at all.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../config/schema/context.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import type { Deliver, Fault, Message, Reading } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { ValueFact } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";
import { type Counted, type Counters, counterPoint } from "../normalize/counters.ts";
import { createFaultEvents, faultPoint } from "../normalize/fault-events.ts";
import { createKeep } from "../normalize/keep.ts";
import { createNormalizer, type Normalizer } from "../normalize/normalizer.ts";
import { Inference } from "./inferred.ts";

export interface IntakeParts {
  journal: Pick<Journal, "append" | "knows">;
  clock: Clock;
  devices: ReadonlyMap<string, DevicePoints>;
  /** Wall ms UTC, or null while unknown. */
  wallMs(): number | null;
  values(device: string, values: ValueFact[]): void;
  fault(device: string, fault: Fault): void;
  /** What makes counters go on; absent: they are recorded as they are read. */
  counters?: Pick<Counters, "count">;
  /** How far a device's own clock is ahead of ours; negative: behind. */
  deviceClock?(device: string, aheadMs: number): void;
}

/**
 * Who waits for a message: `ack`, a device for its acknowledgement; `polled`, nobody, so that it may wait for the
 * polled group's commit; `again`, nobody, and health has had its values, but the store had refused them.
 */
export type Way = "ack" | "polled" | "again";

export interface Intake {
  /** As `Deliver`; `way` is `ack` unless said otherwise. */
  deliver(message: Message, way?: Way): ReturnType<Deliver>;
  /** The device came up: its warm-up begins. */
  up(device: string): void;
  /** Appends what was counted and not told: of devices whose minute is over, or of all at a stop. */
  tellFaults(which: "due" | "all"): Promise<void>;
  /**
   * Other devices from now on. What is known of those that stay as they are is kept; the next value of a point
   * whose meaning changed is stored, whatever it is; faults that were counted and not told are told.
   */
  adopt(devices: ReadonlyMap<string, DevicePoints>): void;
}

const nothing = () => {};
const settled = (settles: readonly Counted["settle"][], stored: boolean) => {
  for (const settle of settles) settle(stored);
};
export function createIntake(parts: IntakeParts): Intake {
  const { journal, clock } = parts;
  let { devices } = parts;
  const keep = createKeep();
  const faultEvents = createFaultEvents();
  const inference = new Inference(devices);
  /** Of the counters of the message that is being derived. */
  let counting: Counted["settle"][] = [];
  const upSince = new Map<string, number>();
  const normalizers = new Map<string, Normalizer>();
  for (const [id, device] of devices) normalizers.set(id, createNormalizer(device));

  /**
   * What of one reading is stored. @param told health has had it
   * @param inferred it is none of the device's own: nothing is inferred from it, and it tells nothing of its clock
   */
  const deriveOne = (reading: Reading, told: boolean, monotonicMs: number, inferred = false): Draft[] => {
    const drafts: Draft[] = [];
    const device = devices.get(reading.device);
    const normalizer = normalizers.get(reading.device);
    if (device === undefined || normalizer === undefined) return drafts;
    const upSinceMs = upSince.get(reading.device);
    const now = {
      wallMs: parts.wallMs(),
      monotonicMs,
      ...(upSinceMs === undefined ? {} : { upSinceMs }),
    };
    const newest = newestTime(reading);
    if (now.wallMs !== null && newest !== null && !told && !inferred)
      parts.deviceClock?.(reading.device, newest - now.wallMs);
    const { records, faults } = normalizer.normalize(reading, now);
    const values: ValueFact[] = [];
    for (const read of records) {
      const { point } = read.series;
      const plan = device.points.get(point);
      const counted = plan?.counter && parts.counters?.count(device, plan, read, now);
      const record = counted?.record ?? read;
      if (counted !== undefined) counting.push(counted.settle);
      const kept = plan !== undefined && keep.select(plan, record);
      const { value, quality, time, axis } = record;
      const fact: ValueFact = { point, value, quality, time: axis === "wall" ? time : null, kept };
      if (counted?.fell !== undefined) fact.fell = counted.fell;
      values.push(fact);
      if (counted?.event !== undefined) drafts.push(counted.event);
      if (kept) drafts.push(record);
    }
    if (!told) {
      if (values.length > 0) parts.values(device.device, values);
      const all = [...reading.faults, ...faults];
      for (const fault of all) parts.fault(device.device, fault);
      const event = faultEvents.faultEvent(device, all, monotonicMs);
      if (event !== null) drafts.push(event);
    }
    if (inferred) return drafts;
    for (const further of inference.hear(device.device, records, now))
      drafts.push(...deriveOne(further, told, monotonicMs, true));
    return drafts;
  };

  /** What of one message is stored, and what to take back should it not be. `told`: health has had it. */
  const derive = ({ readings }: Message, told: boolean): Draft[] => {
    const monotonicMs = clock.monotonicMs();
    return readings.flatMap((reading) => deriveOne(reading, told, monotonicMs));
  };

  /** Nothing of them was stored: the next value is, and the next fault is the first again. */
  const takeBack = (drafts: readonly Draft[]) => {
    for (const draft of drafts) {
      const { series } = draft;
      if (series.point === faultPoint) faultEvents.failed(series.device);
      // The reading that brought it comes again, and so does the event.
      else if (series.point !== counterPoint) keep.forget(series.device, series.point);
    }
  };

  const tellFaults = async (which: "due" | "all") => {
    const events = faultEvents.flush(clock.monotonicMs(), which);
    if (events.length === 0) return;
    try {
      await journal.append(events, [], which === "all" ? "now" : "polled");
    } catch {
      for (const { series } of events) faultEvents.failed(series.device);
    }
  };

  /** What is stored next of a changed device must not be left out for resembling what meant something else. */
  const forgetChanged = (was: DevicePoints, now: DevicePoints) => {
    const same = isDeepStrictEqual({ ...was, points: null }, { ...now, points: null });
    for (const [id, point] of now.points)
      if (!same || !isDeepStrictEqual(was.points.get(id), point)) keep.forget(now.device, id);
  };

  return {
    adopt(next) {
      // Its events are made before it returns, with the series as they were.
      void tellFaults("all");
      for (const [id, now] of next) {
        const was = devices.get(id);
        if (was !== undefined && isDeepStrictEqual(was, now)) continue;
        normalizers.set(id, createNormalizer(now));
        if (was !== undefined) forgetChanged(was, now);
      }
      for (const id of devices.keys()) {
        if (next.has(id)) continue;
        normalizers.delete(id);
        upSince.delete(id);
      }
      devices = next;
      inference.adopt(next);
      keep.retain(next);
      faultEvents.retain(next);
    },
    // Each promise more would be one for every message.
    deliver(whole, way = "ack") {
      const patience = way === "ack" ? "ack" : "polled";
      const message = withoutRepeats(whole, journal);
      if (message === null) return journal.append([], whole.keys, patience).then(nothing);
      const drafts = derive(message, way === "again");
      const settles = counting;
      counting = [];
      const urgent = drafts.some(({ class: recordClass }) => recordClass === "K");
      return journal
        .append(drafts, message.keys, urgent ? "now" : patience)
        .then(settles.length === 0 ? nothing : () => settled(settles, true), (error: unknown) => {
          settled(settles, false);
          takeBack(drafts);
          throw error;
        });
    },
    up: (device) => void upSince.set(device, clock.monotonicMs()),
    tellFaults,
  };
}

/** The newest time that a device gave in a reading, or null; what it repeats is of another moment. */
function newestTime({ samples }: Reading): number | null {
  let newest: number | null = null;
  for (const { deviceTime, stale } of samples)
    if (deviceTime !== undefined && stale !== true) newest = Math.max(newest ?? deviceTime, deviceTime);
  return newest;
}

/**
 * The message without the readings that were here before, and without their keys; null when it is a repeat as a
 * whole. A bridge says everything again when one of its devices changed.
 */
function withoutRepeats(message: Message, journal: Pick<Journal, "knows">): Message | null {
  const { readings, keys } = message;
  if (journal.knows(keys.filter(({ device }) => device === undefined))) return null;
  const known = keys.filter((key) => key.device !== undefined && journal.knows([key]));
  if (known.length === 0) return message;
  const repeated = new Set(known.map(({ device }) => device));
  const rest = readings.filter(({ device }) => !repeated.has(device));
  return rest.length === 0 ? null : { readings: rest, keys: keys.filter((key) => !known.includes(key)) };
}
