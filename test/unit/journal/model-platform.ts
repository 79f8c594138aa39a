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

/** What the platform must do by R13, in a few lines and in memory: the witness of the journal's model test. */
export class ModelPlatform {
  streams = new Map<string, Stream>();
  conflicts = 0;
  malformed = 0;
  falseGaps = 0;
  /** Answers of retry batches: each is judged once. */
  retries = new Map<string, Receipt>();

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
    for (const { seq, text } of slice.rows) {
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
        if (stream.gaps.delete(seq)) this.falseGaps += 1;
      } else {
        stream.rejected.set(seq, { code, text });
        rejected.push({ seq, code });
      }
    }
    for (const [first, last, why] of slice.gaps) {
      for (let seq = first; seq <= last; seq++) if (!stream.done.has(seq)) stream.gaps.set(seq, why);
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
    const saved = structuredClone({ streams: this.streams, retries: this.retries });
    return () => {
      const copy = structuredClone(saved);
      this.streams = copy.streams;
      this.retries = copy.retries;
    };
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
