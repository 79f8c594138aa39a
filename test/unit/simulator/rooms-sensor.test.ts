import { describe, expect, it } from "vitest";
import type { Air } from "../../../simulator/rooms/atmosphere.ts";
import { Sensor, type SensorOptions } from "../../../simulator/rooms/sensor.ts";
import { at, dayMs, hourMs, mean, minuteMs } from "./room-world.ts";

const air = (change: Partial<Air> = {}): Air => ({
  co2: 430,
  temperature: 20,
  humidity: 50,
  pm25: 30,
  pm10: 45,
  tvoc: 100,
  illuminance: 300,
  noise: 45,
  pressure: 101,
  ...change,
});
const from = at("2026-10-12T00:00");
const still = { noise: 0, share: 0, offset: 0, missing: 0, zeros: 0 };

function hung(options: Partial<SensorOptions> = {}): Sensor {
  return new Sensor({ seed: 5, unit: "a", quantities: ["co2"], ...options });
}

/** Readings at a pace while the air changes; stepped every ten seconds. */
function readings(sensor: Sensor, days: number, everyMs: number, now: (ms: number) => Air) {
  const seen: { ms: number; co2: number | null | undefined }[] = [];
  for (let ms = from; ms < from + days * dayMs; ms += 10_000) {
    sensor.step(ms, now(ms));
    if ((ms - from) % everyMs === 0) seen.push({ ms, co2: sensor.read().co2 });
  }
  return seen;
}

/** Air of a room that is full on every day. */
const lived = (ms: number) =>
  air({ co2: 425 + 12 * Math.sin(ms / 9e6) + Math.max(0, 900 * Math.sin((ms / dayMs) * 2 * Math.PI)) });

