/** One meter at one position, what its files say, and a gateway that is restarted now and then. */
import type { CounterPlan, DevicePoints, PointPlan, Swap } from "../../../config/schema/plan.ts";
import { type Counted, type CountersKnown, createCounters } from "../../../edge/normalize/counters.ts";
import type { Normal } from "../../../edge/normalize/normalizer.ts";
import { devicePoints, pointPlan, wallMs } from "./plans.ts";

export const minute = 60_000;
export const day = 86_400_000;

export const energy = (counter: Partial<CounterPlan> = {}, more: Partial<PointPlan> = {}): PointPlan =>
  pointPlan({
    id: "energy",
    kind: "counter",
    unit: "kW.h",
    counter: { ratio: 1, noise: 0.02, perHour: 2000, display: { unit: "kWh", factor: 1 }, ...counter },
    ...more,
  });

export const swap = (atMs: number, last: number, first: number, why = "x"): Swap => ({
  ...{ atMs, why },
  last: new Map([["energy", last]]),
  first: new Map([["energy", first]]),
});

export class CounterWorld {
  readonly point: PointPlan;
  swaps: Swap[] = [];
  device: Partial<DevicePoints> = {};
  /** Since the first moment; the clock is known unless said otherwise. */
  ms = 0;
  clockKnown = true;
  urgent = 0;
  #boot = 0;
  #counters = createCounters(new Map(), () => {});

  constructor(point: PointPlan = energy()) {
    this.point = point;
    this.restart(new Map());
  }

  get now(): number {
    return wallMs + this.ms;
  }

  get known(): CountersKnown {
    return structuredClone(this.#counters.known);
  }

  restart(known: CountersKnown): void {
    this.#boot = this.ms;
    this.#counters = createCounters(known, (urgent) => {
      this.urgent += Number(urgent);
    });
  }

  /** @param raw as the unit shows it */
  read(raw: number, more: Partial<Normal> = {}): Counted {
    const { point } = this;
    const device = devicePoints([point], {
      ...(this.swaps.length === 0 ? {} : { swapped: this.swaps }),
      ...this.device,
    });
    const series = {
      device: device.device,
      point: point.id,
      space: "",
      kind: "counter",
      level: 2,
      source: "x",
    };
    const monotonicMs = this.ms - this.#boot + 5000;
    const value = Number((raw * (point.counter?.ratio ?? 1)).toPrecision(15));
    const time = this.clockKnown ? this.now : monotonicMs;
    const record = {
      series,
      class: "T",
      value,
      quality: 0,
      time,
      axis: this.clockKnown ? "wall" : "monotonic",
    };
    return this.#counters.count(device, point, { ...record, ...more } as Normal, {
      wallMs: this.clockKnown ? this.now : null,
      monotonicMs,
    });
  }

  /** A minute later. @returns value, quality, and what was told of it */
  next(raw: number, afterMs = minute): [value: unknown, quality: number, told?: string] {
    this.ms += afterMs;
    const { record, event } = this.read(raw);
    const told = event === undefined ? [] : [(JSON.parse(String(event.value)) as { what: string }).what];
    return [record.value, record.quality, ...told] as [unknown, number, string?];
  }
}
