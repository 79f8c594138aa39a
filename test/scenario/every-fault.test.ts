/** Meters, sensors and readers on serial lines, with each thing wrong that the simulator knows of them. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SchoolRecord } from "../../config/schema/record.ts";
import { type SensorFault, SerialSensor } from "../../simulator/devices/serial-sensor.ts";
import type { MeterFault } from "../../simulator/dlt645/faults.ts";
import { Meter645 } from "../../simulator/dlt645/meter.ts";
import type { Holder } from "../../simulator/readers/holders.ts";
import { Reader, type ReaderFault } from "../../simulator/readers/reader.ts";
import { called, EveryFault, type Subject, type Trouble } from "./every-fault.ts";
import { airAt, circuitAt, models, saidAt, scene } from "./every-fault-rooms.ts";

const readers = ["qr", "card", "wiegand"];

const nothing = () => {
  throw new RangeError("nothing of this is here");
};
const nowMs = () => every.virtual.clock.wallMs();
const every = new EveryFault({
  scene,
  world: {
    ...{ floor: nothing, fittings: nothing, power: nothing, stick: nothing },
    air: () => airAt(nowMs()),
    room: () => ({ people: 0 }),
    circuit: (room) => circuitAt(room, nowMs()),
  },
  isTrue,
  move,
});

interface Shown {
  atMs: number;
  digest: string;
}
/** By reader. */
const shown = new Map<string, Shown[]>();

function isTrue(record: SchoolRecord, [fromMs, toMs]: readonly [number, number]): boolean {
  const { device, point, value } = record;
  if (readers.some((name) => device.endsWith(name))) return isPass(record, fromMs, toMs);
  const before = every.virtual.school.serial.before(device);
  for (let atMs = fromMs; atMs <= toMs; atMs += 100) {
    const said = saidAt(device, point, atMs, before);
    if (said !== undefined && typeof value === "number" && Math.abs(said - value) < 1e-3) return true;
  }
  return false;
}

/** One who was there, and has not been told yet. */
function isPass({ device, value }: SchoolRecord, fromMs: number, toMs: number): boolean {
  const all = shown.get(device) ?? [];
  const at = all.findIndex(({ atMs, digest }) => atMs >= fromMs && atMs <= toMs && digest === value);
  if (at < 0) return false;
  all.splice(at, 1);
  return true;
}

const digestOf = ({ card, code }: Holder, device: string): string => {
  const key = readFileSync(join(every.virtual.plan.buffer.folder, "digest.key"));
  const hex = card.toString(16).padStart(8, "0").toUpperCase();
  // 26 bits are the low three bytes.
  const identity = device.endsWith("qr") ? code : device.endsWith("wiegand") ? hex.slice(2) : hex;
  return createHmac("sha256", key).update(identity).digest("hex").slice(0, 32);
};

function show(id: string, station: Reader, holder: Holder | undefined): void {
  if (holder === undefined) return;
  station.present(holder, 300);
  const all = shown.get(id) ?? [];
  shown.set(id, all);
  all.push({ atMs: nowMs(), digest: digestOf(holder, id) });
}

let moves = 0;
/** Every 10 s somebody else is at the readers; where a card was left, whoever comes is behind it. */
function move(): void {
  moves += 1;
  const { serial } = every.virtual.school;
  const [, ...holders] = serial.holders("101");
  for (const [id, station] of serial.stations)
    if (station instanceof Reader && moves % 2 === 0 && !station.faults.has("stuck"))
      show(id, station, holders[moves % holders.length]);
}

const meter: { [Kind in MeterFault["kind"]]: readonly Extract<MeterFault, { kind: Kind }>[] } = {
  silent: [{ kind: "silent" }],
  late: [
    { kind: "late", byMs: 200 },
    { kind: "late", byMs: 1300 },
  ],
  slow: [{ kind: "slow", gapMs: 20 }],
  checksum: [{ kind: "checksum" }],
  "non-bcd": [{ kind: "non-bcd" }],
  cut: [{ kind: "cut", bytes: 9 }],
  echo: [{ kind: "echo" }, { kind: "echo", thenAnswer: true }],
  "wrong-address": [{ kind: "wrong-address", address: "102" }],
  "wrong-item": [{ kind: "wrong-item", di: "02800007" }],
  error: [
    { kind: "error", bits: 1 },
    { kind: "error", bits: 2 },
    { kind: "error", bits: 4 },
  ],
  noise: [{ kind: "noise", before: 5, after: 3 }],
  glued: [{ kind: "glued" }],
  "standard-1997": [{ kind: "standard-1997" }, { kind: "standard-1997", refuses: true }],
};
const sensor: { [Kind in SensorFault["kind"]]: readonly Extract<SensorFault, { kind: Kind }>[] } = {
  silent: [{ kind: "silent" }],
  checksum: [{ kind: "checksum" }, { kind: "checksum", chance: 0.3 }],
  cut: [{ kind: "cut", bytes: 5 }],
  stuck: [{ kind: "stuck" }],
  late: [
    { kind: "late", byMs: 300 },
    { kind: "late", byMs: 5000 },
  ],
  garbage: [{ kind: "garbage", before: 5, after: 3 }],
};
const reader: { [Kind in ReaderFault["kind"]]: readonly Extract<ReaderFault, { kind: Kind }>[] } = {
  silent: [{ kind: "silent" }],
  checksum: [{ kind: "checksum" }],
  parity: [{ kind: "parity" }],
  "lost-bit": [{ kind: "lost-bit" }],
  long: [{ kind: "long", characters: 600 }],
  cut: [{ kind: "cut", bytes: 5 }],
  stuck: [{ kind: "stuck" }],
  garbage: [{ kind: "garbage", before: 5, after: 3 }],
};

