/**
 * What each device needs between a request and its answer, beyond the bytes: as measured, in coarse steps, so that a
 * plan made with it changes seldom. Pure.
 * Memory: `window` numbers for each device of the plan.
 */

/** Measures that one judgement takes. */
const window = 32;
/** ms */
const steps = [2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

export class Turnarounds {
  readonly #recent = new Map<string, number[]>();
  readonly #known = new Map<string, number>();

  /** By device, ms. Absent: not measured yet. */
  get known(): ReadonlyMap<string, number> {
    return this.#known;
  }

  /** One measure. @returns true iff what is known of the device changed by it */
  note(device: string, ms: number): boolean {
    if (!(ms >= 0)) return false;
    const recent = this.#recent.get(device) ?? [];
    this.#recent.set(device, recent);
    recent.push(ms);
    if (recent.length < window) return false;
    const [median = 0] = recent
      .splice(0)
      .sort((a, b) => a - b)
      .slice(window / 2);
    const before = this.#known.get(device);
    // A value on the edge of two steps stays where it is.
    if (before !== undefined && median <= before && median >= before / 4) return false;
    const step = steps.find((most) => median <= most) ?? 1000;
    this.#known.set(device, step);
    return step !== before;
  }

  /** Forgets devices that are not among these. */
  retain(devices: ReadonlySet<string>): void {
    for (const device of this.#recent.keys()) if (!devices.has(device)) this.#recent.delete(device);
    for (const device of this.#known.keys()) if (!devices.has(device)) this.#known.delete(device);
  }
}
