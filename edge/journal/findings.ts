/**
 * What a damaged file says beside its records: epochs, series, cursors, what was refused, claimed, and made room (R12).
 *
 * Holds: only rows whose checksum says that they are what was written; of a row that stands there several times, as it
 * changed, what was known last. Numbers are those of the damaged file. Pure.
 */
import type { Row } from "./pages.ts";
import { cursorCrc, type EpochColumns, epochCrc, type OwedRow, rowCrc } from "./schema.ts";
import type { CursorRow } from "./wire.ts";

export class Findings {
  readonly epochs = new Map<number, EpochColumns>();
  readonly series = new Map<number, string>();
  readonly cursors = new Map<string, CursorRow>();
  readonly thinned = new Map<string, [e: number, recordClass: string, first: number, last: number]>();
  readonly refused = new Map<string, [uplink: string, e: number, seq: number, code: string]>();
  readonly claims = new Map<string, [uplink: string, e: number, first: number, last: number, gaps: string]>();
  readonly owed = new Map<string, OwedRow>();
  /** What the seq 1 of an epoch says of the one before. */
  readonly before = new Map<number, { id: string; head: number }>();

  /** Takes what a row says that is no record; anything else is left alone. */
  note(row: Row): void {
    const [a, b, c, d, f, g] = row;
    const shape = row.map((value) => (typeof value === "string" ? "t" : "n")).join("");
    const name = JSON.stringify([a, b, c]);
    if (row.length === 12) this.#noteEpoch(row);
    else if (shape === "ntn" && rowCrc(a, b) === c) this.series.set(a as number, b as string);
    else if (row.length === 9) this.#noteCursor(row);
    else if (shape === "ntnnnn" && rowCrc(a, b, c, d) === f) this.thinned.set(name, [a, b, c, d] as never);
    else if (shape === "tnntnn" && rowCrc(a, b, c, d) === g) this.refused.set(name, [a, b, c, d] as never);
    else if (shape === "tnnntn" && rowCrc(a, b, c, d, f) === g)
      this.claims.set(name, [a, b, c, d, f] as never);
    else if (shape === "ntnnn" && rowCrc(a, b, c, d) === f) this.#noteOwed(row);
  }

  /** @param text of the record that is the seq 1 of epoch `e` */
  noteOpening(e: number, text: string): void {
    try {
      const { previous, previousHead } = JSON.parse((JSON.parse(text) as string[])[3] as string) as {
        previous: unknown;
        previousHead: unknown;
      };
      if (typeof previous === "string" && Number.isSafeInteger(previousHead))
        this.before.set(e, { id: previous, head: previousHead as number });
    } catch {
      // A record that is no opening.
    }
  }

  #noteEpoch(row: Row): void {
    const [e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo, crc] = row;
    const columns = { e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo };
    const epoch = columns as EpochColumns;
    if (epochCrc(epoch) !== crc) return;
    // A page of before its base or its end was known may lie beside the later one.
    const known = this.epochs.get(epoch.e);
    this.epochs.set(epoch.e, {
      ...epoch,
      base: epoch.base ?? known?.base ?? null,
      baseQuality: Math.min(epoch.baseQuality, known?.baseQuality ?? 2),
      head: epoch.head ?? known?.head ?? null,
      purgedTo: Math.max(epoch.purgedTo, known?.purgedTo ?? 0),
    });
  }

  #noteOwed([wreck, uplink, count, told]: Row): void {
    const row = { wreck, uplink, count, told } as OwedRow;
    const name = JSON.stringify([wreck, uplink]);
    if (this.owed.get(name)?.told !== 1) this.owed.set(name, row);
  }

  #noteCursor([uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo, crc]: Row): void {
    const columns = { uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo };
    const row = { ...columns, quarantined: 0 } as CursorRow;
    if (cursorCrc(row) !== crc) return;
    const name = JSON.stringify([uplink, e]);
    const known = this.cursors.get(name);
    // Of those with one place the later: frames of the WAL come last, in their order.
    const last = known !== undefined && known.next > row.next ? known : row;
    const carried = Math.max(known?.carriedTo ?? 0, row.carriedTo);
    this.cursors.set(name, { ...last, carriedTo: carried });
  }
}
