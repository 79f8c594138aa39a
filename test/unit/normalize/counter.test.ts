import { describe, expect, it } from "vitest";
import type { Counted } from "../../../edge/normalize/counters.ts";
import { CounterWorld, day, energy, minute, swap } from "./counter-world.ts";

const rolling = (more = {}) => new CounterWorld(energy({ rollOver: 10_000, ...more }));

describe("a counter that begins at 0 again", () => {
  it("counts 0.50 kWh from 9999.80 to 0.30 with a roll-over at 10000", () => {
    const w = rolling();
    expect(w.next(9999.8)).toEqual([9999.8, 0]);
    expect(w.next(0.3)).toEqual([10_000.3, 0, "rolled"]);
    expect(w.next(1)).toEqual([10_001, 0]);
  });

  it("tells the event with the readings and the new base", () => {
    const w = rolling();
    w.next(9999.8);
    const { event } = w.read(0.3);
    expect(event).toMatchObject({ class: "K", series: { point: "counter", kind: "event" } });
    expect(JSON.parse(String(event?.value))).toEqual({
      ...{ point: "energy", what: "rolled", from: 9999.8, to: 0.3, base: 10_000 },
    });
  });

  it("is taken times the ratio of the transformers, as the value is", () => {
    const w = rolling({ ratio: 80 });
    expect(w.next(9999.8)).toEqual([799_984, 0]);
    expect(w.next(0.3)).toEqual([800_024, 0, "rolled"]);
  });

  it("is not believed when the last reading was far from the end", () => {
    const w = rolling();
    w.next(8990);
    expect(w.next(5, 60 * minute)).toEqual([5, 35, "fell"]);
  });

  it("is not believed when the new reading is far from the beginning", () => {
    const w = rolling();
    w.next(9999);
    expect(w.next(1010, 60 * minute)).toEqual([1010, 35, "fell"]);
  });

  it("is not believed when the step is longer than the time allows, and is after a longer time", () => {
    const w = rolling();
    w.next(9500);
    expect(w.next(400)).toEqual([400, 35, "fell"]);
    const later = rolling();
    later.next(9500);
    expect(later.next(400, 30 * minute)).toEqual([10_400, 0, "rolled"]);
  });

  it("that answers 0 once while it starts counts nothing twice", () => {
    const w = rolling();
    w.next(9950);
    expect(w.next(0)).toEqual([10_000, 0, "rolled"]);
    expect(w.next(9951)).toEqual([9951, 0, "unrolled"]);
    expect(w.next(9952)).toEqual([9952, 0]);
  });

  it("with an old answer after its roll-over counts nothing twice", () => {
    const w = rolling();
    w.next(9999.8);
    w.next(0.3);
    expect(w.next(9999.8)).toEqual([9999.8, 0, "unrolled"]);
    expect(w.next(0.4)).toEqual([10_000.4, 0, "rolled"]);
  });

  it("goes on after a restart from before, and from after the roll-over was written", () => {
    const w = rolling();
    w.next(9999.8);
    const before = w.known;
    w.next(0.3);
    const after = w.known;
    w.restart(before);
    expect(w.next(0.5)).toEqual([10_000.5, 0, "rolled"]);
    w.restart(after);
    expect(w.next(0.6)).toEqual([10_000.6, 0]);
    w.restart(before);
    w.clockKnown = false;
    expect(w.next(0.7)).toEqual([10_000.7, 0, "rolled"]);
  });
});

