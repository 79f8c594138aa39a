/**
 * A journal that works as fast as it can, for a trace: appends, settles, quarantines, rolls, purges, evicts, closes and opens
 * again. Run as a process: journal-driver.ts <data folder> <seed> <steps>. Its last life ends without closing.
 */
import { seeded } from "../unit/journal/model-dice.ts";
import { air, little, WorkingJournal } from "./working-journal.ts";

const [folder = "", seed = "1", steps = "100"] = process.argv.slice(2);
const random = seeded(Number(seed));
const below = (n: number) => Math.floor(random() * n);
const lives = 3;
const hourMs = 3_600_000;
const working = new WorkingJournal(folder, little);

async function send(uplink: string): Promise<void> {
  for (const lane of ["live", "backlog"] as const) {
    const slice = await working.read(uplink, lane, 20 + below(400));
    if (slice === null) continue;
    if (random() < 0.1) working.journal.release(uplink, lane);
    else await working.during(working.settle(uplink, slice, () => random() < 0.05));
  }
}

for (let life = 0; life < lives; life++) {
  await working.open();
  const messages: Promise<unknown>[] = [];
  for (let step = 0; step < Number(steps) / lives; step++) {
    for (let n = below(4); n > 0; n--) {
      const alarm = random() < 0.1;
      const secret = random() < 0.1;
      const series = {
        ...air,
        ...(secret ? { point: "secret" } : {}),
        ...(alarm ? { kind: "alarm" as const } : {}),
      };
      messages.push(
        working.append(1 + below(random() < 0.1 ? 150 : 5), { series, class: alarm ? "K" : "T" }, below(60)),
      );
      await working.clock.advance(below(3));
    }
    const dice = random();
    if (dice < 0.25) await send("province");
    else if (dice < 0.4) await send("city");
    else if (dice < 0.42) await working.during(working.journal.roll("test"));
    else if (dice < 0.44) await working.clock.advance(25 * hourMs).then(() => working.idle());
    if (random() < 0.3) await working.during(Promise.all(messages.splice(0)));
  }
  await working.during(Promise.all(messages));
  if (life < lives - 1) await working.close();
}
process.exit(0);
