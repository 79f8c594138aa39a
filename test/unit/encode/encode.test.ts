import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BatchBody } from "../../../config/schema/batch.ts";
import { recordKinds, type Series, type Value } from "../../../config/schema/vocabulary.ts";
import { parseBatch, recordsOf } from "../../../gateway/encode/decoder.ts";
import { batchId, createEncoder, EncodeError } from "../../../gateway/encode/encoder.ts";
import { draft, encoder, row, slice } from "./rows.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 128 }),
  fc.string({
    unit: fc.constantFrom("\u2028", "\u2029", '"', "\\", "\t", "\n", "\0", "\ud800", "教", "é"),
    maxLength: 200,
  }),
);
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e-7, 5e-324, -0, 0.1 + 0.2, 2 ** 53 + 2, 1e21, Number.MAX_VALUE, -Number.MAX_VALUE),
  fc.boolean(),
  anyText,
  fc.constant(null),
);
const anySeries: fc.Arbitrary<Series> = fc.record(
  {
    device: fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }),
    point: fc.string({ minLength: 1, maxLength: 20 }),
    space: fc.string({ maxLength: 20 }),
    unit: fc.string({ maxLength: 16 }),
    kind: fc.constantFrom(...recordKinds),
    level: fc.integer({ min: 1, max: 4 }),
    source: fc.string({ maxLength: 20 }),
  },
  { requiredKeys: ["device", "point", "space", "kind", "level", "source"] },
);
const anyDraft = fc.record(
  {
    series: anySeries,
    class: fc.constantFrom("T" as const, "K" as const),
    value: anyValue,
    quality: fc.integer({ min: 0, max: 255 }),
    deviceTime: fc.oneof(fc.maxSafeNat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  },
  { requiredKeys: ["series", "class", "value", "quality"] },
);

describe("what is encoded", () => {
  it("is decoded exactly, whatever the drafts are", () => {
    const t = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true }));
    const drafts = fc.array(fc.tuple(anyDraft, t), { maxLength: 40 });
    const header = fc.record({
      first: fc.integer({ min: 1, max: 2 ** 40 }),
      base: fc.option(fc.integer({ min: 0, max: 2 ** 43 })),
      baseQuality: fc.integer({ min: 0, max: 2 }),
      at: fc.option(fc.maxSafeNat()),
    });
    fc.assert(
      fc.property(drafts, header, (drafts, { first, base, baseQuality, at }) => {
        const here = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => at });
        const rows = drafts.map(([draft, t], n) => ({
          seq: first + n,
          series: n,
          text: here.row(draft, first + n, n, t),
        }));
        const last = first + rows.length - 1;
        const batch = here.batch(
          slice(rows, {
            base,
            baseQuality,
            head: last,
            range: [first, last],
            series: new Map(drafts.map(([draft], n) => [n, draft.series])),
          }),
        );
        const body = parseBatch(batch.bytes) as BatchBody;
        expect(body).toMatchObject({ first, last, head: last, at, base, baseQuality, lane: "live" });
        expect(body.rows).toStrictEqual(
          drafts.map(([{ value, quality, deviceTime }, t], n) => [
            first + n,
            n,
            t,
            value,
            quality,
            ...(deviceTime === undefined ? [] : [deviceTime]),
          ]),
        );
        expect(recordsOf(body)).toStrictEqual(
          drafts.map(([{ series, value, quality, deviceTime }, t], n) => {
            const { source: _, ...shared } = series;
            const received = base === null ? null : base + t;
            return {
              ...shared,
              school: "2133000001",
              gateway: "gw1",
              epoch: "0123456789abcdef0123",
              seq: first + n,
              value,
              quality,
              time: deviceTime ?? received,
              received,
              timeQuality: base === null ? 2 : baseQuality,
            };
          }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("is one line without a raw tab, in the journal and on the wire", () => {
    fc.assert(
      fc.property(anyDraft, (draft) => {
        const text = encoder.row(draft, 1, 1, 0);
        expect(/[\t\n\r]/.test(text)).toBe(false);
        // What the journal stores as UTF-8 is what it gives back.
        expect(Buffer.from(text, "utf8").toString("utf8")).toBe(text);
      }),
    );
  });

  it("carries rows as they are, without reading them", () => {
    const { bytes } = encoder.batch(slice([{ seq: 1, series: 1, text: "[1,1,0, 1.50 ,0]" }]));
    expect(Buffer.from(bytes).toString()).toContain(',"rows":[[1,1,0, 1.50 ,0]]}');
  });

  it("is named by SHA-256 over the body, with a nonce that differs each time", () => {
    const [a, b] = [encoder.batch(slice([row(1)])), encoder.batch(slice([row(1)]))];
    expect(a.id).toBe(createHash("sha256").update(a.bytes).digest("hex"));
    expect(batchId(a.bytes)).toBe(a.id);
    expect(a.id).not.toBe(b.id);
    expect(parseBatch(a.bytes)?.nonce).not.toBe(parseBatch(b.bytes)?.nonce);
  });

  it("is the same to the byte when time and chance are the same", () => {
    const fixed = createEncoder({
      school: "2133000001",
      gateway: "gw1",
      wallMs: () => null,
      random: (n) => new Uint8Array(n).fill(0xab),
    });
    const { bytes, id, ...more } = fixed.batch(
      slice([row(1, 412.5)], { range: [1, 3], gaps: [[2, 3, "policy"]] }),
    );
    expect(Buffer.from(bytes).toString()).toBe(
      '{"v":1,"school":"2133000001","gateway":"gw1","lane":"live","epoch":"0123456789abcdef0123","first":1,"last":3,' +
        '"head":1000,"at":null,"base":1780000000000,"baseQuality":0,"nonce":"abababababababababababababababab",' +
        '"gaps":[[2,3,"policy"]],"series":{"1":{"device":"301-air","point":"co2","space":"2133000001-01-JX1-F03-301",' +
        '"unit":"[ppm]","kind":"measurement","level":2,"source":"jxct-air-board"}},"rows":[[1,1,0,412.5,0]]}',
    );
    expect(more).toEqual({ lane: "live", epoch: "0123456789abcdef0123", rows: 1, range: [1, 3] });
    expect(fixed.batch(slice([row(1, 412.5)], { range: [1, 3], gaps: [[2, 3, "policy"]] })).id).toBe(id);
  });

  it("claims nothing when the slice claims nothing", () => {
    const batch = encoder.batch(slice([], { range: [8, 7] }));
    expect(parseBatch(batch.bytes)).toMatchObject({ first: 8, last: 7, rows: [] });
    const { range: _, ...early } = slice([row(5)], { lane: "early" });
    const alarm = encoder.batch(early);
    expect("range" in alarm).toBe(false);
    const body = parseBatch(alarm.bytes);
    expect([body?.lane, body?.first, body?.last]).toEqual(["early", undefined, undefined]);
  });
});

describe("what cannot be a row", () => {
  const refusal = (work: () => unknown) => {
    try {
      return [work()];
    } catch (error) {
      return error instanceof EncodeError ? [error.code, error.retry] : [error];
    }
  };
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("is the number %s", (value) => {
    expect(refusal(() => encoder.row(draft(value), 1, 1, 0))).toEqual(["not-finite", "never"]);
    expect(refusal(() => encoder.row(draft(1, { deviceTime: value }), 1, 1, 0))).toEqual([
      "not-finite",
      "never",
    ]);
    expect(refusal(() => encoder.row(draft(1, { quality: value }), 1, 1, 0))).toEqual([
      "out-of-range",
      "never",
    ]);
  });

  it("is a text of more than 256 characters, a thing that is no value, a quality or a time out of range", () => {
    expect(refusal(() => encoder.row(draft("字".repeat(257)), 1, 1, 0))).toEqual(["text-too-long", "never"]);
    expect(encoder.row(draft("字".repeat(256)), 1, 1, 0)).toHaveLength(256 + 12);
    for (const value of [undefined, {}, [], 1n]) {
      expect(refusal(() => encoder.row(draft(value), 1, 1, 0))).toEqual(["not-a-value", "never"]);
    }
    for (const quality of [-1, 256, 0.5]) {
      expect(refusal(() => encoder.row(draft(1, { quality }), 1, 1, 0))).toEqual(["out-of-range", "never"]);
    }
    for (const t of [-1, Number.NaN]) {
      expect(refusal(() => encoder.row(draft(1), 1, 1, t))).toEqual(["out-of-range", "never"]);
    }
    expect(refusal(() => encoder.row(draft(1), 1, 1, Number.POSITIVE_INFINITY))).toEqual([
      "not-finite",
      "never",
    ]);
  });
});
