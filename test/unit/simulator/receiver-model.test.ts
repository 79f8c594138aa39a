import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GapReason } from "../../../config/schema/batch.ts";
import { IntervalSet } from "../../../simulator/platform/intervals.ts";
import { Receiver } from "../../../simulator/platform/receiver.ts";
import { viewOf } from "../../../simulator/platform/stream-view.ts";
import { body, bytes, epochA, gateway, idOf, row, school, unclaimed } from "./batches.ts";

const last = 30;
const seqs = fc.integer({ min: 1, max: last });
const worse: GapReason[] = ["before", "policy", "gone", "quota", "corrupt"];

/** What R13 says, one seq at a time and nothing clever. */
class Naive {
  fate = new Map<
    number,
    { is: "done"; value: unknown } | { is: "rejected"; code: string } | { is: GapReason }
  >();
  head = 0;
  stored: [number, unknown][] = [];
  answers = new Map<string, [taken: number, rejected: object[]]>();
  falseGaps = 0;
  rewound = false;

  take(
    batch: {
      lane: string;
      first?: number;
      head: number;
      rows: unknown[][];
      gaps: [number, number, GapReason][];
    },
    id: string,
    refused: Set<number>,
  ): { taken: number; rejected: object[]; next: number } {
    this.head = Math.max(this.head, batch.head);
    let answer = batch.lane === "retry" ? this.answers.get(id) : undefined;
    if (answer === undefined) {
      const rejected = batch.rows.flatMap(([seq, , , value]) =>
        this.row(batch, seq as number, value, refused),
      );
      answer = [batch.rows.length - rejected.length, rejected];
      if (batch.lane === "retry") this.answers.set(id, answer);
    }
    for (const [from, to, why] of batch.gaps) {
      for (let seq = from; seq <= to; seq++) {
        const now = this.fate.get(seq)?.is;
        if (now === "done" || now === "rejected") continue;
        if (now === undefined || worse.indexOf(why) > worse.indexOf(now)) this.fate.set(seq, { is: why });
      }
    }
    return { taken: answer[0], rejected: answer[1], next: this.missing(last + 1)[0] as number };
  }

  row(batch: { lane: string; first?: number }, seq: number, value: unknown, refused: Set<number>): object[] {
    const now = this.fate.get(seq);
    if (now?.is === "done") return now.value === value ? [] : [{ seq, code: "conflict" }];
    if (now?.is === "rejected" && batch.lane !== "retry") return [{ seq, code: now.code }];
    if (refused.has(seq)) {
      this.fate.set(seq, { is: "rejected", code: "range" });
      return [{ seq, code: "range" }];
    }
    if ((now?.is === "quota" || now?.is === "corrupt") && batch.first !== undefined && !this.rewound) {
      this.falseGaps += 1;
    }
    this.fate.set(seq, { is: "done", value });
    this.stored.push([seq, value]);
    return [];
  }

  missing(until = this.head): number[] {
    return Array.from({ length: until }, (_, index) => index + 1).filter((seq) => !this.fate.has(seq));
  }

  count(...fates: string[]): number {
    return [...this.fate.values()].filter(({ is }) => fates.includes(is)).length;
  }

  forget(from: number, to: number): void {
    this.rewound = true;
    for (let seq = from; seq <= to; seq++) this.fate.delete(seq);
    this.stored = this.stored.filter(([seq]) => seq < from || seq > to);
  }
}

