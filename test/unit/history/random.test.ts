import fc from "fast-check";
import { expect, it } from "vitest";
import { readChunk, writeChunk } from "../../../edge/history/chunk.ts";
import { Intervals } from "../../../edge/history/intervals.ts";
import { epochA, epochB, run, send, sliceOf, World } from "./world.ts";

it("a set of numbers is what a plain set is, as few runs", () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: -2, max: 20 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
      const plain = new Set<number>();
      const set = new Intervals();
      for (const [first, length] of ranges) {
        set.add(first, first + length - 1);
        for (let n = first; n < first + length; n++) plain.add(n);
      }
      for (let n = 0; n < 90; n++) {
        expect(set.has(n)).toBe(plain.has(n));
        expect(set.overlaps(n, n + 3)).toBe([n, n + 1, n + 2, n + 3].some((one) => plain.has(one)));
      }
      let next = 1;
      while (plain.has(next)) next += 1;
      expect(set.next).toBe(next);
      const again = new Intervals(set.runs);
      expect(again.runs).toEqual(set.runs);
      for (const [at, [first, last]] of set.runs.entries()) {
        expect(last).toBeGreaterThanOrEqual(first);
        expect(first).toBeGreaterThan((set.runs[at - 1]?.[1] ?? -1) + 1);
      }
    }),
  );
});

it("packed rows are read as they were, and never when a bit of them is another", () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constant(null),
  );
  const row = fc.record(
    {
      t: fc.integer({ min: 0, max: 2 ** 45 }),
      value,
      quality: fc.integer({ min: 0, max: 255 }),
      deviceTime: fc.integer({ min: 0, max: 2 ** 45 }).map((ms) => ms / 4),
    },
    { requiredKeys: ["t", "value", "quality"] },
  );
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.nat(), (rows, at) => {
      const bytes = writeChunk(rows);
      expect(readChunk(bytes)).toEqual(rows);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << (at % 8));
      let read: unknown = null;
      try {
        read = readChunk(bytes);
      } catch {
        return;
      }
      // A header has bits that say nothing.
      expect(read).toEqual(rows);
    }),
  );
});

it("whatever is sent in whatever order, each record is there once", async () => {
  const batch = fc.record({
    epoch: fc.constantFrom(epochA, epochB),
    first: fc.integer({ min: 1, max: 60 }),
    count: fc.integer({ min: 0, max: 25 }),
    claims: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { maxLength: 10 }),
      fc.constantFrom(1, 200, 1e6),
      async (batches, partChars) => {
        const world = new World();
        try {
          let { history, session } = await world.opened({ partChars });
          const here = { [epochA]: new Set<number>(), [epochB]: new Set<number>() };
          for (const [at, { epoch, first, count, claims }] of batches.entries()) {
            const rows = run(first, count);
            const claim = claims ? ([first, first + count - 1] as const) : null;
            const lane = claims ? "backlog" : "retry";
            const { next } = await send(session, sliceOf(rows, { epoch, lane, claim }));
            for (const { seq } of rows) here[epoch]?.add(seq);
            let missing = 1;
            while (here[epoch]?.has(missing)) missing += 1;
            expect(next).toBe(missing);
            if (at === 3) {
              await world.kill(history);
              ({ history, session } = await world.opened({ partChars }));
            }
          }
          const { values } = await history.find({ device: "301-air", limit: 1000, level: 4 });
          const wanted = Object.values(here).flatMap((set) => [...set]);
          expect(values.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(
            wanted.sort((a, b) => a - b),
          );
        } finally {
          await world.remove();
        }
      },
    ),
    { numRuns: 5 },
  );
});