describe("a simulated sensor", () => {
  it("is late by its lag", () => {
    const sensor = hung({
      quantities: ["temperature", "noise"],
      habits: { temperature: { ...still, step: 0.001 }, noise: still },
    });
    sensor.step(from, air());
    for (let ms = from + 10_000; ms <= from + 360_000; ms += 10_000)
      sensor.step(ms, air({ temperature: 30, noise: 70 }));
    expect(sensor.read().temperature).toBeCloseTo(20 + 10 * (1 - Math.exp(-1)), 2);
    expect(sensor.read().noise).toBeCloseTo(70, 1);
  });

  it("says steps of its last digit, and differs from its sister", () => {
    const seen = ["a", "b", "c", "d", "e"].map((unit) => {
      const sensor = hung({ unit, quantities: ["temperature", "humidity", "pm25"] });
      sensor.step(from, air());
      return sensor.read() as Record<string, number>;
    });
    for (const { temperature = 0, humidity = 0, pm25 = 0 } of seen) {
      expect((temperature * 10) % 1).toBeCloseTo(0, 6);
      expect((humidity * 2) % 1).toBe(0);
      expect(pm25 % 1).toBe(0);
      expect(Math.abs(temperature - 20)).toBeLessThan(1.2);
      expect(Math.abs(humidity - 50)).toBeLessThan(6);
    }
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(5);
  });

  it("never says less than 400 ppm and rests just above, whatever fresh air really has", () => {
    for (const fresh of [380, 430, 470]) {
      const sensor = hung({ habits: { co2: { zeros: 0, missing: 0 } } });
      const seen = readings(sensor, 30, 5 * minuteMs, (ms) => ({
        ...lived(ms),
        co2: lived(ms).co2 - 425 + fresh,
      }));
      const said = seen.flatMap(({ co2 }) => (typeof co2 === "number" ? [co2] : []));
      expect(Math.min(...said)).toBe(400);
      // Three weeks later it has learnt what fresh air is.
      const night = seen.filter(({ ms }) => ms > from + 21 * dayMs && lived(ms).co2 < 425);
      const rest = night.flatMap(({ co2 }) => (typeof co2 === "number" ? [co2] : [])).sort((a, b) => a - b);
      expect(rest[Math.floor(rest.length / 2)]).toBeLessThan(410);
      expect(Math.max(...said)).toBeGreaterThan(1200);
    }
  });

  it("says what is there when it is hung up in a full room, until it has seen fresh air", () => {
    const sensor = hung({ habits: { co2: still } });
    sensor.step(from, air({ co2: 2000 }));
    expect(sensor.read().co2).toBeGreaterThan(1900);
    for (let ms = from + 10_000; ms < from + hourMs; ms += 10_000) sensor.step(ms, air({ co2: 2000 }));
    expect(sensor.read().co2).toBeGreaterThan(1900);
    expect(sensor.read().co2).toBeLessThan(2050);
  });

  it("repeats itself at rest as often as recorded ones", () => {
    // Recorded over all rows, most of them at rest: 21-23 % equal to the row before, 14-16 % at 400.
    const sensor = hung();
    const seen = readings(sensor, 20, 5 * minuteMs, () => air()).map(({ co2 }) => co2);
    const share = (is: (n: number) => boolean) => mean(seen.slice(1).map((_, n) => (is(n + 1) ? 1 : 0)));
    expect(share((n) => seen[n] === seen[n - 1])).toBeGreaterThan(0.15);
    expect(share((n) => seen[n] === seen[n - 1])).toBeLessThan(0.3);
    expect(share((n) => seen[n] === 400)).toBeGreaterThan(0.08);
    expect(share((n) => seen[n] === 400)).toBeLessThan(0.22);
  });

  it("is silent every night when it hangs on a logger that sleeps", () => {
    const nightGap = { from: 0, to: 7 * 60 };
    const seen = readings(hung({ nightGap, habits: { co2: { missing: 0 } } }), 10, 10 * minuteMs, lived);
    const local = (ms: number) => (ms - from) % dayMs;
    expect(seen.filter(({ ms }) => local(ms) < 7 * hourMs).every(({ co2 }) => co2 === null)).toBe(true);
    const day = seen.filter(({ ms }) => local(ms) >= 7 * hourMs);
    expect(mean(day.map(({ co2 }) => (co2 === null ? 1 : 0)))).toBeLessThan(0.02);
  });

  it("misses, is silent, stands still and says 0 about as often as recorded ones", () => {
    const units = ["a", "b", "c", "d", "e", "f"];
    let [zeros, rows, silences, stills] = [0, 0, 0, 0];
    for (const unit of units) {
      // No noise at the floor and a rising value: what stays the same for half an hour is stuck.
      const seen = readings(hung({ unit, habits: { co2: { floor: 0, play: 0 } } }), 87, 5 * minuteMs, (ms) =>
        air({ co2: 500 + ((ms - from) / hourMs) * 20 }),
      );
      let [same, quiet] = [1, 0];
      seen.forEach(({ co2 }, n) => {
        rows += 1;
        if (co2 === 0) zeros += 1;
        same = co2 !== null && co2 === seen[n - 1]?.co2 ? same + 1 : 1;
        quiet = co2 === null ? quiet + 1 : 0;
        if (same === 6) stills += 1;
        if (quiet === 4) silences += 1;
      });
    }
    // Recorded: 21 zeros in 34,446 rows; per unit two standstills and 5-30 silences in 87 days.
    expect(zeros / rows).toBeGreaterThan(0.0003);
    expect(zeros / rows).toBeLessThan(0.0012);
    expect(stills / units.length).toBeGreaterThan(0.5);
    expect(stills / units.length).toBeLessThan(4);
    expect(silences / units.length).toBeGreaterThan(5);
    expect(silences / units.length).toBeLessThan(30);
  });

  it("says the same however often it is asked", () => {
    const [often, rarely] = [hung(), hung()];
    for (let ms = from; ms < from + 3 * dayMs; ms += 10_000) {
      often.step(ms, lived(ms));
      rarely.step(ms, lived(ms));
      often.read();
      if (ms % (6 * hourMs) === 0) expect(rarely.read()).toEqual(often.read());
    }
    expect(often.read()).toEqual(rarely.read());
  });
});