describe("a counter that falls", () => {
  it("from 12345.6 to 3.2 with no roll-over near is not counted, and that is an event", () => {
    const m = new CounterWorld(energy({ rollOver: 1_000_000 }));
    m.next(12_345.6);
    m.ms += minute;
    const { record, event, fell } = m.read(3.2);
    expect([record.value, record.quality]).toEqual([3.2, 35]);
    expect(fell).toEqual({ from: 12_345.6, to: 3.2, unit: "kWh" });
    expect(JSON.parse(String(event?.value))).toEqual({
      ...{ point: "energy", what: "fell", from: 12_345.6, to: 3.2 },
    });
    expect(m.next(3.3)).toEqual([3.3, 35]);
  });

  it("says of a simulated one that it is simulated", () => {
    const w = new CounterWorld();
    w.device = { simulated: true };
    w.read(100, { quality: 128 });
    w.ms += minute;
    const { record, event } = w.read(1, { quality: 128 });
    expect([record.quality, event?.quality, event?.series.simulated]).toEqual([163, 128, true]);
  });

  it("by its last digit goes on at its last reading", () => {
    const w = new CounterWorld();
    w.next(100);
    expect(w.next(99.98)).toEqual([100, 0]);
    expect(w.next(100.01)).toEqual([100.01, 0]);
    expect(w.next(99.97)).toEqual([99.97, 35, "fell"]);
  });

  it("to an answer that was heard before is recorded as it is said, as an old one", () => {
    const w = new CounterWorld();
    for (const raw of [100, 101, 102]) w.next(raw);
    expect(w.next(100)).toEqual([100, 16]);
    expect(w.next(103)).toEqual([103, 0]);
  });

  it("to an answer heard before, and stays there, has fallen", () => {
    const w = new CounterWorld();
    for (const raw of [0, 1, 2, 3]) w.next(raw);
    const told = Array.from({ length: 10 }, () => w.next(0));
    expect(told.some(([, , what]) => what === "fell")).toBe(true);
    expect(told.at(-1)).toEqual([0, 35]);
  });

  it("and comes back goes on as if it never fell", () => {
    const w = new CounterWorld();
    w.next(500);
    expect(w.next(0)).toEqual([0, 35, "fell"]);
    expect(w.next(0)).toEqual([0, 35]);
    expect(w.next(500.2)).toEqual([500.2, 0, "back"]);
  });

  it("and climbs over what it was before is still another unit", () => {
    const w = new CounterWorld();
    w.next(3);
    w.next(0);
    for (let raw = 0.1; raw < 4; raw += 0.1) expect(w.next(raw)[1]).toBe(35);
  });

  it("is told once, also over a restart", () => {
    const w = new CounterWorld();
    w.next(500);
    w.next(0);
    w.restart(w.known);
    expect(w.next(0.1)).toEqual([0.1, 35]);
  });
});

describe("a reading that leaps", () => {
  it("is doubtful, and spoils nothing when it was wrong", () => {
    const w = new CounterWorld();
    w.next(100);
    expect(w.next(65_000)).toEqual([65_000, 18]);
    expect(w.next(100.1)).toEqual([100.1, 0]);
  });

  it("is believed when the next one confirms it", () => {
    const w = new CounterWorld();
    w.next(100);
    w.next(65_000);
    expect(w.next(65_001)).toEqual([65_001, 0]);
  });
});

describe("what is no reading of the unit", () => {
  it("passes as it is", () => {
    const w = new CounterWorld();
    w.next(100);
    expect(w.read(1, { value: null, quality: 33 }).record).toMatchObject({ value: null, quality: 33 });
    expect(w.read(-5, { quality: 36 }).record).toMatchObject({ value: -5, quality: 36 });
    expect(w.next(100.5)).toEqual([100.5, 0]);
  });

  it("repeats an old reading without a fall", () => {
    const w = new CounterWorld();
    w.next(100);
    expect(w.read(20, { quality: 16 }).record).toMatchObject({ value: 20, quality: 16 });
    expect(w.next(101)).toEqual([101, 0]);
  });

  it("is of a buffered device that delivers late what it read before", () => {
    const w = new CounterWorld();
    w.device = { buffered: true };
    w.swaps = [swap(w.now - day, 50, 0)];
    w.next(100);
    const kept = (raw: number) => w.read(raw, { time: w.now - 60 * minute });
    expect(kept(90).record).toMatchObject({ value: 140, quality: 0 });
    expect(kept(120).record).toMatchObject({ value: 120, quality: 35 });
    expect(kept(120).event).toBeUndefined();
    expect(w.next(101)).toEqual([151, 0]);
  });
});

