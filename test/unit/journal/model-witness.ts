import type { Series } from "../../../config/schema/vocabulary.ts";
import type { JournalStatus } from "../../../edge/journal/index.ts";
import type { Draft, Slice } from "../../../gateway/contract/index.ts";
import type { Before, Left } from "./model-damage.ts";
import type { ModelPlatform } from "./model-platform.ts";

export interface Verdict {
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
  /** Everything else that must not be: conflicts, malformed slices, sums that do not add up, what never drained. */
  broken: string[];
  /** How often each thing happened. */
  happened: Record<Happening, number>;
}

export const happenings = [
  "kills",
  "rollbacks",
  "restores",
  "refusals",
  "damages",
  "away",
  "carried",
  "records",
  "evicted",
  "unreadable",
  "readable",
] as const;
export type Happening = (typeof happenings)[number];

/** One row as the encoder made it: what was put to the journal under this seq. */
export interface Put {
  n: number;
  epoch: string;
  seq: number;
  text: string;
  series: Series;
  isKept: boolean;
  /** The file was damaged where it lay: `known` when a later row of its epoch is left, which tells that it was there. */
  vanished: "known" | "unknown" | null;
}

export interface Emission {
  keyed: boolean;
  point: string;
  acked: boolean;
  /** Record ids it may have at the platform. */
  ids: number;
  /** How many had been put before it. */
  order: number;
  puts: Put[];
}

/** Enough to know what broke. */
const maxBroken = 5;

/** An uplink and what truly arrived at its end. */
interface Watched {
  readonly id: string;
  readonly platform: ModelPlatform;
  readonly restores: number;
}

/**
 * What the model knows from outside: what was put to the journal and acknowledged, and what the platforms truly have.
 * Compares it with what the journal says at every step; the life is judged at its end by model-judge.ts.
 */
export class Witness {
  readonly verdict: Verdict = {
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
    broken: [],
    happened: Object.fromEntries(happenings.map((name) => [name, 0])) as Verdict["happened"],
  };
  readonly emissions = new Map<number, Emission>();
  readonly messages: number[][] = [];
  readonly puts = new Map<string, Put>();
  /** Characters of every row of class K that was put. */
  keptChars = 0;
  /** Characters of every record of the journal's own. */
  ownChars = 0;
  /** Epochs that a damaged or rolled-back file held: what is known of them may be less than what was sent. */
  readonly doubtful = new Set<string>();
  /** Epoch that is written to now. */
  epoch = "";
  readonly #lines: readonly Watched[];
  /** First seq not settled, by uplink and epoch, as last seen in this opening. */
  readonly #next = new Map<string, number>();
  #opening = "";
  readonly #names = new Set<string>();
  /** Heads on disk when it stalled. */
  #heads = new Map<string, number>();

  constructor(lines: readonly Watched[]) {
    this.#lines = lines;
  }

  put(ns: number[], keyed: boolean, point: string): void {
    this.messages.push(ns);
    const order = this.messages.length;
    for (const n of ns) {
      const known = this.emissions.get(n);
      if (known === undefined) this.emissions.set(n, { keyed, point, acked: false, ids: 1, order, puts: [] });
      // Without a key every time it is put is a record of its own; a damaged file forgets keys, also when it shows later.
      else if (!keyed || this.verdict.happened.damages > 0) known.ids += 1;
    }
  }

  /** The encoder made a row. */
  made({ series, class: recordClass, value }: Draft, seq: number, text: string): void {
    if (typeof value !== "number") return;
    const { epoch } = this;
    const isKept = recordClass === "K";
    if (isKept) this.keptChars += text.length;
    const put: Put = { n: value, epoch, seq, text, series, isKept, vanished: null };
    this.puts.set(`${epoch}/${seq}`, put);
    this.emissions.get(value)?.puts.push(put);
  }

  acked(ns: number[]): void {
    for (const n of ns) (this.emissions.get(n) as Emission).acked = true;
  }

  /** A row came to a platform: it must be what was put, bit for bit. */
  arrived(epoch: string, seq: number, text: string, series: Series | undefined): void {
    if (numberOf(text) === null) return;
    const put = this.puts.get(`${epoch}/${seq}`);
    const { device, point, kind } = put?.series ?? {};
    if (put?.text === text && device === series?.device && point === series?.point && kind === series?.kind)
      return;
    this.verdict.phantoms += 1;
    this.broke(
      `${epoch}/${seq} arrived as ${text.slice(0, 60)} of ${series?.point}, put was ${put?.text.slice(0, 60)}`,
    );
  }

  /** What is acknowledged now, and therefore in a copy of the disk. */
  onDisk(): Set<number> {
    return new Set([...this.emissions].filter(([, emission]) => emission.acked).map(([n]) => n));
  }

