import fc from "fast-check";
import { expect, it } from "vitest";
import { TokenBucket } from "../../../edge/forward/token-bucket.ts";

const minute = 60_000;

it("lets leave, over any time, no more than its caps and one batch", () => {
  const step = fc.record({
    pauseMs: fc.integer({ min: 0, max: 5000 }),
    rows: fc.integer({ min: 1, max: 1000 }),
    bytes: fc.integer({ min: 1, max: 40_000 }),
    slow: fc.constantFrom(false, false, false, false, true),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), (steps) => {
      const bucket = new TokenBucket({ recordsPerS: 100, bytesPerS: 5000 });
      let now = 1000;
      const left: { at: number; rows: number; bytes: number }[] = [];
      for (const { pauseMs, rows, bytes, slow } of steps) {
        now += pauseMs;
        if (slow) bucket.slow(now);
        const waitMs = bucket.waitMs(now);
        if (waitMs > 0 && pauseMs < 2500) continue;
        // Waits as it is told, again and again, until it may.
        for (let tries = 0; bucket.waitMs(now) > 0; tries++) {
          expect(tries).toBeLessThan(20);
          now += bucket.waitMs(now);
        }
        // Charged too much at first, as before compression, then put right.
        bucket.spend(now, rows, bytes * 3);
        bucket.spend(now, 0, -bytes * 2);
        left.push({ at: now, rows, bytes });
      }
      for (let from = 0; from < left.length; from++) {
        let [rows, bytes] = [0, 0];
        for (const batch of left.slice(from)) {
          // All but the last must have been paid for by then.
          const seconds = (batch.at - (left[from]?.at ?? 0)) / 1000;
          expect(rows).toBeLessThanOrEqual(100 * seconds + 1e-3);
          expect(bytes).toBeLessThanOrEqual(5000 * seconds + 1e-3);
          rows += batch.rows;
          bytes += batch.bytes;
        }
      }
    }),
    { numRuns: 200 },
  );
});

it("reaches its cap when there is enough to send", () => {
  const bucket = new TokenBucket({ recordsPerS: 1500 });
  let [now, sent] = [0, 0];
  while (now < 60_000) {
    bucket.spend(now, 1000, 25_000);
    sent += 1000;
    now += bucket.waitMs(now);
  }
  expect(sent).toBe(90_000);
});

it("halves once for one piece of news, down to a sixteenth, and grows by a tenth of the cap a minute", () => {
  const bucket = new TokenBucket({ recordsPerS: 100 });
  bucket.slow(0);
  bucket.slow(0);
  expect(bucket.share(0)).toBe(0.5);
  bucket.slow(9999);
  expect(bucket.share(minute)).toBeCloseTo(0.6);
  bucket.slow(minute);
  expect(bucket.share(minute)).toBeCloseTo(0.3);
  for (let n = 0; n < 20; n++) bucket.slow(100_000 + 10_000 * n);
  expect(bucket.share(290_000)).toBeGreaterThanOrEqual(1 / 16);
  expect(bucket.share(290_000)).toBeLessThan(0.1);
  expect(bucket.share(290_000 + 10 * minute)).toBe(1);
  expect(bucket.share(290_000 + 1000 * minute)).toBe(1);
});

it("grows only from the end of the silence that was asked for", () => {
  const bucket = new TokenBucket({ recordsPerS: 100 });
  bucket.slow(0, 5 * minute);
  expect(bucket.share(5 * minute)).toBe(0.5);
  expect(bucket.share(6 * minute)).toBeCloseTo(0.6);
});

it("without caps keeps nobody waiting, however often it is slowed", () => {
  const bucket = new TokenBucket({});
  bucket.slow(0);
  bucket.spend(0, 1e6, 1e9);
  expect(bucket.waitMs(0)).toBe(0);
});