describe("a unit that was replaced", () => {
  it("goes on where the old one ended, once the files say so", () => {
    const w = new CounterWorld();
    w.next(10_234.5);
    expect(w.next(0, day / 4)).toEqual([0, 35, "fell"]);
    expect(w.next(0.5)).toEqual([0.5, 35]);
    w.swaps = [swap(w.now - day / 8, 10_234.56, 0)];
    expect(w.next(0.75)).toEqual([10_235.31, 0, "swapped"]);
    expect(w.next(1)).toEqual([10_235.56, 0]);
  });

  it("goes on at once when the files knew it before", () => {
    const w = new CounterWorld();
    w.next(10_234.5);
    w.swaps = [swap(w.now + 10 * minute, 10_234.56, 0)];
    expect(w.next(10_234.52)).toEqual([10_234.52, 0]);
    expect(w.next(0.1, 20 * minute)).toEqual([10_234.66, 0, "swapped"]);
  });

  it("has its readings as the meter shows them, times the ratio like the value", () => {
    const w = new CounterWorld(energy({ ratio: 80 }));
    w.next(1234.5);
    w.swaps = [swap(w.now, 1234.56, 2)];
    expect(w.next(2.01)).toEqual([98_765.6, 0, "swapped"]);
  });

  it.each([
    ["another day", (now: number) => swap(now - 3 * day, 1000, 0)],
    ["a last reading that the old one had passed", (now: number) => swap(now, 900, 0)],
    ["a last reading that it cannot have reached", (now: number) => swap(now, 10_000, 0)],
    ["a first reading beyond what is read", (now: number) => swap(now, 1000, 50)],
  ])("is not explained by %s", (_name, made) => {
    const w = new CounterWorld();
    w.next(500, 0);
    for (let ms = 0; ms < 10 * day; ms += day / 2) w.next(1000, day / 2);
    w.swaps = [made(w.now)];
    expect(w.next(0.5)).toEqual([0.5, 35, "fell"]);
    w.swaps = [swap(w.now, 1000, 0)];
    expect(w.next(0.6)).toEqual([1000.6, 0, "swapped"]);
  });

  it("before the gateway began counts from the first reading", () => {
    const w = new CounterWorld();
    w.swaps = [
      swap(w.now - 30 * day, 10_234.56, 0),
      swap(w.now - 10 * day, 500, 100),
      swap(w.now + day, 9, 0),
    ];
    expect(w.next(120)).toEqual([10_754.56, 0]);
  });

  it("and told of years later, from before the gateway, becomes part of the base, and that is an event", () => {
    const w = new CounterWorld();
    w.next(120);
    w.swaps = [swap(w.now - 300 * day, 10_000, 0)];
    expect(w.next(121)).toEqual([10_121, 0, "swapped"]);
    expect(w.next(122)).toEqual([10_122, 0]);
  });

  it("on the day on which the gateway began, written without the hour, is that replacement", () => {
    const w = new CounterWorld();
    w.next(500);
    w.next(0.1);
    w.swaps = [swap(w.now - day / 2, 500.2, 0)];
    expect(w.next(0.2)).toEqual([500.4, 0, "swapped"]);
  });

  it("with a mended day or mended readings is the same replacement", () => {
    const w = new CounterWorld();
    w.next(500);
    w.swaps = [swap(w.now, 500, 0)];
    expect(w.next(1)).toEqual([501, 0, "swapped"]);
    const at = w.now - 90 * minute;
    w.swaps = [swap(at, 500, 0)];
    expect(w.next(2)).toEqual([502, 0]);
    w.swaps = [swap(at, 500.5, 0)];
    expect(w.next(3)).toEqual([503.5, 0, "swapped"]);
    w.swaps = [];
    expect(w.next(4)).toEqual([4, 0, "swapped"]);
    w.swaps = [swap(at - minute, 500.5, 0)];
    expect(w.next(5)).toEqual([505.5, 0, "swapped"]);
  });

  it("that was put off is not counted before it happens", () => {
    const w = new CounterWorld();
    w.next(500);
    w.swaps = [swap(w.now + minute, 501, 0)];
    for (let hour = 0; hour < 50; hour++) expect(w.next(500 + hour / 100, 60 * minute)[1]).toBe(0);
    expect(w.next(0)).toEqual([0, 35, "fell"]);
  });

  it("by one with more on it than the old one had goes on, too", () => {
    const w = new CounterWorld();
    w.next(500);
    w.swaps = [swap(w.now, 500, 7000)];
    expect(w.next(7001)).toEqual([501, 0, "swapped"]);
  });

  it("while nobody looked for days counts from the files, though nothing fell", () => {
    const w = new CounterWorld();
    w.next(3);
    w.swaps = [swap(w.now + 5 * day, 3.5, 0)];
    expect(w.next(50, 40 * day)).toEqual([53.5, 0, "swapped"]);
  });

  it("twice while nobody looked counts both", () => {
    const w = new CounterWorld();
    w.next(100);
    w.swaps = [swap(w.now + 2 * day, 110, 0), swap(w.now + 5 * day, 50, 10)];
    expect(w.next(15, 10 * day)).toEqual([165, 0, "swapped"]);
  });

  it("with another serial number expected is that replacement, though its readings go on", () => {
    const w = new CounterWorld();
    w.device = { expect: "A" };
    w.next(100);
    w.device = { expect: "B" };
    w.swaps = [swap(w.now, 100.2, 99.5)];
    expect(w.next(100.1)).toEqual([100.8, 0, "swapped"]);
  });

  it("is not assumed of another serial number alone", () => {
    const w = new CounterWorld();
    w.device = { expect: "A" };
    w.next(100);
    w.device = { expect: "B" };
    expect(w.next(100.1)).toEqual([100.1, 0]);
  });
});

