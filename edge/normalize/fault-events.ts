/**
 * Faults of devices as records (R4, "Refused"): the first of a device and minute becomes an event, the others
 * are counted in the next. So a device that talks nonsense a hundred times a second costs one record a minute,
 * and none of it goes uncounted.
 *
 * Holds: at most one event per device in 60 s of monotonic time (a final flush aside); the counts of a device's
 * events on disk, and what is still uncounted, sum to the faults of its answered messages. Memory: one entry per device of the plan, at most `maxCodes`
 * codes in each.
 * Never happens: anything but a code and a number in an event's value.
 */
import type { DevicePoints } from "../../config/schema/plan.ts";
import { Quality, type Series } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";

export interface FaultEvents {
  /**
   * Counts `faults` (those of one message or poll). @returns the event to append together with that message's
   * records, or null when there is none now: no fault, or this minute has its event.
   */
  faultEvent(device: DevicePoints, faults: readonly Fault[], monotonicMs: number): Draft | null;
  /**
   * The device's last event did not reach the disk: the minute is open again, and what that event had counted
   * of earlier messages is uncounted again. The message that brought it was not acknowledged and will come again.
   */
  failed(device: string): void;
  /** Events for what is uncounted: of devices whose minute is over, or, at a stop or a new plan, of all. */
  flush(monotonicMs: number, which: "due" | "all"): Draft[];
  /** Faults in no event yet. */
  uncounted(device: string): number;
  /** Forgets devices that left the plan; `flush` all of them first. */
  retain(devices: ReadonlyMap<string, DevicePoints>): void;
}

/** Point of these events; no point of the catalogue has this name. */
export const faultPoint = "fault";
const minuteMs = 60_000;
/** Distinct codes told apart within one minute; more share the last name. */
const maxCodes = 16;
const otherCode = "other";

/** How many of which code, oldest first. */
type Counts = Map<string, number>;

interface State {
  device: DevicePoints;
  series: Series;
  /** Monotonic ms from which the next event may be. */
  openAt: number;
  counts: Counts;
  /** What the last event had counted of messages before its own. */
  earlier: Counts;
}

export function createFaultEvents(): FaultEvents {
  const states = new Map<string, State>();

  const stateOf = (device: DevicePoints): State => {
    const known = states.get(device.device);
    if (known?.device === device) return known;
    const state: State = {
      openAt: Number.NEGATIVE_INFINITY,
      counts: new Map(),
      earlier: new Map(),
      ...known,
      device,
      series: seriesOf(device),
    };
    states.set(device.device, state);
    return state;
  };

  const take = (state: State, earlier: Counts, monotonicMs: number): Draft => {
    const { counts, series, device } = state;
    state.earlier = earlier;
    state.counts = new Map();
    state.openAt = monotonicMs + minuteMs;
    return {
      series,
      class: "K",
      value: JSON.stringify({ code: commonest(counts), count: total(counts) }),
      quality: Quality.good + (device.simulated ? Quality.simulated : 0),
    };
  };

  return {
    faultEvent(device, faults, monotonicMs) {
      if (faults.length === 0) return null;
      const state = stateOf(device);
      const earlier = new Map(state.counts);
      for (const fault of faults) add(state.counts, plainCode(fault.code), 1);
      return monotonicMs < state.openAt ? null : take(state, earlier, monotonicMs);
    },
    failed(device) {
      const state = states.get(device);
      if (state === undefined) return;
      const counts = new Map(state.earlier);
      for (const [code, count] of state.counts) add(counts, code, count);
      state.counts = counts;
      state.earlier = new Map();
      state.openAt = Number.NEGATIVE_INFINITY;
    },
    flush(monotonicMs, which) {
      const ripe = [...states.values()].filter(
        ({ counts, openAt }) => counts.size > 0 && (which === "all" || openAt <= monotonicMs),
      );
      return ripe.map((state) => take(state, new Map(state.counts), monotonicMs));
    },
    uncounted: (device) => total(states.get(device)?.counts ?? new Map()),
    retain(devices) {
      for (const device of states.keys()) if (!devices.has(device)) states.delete(device);
    },
  };
}

function seriesOf(device: DevicePoints): Series {
  return Object.freeze({
    device: device.device,
    point: faultPoint,
    space: device.space,
    kind: "event",
    level: 2,
    source: device.profile,
    ...(device.simulated ? { simulated: true as const } : {}),
  });
}

/** A code names a kind of fault; what does not look like one could be payload and is not repeated. */
function plainCode(code: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(code) ? code : otherCode;
}

function add(counts: Counts, code: string, count: number): void {
  const name = counts.has(code) || counts.size < maxCodes ? code : otherCode;
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function total(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** The first of those that came most often. */
function commonest(counts: Counts): string {
  let [best, most] = [otherCode, 0];
  for (const [code, count] of counts) if (count > most) [best, most] = [code, count];
  return best;
}
