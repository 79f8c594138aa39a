/**
 * A Modbus line is recorded, and played again in place of the line: the real session reads the same from both.
 * The case folder that it compares with is made by it: CE_WRITE_CASES=1, after removing the old one's files.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printBytes, readRecording } from "../../../config/schema/recording.ts";
import { modbusAir } from "../../../simulator/devices/modbus-air.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { ReplayedLine } from "../../../simulator/links/replay.ts";
import type { SlaveFault } from "../../../simulator/modbus/faults.ts";
import { FakeClock } from "../../fake-clock.ts";
import { casePlan, caseRoot, recordingFile, type Told } from "../../recorded/plan.ts";
import { pollLine } from "../../recorded/polled.ts";
import { Recorded } from "../../recorded/record.ts";

const folder = join(caseRoot, "modbus-late-answer");
const { plan, link } = casePlan(folder);
const rounds = 5;

/** The line of the case, with this wrong at its first slave in the second round. */
async function recorded(fault: SlaveFault): Promise<{ told: Told[]; text: string }> {
  const clock = new FakeClock();
  const airs = [1, 2].map((unit) => {
    const air = {
      temperature: 20 + unit,
      humidity: 40 + unit,
      co2: 700 + unit,
      tvoc: 180,
      pm25: 35,
      pm10: 52,
    };
    return modbusAir("jxct-air-board", () => air, { unit, turnaroundMs: 12, jitterMs: 0 });
  });
  const line = new SimulatedLine({ baud: 9600, slaves: airs, clock, seed: 3 });
  const recording = new Recorded(plan, link, clock);
  await recording.start();
  const told = await pollLine(line, link, {
    ...{ clock, rounds, trace: recording.tap.trace },
    async between(turn) {
      await recording.take();
      if (turn === 2) airs[0]?.faults.add(fault);
      else airs[0]?.faults.clear();
    },
  });
  line.close();
  return { told, text: await recording.text() };
}

async function replayed(text: string) {
  const clock = new FakeClock();
  const line = new ReplayedLine(readRecording(text), { clock });
  const told = await pollLine(line, link, { clock, rounds });
  line.close();
  return { told, line };
}

const faults: [string, SlaveFault][] = [
  ["is late", { kind: "late", byMs: 700, times: 1 }],
  ["is silent", { kind: "silent" }],
  ["is cut short", { kind: "short", bytes: 9 }],
  ["is damaged", { kind: "corrupt", flips: 2 }],
  ["comes twice", { kind: "glued", with: "same" }],
  ["is an exception", { kind: "lying", code: 4 }],
  ["comes behind noise", { kind: "noise", before: 3 }],
  ["is another unit's", { kind: "wrong-unit", unit: 9 }],
];

describe("what a session reads from a replayed line is what it read from the line", () => {
  it.each(faults)("where an answer %s", async (_, fault) => {
    const { told, text } = await recorded(fault);
    expect(told).toHaveLength(2 * rounds);
    const again = await replayed(text);
    expect(again.told).toEqual(told);
    expect(again.line.unanswered).toEqual([]);
  });

  it("and a fault is in it that one can see", async () => {
    const { told } = await recorded({ kind: "late", byMs: 700, times: 1 });
    expect(told.flatMap(({ faults: codes }) => codes)).not.toEqual([]);
    expect(
      told
        .filter(({ device }) => device === "102-air")
        .every(({ values }) => values.co2 === 702 || Object.keys(values).length === 0),
    ).toBe(true);
  });
});

it("tells what it was asked and has no answer for, and makes none up", async () => {
  const { text } = await recorded({ kind: "silent" });
  const clock = new FakeClock();
  const line = new ReplayedLine(readRecording(text), { clock });
  const heard: Uint8Array[] = [];
  const port = line.attach((bytes) => heard.push(bytes));
  port.send(Uint8Array.of(9, 3, 0, 0, 0, 1, 0x85, 0x42));
  await clock.advance(10_000);
  expect(heard).toEqual([]);
  expect(line.unanswered.map(({ text: asked }) => asked)).toEqual(["09 03 00 00 00 01 85 42"]);
  expect(line.left).toBeGreaterThan(0);
});