describe("a position", () => {
  it("keeps its counter when the unit hangs in another room, and when it is renamed", () => {
    const w = rolling();
    w.next(9999.8);
    w.next(0.3);
    w.device = { space: "X-303" };
    expect(w.next(0.4)).toEqual([10_000.4, 0]);
    w.device = { device: "new", was: ["older", "301-air"] };
    expect(w.next(0.5)).toEqual([10_000.5, 0]);
    expect([...(w.known.get("301-air")?.keys() ?? [])]).toEqual([]);
  });

  it("is written at once when its base changed or it fell, and not for each reading", () => {
    const w = rolling();
    for (const raw of [9990, 9995, 9999.8]) w.next(raw);
    expect(w.urgent).toBe(0);
    w.next(0.3);
    expect(w.urgent).toBe(1);
    w.next(500, 60 * minute);
    w.next(3);
    w.next(4);
    expect(w.urgent).toBe(2);
  });
});

it("counts nothing that the store refuses: it comes again, in its order, as if for the first time", () => {
  const w = new CounterWorld();
  w.next(100);
  const refused = [101, 102, 103].map((raw) => w.read(raw));
  for (const { settle } of refused) settle(false);
  for (const raw of [101, 102, 103]) expect(w.next(raw)).toEqual([raw, 0]);
});

/** Readings of which some are on their way to the disk: the newest `flying` are not answered for yet. */
function sent(
  w: CounterWorld,
  raws: readonly number[],
  flying: Counted[],
  most: number,
): [unknown, number][] {
  return raws.map((raw) => {
    w.ms += minute;
    const counted = w.read(raw);
    flying.push(counted);
    while (flying.length > most) flying.shift()?.settle(true);
    return [counted.record.value, counted.record.quality];
  });
}

it("counts a roll-over once that was stored, though later readings that follow each other closely are refused", () => {
  const w = new CounterWorld(energy({ rollOver: 10_000 }));
  const flying: Counted[] = [];
  const steps = [9990, 9999, 8, ...Array.from({ length: 60 }, (_, n) => 30 * (n + 1))];
  sent(w, steps, flying, 2);
  for (const { settle } of flying.splice(0)) settle(false);
  expect(sent(w, [1830, 1860, 1890], [], 0)).toEqual([
    [11_830, 0],
    [11_860, 0],
    [11_890, 0],
  ]);
});

it("takes for an old one, and for no fall, what was refused and comes again behind newer ones", () => {
  const w = new CounterWorld();
  sent(w, [100], [], 0);
  w.read(101).settle(false);
  w.read(102).settle(true);
  const late = w.read(101);
  expect([late.record.quality, late.event]).toEqual([16, undefined]);
  late.settle(true);
  expect(sent(w, [103], [], 0)).toEqual([[103, 0]]);
});
