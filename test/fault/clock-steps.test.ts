/**
 * The wall clock of a gateway is set, three days back and four hundred days on, before it starts and while it runs:
 * what was acknowledged is kept, also what was confirmed within the day, should the platform go back; and it goes on
 * accepting.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { keptPromises } from "./kept-promises.ts";
import { scratch } from "./power-cut.ts";
import { Promised } from "./said.ts";
import { little, uplinks, WorkingJournal } from "./working-journal.ts";

const dayMs = 86_400_000;
const root = scratch();
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Long enough for everything that is done now and then, and too short for what is held for a day. */
async function hour(working: WorkingJournal): Promise<void> {
  for (let minutes = 0; minutes < 60; minutes += 10) {
    await working.clock.advance(600_000);
    await working.idle();
  }
}

it.each([
  { back: -3, on: 400 },
  { back: 400, on: -3 },
  { back: -3, on: -400 },
])(
  "keeps what it promised when the clock moves by $back days at the start and by $on while it runs",
  async ({ back, on }) => {
    const promised = new Promised();
    const folder = join(root, "data");
    const working = new WorkingJournal(folder, { ...little, say: (said) => promised.take(said) });
    for (const days of [0, back, on]) {
      working.clock.step(days * dayMs);
      await working.open();
      for (let n = 0; n < 30; n++) {
        if (n === 15) {
          // What is done now and then is done in both times.
          await hour(working);
          working.clock.step(-days * dayMs);
          working.journal.clockKnown(working.clock.wallMs(), 0);
        }
        expect(await working.during(working.append(1 + (n % 3)))).toBe(true);
        if (n % 10 === 0)
          for (const { id } of uplinks) {
            const slice = await working.read(id, "live", 20);
            if (slice !== null) await working.during(working.settle(id, slice, (seq) => seq % 7 === 0));
          }
      }
      await hour(working);
      await working.close();
    }
    // The platform comes back from a backup in which nothing is.
    await working.open();
    for (const uplink of uplinks)
      for (const { id } of working.journal.claims(uplink.id))
        await working.during(
          working.journal.settle(uplink.id, id, { batch: "", taken: 0, rejected: [], next: 1, at: null }),
        );
    await working.close();
    const nothingTaken = new Promised();
    for (const [epoch, seqs] of promised.acked) nothingTaken.acked.set(epoch, seqs);
    const { lost, evicted, broken } = await keptPromises(folder, nothingTaken, promised);
    expect({ lost, evicted, broken }).toEqual({ lost: [], evicted: 0, broken: [] });
    expect(promised.acknowledged).toBe(180);
  },
);
