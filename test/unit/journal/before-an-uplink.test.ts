import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, plenty, stored } from "../../suites/journal.ts";

let folder: string;
let journal: Journal | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(memoryFolder, "ce-before-"));
});
afterEach(async () => {
  await journal?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("gives an uplink that begins now no alarm of before it, neither early nor at all", async () => {
  const clock = new FakeClock();
  const options = { folder, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  journal = await openJournal({ ...options, uplinks: [everything("province")] });
  const alarm = { series: { ...co2, kind: "alarm" }, class: "K" } as const;
  await stored(clock, journal.append([draft(1, alarm)], [], "now"));
  journal.adopt([everything("province"), { ...everything("city"), start: "now" }]);
  await stored(clock, journal.append([draft(2, alarm)], [], "now"));
  const early = await journal.read("city", "early", plenty);
  expect(early?.rows.map(({ text }) => (JSON.parse(text) as unknown[])[3])).toEqual([2]);
});

it("carries for an uplink that begins now nothing of before it", async () => {
  const clock = new FakeClock();
  const options = { folder, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  journal = await openJournal({ ...options, uplinks: [everything("province")] });
  await stored(clock, journal.append([draft(1)], [], "now"));
  journal.adopt([everything("province"), { ...everything("city"), start: "now" }]);
  await stored(clock, journal.append([draft(2)], [], "now"));
  const carried: unknown[] = [];
  for (let after: { epoch: string; seq: number } | null = null; ; ) {
    const slice: Slice | null = await stored(clock, journal.carry("city", after, plenty));
    if (slice === null) break;
    carried.push(...slice.rows.map(({ text }) => (JSON.parse(text) as unknown[])[3]));
    after = { epoch: slice.epoch, seq: slice.range?.[1] ?? 0 };
  }
  expect(carried).toEqual([2]);
});
