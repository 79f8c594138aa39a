/**
 * From a driver's message to records on disk: normalise, tell health, apply the storing rule, append.
 *
 * Holds: `deliver` resolves only when everything of the message that the storing rule selects is on disk;
 * a repeat is known before anything is derived from it, so it moves no storing rule and no health; of a message with
 * several devices only the readings that are repeats are left out;
 * after a refusal by the store the points concerned are forgotten, so that their next value is stored.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import type { Deliver, Fault, Message } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { ValueFact } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";
import { createFaultEvents } from "../normalize/fault-events.ts";
import { createKeep } from "../normalize/keep.ts";
import { createNormalizer, type Normalizer } from "../normalize/normalizer.ts";

export interface IntakeParts {
  journal: Pick<Journal, "append" | "knows">;
  clock: Clock;
  devices: ReadonlyMap<string, DevicePoints>;
  /** Wall ms UTC, or null while unknown. */
  wallMs(): number | null;
  values(device: string, values: ValueFact[]): void;
  fault(device: string, fault: Fault): void;
}

export interface Intake {
  deliver: Deliver;
  /** The device came up: its warm-up begins. */
  up(device: string): void;
  /** Appends what was counted and not told: of devices whose minute is over, or of all at a stop. */
  tellFaults(which: "due" | "all"): Promise<void>;
}

export function createIntake(parts: IntakeParts): Intake {
  const { journal, clock, devices } = parts;
  const keep = createKeep();
  const faultEvents = createFaultEvents();
  const upSince = new Map<string, number>();
  const normalizers = new Map<string, Normalizer>();
  for (const [id, device] of devices) normalizers.set(id, createNormalizer(device));

  /** What of one message is stored, and what to take back should it not be. */
  const derive = ({ readings }: Message): { drafts: Draft[]; takeBack(): void } => {
    const drafts: Draft[] = [];
    const back: (() => void)[] = [];
    const monotonicMs = clock.monotonicMs();
    for (const reading of readings) {
      const device = devices.get(reading.device);
      const normalizer = normalizers.get(reading.device);
      if (device === undefined || normalizer === undefined) continue;
      const upSinceMs = upSince.get(reading.device);
      const now = {
        wallMs: parts.wallMs(),
        monotonicMs,
        ...(upSinceMs === undefined ? {} : { upSinceMs }),
      };
      const { records, faults } = normalizer.normalize(reading, now);
      const values: ValueFact[] = [];
      for (const record of records) {
        const { point } = record.series;
        const plan = device.points.get(point);
        const kept = plan !== undefined && keep.select(plan, record);
        const { value, quality, time, axis } = record;
        values.push({ point, value, quality, time: axis === "wall" ? time : null, kept });
        if (!kept) continue;
        const { time: _time, axis: _axis, ...draft } = record;
        drafts.push(draft);
        back.push(() => keep.forget(device.device, point));
      }
      if (values.length > 0) parts.values(device.device, values);
      const all = [...reading.faults, ...faults];
      for (const fault of all) parts.fault(device.device, fault);
      const event = faultEvents.faultEvent(device, all, monotonicMs);
      if (event === null) continue;
      drafts.push(event);
      back.push(() => faultEvents.failed(device.device));
    }
    const takeBack = () => {
      for (const undo of back) undo();
    };
    return { drafts, takeBack };
  };

  return {
    async deliver(whole) {
      const message = withoutRepeats(whole, journal);
      if (message === null) {
        await journal.append([], whole.keys, "ack");
        return;
      }
      const { drafts, takeBack } = derive(message);
      const urgent = drafts.some(({ class: recordClass }) => recordClass === "K");
      try {
        await journal.append(drafts, message.keys, urgent ? "now" : "ack");
      } catch (error) {
        takeBack();
        throw error;
      }
    },
    up: (device) => void upSince.set(device, clock.monotonicMs()),
    async tellFaults(which) {
      const events = faultEvents.flush(clock.monotonicMs(), which);
      if (events.length === 0) return;
      try {
        await journal.append(events, [], which === "all" ? "now" : "polled");
      } catch {
        for (const { series } of events) faultEvents.failed(series.device);
      }
    },
  };
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
