/**
 * The epochs that are on disk, and what each uplink has of them: its ledgers.
 *
 * Holds: every ledger accounts for every epoch; epochs lie in the order of their numbers, the newest last; an uplink
 * that is gone keeps its place for the day it comes back, and holds no row meanwhile.
 */
import { lanes } from "../../config/schema/batch.ts";
import type { UplinkFilter } from "./contract.ts";
import type { OpenEpoch } from "./epoch.ts";
import { Ledger } from "./ledger.ts";
import type { Content } from "./wire.ts";

export class Accounts {
  readonly #window: number | undefined;
  #epochs: OpenEpoch[] = [];
  #uplinks: readonly UplinkFilter[] = [];
  #ledgers = new Map<string, Ledger>();
  /** Of uplinks that are on disk and not among ours. */
  #parked = new Map<string, Ledger>();

  /** @param window seqs beyond `next` that may be in flight; absent: by R7 */
  constructor(window: number | undefined) {
    this.#window = window;
  }

  /** Oldest first; the last is the newest. */
  get epochs(): readonly OpenEpoch[] {
    return this.#epochs;
  }

  get newest(): OpenEpoch | undefined {
    return this.#epochs.at(-1);
  }

  get ledgers(): Iterable<Ledger> {
    return this.#ledgers.values();
  }

  get filters(): readonly UplinkFilter[] {
    return this.#uplinks;
  }

  /** Uplinks for whose sake rows are kept. */
  get holding(): string[] {
    return this.#uplinks.filter(({ holds }) => holds !== false).map(({ id }) => id);
  }

  /** @throws for an uplink that is not among ours */
  ledger(uplink: string): Ledger {
    const ledger = this.#ledgers.get(uplink);
    if (ledger === undefined) throw new Error(`the journal knows no uplink ${JSON.stringify(uplink)}`);
    return ledger;
  }

  /** It is that of an uplink of ours, and of the file as it was read last. */
  has(ledger: Ledger): boolean {
    return this.#ledgers.get(ledger.uplink) === ledger;
  }

  epoch(id: string): OpenEpoch | undefined {
    return this.#epochs.find((epoch) => epoch.id === id);
  }

  numbered(e: number): OpenEpoch | undefined {
    return this.#epochs.find((epoch) => epoch.e === e);
  }

  /** What is on disk, and nothing else. */
  load({ epochs, cursors, retrying }: Content): void {
    this.#epochs = epochs.map((row) => ({ ...row, given: row.head }));
    this.#ledgers = new Map();
    this.#parked = new Map();
    const numbered = new Map(this.#epochs.map((epoch) => [epoch.e, epoch]));
    for (const row of cursors) {
      const ledger = this.#parked.get(row.uplink) ?? new Ledger(row.uplink, this.#window);
      this.#parked.set(row.uplink, ledger);
      const epoch = numbered.get(row.e);
      if (epoch !== undefined) ledger.track(epoch, row, 0);
    }
    this.#retrying(retrying);
  }

  /** These uplinks from now on. Gives the commit lines of those that go. */
  adopt(uplinks: readonly UplinkFilter[]): string[] {
    this.#uplinks = uplinks;
    const lines: string[] = [];
    for (const [id, ledger] of this.#ledgers) {
      if (uplinks.some((uplink) => uplink.id === id)) continue;
      for (const lane of lanes) ledger.release(lane);
      lines.push(...ledger.changes());
      this.#ledgers.delete(id);
      this.#parked.set(id, ledger);
    }
    for (const { id, start } of uplinks) {
      if (this.#ledgers.has(id)) continue;
      const ledger = this.#parked.get(id) ?? new Ledger(id, this.#window);
      this.#parked.delete(id);
      this.#ledgers.set(id, ledger);
      const known = new Set(ledger.positions().map(({ e }) => e));
      for (const epoch of this.#epochs)
        if (!known.has(epoch.e))
          ledger.track(epoch, null, known.size === 0 && start === "now" ? epoch.head : 0);
    }
    return lines;
  }

  /** A new epoch, the newest. */
  begin(epoch: OpenEpoch): void {
    this.#epochs.push(epoch);
    for (const ledger of this.#ledgers.values()) ledger.track(epoch, null, 0);
  }

  /** Epochs of a damaged file have come in, or more of one that is here. Gives how many records they have. */
  merge({ epochs, cursors, retrying }: Content): number {
    let records = 0;
    for (const row of epochs) {
      const known = this.numbered(row.e);
      if (known !== undefined) {
        if (row.salvaged === 1) Object.assign(known, { head: row.head, given: row.head, salvaged: 1 });
        continue;
      }
      const epoch = { ...row, given: row.head };
      records += row.head;
      this.#epochs.push(epoch);
      for (const [uplink, ledger] of this.#all()) {
        const cursor = cursors.find((each) => each.uplink === uplink && each.e === row.e);
        ledger.track(epoch, cursor ?? null, 0);
      }
    }
    this.#epochs.sort((a, b) => a.e - b.e);
    this.#retrying(retrying);
    return records;
  }

  /** Epochs of which no row is left. */
  fold(epochs: readonly number[]): void {
    if (epochs.length === 0) return;
    const gone = new Set(epochs);
    this.#epochs = this.#epochs.filter(({ e }) => !gone.has(e));
    for (const [, ledger] of this.#all()) ledger.fold(gone);
  }

  #all(): [string, Ledger][] {
    return [...this.#ledgers, ...this.#parked];
  }

  #retrying(rows: Content["retrying"]): void {
    const ledgers = new Map(this.#all());
    for (const [uplink, count] of rows) {
      const ledger = ledgers.get(uplink);
      if (ledger !== undefined) ledger.retrying = count;
    }
  }
}
