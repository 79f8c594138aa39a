/**
 * Whether what was asked for is so: the values of a device's points after a command, against what the action says.
 *
 * Holds: only what the device said after the command counts; what it repeats, what is assumed, and what is bad says
 * nothing. What a meter tells of its device is doubtful, too, but no echo: the device would not draw that power had
 * it not done it. So it counts, from a real meter for a real device.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { ActionPlan, DevicePoints } from "../../config/schema/plan.ts";
import { Quality, type Value } from "../../config/schema/vocabulary.ts";

export interface Said {
  point: string;
  value: Value;
  quality: number;
}

/** `so`: everything is as it should be. `otherwise`: something is not, by what was read last. `unheard`: nobody can tell. */
export interface ReadBack {
  outcome: "so" | "otherwise" | "unheard";
  values: Record<string, Value>;
}

/** A look at the device each so often. */
const lookMs = 1_000;

export class Expectation {
  readonly #wanted: ReadonlyMap<string, Value>;
  readonly #tolerance: number;
  readonly #witnessed: ReadonlySet<string>;
  readonly #heard = new Map<string, Value>();
  #wake: () => void = () => {};

  /** @param args as they were asked for, in the catalogue's units */
  constructor(
    { confirm, tolerance }: ActionPlan,
    args: Readonly<Record<string, Value>>,
    device: Pick<DevicePoints, "points" | "simulated">,
  ) {
    this.#tolerance = tolerance;
    this.#witnessed = witnessedOf(device);
    this.#wanted = new Map(
      [...confirm].map(([point, value]) => [
        point,
        typeof value === "object" && value !== null ? (args[value.arg] ?? null) : value,
      ]),
    );
  }

  get points(): string[] {
    return [...this.#wanted.keys()];
  }

  heard(values: readonly Said[]): void {
    for (const { point, value, quality } of values) {
      const bare = quality & ~Quality.simulated;
      const counts = saysSomething(bare) || (bare === Quality.assumed && this.#witnessed.has(point));
      if (!this.#wanted.has(point) || !counts) continue;
      this.#heard.set(point, value);
    }
    this.#wake();
  }

  get state(): ReadBack {
    const values = Object.fromEntries(this.#heard);
    const all = [...this.#wanted].map(([point, wanted]) =>
      this.#heard.has(point) ? this.#isSo(this.#heard.get(point) ?? null, wanted) : null,
    );
    if (all.length > 0 && all.every((each) => each === true)) return { outcome: "so", values };
    return { outcome: all.includes(false) ? "otherwise" : "unheard", values };
  }

  /** @param ask has the device asked; resolves when that was tried, and is not waited for at the end */
  async wait(
    clock: Clock,
    withinMs: number,
    ask: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<ReadBack> {
    const until = clock.monotonicMs() + withinMs;
    if (this.#wanted.size === 0) return this.state;
    for (;;) {
      let asking = true;
      const over = () => {
        asking = false;
      };
      const asked = ask().then(over, over);
      do {
        const { state } = this;
        const left = until - clock.monotonicMs();
        if (state.outcome === "so" || left <= 0 || signal.aborted) return state;
        const stop = new AbortController();
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        const rest = clock
          .sleep(Math.min(lookMs, left), AbortSignal.any([signal, stop.signal]))
          .catch(() => {});
        await Promise.race([woken, rest]);
        stop.abort();
      } while (asking);
      await asked;
    }
  }

  #isSo(value: Value, wanted: Value): boolean {
    if (typeof value === "number" && typeof wanted === "number")
      return Math.abs(value - wanted) <= this.#tolerance + 1e-9 * Math.max(1, Math.abs(wanted));
    return String(value) === String(wanted);
  }
}

const saysSomething = (quality: number): boolean =>
  quality < Quality.noCommunication && quality !== Quality.stale && quality !== Quality.assumed;

/** Points that something beside the device tells, and that is as real as the device. */
function witnessedOf({ points, simulated }: Pick<DevicePoints, "points" | "simulated">): Set<string> {
  const told = [...points.values()].filter(
    ({ inferred }) => inferred?.from !== undefined && (simulated || inferred.simulated !== true),
  );
  return new Set(told.map(({ id }) => id));
}