type Hand = { faults: { add(fault: { kind: string; address?: string }): () => void } };
function troublesOf(id: string): Map<string, Trouble> {
  const { serial } = every.virtual.school;
  const station = serial.stations.get(id);
  const kinds = station instanceof Meter645 ? meter : station instanceof SerialSensor ? sensor : reader;
  return new Map(
    Object.values(kinds)
      .flat()
      .map((fault: { kind: string }): [string, Trouble] => {
        const { kind } = fault;
        const begin = () => {
          const undo = (station as Hand).faults.add(
            kind === "wrong-address" ? { ...fault, address: twinAddress() } : fault,
          );
          // The first of all is who leaves a card there.
          if (kind === "stuck" && station instanceof Reader) show(id, station, serial.holders("101")[0]);
          return undo;
        };
        return [called(fault), { begin, ...(kind === "stuck" ? { isStill: true as const } : {}) }];
      }),
  );
}
const twinAddress = () => {
  const twin = every.virtual.school.serial.stations.get("102-meter");
  return twin instanceof Meter645 ? twin.address : "";
};
const subjects: Subject[] = Object.keys(models).map((name) => ({
  id: `101-${name}`,
  others: name === "meter" ? ["102-meter"] : [],
  troubles: troublesOf(`101-${name}`),
}));
const rows = subjects.flatMap(({ id, troubles }) =>
  [...troubles.keys()].map((fault) => [id, fault] as const),
);

const ofSensor = {
  silent: "E113",
  checksum: "E121",
  "checksum 0.3": "read",
  "cut 5": "E121",
  // Not for so short a time.
  stuck: "nothing",
  "late 300": "read",
  // It speaks by itself.
  "late 5000": "read",
  "garbage 5 3": "read",
};
/** Silence of a reader is no fault, since nobody may come; what it cannot have does nothing. */
const ofReader = {
  ...{ silent: "nothing", checksum: "read", parity: "read", "lost-bit": "read", "long 600": "read" },
  ...{ "cut 5": "E203", stuck: "nothing", "garbage 5 3": "read|E203" },
};
/** What health says when nothing is read. */
const said: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  meter: {
    ...{ silent: "E113", "late 200": "read", "late 1300": "E113", "slow 20": "read" },
    ...{ checksum: "E122", "non-bcd": "E215", "cut 9": "E122", echo: "E126", "echo true": "read" },
    ...{ "wrong-address 102": "E127", "error 1": "E207", "error 2": "E206", "error 4": "E206" },
    // Its temperature, which nobody asks for.
    ...{ "wrong-item 02800007": "E127", "noise 5 3": "read", glued: "read" },
    ...{ "standard-1997": "E113", "standard-1997 true": "E206" },
  },
  pms: ofSensor,
  sds: ofSensor,
  co2: { ...ofSensor, "late 5000": "E113" },
  qr: { ...ofReader, "long 600": "E203" },
  card: { ...ofReader, checksum: "E221" },
  // The converter looks at the parity itself, and says nothing.
  wiegand: { ...ofReader, parity: "nothing", "lost-bit": "nothing" },
};

beforeAll(async () => {
  for (const station of every.virtual.school.serial.stations.values())
    if (station instanceof Reader) station.faults.clear();
  await every.start();
  await every.play(subjects);
}, 150_000);
afterAll(() => every.stop());

const outcome = (id: string, fault: string) => every.outcomes.get(id)?.get(fault);

describe("a device on a serial line", () => {
  it.each(rows)(
    "%s with the fault %s has no value that it had not, and costs its line nothing",
    (id, fault) => {
      const { wrong, unread } = outcome(id, fault) ?? {};
      // A code has neither length nor checksum: what stands beside it without a pause is part of it, and nobody can know.
      const isUnguarded = id === "101-qr" && fault.startsWith("garbage");
      expect({ wrong: isUnguarded ? [] : wrong, unread }).toEqual({ wrong: [], unread: [] });
    },
  );

  it.each(rows)("%s with the fault %s is read, or told as what it is", (id, fault) => {
    expect(outcome(id, fault)?.said).toMatch(new RegExp(`^(${said[id.slice(4)]?.[fault]})$`));
  });

  it.each(rows)("%s with the fault %s is well again when it is over", (id, fault) => {
    expect(outcome(id, fault)?.isWellAgain).toBe(true);
  });

  it.each(["101-qr", "101-card", "101-wiegand"])("%s tells a card that is left there once", (id) => {
    const [who] = every.virtual.school.serial.holders("101");
    const digest = who === undefined ? "" : digestOf(who, id);
    expect(
      every.platform.records().filter(({ device, value }) => device === id && value === digest),
    ).toHaveLength(1);
  });
});

it("nothing is an error of the agent", () => {
  expect(every.virtual.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});
