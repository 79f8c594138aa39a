import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchBody, maxBatchBytes } from "../../../config/schema/batch.ts";
import { recordSchema } from "../../../config/schema/record.ts";
import { maxClaimSeqs, parseBatch, recordsOf } from "../../../gateway/encode/decoder.ts";
import { batchId } from "../../../gateway/encode/encoder.ts";
import { encoder, row, series, slice } from "./rows.ts";

describe("a receiver", () => {
  const good = JSON.parse(
    Buffer.from(
      encoder.batch(
        slice([row(3), row(4), row(8)], {
          range: [1, 9],
          gaps: [
            [1, 2, "before"],
            [5, 7, "quota"],
            [9, 9, "policy"],
          ],
        }),
      ).bytes,
    ).toString(),
  ) as BatchBody;
  const read = (body: object) => parseBatch(Buffer.from(JSON.stringify(body)));
  const with_ = (more: Record<string, unknown>) => read({ ...good, ...more });
  const r = (seq: number, s = 1) => [seq, s, 0, 1, 0];

  it("takes a claim whose every seq is a row or lies in one gap, in whatever order they stand", () => {
    expect(read(good)?.rows).toHaveLength(3);
    expect(with_({ rows: [...good.rows].reverse(), gaps: [...good.gaps].reverse() })).not.toBeNull();
  });

  it.each<[string, Record<string, unknown>]>([
    ["a seq is missing", { rows: [r(3), r(8)] }],
    ["a row comes twice", { rows: [r(3), r(4), r(4), r(8)] }],
    ["a row lies in a gap", { rows: [r(2), r(3), r(4), r(8)] }],
    [
      "a row lies before the claim",
      {
        rows: [r(3), r(4), r(8)],
        first: 2,
        gaps: [
          [1, 2, "before"],
          [5, 7, "quota"],
          [9, 9, "policy"],
        ],
      },
    ],
    ["a row lies after the claim", { rows: [...good.rows, r(10)] }],
    [
      "gaps overlap",
      {
        gaps: [
          [1, 2, "before"],
          [2, 2, "gone"],
          [5, 7, "quota"],
          [9, 9, "policy"],
        ],
      },
    ],
    [
      "a gap runs backwards",
      {
        gaps: [
          [2, 1, "before"],
          [1, 2, "gone"],
          [5, 7, "quota"],
          [9, 9, "policy"],
        ],
      },
    ],
    ["a gap is empty", { gaps: [...good.gaps, [3, 2, "gone"]] }],
    ["the claim ends above head", { head: 8 }],
    ["the claim is cut off before its rows", { last: 7 }],
    ["the claim runs backwards", { last: -1, rows: [], gaps: [] }],
    ["a claim has no end", { last: undefined }],
    ["a claim has no start", { first: undefined }],
    ["the live lane claims nothing at all", { first: undefined, last: undefined, gaps: [] }],
    ["the early lane claims", { lane: "early" }],
    ["the retry lane has gaps", { lane: "retry", first: undefined, last: undefined }],
    ["a row's series is not in the dictionary", { rows: [r(3), r(4, 2), r(8)] }],
    ["there is an unknown key", { more: 1 }],
    ["the version is another", { v: 2 }],
    ["the school is none", { school: "213300000" }],
    ["a quality is above 255", { rows: [[3, 1, 0, 1, 256], r(4), r(8)] }],
    ["a text is too long", { rows: [[3, 1, 0, "x".repeat(257), 0], r(4), r(8)] }],
    ["a value is a list", { rows: [[3, 1, 0, [1], 0], r(4), r(8)] }],
    [
      "a reason is unknown",
      {
        gaps: [
          [1, 2, "lost"],
          [5, 7, "quota"],
          [9, 9, "policy"],
        ],
      },
    ],
  ])("refuses a batch in which %s", (_, more) => {
    expect(with_(more)).toBeNull();
  });

  it("takes early and retried rows without a claim, once each and up to head", () => {
    const unclaimed = { lane: "retry", first: undefined, last: undefined, gaps: [] };
    expect(with_(unclaimed)?.rows).toHaveLength(3);
    expect(with_({ ...unclaimed, lane: "early" })?.rows).toHaveLength(3);
    expect(with_({ ...unclaimed, rows: [r(3), r(3)] })).toBeNull();
    expect(with_({ ...unclaimed, head: 7 })).toBeNull();
  });

  it("takes a claim of a million seqs and no more", () => {
    const claim = (last: number) =>
      with_({ rows: [], first: 1, last, head: last, gaps: [[1, last, "policy"]] });
    expect(claim(maxClaimSeqs)).not.toBeNull();
    expect(claim(maxClaimSeqs + 1)).toBeNull();
  });

  it("refuses bytes that are no batch, and never throws", () => {
    const bytes = Buffer.from(JSON.stringify(good));
    const number = JSON.stringify({ ...good, at: 7 }).replace('"at":7', '"at":1e999');
    for (const wrong of [
      Buffer.from(""),
      Buffer.from("null"),
      Buffer.from("[]"),
      bytes.subarray(0, -1),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
      Buffer.from(bytes.toString().replace("301-air", "\u00ff"), "latin1"),
      Buffer.from(number),
      Buffer.from("[".repeat(maxBatchBytes)),
      Buffer.concat([bytes, Buffer.alloc(maxBatchBytes, " ")]),
    ]) {
      expect(parseBatch(wrong)).toBeNull();
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => parseBatch(noise) === null));
    fc.assert(fc.property(fc.json(), (text) => parseBatch(Buffer.from(text)) === null));
  });

  it("keeps a batch with one damaged byte apart from the original, or refuses it", () => {
    const bytes = encoder.batch(slice([row(1), row(2, "x")])).bytes;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(batchId(damaged)).not.toBe(batchId(bytes));
        parseBatch(damaged);
      }),
    );
  });

  it("marks records of simulated devices, also when a row forgot to", () => {
    const body = with_({
      series: { 1: { ...series, simulated: true } },
      rows: [
        [3, 1, 0, 1, 0],
        [4, 1, 0, 1, 128],
        [8, 1, 0, 1, 33],
      ],
    });
    expect(recordsOf(body as BatchBody).map(({ quality }) => quality)).toEqual([128, 128, 161]);
  });

  it("gives records of the published shape", () => {
    for (const record of recordsOf(good)) expect(recordSchema.parse(record)).toEqual(record);
  });
});
