import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { daysLeft, WritingRate } from "../../../edge/health/writing-rate.ts";
import { openJournal, plan, School } from "./world.ts";

const hour = 3_600_000;
const day = 24 * hour;

describe("what is written in a day", () => {
  it("is not known before a whole hour was seen", () => {
    const rate = new WritingRate();
    rate.take(0, 0, 5000);
    rate.take(1000, 1e6, 5000 + hour - 1);
    expect(rate.perDay).toBeNull();
    rate.take(1000, 1e6, 5000 + hour);
    expect(rate.perDay).toBe(24e6);
  });

  it("is what the file grew by while data pile up, and the records' own size while it stands still", () => {
    const rate = new WritingRate();
    rate.take(0, 1e9, 0);
    rate.take(10_000, 1e9, 2 * hour);
    expect(rate.perDay).toBe(10_000 * 140 * 12);
    rate.take(10_000, 1e9 + 50e6, 2 * hour);
    expect(rate.perDay).toBe(50e6 * 12);
  });

  it("forgets what is older than a day: a quiet Sunday is not a Monday", () => {
    const rate = new WritingRate();
    let stored = 0;
    for (let h = 0; h <= 96; h += 1) {
      stored += h < 48 ? 10_000 : 1000;
      rate.take(stored, 0, h * hour);
    }
    expect(rate.perDay).toBe(24 * 1000 * 140);
  });

  it("begins anew with another journal", () => {
    const rate = new WritingRate();
    rate.take(50_000, 9e9, 0);
    rate.take(60_000, 9e9, hour);
    rate.take(5, 1000, hour + 1);
    expect(rate.perDay).toBeNull();
  });

  it("is never negative and never no number, whatever is taken", () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1));
    fc.assert(
      fc.property(fc.array(fc.tuple(odd, odd, fc.nat(3 * day)), { maxLength: 40 }), (steps) => {
        const rate = new WritingRate();
        let now = 0;
        for (const [stored, bytes, after] of steps) {
          now += after;
          rate.take(stored, bytes, now);
          const { perDay } = rate;
          expect(perDay === null || perDay >= 0).toBe(true);
          const days = daysLeft(1e9, perDay);
          expect(days === null || (days >= 0 && days < 1e6)).toBe(true);
        }
      }),
    );
  });

  it.each([
    [6e9, 45e6, 133],
    [90e6, 45e6, 2],
    [100e6, 45e6, 2.2],
    [-5, 45e6, 0],
    [6e9, 0, null],
    [6e9, null, null],
    [Number.POSITIVE_INFINITY, 1, null],
  ])("leaves of %d bytes at %s a day %s days", (free, perDay, days) => {
    expect(daysLeft(free, perDay)).toBe(days);
  });
});

describe("the days that data still fit", () => {
  const quota = (bytes: number) =>
    plan({ broker: {} }, [{}], {
      buffer: {
        ...plan({}).buffer,
        quotaBytes: bytes,
      },
    });
  /** An hour at 100 MB a day. */
  const written = async (s: School, more: Parameters<typeof openJournal>[0] = {}) => {
    const records = Math.floor(100e6 / 24 / 140);
    s.health.journal(openJournal({ stored: 0, bytes: 0, ...more }));
    await s.clock.advance(hour);
    s.health.journal(openJournal({ stored: records, bytes: 0, ...more }));
  };

  it("are unknown at first, and said honestly then", async () => {
    const s = School.well(quota(6e9));
    expect(s.status.uplinks[0]).not.toHaveProperty("days");
    expect(s.status.journal).not.toHaveProperty("bytesPerDay");
    await written(s);
    expect(s.status.journal).toMatchObject({ quotaBytes: 6e9, days: 60 });
    expect(s.status.journal.bytesPerDay).toBeCloseTo(100e6, -4);
    expect(s.status.uplinks[0]?.days).toBe(60);
    expect(s.reasons).toEqual([]);
  });

  it("are those of the disk when that is smaller than the quota, less its floor", async () => {
    const s = School.well(quota(6e9));
    await written(s, { disk: { freeBytes: 12e9, floorBytes: 11e9 } });
    expect(s.status.journal.days).toBe(10);
  });

  it("count what was deleted in the file as free", async () => {
    const s = School.well(quota(3e9));
    await written(s, { bytes: 2.9e9, used: 1e9, disk: { freeBytes: 2e9, floorBytes: 1e9 } });
    expect(s.status.journal.days).toBe(20);
  });

  it("below a week are somebody's matter, and above it again nobody's", async () => {
    const s = School.well(quota(600e6));
    await written(s);
    expect(s.reasons).toEqual(["E010 gw1"]);
    expect(s.status.reasons[0]?.facts).toEqual({ days: 6 });
    s.health.adopt(quota(6e9));
    s.health.journal(openJournal({ stored: 40_000, bytes: 0 }));
    expect(s.reasons).toEqual([]);
  });

  it("are not told beside a quota that is used up", async () => {
    const s = School.well(quota(600e6));
    await written(s, { bytes: 600e6, full: true });
    expect(s.reasons).toEqual(["E006 gw1"]);
  });
});
