/**
 * A journal on a disk of which a part cannot be read any more. Run as a process: unreadable-driver.ts <data folder>
 * [kill]: with `kill` it appends and is killed, so that what it wrote lies in the WAL; without, it opens, asks for half
 * a minute of its own clock to be let in, and says how often it was and how many epochs there are.
 */
import { setTimeout as wait } from "node:timers/promises";
import { WorkingJournal } from "./working-journal.ts";

const [folder = "", mode] = process.argv.slice(2);
const working = new WorkingJournal(folder, { say: () => {} });
await working.open();
if (mode === "kill") {
  for (let n = 0; n < 100; n++) await working.during(working.append(3));
  process.kill(process.pid, "SIGKILL");
}
for (let second = 0; second < 30; second++) {
  await working.during(working.append(1));
  await working.clock.advance(1000);
  await wait(20);
}
const epochs = new Set(working.journal.status().accounts.map(({ epoch }) => epoch)).size;
process.stdout.write(`${JSON.stringify({ accepted: working.acked, epochs })}\n`, () => process.exit(0));
