import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "../../../edge/journal/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { type JournalWorld, journalSuite } from "../../suites/journal.ts";
import { journalUplinksSuite } from "../../suites/journal-uplinks.ts";

const world = async (): Promise<JournalWorld> => {
  const clock = new FakeClock();
  const root = mkdtempSync(join(memoryFolder, "ce-journal-"));
  let folder = join(root, "0");
  let generation = 0;
  return {
    clock,
    open: (uplinks, more = {}) =>
      openJournal({
        folder,
        gateway: "gw1",
        encoder: { row: plainRow },
        clock,
        log: recordingLog(),
        uplinks,
        ...more,
      }),
    async kill(journal) {
      // The image a crash leaves: the files as they are, without the closing of the file.
      const image = join(root, String(++generation));
      cpSync(folder, image, { recursive: true });
      await journal.close();
      folder = image;
    },
    async remove() {
      rmSync(root, { recursive: true, force: true });
    },
  };
};

journalSuite("the SQLite journal", world);
journalUplinksSuite("the SQLite journal", world);
