/**
 * A short day of a journal, for a disk that refuses: opens, appends, settles, rolls, closes; what is refused is refused,
 * and the day goes on. Run as a process: fault-driver.ts <data folder> <patience> [killed]: before it closes it asks, once
 * a second of its own clock, to be let in again, and says after how many it was, null when never; with `killed` it
 * ends as by a power cut. A journal that cannot be opened ends it with `cannotStart`, for the machine to start it again.
 */
import { WorkingJournal } from "./working-journal.ts";

const cannotStart = 3;
const [folder = "", patience = "0", ending] = process.argv.slice(2);
const working = new WorkingJournal(folder);
const end = (after: number | null) => {
  process.stdout.write(`${JSON.stringify({ after, refused: working.refused })}\n`, () => process.exit(0));
};
const messages = async (count: number) => {
  for (let n = 0; n < count; n++) await working.during(working.append(1 + (n % 3), {}, 50));
};
const settle = async (uplink: string) => {
  const slice = await working.read(uplink, "live", 20);
  if (slice !== null) await working.during(working.settle(uplink, slice, (seq) => seq % 7 === 0));
};

try {
  await working.open();
} catch {
  process.exit(cannotStart);
}
await messages(4);
await settle("province");
await messages(2);
await working.during(working.journal.roll("test").catch(() => {}));
await messages(2);
await settle("city");
// Long enough that room is made, and kept in reserve.
await working.clock.advance(660_000);
await working.idle();
await messages(2);
let after = 0;
while (after <= Number(patience) && !(await working.during(working.append(1)))) {
  after += 1;
  await working.clock.advance(1000);
  // The disk takes its own time.
  await working.idle();
}
// A process that exits closes its files, and leaves no WAL.
if (ending === "killed") process.kill(process.pid, "SIGKILL");
await working.close();
end(after <= Number(patience) ? after : null);
