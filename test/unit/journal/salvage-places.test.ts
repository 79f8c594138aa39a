import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

it("knows after a salvage what was carried by hand: of a place that stands in the file twice, the later", async () => {
  const root = mkdtempSync(join(memoryFolder, "ce-places-"));
  const clock = new FakeClock();
  const open = (folder: string) =>
    openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [everything()],
    });
  try {
    const [before, after] = [join(root, "before"), join(root, "after")] as const;
    const first = await open(before);
    const drafts = Array.from({ length: 50 }, (_, n) => draft(n));
    await stored(clock, first.append(drafts, [], "now"));
    const slice = (await first.read("province", "live", { ...plenty, rows: 10 })) as Slice;
    await stored(clock, first.settle("province", slice.id, taken(slice)));
    await stored(clock, first.carry("province", null, plenty));
    mkdirSync(after);
    for (const suffix of ["", "-wal"])
      copyFileSync(join(before, `journal.sqlite${suffix}`), join(after, `journal.damaged-0${suffix}`));
    writeFileSync(join(after, "journal.generation"), "1\n");
    await first.close();
    const second = await open(after);
    while (second.status().accounts.length < 2 || second.status().writing) {
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await second.close();
    const db = new Database(join(after, "journal.sqlite"));
    const places = db.prepare("SELECT next, carriedTo FROM cursor ORDER BY e LIMIT 1").get();
    db.close();
    expect(places).toEqual({ next: 11, carriedTo: 51 });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}, 30_000);
