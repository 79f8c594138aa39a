/**
 * Records that are carried by hand (R14), and those that an uplink refused: what an operator asks of the journal.
 *
 * Holds: that a piece was given away is on disk before it is; only the platform's word moves `next`.
 */
import type { Series } from "../../config/schema/vocabulary.ts";
import type { Slice } from "../../gateway/contract/index.ts";
import type { Accounts } from "./accounts.ts";
import type { CarriedWord, Quarantine } from "./contract.ts";
import { type Ledger, maxClaim } from "./ledger.ts";
import type { Reader } from "./reader.ts";
import type { Replies } from "./wire.ts";

export interface CarryingParts {
  accounts: Accounts;
  reader(): Reader;
  series(s: number): Series | undefined;
  quarantined(uplink: string, rows: number): Promise<Replies["quarantined"]>;
  /** What the ledger has changed is on disk. */
  written(ledger: Ledger): Promise<void>;
  /** Losses among what was brought are told. */
  brought(ledger: Ledger): void;
}

type Most = { rows: number; bytes: number };

/** What was carried is looked up in pieces of so many rows. */
const pieces: Most = { rows: 20_000, bytes: Number.POSITIVE_INFINITY };

export class Carrying {
  readonly #parts: CarryingParts;

  constructor(parts: CarryingParts) {
    this.#parts = parts;
  }

  async quarantine(uplink: string, rows: number): Promise<Quarantine> {
    const { accounts, written, quarantined, series } = this.#parts;
    await written(accounts.ledger(uplink));
    const found = await quarantined(uplink, rows);
    const named = found.rows.flatMap(({ e, seq, s, text, code }) => {
      const epoch = accounts.numbered(e);
      if (epoch === undefined) return [];
      return [{ epoch: epoch.id, base: epoch.base, seq, code, series: series(s) ?? null, text }];
    });
    return { codes: found.codes, rows: named };
  }

  async carry(
    uplink: string,
    after: { epoch: string; seq: number } | null,
    max: Most,
  ): Promise<Slice | null> {
    const { accounts, reader, written } = this.#parts;
    const ledger = accounts.ledger(uplink);
    const from = after === null ? undefined : accounts.epoch(after.epoch)?.e;
    for (const { e, next, settling } of ledger.positions()) {
      const epoch = accounts.numbered(e);
      if (epoch === undefined || settling || (from !== undefined && e < from)) continue;
      const first = e === from ? Math.max(next, (after?.seq ?? 0) + 1) : next;
      if (first > epoch.head) continue;
      const last = Math.min(epoch.head, first + maxClaim - 1);
      const slice = await reader().look(ledger, epoch, [first, last], max);
      ledger.handOver(e, slice.range[1]);
      await written(ledger);
      return slice;
    }
    return null;
  }

  async carried(uplink: string, { epoch: id, first, last, rejected }: CarriedWord): Promise<number> {
    const { accounts, reader, written, brought } = this.#parts;
    const ledger = accounts.ledger(uplink);
    const epoch = accounts.epoch(id);
    const next = () => (epoch === undefined ? 0 : (ledger.position(epoch.e)?.next ?? 0));
    const begun = next();
    if (epoch === undefined || first > begun || begun > last || last > epoch.head) return 0;
    for (let from = begun; from <= last; from = next()) {
      const slice = await reader().look(ledger, epoch, [from, last], pieces);
      const seqs = new Set(slice.rows.map(({ seq }) => seq));
      const refused = [...new Map(rejected.map((one) => [one.seq, one])).values()].filter(({ seq }) =>
        seqs.has(seq),
      );
      // A receipt of the line may have moved it while the disk was asked.
      if (next() === from && !ledger.bring(epoch.e, slice, slice.range[1], refused)) break;
      brought(ledger);
      await written(ledger);
    }
    return next() - begun;
  }
}
