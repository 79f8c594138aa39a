/**
 * Alarms that are to be sent at once, per uplink (R7): those committed since the journal was opened, and before them
 * those that were on disk, looked up once.
 *
 * Holds: at most `most` an uplink, the newest; older ones travel in their range alone. Nothing here settles anything,
 * so what is offered twice is harmless.
 */
import type { Alarm } from "./group.ts";
import type { Ledger, Position } from "./ledger.ts";
import type { StoredRow } from "./wire.ts";

const most = 1000;

export interface EarlyParts {
  /** The newest alarms of these epochs from a seq on, the oldest first. */
  stored(from: [e: number, seq: number][], rows: number): Promise<Waiting[]>;
  accepts(uplink: string, s: number): boolean;
}

interface Waiting {
  e: number;
  row: StoredRow;
}

/** First seq of an epoch that is not settled, nor before this uplink. */
const firstOf = (at: Position | undefined): number =>
  at === undefined ? 0 : Math.max(at.next, at.beforeTo + 1);

export class Early {
  readonly #parts: EarlyParts;
  readonly #waiting = new Map<string, Waiting[]>();
  /** Uplinks for which the disk was asked. */
  readonly #asked = new Set<string>();

  constructor(parts: EarlyParts) {
    this.#parts = parts;
  }

  /** An alarm is on disk: offered to an uplink that takes it. */
  committed(uplink: string, { epoch, row }: Alarm): void {
    if (this.#parts.accepts(uplink, row.s)) this.#keep(uplink, [...this.#of(uplink), { e: epoch.e, row }]);
  }

  /** The next ones of an epoch that are not settled, at most `rows`; empty: there are none. */
  async take(ledger: Ledger, rows: number): Promise<{ e: number; rows: StoredRow[] }> {
    const { uplink } = ledger;
    if (!this.#asked.has(uplink)) await this.#ask(ledger);
    const waiting = this.#of(uplink).filter(({ e, row }) => row.seq >= firstOf(ledger.position(e)));
    const e = waiting[0]?.e ?? 0;
    let count = 0;
    while (count < rows && waiting[count]?.e === e) count += 1;
    this.#keep(uplink, waiting.slice(count));
    return { e, rows: waiting.slice(0, count).map(({ row }) => row) };
  }

  async #ask(ledger: Ledger): Promise<void> {
    const { uplink } = ledger;
    this.#asked.add(uplink);
    try {
      const from = ledger.positions().map((at): [number, number] => [at.e, firstOf(at)]);
      const found = await this.#parts.stored(from, most);
      const name = ({ e, row }: Waiting) => `${e}/${row.seq}`;
      const known = new Set(this.#of(uplink).map(name));
      const older = found.filter((one) => !known.has(name(one)) && this.#parts.accepts(uplink, one.row.s));
      this.#keep(uplink, [...older, ...this.#of(uplink)]);
    } catch (error) {
      this.#asked.delete(uplink);
      throw error;
    }
  }

  #of(uplink: string): Waiting[] {
    return this.#waiting.get(uplink) ?? [];
  }

  #keep(uplink: string, waiting: Waiting[]): void {
    this.#waiting.set(uplink, waiting.slice(-most));
  }
}
