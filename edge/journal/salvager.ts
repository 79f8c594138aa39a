/**
 * Reads what was set aside into the present file, a little between two commits, and begins again where it was
 * interrupted.
 *
 * Never happens: it takes room that what comes in now needs.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Content, Replies } from "./wire.ts";

export interface SalvagerParts {
  clock: Clock;
  /** Aborted when the journal closes. */
  ended: AbortSignal;
  isOpen(): boolean;
  /** There is more data than there is room. */
  isOver(): boolean;
  /** Rejects when the store is down. */
  step(pages: number): Promise<Replies["salvage"]>;
  /** A file was read to its end. Rejects when the store is down. */
  took(content: Content): Promise<void>;
}

const pagesAtOnce = 256;
const waitMs = 10_000;

export class Salvager {
  readonly #parts: SalvagerParts;
  #share: number | null = null;

  constructor(parts: SalvagerParts) {
    this.#parts = parts;
  }

  /** How much of the file was read, 0 to 1; null: there is none. */
  get share(): number | null {
    return this.#share;
  }

  /** Until all is read, the journal closes, or the store is down: then the next opening begins it again. */
  async run(): Promise<void> {
    if (this.#share !== null) return;
    const { clock, ended, isOpen, isOver, step, took } = this.#parts;
    this.#share = 0;
    try {
      for (let more = true; more && isOpen(); ) {
        if (isOver()) {
          await clock.sleep(waitMs, ended);
          continue;
        }
        const stepped = await step(pagesAtOnce);
        this.#share = stepped.share;
        if (stepped.content !== null) await took(stepped.content);
        more = stepped.more;
      }
    } catch {
      // Whoever it concerns has been told.
    } finally {
      this.#share = null;
    }
  }
}