/** One seq of a claim: a row, with its own value or a wrong one, or a gap. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constant("row" as const) },
  { weight: 1, arbitrary: fc.constant("wrong" as const) },
  { weight: 3, arbitrary: fc.constantFrom(...worse) },
);
const claims = fc
  .tuple(seqs, fc.array(piece, { maxLength: 12 }), fc.constantFrom("live", "backlog"))
  .map(([first, pieces, lane]) => {
    const kept = pieces.slice(0, last - first + 1);
    const rows: unknown[][] = [];
    const gaps: [number, number, GapReason][] = [];
    for (const [index, what] of kept.entries()) {
      const seq = first + index;
      const open = gaps.at(-1);
      if (what === "row" || what === "wrong") rows.push(row(seq, what === "row" ? seq : -seq));
      else if (open?.[2] === what && open[1] === seq - 1) open[1] = seq;
      else gaps.push([seq, seq, what]);
    }
    return { lane, first, last: first + kept.length - 1, rows, gaps };
  });
const loose = fc
  .tuple(fc.uniqueArray(seqs, { maxLength: 6 }), fc.constantFrom("early", "retry"))
  .map(([list, lane]) => ({ lane, rows: list.map((seq) => row(seq)), gaps: [] }));
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ batch: claims, refused: fc.array(seqs, { maxLength: 8 }) }) },
  { weight: 5, arbitrary: fc.record({ batch: loose, refused: fc.array(seqs, { maxLength: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ again: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.tuple(seqs, seqs) }) },
);

describe("the receiver against a naive model", () => {
  it("answers and stores the same, whatever claims, repeats, gaps and retries come in whatever order", () => {
    let answered = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: "max" }), (steps) => {
        const receiver = new Receiver();
        const model = new Naive();
        const sent: { batch: Parameters<Naive["take"]>[0]; payload: Buffer; refused: Set<number> }[] = [];
        for (const what of steps) {
          if ("forget" in what) {
            const [from, to] = [Math.min(...what.forget), Math.max(...what.forget)];
            if (receiver.streams.length > 0) model.forget(from, to);
            receiver.forget(school, gateway, epochA, [from, to]);
            continue;
          }
          let next = "again" in what ? sent[what.again % Math.max(1, sent.length)] : undefined;
          if ("batch" in what) {
            const head = Math.max(
              0,
              ...what.batch.rows.map(([seq]) => seq as number),
              ...what.batch.gaps.map((g) => g[1]),
            );
            const { lane, rows: list, gaps } = what.batch;
            const batch =
              "first" in what.batch
                ? { head: Math.max(head, what.batch.first - 1), ...what.batch }
                : { head, lane, rows: list, gaps: gaps as [] };
            const full = "first" in what.batch ? body(batch) : unclaimed(lane as "early", head, list);
            next = { batch, payload: bytes(full), refused: new Set(what.refused) };
            sent.push(next);
          }
          if (next === undefined) continue;
          const { batch, payload, refused } = next;
          const outcome = receiver.accept({ body: payload, id: idOf(payload), at: null }, ({ seq }) =>
            refused.has(seq) ? "range" : null,
          );
          const expected = model.take(batch, idOf(payload), refused);
          expect(outcome).toMatchObject({ kind: "answer", receipt: expected });
          answered += 1;
          const [stream] = receiver.streams;
          if (stream === undefined) throw new Error("a stream must be there");
          const view = viewOf(stream);
          expect(view).toMatchObject({
            head: model.head,
            done: model.count("done"),
            rejected: model.count("rejected"),
            lost: model.count("quota", "corrupt", "gone"),
            policy: model.count("policy"),
            before: model.count("before"),
          });
          expect(
            view.missing.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, n) => a + n)),
          ).toEqual(model.missing());
          expect(receiver.records.map(({ seq, value }) => [seq, value])).toEqual(model.stored);
          expect(receiver.counters.falseGaps).toBe(model.falseGaps);
        }
      }),
      { numRuns: 300 },
    );
    expect(answered).toBeGreaterThan(3_000);
  });
});

describe("an interval set", () => {
  it("is the set of numbers it stands for, with runs that never touch", () => {
    const range = fc.tuple(seqs, seqs).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const change = fc.tuple(fc.constantFrom("add", "remove"), range);
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), range, (changes, [from, to]) => {
        const set = new IntervalSet();
        const plain = new Set<number>();
        for (const [what, [a, b]] of changes) {
          set[what as "add" | "remove"](a, b);
          for (let n = a; n <= b; n++) what === "add" ? plain.add(n) : plain.delete(n);
        }
        const all = Array.from({ length: last + 2 }, (_, index) => index + 1);
        const listed = (ranges: readonly (readonly [number, number])[]) =>
          ranges.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, n) => a + n));
        expect(all.filter((n) => set.has(n))).toEqual([...plain].sort((a, b) => a - b));
        expect(set.size).toBe(plain.size);
        const ranges = set.copy().ranges();
        expect(ranges.every(([a], index) => a > (ranges[index - 1]?.[1] ?? -1) + 1)).toBe(true);
        expect(listed(set.within(from, to))).toEqual(all.filter((n) => n >= from && n <= to && plain.has(n)));
        expect(listed(set.missing(from, to))).toEqual(
          all.filter((n) => n >= from && n <= to && !plain.has(n)),
        );
        expect(set.firstMissing).toBe(all.find((n) => !plain.has(n)));
      }),
      { numRuns: 2000 },
    );
  });
});
