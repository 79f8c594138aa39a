import { describe, expect, it } from "vitest";
import { receiptSchema } from "../../../config/schema/receipt.ts";
import { recordSchema } from "../../../config/schema/record.ts";
import { type Judge, type Outcome, Receiver } from "../../../simulator/platform/receiver.ts";
import { viewOf } from "../../../simulator/platform/stream-view.ts";
import {
  body,
  bytes,
  claim,
  co2,
  epochA,
  epochB,
  gateway,
  idOf,
  row,
  rows,
  school,
  unclaimed,
} from "./batches.ts";

function send(receiver: Receiver, batch: object, judge?: Judge): Outcome {
  const payload = bytes(batch);
  return receiver.accept({ body: payload, id: idOf(payload), at: 5 }, judge);
}

function receipt(receiver: Receiver, batch: object, judge?: Judge) {
  const outcome = send(receiver, batch, judge);
  if (outcome.kind === "refused") throw new Error(`refused: ${outcome.fault}`);
  expect(receiptSchema.safeParse(outcome.receipt).success).toBe(true);
  return outcome.receipt;
}

function fault(receiver: Receiver, batch: object): string {
  const outcome = send(receiver, batch);
  return outcome.kind === "refused" ? outcome.fault : outcome.kind;
}

const view = (receiver: Receiver, index = 0) => viewOf(receiver.streams[index] as never);
const refuse =
  (...seqs: number[]): Judge =>
  ({ seq }) =>
    seqs.includes(seq) ? "range" : null;

