/**
 * Faults that come and go by themselves, as a scene says.
 *
 * Holds: one that cannot happen is told and the others go on; after `stop` none is left.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { PlannedFault, SchoolFault } from "./fault-schema.ts";
import type { Troubles } from "./troubles.ts";

export interface Episode {
  fault: SchoolFault;
  /** It is there now. */
  isOn: boolean;
  /** Why it could not come. */
  refused?: unknown;
}

export class FaultScript {
  readonly #planned: readonly PlannedFault[];
  readonly #troubles: Troubles;
  readonly #clock: Clock;
  readonly #tell: (episode: Episode) => void;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /** @param tell hears of each that comes, goes or cannot come */
  constructor(
    planned: readonly PlannedFault[],
    troubles: Troubles,
    clock: Clock,
    tell: (episode: Episode) => void = () => {},
  ) {
    this.#planned = planned;
    this.#troubles = troubles;
    this.#clock = clock;
    this.#tell = tell;
  }

  start(): void {
    this.#running = Promise.all(this.#planned.map((planned) => this.#follow(planned)));
  }

  /** Takes back what is there. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(planned: PlannedFault): Promise<void> {
    const { at, for: forMs, every, ...fault } = planned;
    const { signal } = this.#stop;
    const sleep = (ms: number) =>
      this.#clock.sleep(ms, signal).then(
        () => true,
        () => false,
      );
    if (!(await sleep(at))) return;
    do {
      const began = this.#clock.monotonicMs();
      try {
        const undo = await this.#troubles.begin(fault as SchoolFault);
        this.#tell({ fault: fault as SchoolFault, isOn: true });
        await (forMs === undefined ? ended(signal) : sleep(forMs));
        await undo();
        this.#tell({ fault: fault as SchoolFault, isOn: false });
      } catch (refused) {
        this.#tell({ fault: fault as SchoolFault, isOn: false, refused });
        return;
      }
      if (every === undefined) return;
      if (!(await sleep(Math.max(1, began + every - this.#clock.monotonicMs())))) return;
    } while (!signal.aborted);
  }
}

const ended = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
