/**
 * The real journal on a real disk under a clock that stands still until told: what the proofs about disks share.
 * Every append and every receipt goes through here and is said (said.ts).
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Lane } from "../../config/schema/batch.ts";
import type { Series } from "../../config/schema/vocabulary.ts";
import {
  type Journal,
  type JournalOptions,
  openJournal,
  type UplinkFilter,
} from "../../edge/journal/index.ts";
import type { Draft, Slice } from "../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { plainRow } from "../plain-row.ts";
import { type Said, say } from "./said.ts";

/** Two, one of which does not get everything. */
export const uplinks: readonly UplinkFilter[] = [
  { id: "province", accepts: () => true, start: "oldest" },
  { id: "city", accepts: ({ point }) => point !== "secret", start: "oldest" },
];

export const air: Series = {
  device: "301-air",
  point: "co2",
  space: "X-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "p",
};

/** So little room that the oldest has to go now and then, also what still waits. */
export const little = { quotaBytes: 150_000, sendWindow: 60 };

/** The code with which rows are refused. */
export const refusedWith = "out-of-range";

export interface WorkingOptions extends Partial<JournalOptions> {
  clock?: FakeClock;
  say?: (said: Said) => void;
}

export class WorkingJournal {
  readonly clock: FakeClock;
  readonly log = recordingLog();
  readonly #options: WorkingOptions;
  readonly #folder: string;
  readonly #say: (said: Said) => void;
  readonly #texts: [seq: number, text: string][] = [];
  #values = 0;
  acked = 0;
  refused = 0;
  journal!: Journal;

  constructor(folder: string, options: WorkingOptions = {}) {
    this.#folder = folder;
    this.#options = options;
    this.#say = options.say ?? say;
    this.clock = options.clock ?? new FakeClock();
  }

  /** @throws what openJournal throws */
  async open(): Promise<void> {
    const row: typeof plainRow = (draft, seq, series, t) => {
      const text = plainRow(draft, seq, series, t);
      this.#texts.push([seq, text]);
      return text;
    };
    this.journal = await openJournal({
      gateway: "gw1",
      encoder: { row },
      log: this.log,
      uplinks,
      ...this.#options,
      folder: this.#folder,
      clock: this.clock,
    });
    this.journal.clockKnown(this.clock.wallMs(), 0);
  }

  /** One message of so many rows, each `padding` characters longer than needed. Resolves to whether it was acknowledged. */
  async append(rows: number, more: Partial<Draft> = {}, padding = 0): Promise<boolean> {
    this.#texts.length = 0;
    const drafts = Array.from({ length: rows }, (): Draft => {
      this.#values += 1;
      const value = padding > 0 ? `${this.#values}${".".repeat(padding)}` : this.#values;
      return { series: air, class: "T", value, quality: 0, ...more };
    });
    const appended = this.journal.append(drafts, [], "now");
    const { epoch } = this.journal.status();
    // What the journal says by itself passes through the same encoder, at other times.
    const texts = this.#texts.splice(0);
    if (texts.length === rows) this.#say({ given: texts.map(([seq, text]) => [epoch, seq, text]) });
    try {
      await appended;
    } catch {
      this.refused += 1;
      return false;
    }
    this.acked += rows;
    this.#say({ acked: [epoch, texts[0]?.[0] ?? 0, texts.at(-1)?.[0] ?? 0] });
    return true;
  }

  /** What a platform that refuses some rows answers to one slice. Resolves when that is on disk, or never will be. */
  async settle(uplink: string, slice: Slice, refuses: (seq: number) => boolean): Promise<void> {
    const rejected = slice.rows
      .filter(({ seq }) => refuses(seq))
      .map(({ seq }) => ({ seq, code: refusedWith }));
    const next = slice.range === undefined ? null : slice.range[1] + 1;
    if (next !== null)
      this.#say({
        told: [uplink, slice.epoch, next],
        quota: slice.gaps.flatMap(([first, last, why]) => (why === "quota" ? [[first, last]] : [])),
        losses: lossesOf(slice, uplink, ["quota"]),
      });
    const count = slice.rows.length - rejected.length;
    const settled = this.journal.settle(uplink, slice.id, {
      batch: "",
      taken: count,
      rejected,
      next,
      at: null,
    });
    const account = this.journal
      .status()
      .accounts.find((one) => one.uplink === uplink && one.epoch === slice.epoch);
    try {
      await settled;
    } catch {
      return;
    }
    if (account !== undefined)
      this.#say({ settled: [uplink, slice.epoch, account.head - account.waiting + 1] });
  }

  /** The next slice of a lane; null also while the disk refuses. */
  read(uplink: string, lane: Lane, rows = 500): Promise<Slice | null> {
    return this.during(this.journal.read(uplink, lane, { rows, bytes: 256 * 1024 }).catch(() => null));
  }

  /** Time passes until this is done. */
  async during<T>(done: Promise<T>): Promise<T> {
    let open = true;
    const settled = done.finally(() => {
      open = false;
    });
    settled.catch(() => {});
    while (open) {
      await this.clock.advance(50);
      await wait(1);
    }
    return settled;
  }

  /** Time passes until the writer has nothing to do. */
  async idle(): Promise<void> {
    do await wait(1);
    while (this.journal.status().writing);
  }

  async close(): Promise<void> {
    await this.journal.close();
  }
}

/**
 * What the journal's own records say of rows of this uplink that are lost: seq, and how many they were.
 * @param reasons of these losses alone
 */
export function lossesOf(
  slice: Slice,
  uplink: string,
  reasons: readonly string[],
): [seq: number, count: number][] {
  return slice.rows.flatMap(({ seq, series, text }): [number, number][] => {
    if (slice.series.get(series)?.point !== "journal.loss") return [];
    const loss = JSON.parse(JSON.parse(text)[3]) as { uplink: string; count: number; reason: string };
    return loss.uplink === uplink && reasons.includes(loss.reason) ? [[seq, loss.count]] : [];
  });
}