describe("the receiver", () => {
  it("stores a full claim, answers what it took and what it misses next", () => {
    const receiver = new Receiver();
    const batch = claim(1, 3, { head: 9 });
    expect(receipt(receiver, batch)).toEqual({
      v: 1,
      batch: idOf(bytes(batch)),
      taken: 3,
      rejected: [],
      next: 4,
      at: 5,
    });
    expect(view(receiver)).toMatchObject({ head: 9, done: 3, next: 4, missing: [[4, 9]] });
    expect(receiver.records.map(({ value }) => value)).toEqual([1, 2, 3]);
    for (const record of receiver.records) expect(recordSchema.safeParse(record).success).toBe(true);
  });

  it("answers a claim of nothing with what it misses, also for an epoch it never heard of", () => {
    const receiver = new Receiver();
    expect(receipt(receiver, body({ first: 8, last: 7, head: 7 }))).toMatchObject({ taken: 0, next: 1 });
    expect(view(receiver).missing).toEqual([[1, 7]]);
  });

  it("absorbs the same rows again, in any batch", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 5));
    expect(receipt(receiver, claim(3, 7))).toMatchObject({ taken: 5, rejected: [], next: 8 });
    expect(receiver.records).toHaveLength(7);
    expect(receiver.counters).toMatchObject({ duplicates: 3, conflicts: 0, stored: 7 });
  });

  it("does not take a gap in the middle for the end", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(4, 6));
    expect(receipt(receiver, claim(1, 2, { head: 6 })).next).toBe(3);
    expect(view(receiver).missing).toEqual([[3, 3]]);
  });

  it.each([
    ["the value", row(2, 99)],
    ["the type of the value", row(2, "2")],
    ["the quality", [2, 1, 2000, 2, 18]],
    ["the time", [2, 1, 2001, 2, 0]],
    ["the device's time", row(2, 2, 77)],
    ["the series", [2, 2, 2000, 2, 0]],
  ])("answers conflict when the same key comes with another value: %s", (_what, changed) => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 2));
    const again = body({
      first: 1,
      last: 2,
      head: 2,
      rows: [row(1), changed],
      series: { 1: co2, 2: { ...co2, point: "tvoc" } },
    });
    expect(receipt(receiver, again)).toMatchObject({
      taken: 1,
      rejected: [{ seq: 2, code: "conflict" }],
      next: 3,
    });
    expect(receiver.records.map(({ value }) => value)).toEqual([1, 2]);
    expect(receiver.counters.conflicts).toBe(1);
  });

  it("keeps a reject until a retry batch, and judges that batch once", () => {
    const receiver = new Receiver();
    expect(receipt(receiver, claim(1, 3), refuse(2))).toMatchObject({
      taken: 2,
      rejected: [{ seq: 2, code: "range" }],
      next: 4,
    });
    expect(receipt(receiver, claim(1, 3))).toMatchObject({ taken: 2, rejected: [{ seq: 2, code: "range" }] });
    const retry = unclaimed("retry", 3, [row(2)]);
    expect(receipt(receiver, retry, refuse(2))).toMatchObject({
      taken: 0,
      rejected: [{ seq: 2, code: "range" }],
    });
    expect(receipt(receiver, retry)).toMatchObject({ taken: 0, rejected: [{ seq: 2, code: "range" }] });
    expect(view(receiver)).toMatchObject({ done: 2, rejected: 1, missing: [] });
    expect(receipt(receiver, unclaimed("retry", 3, [row(2)]))).toMatchObject({ taken: 1, rejected: [] });
    expect(receipt(receiver, retry)).toMatchObject({ taken: 0, rejected: [{ seq: 2, code: "range" }] });
    expect(view(receiver)).toMatchObject({ done: 3, rejected: 0 });
    expect(receiver.counters).toMatchObject({ stickyRejects: 1, repeatedRetries: 2, rejected: 2 });
  });

  it("gives a repeated retry the same answer but today's next", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 3), refuse(2));
    const retry = unclaimed("retry", 3, [row(2)]);
    expect(receipt(receiver, retry)).toMatchObject({ taken: 1, next: 4 });
    receipt(receiver, claim(4, 9));
    expect(receipt(receiver, retry)).toMatchObject({ taken: 1, next: 10 });
  });

  it("takes rows without a claim, which settle only themselves", () => {
    const receiver = new Receiver();
    expect(receipt(receiver, unclaimed("early", 7, [row(5)]))).toMatchObject({ taken: 1, next: 1 });
    expect(view(receiver).missing).toEqual([
      [1, 4],
      [6, 7],
    ]);
    expect(receipt(receiver, claim(1, 7))).toMatchObject({ taken: 7, next: 8 });
    expect(receiver.records).toHaveLength(7);
  });

  it("counts declared gaps as not missing, each under its reason", () => {
    const receiver = new Receiver();
    const gaps = [
      [1, 10, "before"],
      [12, 13, "policy"],
      [14, 20, "quota"],
      [21, 21, "corrupt"],
      [22, 23, "gone"],
    ];
    const answer = receipt(receiver, body({ first: 1, last: 23, head: 25, rows: [row(11)], gaps }));
    expect(answer).toMatchObject({ taken: 1, next: 24 });
    expect(view(receiver)).toMatchObject({ done: 1, before: 10, policy: 2, lost: 10, missing: [[24, 25]] });
    expect(view(receiver).losses).toEqual({ quota: [[14, 20]], corrupt: [[21, 21]], gone: [[22, 23]] });
  });

  it("lets a record beat a loss, and calls it a false gap where the loss was certain", () => {
    const receiver = new Receiver();
    receipt(receiver, body({ first: 1, last: 4, head: 4, gaps: [[1, 4, "quota"]] }));
    receipt(receiver, unclaimed("early", 4, [row(1)]));
    expect(receiver.counters).toMatchObject({ recordsOverLosses: 1, falseGaps: 0 });
    receipt(receiver, claim(2, 2, { head: 4 }));
    expect(receiver.counters).toMatchObject({ recordsOverLosses: 2, falseGaps: 1 });
    receiver.restore(receiver.snapshot());
    receipt(receiver, claim(3, 3, { head: 4 }));
    expect(receiver.counters).toMatchObject({ recordsOverLosses: 3, falseGaps: 1 });
    expect(view(receiver)).toMatchObject({ done: 3, lost: 1 });
  });

  it("never lets a gap take away what is stored or refused", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 3), refuse(2));
    receipt(receiver, body({ first: 1, last: 4, head: 4, gaps: [[1, 4, "gone"]] }));
    expect(view(receiver)).toMatchObject({ done: 2, rejected: 1, lost: 1 });
    expect(receiver.counters.recordsOverLosses).toBe(0);
  });

  it("dates a record by its device, else by its receipt at the gateway", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 2, { rows: [row(1), row(2, 2, 777)], base: 10_000, baseQuality: 1 }));
    expect(receiver.records).toMatchObject([
      { time: 11_000, received: 11_000, timeQuality: 1, unit: "[ppm]", level: 2 },
      { time: 777, received: 12_000, timeQuality: 1 },
    ]);
  });

  it("dates records once when the base becomes known, whatever comes in which order", () => {
    const receiver = new Receiver();
    const unknown = { base: null, baseQuality: 2, at: null };
    receipt(receiver, claim(1, 2, { rows: [row(1), row(2, 2, 777)], ...unknown }));
    expect(receiver.records).toMatchObject([
      { time: null, received: null, timeQuality: 2 },
      { time: 777, received: null, timeQuality: 2 },
    ]);
    receipt(receiver, claim(3, 3, { base: 10_000 }));
    receipt(receiver, claim(4, 4, unknown));
    receipt(receiver, claim(5, 5, { base: 20_000 }));
    expect(receiver.records).toMatchObject([
      { time: 11_000, received: 11_000, timeQuality: 3 },
      { time: 777, received: 12_000, timeQuality: 3 },
      { time: 13_000, timeQuality: 0 },
      { time: 14_000, timeQuality: 3 },
      { time: 15_000, timeQuality: 0 },
    ]);
    expect(receiver.counters).toMatchObject({ corrected: 2, baseChanges: 1 });
  });

  it("reports two openings with one predecessor", () => {
    const receiver = new Receiver();
    const opening = (epoch: string, previous: string | null) =>
      claim(1, 1, {
        epoch,
        rows: [row(1, JSON.stringify({ previous, previousHead: 4, cause: "start" }))],
        series: { 1: { ...co2, point: "journal.opened", kind: "event", unit: undefined } },
      });
    const [c, d] = ["c".repeat(20), "d".repeat(20)];
    receipt(receiver, opening(epochA, null));
    receipt(receiver, opening("e".repeat(20), null));
    receipt(receiver, opening(epochB, epochA));
    receipt(receiver, opening(epochB, epochA));
    receipt(receiver, opening(c, epochB));
    expect(receiver.forks).toEqual([]);
    receipt(receiver, opening(d, epochA));
    expect(receiver.forks).toEqual([{ school, gateway, previous: epochA, epochs: [epochB, d] }]);
  });

  it("keeps schools, gateways and epochs apart", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 2));
    receipt(receiver, claim(1, 2, { epoch: epochB }));
    receipt(receiver, claim(1, 2, { gateway: "gw2" }));
    receipt(receiver, claim(1, 2, { school: "2133000002" }));
    expect(receiver.records).toHaveLength(8);
    expect(receiver.counters.duplicates).toBe(0);
  });

  it.each<[string, object]>([
    ["shape", { not: "a batch" }],
    ["shape", body({ v: 2 })],
    ["shape", body({ extra: 1 })],
    ["shape", body({ school: "33" })],
    ["shape", body({ first: 0 })],
    ["shape", body({ first: 1, last: 2 ** 60, head: 2 ** 61 })],
    ["shape", claim(1, 2, { rows: [row(1), row(2, "x".repeat(257))] })],
    ["shape", claim(1, 1001)],
    ["shape", body({ gaps: [[1, 1, "because"]] })],
    ["cover", claim(1, 3, { rows: rows(1, 2) })],
    ["cover", claim(1, 3, { rows: [row(1), row(3)] })],
    ["cover", claim(1, 2, { rows: [row(1), row(2), row(2)] })],
    ["cover", claim(1, 3, { rows: rows(1, 3), gaps: [[2, 2, "policy"]] })],
    ["cover", claim(2, 3, { rows: rows(1, 3) })],
    ["cover", claim(1, 2, { rows: rows(1, 3), head: 3 })],
    ["cover", claim(1, 3, { rows: [row(1)], gaps: [[3, 2, "policy"]] })],
    ["cover", body({ first: 1, last: 0, rows: [row(1)], head: 1 })],
    ["cover", body({ first: 1, last: 9, head: 9, gaps: [[1, 10, "quota"]] })],
    ["claim", body({ first: 5, last: 3, head: 9 })],
    ["claim", unclaimed("early", 9, [row(2)], { gaps: [[3, 3, "policy"]] })],
    ["claim", unclaimed("early", 9, [row(2)], { last: 3 })],
    ["cover", unclaimed("early", 9, [row(2), row(2)])],
    ["lane", unclaimed("retry", 9, [row(2)], { lane: "live" })],
    ["lane", claim(1, 2, { lane: "early" })],
    ["head", claim(1, 3, { head: 2 })],
    ["head", body({ first: 1, last: 3, head: 2, gaps: [[1, 3, "before"]] })],
    ["head", unclaimed("early", 1, [row(2)])],
    ["span", body({ first: 1, last: 1_000_001, head: 1_000_001, gaps: [[1, 1_000_001, "before"]] })],
    ["series", claim(1, 1, { series: {} })],
  ])("refuses as %s what is no batch, without a receipt or a trace", (code, batch) => {
    const receiver = new Receiver();
    expect(fault(receiver, batch)).toBe(code);
    expect(receiver.streams).toEqual([]);
    expect(receiver.records).toEqual([]);
    expect(Object.values(receiver.counters.malformed)).toEqual([1]);
  });

  it.each([
    ["no JSON", Buffer.from("{")],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["nothing", Buffer.alloc(0)],
    ["depth", Buffer.from("[".repeat(200_000))],
  ])("refuses text that is none: %s", (_what, payload) => {
    expect(new Receiver().accept({ body: payload, id: idOf(payload), at: 1 })).toEqual({
      kind: "refused",
      fault: "text",
    });
  });

  it("takes a claim of exactly a million seqs", () => {
    const receiver = new Receiver();
    const gaps = [[1, 1_000_000, "before"]];
    expect(receipt(receiver, body({ first: 1, last: 1_000_000, head: 1_000_000, gaps })).next).toBe(
      1_000_001,
    );
  });

  it("refuses what would tear a stream into too many runs, and goes on with it", () => {
    const receiver = new Receiver({ maxRuns: 20 });
    const every = (from: number, count: number) => Array.from({ length: count }, (_, n) => row(from + 2 * n));
    receipt(receiver, unclaimed("early", 999, every(1, 15)));
    expect(fault(receiver, unclaimed("early", 999, every(101, 6)))).toBe("runs");
    expect(receiver.records).toHaveLength(15);
    expect(receipt(receiver, claim(1, 60, { head: 999 }))).toMatchObject({ taken: 60, next: 61 });
  });

  it("says too large, whole, and knows the batch by its id", () => {
    const receiver = new Receiver({ maxBodyBytes: 1000 });
    const batch = claim(1, 50);
    expect(receipt(receiver, batch)).toEqual({
      v: 1,
      batch: idOf(bytes(batch)),
      taken: 0,
      rejected: [],
      next: null,
      at: 5,
      tooLarge: true,
    });
    expect(receiver.records).toEqual([]);
  });

  it.each([
    ["address", { school: "2133000009" }],
    ["address", { gateway: "gw9" }],
    ["lane", { door: "alarm" as const }],
  ])("refuses a batch that came by the wrong topic: %s", (code, envelope) => {
    const payload = bytes(claim(1, 1));
    const outcome = new Receiver().accept({ body: payload, id: idOf(payload), at: 1, ...envelope });
    expect(outcome).toEqual({ kind: "refused", fault: code });
  });

  it("goes back to a backup as often as wanted, with its answers", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 3, { base: null, baseQuality: 2 }), refuse(2));
    const backup = receiver.snapshot();
    const retry = unclaimed("retry", 3, [row(2)]);
    for (let round = 0; round < 2; round++) {
      expect(receipt(receiver, retry)).toMatchObject({ taken: 1 });
      receipt(receiver, claim(4, 9));
      expect(receiver.records).toHaveLength(9);
      expect(receiver.records.every(({ received }) => received !== null)).toBe(true);
      receiver.restore(backup);
      expect(receiver.records.map(({ seq, received }) => [seq, received])).toEqual([
        [1, null],
        [3, null],
      ]);
      expect(receipt(receiver, body({ first: 10, last: 9, head: 9, base: null })).next).toBe(4);
      expect(receipt(receiver, claim(2, 2, { head: 9, base: null })).rejected).toEqual([
        { seq: 2, code: "range" },
      ]);
    }
  });

  it("goes back where it forgot, and stores again", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 9), refuse(5));
    receiver.forget(school, gateway, epochA, [4, 6]);
    expect(view(receiver)).toMatchObject({ next: 4, done: 6, rejected: 0, missing: [[4, 6]] });
    expect(receiver.records.map(({ seq }) => seq)).toEqual([1, 2, 3, 7, 8, 9]);
    expect(receipt(receiver, claim(4, 9))).toMatchObject({ taken: 6, next: 10 });
  });

  it("counts simulated data without its mark, and series that change their meaning", () => {
    const receiver = new Receiver();
    receipt(receiver, claim(1, 1, { series: { 1: { ...co2, simulated: true } } }));
    receipt(receiver, claim(2, 2, { series: { 1: { ...co2, simulated: true } }, rows: [[2, 1, 0, 2, 128]] }));
    receipt(receiver, claim(3, 3, { series: { 1: { ...co2, point: "tvoc" } } }));
    expect(receiver.counters).toMatchObject({ mislabelled: 1, seriesChanges: 1 });
  });
});
