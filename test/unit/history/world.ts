/** A history on a real file in a folder of its own, fed with slices as a journal makes them; only the clock is fake. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Series, Value } from "../../../config/schema/vocabulary.ts";
import {
  History,
  type HistoryAsk,
  type HistoryFact,
  type HistoryOptions,
  historyEncoder,
  historyFile,
} from "../../../edge/history/index.ts";
import type { Receipt, Slice, UplinkSession } from "../../../gateway/contract/index.ts";
import { FakeClock } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const never = new AbortController().signal;
export const epochA = "a".repeat(20);
export const epochB = "b".repeat(20);

export const series = (more: Partial<Series> = {}): Series => ({
  device: "301-air",
  point: "co2",
  space: "2133000001-01-JX1-F03-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "p",
  ...more,
});

/** One row: t in ms of its epoch, value, and what is not as usual. */
export interface Put {
  seq: number;
  t: number;
  value: Value;
  quality?: number;
  deviceTime?: number;
  series?: Series;
}

let slices = 0;

/** A slice as the journal hands it out. @param range seqs that it claims; null: none */
export function sliceOf(
  rows: readonly Put[],
  more: Partial<Slice> & { claim?: readonly [number, number] | null } = {},
): Slice {
  const { claim, ...rest } = more;
  const known = new Map<string, number>();
  const numbers = new Map<number, Series>();
  const numberOf = (one: Series) => {
    const body = JSON.stringify(one);
    const s = known.get(body) ?? known.size + 1;
    known.set(body, s);
    numbers.set(s, one);
    return s;
  };
  const range = claim === undefined ? ([rows[0]?.seq ?? 1, rows.at(-1)?.seq ?? 0] as const) : claim;
  return {
    id: `${++slices}`,
    lane: "backlog",
    epoch: epochA,
    base: 0,
    baseQuality: 0,
    head: rows.at(-1)?.seq ?? 0,
    ...(range === null ? {} : { range }),
    rows: rows.map(({ seq, t, value, quality = 0, deviceTime, series: own = series() }) => {
      const s = numberOf(own);
      const row = [seq, s, t, value, quality, ...(deviceTime === undefined ? [] : [deviceTime])];
      return { seq, series: s, text: JSON.stringify(row) };
    }),
    series: numbers,
    gaps: [],
    ...rest,
  };
}

/** `count` rows from `first` on, `everyMs` apart; values are their seqs. */
export const run = (first: number, count: number, everyMs = 1000, more: Partial<Put> = {}): Put[] =>
  Array.from({ length: count }, (_, n) => ({
    seq: first + n,
    t: (first + n) * everyMs,
    value: first + n,
    ...more,
  }));

export class World {
  readonly folder = mkdtempSync(join(memoryFolder, "ce-history-"));
  readonly file = join(this.folder, historyFile);
  readonly clock = new FakeClock();
  readonly facts: HistoryFact[] = [];
  /** Wall ms UTC that somebody vouches for. */
  wall: (() => number | null) | null = null;
  readonly #open: History[] = [];

  history(more: Partial<HistoryOptions> = {}): History {
    const history = new History({
      folder: this.folder,
      quotaBytes: 50e6,
      keepMs: 400 * dayMs,
      diskFloorBytes: 0,
      clock: this.clock,
      wallMs: () => (this.wall ?? (() => this.clock.wallMs()))(),
      report: (fact) => void this.facts.push(fact),
      ...more,
    });
    this.#open.push(history);
    return history;
  }

  async opened(more: Partial<HistoryOptions> = {}): Promise<{ history: History; session: UplinkSession }> {
    const history = this.history(more);
    return { history, session: await history.open() };
  }

  /** The process dies: what is on disk is what was there in that moment. */
  async kill(history: History): Promise<void> {
    const files = [this.file, `${this.file}-wal`].filter((file) => existsSync(file));
    for (const file of files) copyFileSync(file, `${file}.then`);
    await history.stop();
    rmSync(`${this.file}-wal`, { force: true });
    for (const file of files) copyFileSync(`${file}.then`, file);
  }

  get anew(): string[] {
    return this.facts.flatMap((fact) => (fact.what === "anew" ? [fact.why] : []));
  }

  get extent() {
    const last = this.facts.findLast((fact) => fact.what === "stored" || fact.what === "open");
    if (last?.what !== "stored" && last?.what !== "open") throw new Error("nothing was told");
    return last.extent;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#open.map((history) => history.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const send = (session: UplinkSession, slice: Slice): Promise<Receipt> =>
  session.send(historyEncoder.batch(slice), never);

/** What is there of 301-air, oldest first. */
export async function valuesOf(history: History, more: Partial<HistoryAsk> = {}): Promise<Value[]> {
  const { values } = await history.find({ device: "301-air", limit: 10_000, level: 4, ...more });
  return values.map(({ value }) => value).reverse();
}