it("serves a gateway that begins anew from a recording that began in the middle of another's day", async () => {
  const { text } = await recorded({ kind: "late", byMs: 700, times: 1 });
  const { header, entries } = readRecording(text);
  // What a gateway asks first of each device, to be sure of it, is not in there any more.
  const from = entries.findIndex((entry) => "way" in entry && entry.way === "tx" && entry.ms > 280);
  const clock = new FakeClock();
  const line = new ReplayedLine({ header, entries: entries.slice(from) }, { clock });
  const told = await pollLine(line, link, { clock, rounds: rounds - 1 });
  expect(line.unanswered).toEqual([]);
  expect(line.derived.length).toBeGreaterThan(0);
  const values = told.flatMap(({ device, values: { co2 } }) =>
    co2 === undefined ? [] : [`${device} ${co2}`],
  );
  expect(new Set(values)).toEqual(new Set(["101-air 701", "102-air 702"]));
});

it("answers Modbus TCP under the number of the request that is asked now", async () => {
  const clock = new FakeClock();
  const entry = (ms: number, way: "tx" | "rx", bytes: string) => ({ ms, line: 1, way, bytes });
  const { header } = readRecording((await recorded({ kind: "silent" })).text);
  const line = new ReplayedLine(
    {
      header: { ...header, link: { kind: "modbus-tcp" } },
      entries: [
        entry(0, "tx", "00 01 00 00 00 06 01 03 00 00 00 02"),
        entry(30, "rx", "00 01 00 00 00 07 01 03 04 11 22"),
        entry(40, "rx", "33 44"),
      ],
    },
    { clock },
  );
  const heard: string[] = [];
  const port = line.attach((bytes) => heard.push(printBytes(bytes)));
  const ask = (text: string) =>
    port.send(Uint8Array.from(text.split(" "), (pair) => Number.parseInt(pair, 16)));
  ask("AB CD 00 00 00 06 01 03 00 00 00 02");
  await clock.advance(100);
  expect(heard).toEqual(["AB CD 00 00 00 07 01 03 04 11 22", "33 44"]);
  // Fewer registers of the same: known all the same.
  ask("AB CE 00 00 00 06 01 03 00 01 00 01");
  await clock.advance(100);
  expect(heard.at(-1)).toBe("AB CE 00 00 00 05 01 03 02 33 44");
  ask("AB CF 00 00 00 06 01 03 00 01 00 02");
  await clock.advance(100);
  expect([heard.length, line.unanswered.length]).toEqual([3, 1]);
});

it("gives each answer once, as long after its request as it came", async () => {
  const { text } = await recorded({ kind: "late", byMs: 700, times: 1 });
  const { entries } = readRecording(text);
  const [asked, said] = entries.filter((entry) => "way" in entry);
  if (asked?.way !== "tx" || said?.way !== "rx") throw new Error("a request, then its answer");
  const clock = new FakeClock();
  const line = new ReplayedLine({ header: readRecording(text).header, entries: [asked, said] }, { clock });
  const heard: number[] = [];
  const port = line.attach(() => heard.push(clock.monotonicMs()));
  const frame = Uint8Array.from(asked.bytes.split(" "), (pair) => Number.parseInt(pair, 16));
  const askedMs = clock.monotonicMs();
  port.send(frame);
  await clock.advance(1000);
  port.send(frame);
  await clock.advance(1000);
  expect(heard).toHaveLength(1);
  expect((heard[0] ?? 0) - askedMs).toBeCloseTo(said.ms - asked.ms, 0);
  expect(line.unanswered).toHaveLength(1);
});

it("records the same bytes for the same line, and the case is such a recording", async () => {
  const { told, text } = await recorded({ kind: "late", byMs: 700, times: 1 });
  const file = join(folder, recordingFile);
  const expected = join(folder, "expected.json");
  if (process.env.CE_WRITE_CASES === "1" && !existsSync(file)) {
    writeFileSync(file, text);
    writeFileSync(expected, `${JSON.stringify(told, null, 2)}\n`);
  }
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("has a header without a host, a port's path or a school in it", async () => {
  const { text } = await recorded({ kind: "silent" });
  const { header } = readRecording(text);
  expect(header).toMatchObject({
    recording: 1,
    program: "0.1.0",
    link: { kind: "modbus-rtu", baud: 9600, format: "8N1", behind: "port" },
    devices: [
      { profile: "jxct-air-board", line: 1, unit: 1 },
      { profile: "jxct-air-board", line: 1, unit: 2 },
    ],
    began: "2026-09-01T00:00:00.000Z",
    ended: "asked",
    dropped: 0,
  });
  expect(text).not.toMatch(/ttyS|\/dev|2133000001|云溪|101-air/);
});
