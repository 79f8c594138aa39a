import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import { rowCrc } from "../../../edge/journal/schema.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

let folder: string;
let clock: FakeClock;
let journal: Journal;
const file = () => join(folder, "journal.sqlite");
const open = async (where = folder) => {
  journal = await openJournal({
    folder: where,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [everything()],
  });
};
const put = (value: number, kind: "measurement" | "alarm" = "measurement") => {
  const alarm = { class: "K", series: { ...co2, kind } } as const;
  return stored(clock, journal.append([draft(value, kind === "alarm" ? alarm : {})], [], "now"));
};
const settle = (slice: Slice | null, rejected: { seq: number; code: string }[] = []) =>
  slice === null
    ? Promise.resolve()
    : stored(
        clock,
        journal.settle("province", slice.id, {
          ...taken(slice),
          taken: slice.rows.length - rejected.length,
          rejected,
        }),
      );
const change = (what: (db: Database.Database) => void) => {
  const db = new Database(file());
  what(db);
  db.close();
};
/** The file is one that was set aside. */
const setAside = (generation = 0) => {
  for (const suffix of ["", "-wal"])
    if (existsSync(`${file()}${suffix}`))
      renameSync(`${file()}${suffix}`, join(folder, `journal.damaged-${generation}${suffix}`));
  writeFileSync(join(folder, "journal.generation"), `${generation + 1}\n`);
};
const salvaged = async () => {
  for (let quiet = 0; quiet < 3; ) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { writing, salvaging } = journal.status();
    quiet = writing || salvaging !== undefined ? 0 : quiet + 1;
  }
};
const values = (slice: Slice | null) =>
  slice?.rows
    .map((row) => (JSON.parse(row.text) as unknown[])[3])
    .filter((value) => typeof value === "number");

beforeEach(async () => {
  folder = mkdtempSync(join(memoryFolder, "ce-aside-"));
  clock = new FakeClock();
  await open();
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

it("goes on where it was in what was salvaged, and tells what was refused and cannot be read as lost", async () => {
  for (let n = 2; n < 8; n++) await put(n);
  await settle(await journal.read("province", "live", { rows: 4, bytes: 1e6 }), [{ seq: 3, code: "range" }]);
  const { epoch } = journal.status();
  await journal.close();
  change((db) => db.exec("DELETE FROM refused"));
  setAside();
  await open();
  await salvaged();
  const account = () => journal.status().accounts.find((each) => each.epoch === epoch);
  expect(account()).toMatchObject({ head: 7, delivered: 3, lost: 1, quarantined: 0, waiting: 3 });
  expect(values(await journal.read("province", "backlog", plenty))).toEqual([5, 6, 7]);
});

it("keeps apart what was salvaged and what is new when a program before gave both the same numbers", async () => {
  const present = mkdtempSync(join(memoryFolder, "ce-aside-"));
  for (let n = 2; n < 6; n++) await put(n);
  await journal.close();
  setAside();
  await open(present);
  for (let n = 102; n < 104; n++) await put(n);
  await journal.close();
  renameSync(join(present, "journal.sqlite"), file());
  rmSync(present, { recursive: true });
  await open();
  await salvaged();
  const found: unknown[] = [];
  for (let slice = await next(); slice !== null; slice = await next()) {
    found.push(...(values(slice) ?? []));
    await settle(slice);
  }
  expect(found).toEqual([2, 3, 4, 5, 102, 103]);
});
const next = () => journal.read("province", "backlog", plenty);

it("offers no alarm early that made room and is still in the file", async () => {
  for (let n = 2; n < 6; n++) await put(n, "alarm");
  await journal.close();
  change((db) => {
    const thinned = [1, "K", 2, 3] as const;
    db.prepare("INSERT INTO thinned VALUES (?, ?, ?, ?, ?, 1)").run(...thinned, rowCrc(...thinned));
  });
  await open();
  expect(values(await journal.read("province", "early", plenty))).toEqual([4, 5]);
});

it("keeps what came out of a damaged file when the next one is damaged too", async () => {
  journal.clockKnown(clock.wallMs(), 0);
  for (let n = 2; n < 6; n++) await put(n);
  const { epoch } = journal.status();
  await journal.close();
  for (const generation of [0, 1]) {
    setAside(generation);
    await open();
    await salvaged();
    await put(100 + generation);
    if (generation === 0) await journal.close();
  }
  const slice = await journal.read("province", "backlog", plenty);
  expect(values(slice)).toEqual([2, 3, 4, 5]);
  expect(slice).toMatchObject({ epoch, baseQuality: 0 });
});
