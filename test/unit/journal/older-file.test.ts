import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { openJournal } from "../../../edge/journal/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

/** Tables as the program before made them. */
const version2 = `
CREATE TABLE epoch (e INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, previous TEXT, cause TEXT NOT NULL, boot TEXT NOT NULL,
  mono REAL NOT NULL, base INTEGER, baseQuality INTEGER NOT NULL, thinnedTo INTEGER NOT NULL DEFAULT 0, head INTEGER);
CREATE TABLE series (s INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE record (e INTEGER NOT NULL, seq INTEGER NOT NULL, class TEXT NOT NULL, s INTEGER NOT NULL, text TEXT NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (e, seq)) WITHOUT ROWID;
CREATE TABLE cursor (uplink TEXT NOT NULL, e INTEGER NOT NULL, next INTEGER NOT NULL, delivered INTEGER NOT NULL,
  withheld INTEGER NOT NULL, lost INTEGER NOT NULL, beforeTo INTEGER NOT NULL, PRIMARY KEY (uplink, e)) WITHOUT ROWID;
CREATE TABLE refused (uplink TEXT NOT NULL, e INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL,
  again INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (uplink, e, seq)) WITHOUT ROWID;
CREATE INDEX refused_row ON refused (e, seq);
CREATE TABLE claim (uplink TEXT NOT NULL, e INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, gaps TEXT NOT NULL,
  PRIMARY KEY (uplink, e, first)) WITHOUT ROWID;
CREATE TABLE seen (n INTEGER PRIMARY KEY, lines TEXT NOT NULL);
CREATE TABLE mark (at INTEGER NOT NULL, e INTEGER NOT NULL, upTo INTEGER NOT NULL, PRIMARY KEY (e, upTo)) WITHOUT ROWID;
PRAGMA application_id = 1128614449;
PRAGMA user_version = 2;
`;

it("goes on with a file of the program before, with every record, and a damaged one stays damaged", async () => {
  const folder = mkdtempSync(join(memoryFolder, "ce-older-"));
  const clock = new FakeClock();
  try {
    const db = new Database(join(folder, "journal.sqlite"));
    db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma("journal_mode = WAL");
    db.exec(version2);
    const epoch = db.prepare("INSERT INTO epoch VALUES (?, ?, ?, 'start', 'boot-0', ?, ?, ?, 0, ?)");
    epoch.run(1, "a".repeat(20), null, 12.5, 1_700_000_000_000, 0, 5000);
    epoch.run(2, "b".repeat(20), "a".repeat(20), 99, null, 2, null);
    db.prepare("INSERT INTO series VALUES (1, ?)").run(JSON.stringify(co2));
    const record = db.prepare("INSERT INTO record VALUES (?, ?, 'T', 1, ?, ?)");
    db.transaction(() => {
      for (const [e = 0, from = 0, to = 0] of [
        [1, 101, 5000],
        [2, 1, 30],
      ])
        for (let seq = from; seq <= to; seq++) {
          const text = plainRow(draft(seq), seq, 1, seq);
          record.run(e, seq, text, crc32(text) + (e === 1 && seq === 3000 ? 1 : 0));
        }
    })();
    db.prepare("INSERT INTO cursor VALUES ('province', 1, 201, 190, 9, 0, 0)").run();
    db.prepare("INSERT INTO refused VALUES ('province', 1, 150, 'unit', 0)").run();
    db.close();

    const journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [everything()],
    });
    expect(journal.status().accounts[0]).toMatchObject({
      head: 5000,
      delivered: 190,
      withheld: 9,
      quarantined: 1,
    });
    const values: unknown[] = [];
    const gaps: unknown[] = [];
    for (let slice = await journal.read("province", "backlog", plenty); slice !== null; ) {
      values.push(...slice.rows.map(({ text }) => (JSON.parse(text) as unknown[])[3]));
      gaps.push(...slice.gaps);
      await stored(clock, journal.settle("province", slice.id, taken(slice)));
      slice = await journal.read("province", "backlog", plenty);
    }
    expect(values).toEqual([
      ...Array.from({ length: 4800 }, (_, n) => 201 + n).filter((n) => n !== 3000),
      ...Array.from({ length: 30 }, (_, n) => 1 + n),
    ]);
    expect(gaps).toEqual([[3000, 3000, "corrupt"]]);
    expect((await journal.quarantine("province", 10)).rows).toMatchObject([{ seq: 150, code: "unit" }]);
    await journal.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
