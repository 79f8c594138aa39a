import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

it("holds a row for a day after it was settled again, for a platform that goes back twice", async () => {
  const clock = new FakeClock();
  const folder = mkdtempSync(join(tmpdir(), "ce-journal-"));
  const journal = await openJournal({
    folder,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [everything()],
  });
  const settle = (slice: Slice, next?: number) =>
    stored(clock, journal.settle("province", slice.id, taken(slice, next === undefined ? {} : { next })));
  const read = async () => (await journal.read("province", "backlog", plenty)) as Slice;
  /** Long enough that a purge comes by, and done when it is through. */
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 10) {
      await clock.advance(600_000);
      do await new Promise((resolve) => setTimeout(resolve, 1));
      while (journal.status().writing);
    }
  };
  const goBack = async () => {
    await settle(journal.claims("province")[0] as Slice, 1);
    return read();
  };
  try {
    journal.clockKnown(clock.wallMs(), 0);
    for (let n = 0; n < 5; n++) await stored(clock, journal.append([draft(n)], [], "now"));
    await stored(clock, journal.roll("test"));
    await settle(await read());
    await pass(23 * 60 + 20);
    const again = await goBack();
    expect(again.rows).toHaveLength(6);
    await settle(again);
    await pass(60);
    expect(journal.status().accounts[0]).toMatchObject({ head: 6, delivered: 6 });
    expect(await goBack()).toMatchObject({ range: [1, 6], gaps: [] });
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