  /** The disk is an old copy: what was acknowledged since is gone with its keys, and a device may send it again. */
  rolledBack(onDisk: ReadonlySet<number>): void {
    this.verdict.happened.rollbacks += 1;
    this.#doubtAll();
    for (const [n, emission] of this.emissions) {
      if (onDisk.has(n)) continue;
      emission.acked = false;
      if (emission.keyed) emission.ids += 1;
    }
  }

  /** The file was damaged, and this is left of it. */
  damaged(left: Left): void {
    this.verdict.happened.damages += 1;
    this.#doubtAll();
    for (const put of this.puts.values()) {
      const isWhole = left.rows.get(put.epoch)?.has(put.text) === true;
      if (isWhole) this.verdict.happened.readable += 1;
      if (isWhole) put.vanished = null;
      else if (put.vanished !== null || wasThere(left.before, put))
        put.vanished = put.seq < (left.heads.get(put.epoch) ?? 0) ? "known" : "unknown";
    }
  }

  #doubtAll(): void {
    this.doubtful.add(this.epoch);
    for (const { epoch } of this.puts.values()) this.doubtful.add(epoch);
    for (const { platform } of this.#lines) for (const id of platform.streams.keys()) this.doubtful.add(id);
  }

  /** From now on nothing reaches the disk. */
  stalled({ accounts }: JournalStatus): void {
    this.#heads = new Map(accounts.map(({ epoch, head }) => [epoch, head]));
  }

  /** A slice came: in one run no two have the same name, or a receipt for one settles the other. */
  named({ id }: Slice, run: number): void {
    const name = `${run} ${id}`;
    if (this.#names.has(name)) this.broke(`the name ${id} was given twice`);
    this.#names.add(name);
  }

  /** A slice came while the disk stalled. */
  handedOut({ id, epoch, head }: Slice): void {
    if (head > (this.#heads.get(epoch) ?? 0)) this.broke(`${id} was handed out before it was on disk`);
  }

  broke(sentence: string): void {
    if (this.verdict.broken.length < maxBroken) this.verdict.broken.push(sentence);
  }

  /** What must hold at every instant. */
  watch({ epoch: newest, accounts }: JournalStatus, run: number, when: string): void {
    const opening = `${run} ${newest}`;
    if (opening !== this.#opening) this.#next.clear();
    this.#opening = opening;
    for (const account of accounts) {
      const { uplink, epoch, head, delivered, withheld, quarantined, lost, waiting } = account;
      const { platform, restores } = this.#lines.find(({ id }) => id === uplink) as Watched;
      const parts = [delivered, withheld, quarantined, lost, waiting];
      if (parts.some((part) => part < 0) || parts.reduce((a, b) => a + b) !== head)
        this.broke(`${when}: does not add up: ${JSON.stringify(account)}`);
      if (!this.doubtful.has(epoch) && (platform.streams.get(epoch)?.head ?? 0) > head)
        this.broke(`${when}: ${epoch} was sent to ${uplink} beyond its head ${head} on disk`);
      const next = head - waiting + 1;
      const place = `${uplink} ${epoch}`;
      if (restores === 0) {
        const missing = platform.next(epoch);
        if (missing < next)
          this.broke(`${when}: ${epoch} is settled below ${next}, ${uplink} misses ${missing}`);
        const before = this.#next.get(place) ?? 1;
        if (next < before)
          this.broke(`${when}: ${epoch} went back from ${before} to ${next}, ${uplink} never did`);
      }
      this.#next.set(place, next);
    }
  }

  /** True iff nothing that is settled is missing at its platform. */
  agrees({ accounts }: JournalStatus): boolean {
    return accounts.every(({ uplink, epoch, head, waiting }) => {
      const line = this.#lines.find(({ id }) => id === uplink) as Watched;
      return line.platform.next(epoch) > head - waiting;
    });
  }
}

/** In a file, or known there to have made room: what became of other rows, a damage of that file does not explain. */
function wasThere(before: Before | null, { epoch, seq, isKept }: Put): boolean {
  if (before === null || before.rows.has(`${epoch}/${seq}`)) return true;
  return before.madeRoom.some(
    (each) =>
      each.epoch === epoch &&
      each.recordClass === (isKept ? "K" : "T") &&
      each.first <= seq &&
      seq <= each.last,
  );
}

/** The number that an emission carries; null for the journal's own events, NaN for what is no row at all. */
export function numberOf(text: string): number | null {
  try {
    const found = (JSON.parse(text) as unknown[])[3];
    return typeof found === "number" ? found : null;
  } catch {
    return Number.NaN;
  }
}
