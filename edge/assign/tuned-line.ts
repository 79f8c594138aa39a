/** A lent line, set to one place after the other: who is there, and what is read of it. */
import type { Model } from "../../config/load/index.ts";
import type { AssignPlace, AssignWrite, Kind } from "../../config/schema/kind.ts";
import type { Fit } from "../../config/schema/search.ts";
import type { Clock, Done, Session } from "../../drivers/contract/index.ts";
import { fitsOf } from "../search/fitting.ts";
import type { Opener } from "../search/line-search.ts";
import { OutOfTime, timed } from "../search/timed.ts";

/** `detail`: what is there cannot be understood as one device. */
export type Heard = "nobody" | "one" | { detail: string };

/** A reading asks more than once where an answer may still be on its way. */
const exchanges = 3;

export class TunedLine {
  readonly #kind: Kind;
  readonly #clock: Clock;
  readonly #open: Opener;
  readonly #signal: AbortSignal;
  #settings: unknown;
  #session: Session | null = null;

  constructor(kind: Kind, clock: Clock, open: Opener, signal: AbortSignal) {
    this.#kind = kind;
    this.#clock = clock;
    this.#open = open;
    this.#signal = signal;
  }

  /** @throws the reason of the signal; why the line cannot be opened, or is lost */
  async who({ settings, address, seek }: AssignPlace): Promise<Heard> {
    const session = await this.#at(settings);
    const found = await this.#within(
      seek.deadlineMs,
      async (ended) => (await session.seek?.(seek, ended)) ?? [],
    );
    if (found === null) return { detail: "" };
    const here = found.filter((one) => JSON.stringify(one.address) === JSON.stringify(address));
    const fault = here.find((one) => one.fault !== undefined)?.fault;
    if (fault !== undefined) return { detail: fault.detail };
    return here.length === 0 ? "nobody" : "one";
  }

  /** Those of `models` that read who is there, the likeliest first. @throws as `who` */
  async reads({ settings, address }: AssignPlace, models: readonly Model[]): Promise<Fit[]> {
    // What was asked in vain may still be answered: to a line that is opened anew nobody owes anything.
    await this.close();
    return fitsOf(address, {
      ...{ kind: this.#kind, settings, models },
      ask: async (job) => {
        const session = await this.#at(settings);
        const said = await this.#within(job.deadlineMs, async (ended) => session.run?.(job, ended));
        return said?.reading ?? { device: job.device, samples: [], faults: [] };
      },
    });
  }

  /** Once. @throws the reason of the signal, when it may have been sent; why the line cannot be opened */
  async write({ settings, address }: AssignPlace, write: AssignWrite): Promise<Done> {
    const session = await this.#at(settings);
    return (await session.assign?.(address, write, this.#signal)) ?? { state: "failed", readBack: [] };
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** null: whoever babbles there went on beyond the time of a question. */
  async #within<T>(deadlineMs: number, work: (ended: AbortSignal) => Promise<T>): Promise<T | null> {
    try {
      return await timed(this.#clock, exchanges * deadlineMs, work, this.#signal);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      await this.close();
      return null;
    }
  }

  async #at(settings: unknown): Promise<Session> {
    this.#signal.throwIfAborted();
    if (this.#session !== null && this.#settings === settings) return this.#session;
    await this.close();
    this.#session = await this.#open(settings, this.#signal);
    this.#settings = settings;
    return this.#session;
  }
}
