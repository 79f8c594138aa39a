import type { Series } from "../../../config/schema/vocabulary.ts";
import type { Receipt, Slice } from "../../../gateway/contract/index.ts";

interface Stream {
  done: Map<number, string>;
  rejected: Map<number, { code: string; text: string }>;
  /** Declared by the gateway: withheld or lost, with the reason. */
  gaps: Map<number, string>;
  head: number;
  /** Every seq below has a fate. */
  next: number;
}

/** A record `journal.loss`, as it arrived. */
export interface ToldLoss {
  uplink: string;
  device: string;
  point: string | null;
  count: number;
  reason: string;
  certain: boolean;
}

/** What the platform must do by R13, in a few lines and in memory: the witness of the journal's model test. */
export class ModelPlatform {
  streams = new Map<string, Stream>();
  conflicts = 0;
  malformed = 0;
  /** Records that came after their loss was declared, with the reason that was given. */
  cameAfterAll: { epoch: string; seq: number; why: string }[] = [];
  /** Answers of retry batches: each is judged once. */
  retries = new Map<string, Receipt>();
  /** By epoch and seq. */
  losses = new Map<string, ToldLoss>();
  get falseGaps(): number {
    return this.cameAfterAll.length;
  }

  /** What it once had, by epoch and seq: a backup that is restored does not take it out of here. */
  readonly everDone = new Set<string>();
  /** Sees each row that is stored. */
  onRow: (epoch: string, seq: number, text: string, series: Series | undefined) => void = () => {};

  /** Judges a slice as sent; `copy` names the sending of a retry slice. */
  accept(slice: Slice, copy: string, judge: (text: string) => string | null): Receipt | null {
    const stream = this.streams.get(slice.epoch) ?? {
      done: new Map(),
      rejected: new Map(),
      gaps: new Map(),
      head: 0,
      next: 1,
    };
    if (slice.range !== undefined && !covered(slice)) {
      this.malformed += 1;
      return null;
    }
    const answered = slice.lane === "retry" ? this.retries.get(copy) : undefined;
    if (answered !== undefined) return answered;
    this.streams.set(slice.epoch, stream);
    stream.head = Math.max(stream.head, slice.head);
    const rejected: Receipt["rejected"] = [];
    for (const { seq, text, series } of slice.rows) {
      const known = stream.done.get(seq);
      const before = stream.rejected.get(seq);
      if (known !== undefined) {
        if (known !== text) {
          this.conflicts += 1;
          rejected.push({ seq, code: "conflict" });
        }
        continue;
      }
      if (before !== undefined && slice.lane !== "retry") {
        rejected.push({ seq, code: before.code });
        continue;
      }
      const code = judge(text);
      if (code === null) {
        stream.done.set(seq, text);
        stream.rejected.delete(seq);
        this.#note(slice.epoch, seq, text, slice.series.get(series));
        const why = stream.gaps.get(seq);
        if (why !== undefined) this.cameAfterAll.push({ epoch: slice.epoch, seq, why });
        stream.gaps.delete(seq);
      } else {
        stream.rejected.set(seq, { code, text });
        rejected.push({ seq, code });
      }
    }
    for (const [first, last, why] of slice.gaps) {
      for (let seq = first; seq <= last; seq++)
        if (!stream.done.has(seq) && !stream.gaps.has(seq)) stream.gaps.set(seq, why);
    }
    const receipt = {
      batch: "",
      taken: slice.rows.length - rejected.length,
      rejected,
      next: this.next(slice.epoch),
      at: null,
    };
    if (slice.lane === "retry") this.retries.set(copy, receipt);
    return receipt;
  }

  /** First seq of an epoch that is neither stored, rejected nor declared. */
  next(epoch: string): number {
    const stream = this.streams.get(epoch);
    if (stream === undefined) return 1;
    const { done, rejected, gaps } = stream;
    while (done.has(stream.next) || rejected.has(stream.next) || gaps.has(stream.next)) stream.next += 1;
    return stream.next;
  }

  snapshot(): () => void {
    const saved = structuredClone({ streams: this.streams, retries: this.retries, losses: this.losses });
    return () => {
      const copy = structuredClone(saved);
      this.streams = copy.streams;
      this.retries = copy.retries;
      this.losses = copy.losses;
    };
  }

  #note(epoch: string, seq: number, text: string, series: Series | undefined): void {
    this.everDone.add(`${epoch}/${seq}`);
    this.onRow(epoch, seq, text, series);
    if (series?.point !== "journal.loss") return;
    const loss = JSON.parse((JSON.parse(text) as string[])[3] as string) as Omit<ToldLoss, "device">;
    this.losses.set(`${epoch}/${seq}`, { ...loss, device: series.device });
  }
}

/** Every seq of the claim is a row or in a gap, once. */
function covered(slice: Slice): boolean {
  const [first, last] = slice.range ?? [1, 0];
  const seqs = slice.rows.map((row) => row.seq);
  for (const [from, to] of slice.gaps) for (let seq = from; seq <= to; seq++) seqs.push(seq);
  seqs.sort((a, b) => a - b);
  return (
    last <= slice.head &&
    seqs.length === last - first + 1 &&
    seqs.every((seq, index) => seq === first + index)
  );
}
