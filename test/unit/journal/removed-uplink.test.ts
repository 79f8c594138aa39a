/**
 * What an uplink that was taken away still holds: nothing. Its rows go like settled ones, others' stay.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

let clock: FakeClock;
let folder: string;
let journal: Journal;

const open = (uplinks = [everything("a"), everything("old")]) =>
  openJournal({
    folder,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks,
    quotaBytes: 400_000,
  });
const put = (count: number) =>
  stored(
    clock,
    journal.append(
      Array.from({ length: count }, (_, n) => draft(n)),
      [],
      "now",
    ),
  );
const drain = async (uplink: string) => {
  for (const lane of ["backlog", "live"] as const)
    for (;;) {
      const slice = (await journal.read(uplink, lane, plenty)) as Slice | null;
      if (slice === null) break;
      await stored(clock, journal.settle(uplink, slice.id, taken(slice)));
    }
};
const account = (uplink: string) => journal.status().accounts.filter((each) => each.uplink === uplink);

beforeEach(async () => {
  clock = new FakeClock();
  folder = mkdtempSync(join(memoryFolder, "ce-removed-"));
  journal = await open();
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each([true, false])("a store fills up and drains without it, with its clock known: %s", async (known) => {
  if (known) journal.clockKnown(clock.wallMs(), 0);
  await put(10);
  for (const uplink of ["a", "old"]) await drain(uplink);
  journal.adopt([everything("a")]);
  let refused = 0;
  for (let n = 0; n < 150; n++) {
    await put(60).catch(() => {
      refused += 1;
    });
    await drain("a");
    do await new Promise((resolve) => setTimeout(resolve, 1));
    while (journal.status().writing);
  }
  expect(journal.status().stored).toBeGreaterThan(8000);
  expect(refused).toBeLessThan(5);
});

it("comes back to an account that sums up, with what is gone as lost", async () => {
  journal.clockKnown(clock.wallMs(), 0);
  await put(10);
  await drain("a");
  journal.adopt([everything("a")]);
  await put(10);
  await drain("a");
  await stored(clock, journal.roll("test"));
  await put(5);
  for (let minute = 0; minute < 26 * 60; minute += 10) {
    await clock.advance(600_000);
    do await new Promise((resolve) => setTimeout(resolve, 1));
    while (journal.status().writing);
  }
  journal.adopt([everything("a"), everything("old")]);
  await drain("a");
  await drain("old");
  const fates = account("old");
  expect(fates.length).toBeGreaterThan(0);
  for (const { head, delivered, withheld, quarantined, lost, waiting } of fates) {
    expect(waiting).toBe(0);
    expect(delivered + withheld + quarantined + lost).toBe(head);
  }
  expect(fates.at(-1)).toMatchObject({ delivered: 6, lost: 0 });
});
