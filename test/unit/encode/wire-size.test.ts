/**
 * What a record costs on the wire: the real encoder, the real compression, batches as backlog sends them.
 */
import { describe, expect, it } from "vitest";
import type { Series } from "../../../config/schema/vocabulary.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { encodings, pack } from "../../../gateway/encode/compression.ts";
import { createEncoder } from "../../../gateway/encode/encoder.ts";
import { haveRealRooms, roomRows } from "../../scenario/real-rooms.ts";
import { seeded } from "../journal/model-dice.ts";

/** The aim of the design page. */
const mostBytes = 25;
const points = [
  ["co2", "[ppm]"],
  ["temperature", "Cel"],
  ["humidity", "%"],
] as const;

interface Value {
  /** Ms. */
  at: number;
  room: string;
  point: string;
  unit: string;
  value: number;
}

const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => Date.UTC(2026, 8, 1) });

/** Values in batches of so many rows, as one epoch of a journal. */
function slices(all: readonly Value[], rows: number): Slice[] {
  const series = new Map<string, [number, Series]>();
  const begun = all[0]?.at ?? 0;
  const written = all.map(({ at, room, point, unit, value }, index) => {
    const key = `${room} ${point}`;
    const space = `2133000001-01-JX1-F0${room[0]}-${room}`;
    const own: Series = {
      device: `${room}-air`,
      point,
      space,
      unit,
      kind: "measurement",
      level: 1,
      source: "air",
    };
    const [number, known] = series.get(key) ?? [series.size + 1, own];
    series.set(key, [number, known]);
    const draft = { series: known, class: "T", value, quality: 0 } as const;
    return { seq: index + 1, series: number, text: encoder.row(draft, index + 1, number, at - begun) };
  });
  return Array.from({ length: Math.floor(written.length / rows) }, (_, n) => {
    const own = written.slice(n * rows, (n + 1) * rows);
    const used = new Set(own.map((row) => row.series));
    return {
      id: String(n),
      lane: "backlog",
      epoch: "00112233445566778899",
      base: begun,
      baseQuality: 0,
      head: written.length,
      range: [n * rows + 1, (n + 1) * rows],
      rows: own,
      series: new Map([...series.values()].filter(([number]) => used.has(number))),
      gaps: [],
    };
  });
}

async function bytesPerRecord(all: readonly Value[], rows: number, how: (typeof encodings)[number]) {
  let bytes = 0;
  const made = slices(all, rows).slice(0, 10);
  for (const slice of made) bytes += (await pack(encoder.batch(slice).bytes, how)).bytes.length;
  return bytes / (made.length * rows);
}

/** 40 rooms, four stored records a second, values as sensors give them: small steps, one decimal, odd milliseconds. */
function typicalSchool(): Value[] {
  const random = seeded(7);
  const last = new Map<string, number>();
  return Array.from({ length: 10_000 }, (_, n) => {
    const room = `${1 + Math.floor(random() * 4)}${String(1 + Math.floor(random() * 10)).padStart(2, "0")}`;
    const [point, unit] = points[Math.floor(random() * 3)] ?? points[0];
    const start = { co2: 600, temperature: 23, humidity: 50 }[point];
    const step = { co2: 40, temperature: 0.4, humidity: 2 }[point];
    const moved = (last.get(room + point) ?? start) + (random() - 0.5) * step;
    last.set(room + point, moved);
    const value = point === "co2" ? Math.round(moved) : Math.round(moved * 10) / 10;
    return { at: Math.round(n * 250 + random() * 200), room, point, unit, value };
  });
}

/** Two recorded classrooms, every reading a record, as unlucky as can be: no step is small. */
function recordedRooms(): Value[] {
  return (["106", "204"] as const)
    .flatMap((room) =>
      roomRows(room).flatMap((row) =>
        points.map(([point, unit]) => ({ at: row.time, room, point, unit, value: row[point] })),
      ),
    )
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => a.at - b.at)
    .slice(0, 10_000);
}

const schools: [string, () => Value[]][] = [["a typical school", typicalSchool]];
if (haveRealRooms) schools.push(["two recorded classrooms", recordedRooms]);

describe.each(schools)("a record of %s", (name, values) => {
  it.each(encodings)(`takes at most ${mostBytes} bytes on the wire, by %s`, async (how) => {
    const all = values();
    const [small, large] = [await bytesPerRecord(all, 200, how), await bytesPerRecord(all, 1000, how)];
    const [live] = [await bytesPerRecord(all, 4, how)];
    console.log(
      `${name}, ${how}: ${large.toFixed(1)} bytes a record in batches of 1,000, ${small.toFixed(1)} of 200, ${live.toFixed(0)} of 4`,
    );
    expect(large).toBeLessThanOrEqual(mostBytes);
    expect(small).toBeLessThanOrEqual(mostBytes);
  });
});
