import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContactWindow, shareOf } from "../../../edge/forward/contact-window.ts";

const minute = 60_000;
const hour = 60 * minute;
/** In China, a fixed eight hours ahead. */
const at = (time: string, day = "2026-10-12") => Date.parse(`${day}T${time}+08:00`);
const night = { from: 1080, to: 1860 };

describe("a contact window", () => {
  it("is open from its start on, up to its end and not at it, over midnight", () => {
    const window = new ContactWindow([night], 0);
    const open = (time: string) => window.opensAt(at(time)) === at(time);
    expect(open("18:00:00")).toBe(true);
    expect(open("23:59:59")).toBe(true);
    expect(open("00:00:00")).toBe(true);
    expect(open("06:59:59.999")).toBe(true);
    expect(open("07:00:00")).toBe(false);
    expect(open("17:59:59.999")).toBe(false);
    expect(window.opensAt(at("07:00"))).toBe(at("18:00"));
    expect(window.closesAt(at("23:00"))).toBe(at("07:00", "2026-10-13"));
    expect(window.closesAt(at("03:00"))).toBe(at("07:00"));
    expect(window.closesAt(at("12:00"))).toBe(at("12:00"));
  });

  it("goes by the school's time, whatever the machine's zone is", () => {
    const window = new ContactWindow([{ from: 480, to: 540 }], 0);
    expect(window.opensAt(Date.UTC(2026, 9, 12, 0, 0))).toBe(Date.UTC(2026, 9, 12, 0, 0));
    expect(window.clock(Date.UTC(2026, 9, 12, 0, 0))).toBe("08:00");
    expect(window.clock(Date.UTC(2026, 9, 12, 0, 0) + 1)).toBe("08:01");
  });

  it("takes the next of several ranges", () => {
    const window = new ContactWindow([{ from: 720, to: 780 }, night], 0);
    expect(window.opensAt(at("08:00"))).toBe(at("12:00"));
    expect(window.opensAt(at("12:59"))).toBe(at("12:59"));
    expect(window.opensAt(at("13:00"))).toBe(at("18:00"));
  });

  it("opens later by a share of ten minutes or of a twentieth of the range, and closes on time", () => {
    expect(new ContactWindow([night], 0.5).opensAt(at("12:00"))).toBe(at("18:05"));
    const short = new ContactWindow([{ from: 720, to: 740 }], 0.999);
    expect(short.opensAt(at("11:00"))).toBeGreaterThan(at("12:00:59"));
    expect(short.opensAt(at("11:00"))).toBeLessThan(at("12:01"));
    expect(short.closesAt(at("12:05"))).toBe(at("12:20"));
    const shares = Array.from({ length: 2000 }, (_, n) => shareOf(`21330${10_000 + n}`, "gw1"));
    expect(shareOf("2133010000", "gw1")).toBe(shares[0]);
    // Evenly: a tenth of a province in each minute of the ten.
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = shares.filter((share) => Math.floor(share * 10) === tenth).length;
      expect(count).toBeGreaterThan(140);
      expect(count).toBeLessThan(260);
    }
  });

  it("keeps to local time where clocks go forward and back", () => {
    const window = new ContactWindow([{ from: 90, to: 240 }], 0, "Europe/Lisbon");
    // 2026-03-29 01:00 UTC: from 01:00 to 02:00; 01:30 is not there. 2026-10-25 01:00 UTC: back from 02:00 to 01:00.
    expect(window.opensAt(Date.UTC(2026, 2, 28, 12))).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(window.closesAt(Date.UTC(2026, 2, 29, 2))).toBe(Date.UTC(2026, 2, 29, 3));
    expect(window.opensAt(Date.UTC(2026, 2, 29, 12))).toBe(Date.UTC(2026, 2, 30, 0, 30));
    expect(window.closesAt(Date.UTC(2026, 9, 25, 3))).toBe(Date.UTC(2026, 9, 25, 4));
    expect(window.opensAt(Date.UTC(2026, 9, 25, 12))).toBe(Date.UTC(2026, 9, 26, 1, 30));
  });

  it("is closed until it opens and open until it closes, at any time, in any zone", () => {
    const ranges = fc
      .uniqueArray(fc.integer({ min: 0, max: 47 }), { minLength: 2, maxLength: 8 })
      .map((cuts) => cuts.sort((a, b) => a - b).map((half) => half * 30))
      .map((cuts) =>
        cuts.slice(0, cuts.length & ~1).flatMap((from, index) => {
          const to = cuts[index + 1];
          return index % 2 === 0 && to !== undefined ? [{ from, to }] : [];
        }),
      );
    const zone = fc.constantFrom("Asia/Shanghai", "Europe/Lisbon", "America/St_Johns", "Pacific/Chatham");
    const instant = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) });
    fc.assert(
      fc.property(
        ranges,
        zone,
        instant,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (r, z, now, share) => {
          const window = new ContactWindow(r, share, z);
          const opens = window.opensAt(now);
          expect(opens - now).toBeLessThanOrEqual(25 * hour);
          if (opens > now) {
            expect(window.closesAt(now)).toBe(now);
            expect(window.opensAt((now + opens) / 2)).toBe(opens);
            expect(window.opensAt(Math.ceil(opens))).toBe(Math.ceil(opens));
          } else {
            const closes = window.closesAt(now);
            expect(closes).toBeGreaterThan(now);
            expect(window.opensAt(closes - 1)).toBe(closes - 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
