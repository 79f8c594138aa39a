import { cpSync, linkSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { damage } from "./model-damage.ts";
import { Dice, seeded } from "./model-dice.ts";
import { ModelDisk } from "./model-disk.ts";
import { judge } from "./model-judge.ts";
import { type Life, Line } from "./model-line.ts";
import { Sender } from "./model-sender.ts";
import { variantOf } from "./model-variant.ts";
import { type Verdict, Witness } from "./model-witness.ts";

export { seeded };

const hourMs = 3_600_000;
/** Small enough that most lives with a quota reach it, with rows that are long there. */
const quotaBytes = 300_000;
const sendWindow = 20;
/** Milliseconds or so after which something goes on for ever. */
const maxTurns = 4000;
/** Room that is kept for a full disk: the same in each copy. */
const reserve = "journal.reserve";

/**
 * One random life of a school's journal against its platforms: kills, also in the middle of a commit; lost, late,
 * doubled and reordered batches and receipts; rejects; refused commits; hours that pass; rolled-back disks; restored
 * platforms; a store that is full; damaged files; uplinks that are down, go and come; records carried by hand.
 * Compares at every step, drains at the end, and gives the four numbers.
 */
export async function liveOnce(seed: number, steps: number): Promise<Verdict> {
  const variant = variantOf(seed);
  const dice = new Dice(seed);
  const below = (n: number) => dice.below(n);
  const chance = (p: number) => dice.chance(p);
  const root = mkdtempSync(join(memoryFolder, "ce-model-"));
  const clock = new FakeClock();
  const disk = new ModelDisk();
  const lines: Line[] = [];
  const witness = new Witness(lines);
  const { verdict } = witness;
  const { happened } = verdict;
  let folder = join(root, "0");
  let images = 0;
  let run = 0;
  let journal!: Journal;
  const saved: { folder: string; onDisk: Set<number> }[] = [];

  /** Nothing is stalled and nothing is under way: what was asked of the disk is done. */
  const settled = async () => {
    await disk.flow();
    let turns = 0;
    for (
      let { writing, state } = journal.status();
      writing || state !== "open";
      { writing, state } = journal.status()
    ) {
      if (++turns > maxTurns) throw new Error(`never still: ${JSON.stringify(journal.status())}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      // What cannot be opened is tried again in a while.
      if (!writing) await clock.advance(100);
    }
    if (!variant.quota) return;
    const { used, full, accounts } = journal.status();
    // What comes out of a damaged file makes room with the next commit.
    if (used > quotaBytes * 1.1 && !full && happened.damages === 0)
      witness.broke(`${used} bytes are held, more than the quota`);
    const someoneWaits = accounts.some(
      ({ uplink, waiting, quarantined }) =>
        waiting + quarantined > 0 && lines.find(({ id }) => id === uplink)?.holds === true,
    );
    if (full && !someoneWaits) witness.broke("measurements are refused though nobody waits for what is held");
  };
  const life: Life = {
    get journal() {
      return journal;
    },
    get run() {
      return run;
    },
    dice,
    disk,
    clock,
    witness,
    settled,
  };
  const sender = new Sender(life, variant);
  lines.push(new Line("province", life, "secret"));
  if (variant.second)
    lines.push(new Line("city", life, "private", { start: variant.startsNow ? "now" : "oldest" }));
  if (variant.third) lines.push(new Line("history", life, "nothing", { holds: false }));
  const [first, second] = lines as [Line, Line | undefined];
  if (variant.startsNow && second !== undefined) second.here = false;
  if (variant.healthy) first.mood = 0;
  const here = () => lines.filter((line) => line.here);
  const served = variant.healthy ? first : null;
  const some = () => dice.pick(here().filter((line) => line !== served));
  const onSome = (what: (line: Line) => unknown) => () => {
    const line = some();
    return line === undefined ? undefined : what(line);
  };

  const open = async () => {
    journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: sender,
      clock,
      log: recordingLog(),
      uplinks: here().map(({ filter }) => filter),
      sendWindow,
      ...(variant.quota ? { quotaBytes } : {}),
      cacheBytes: chance(0.5) ? 500 : 4e6,
    });
    if (chance(0.8)) journal.clockKnown(clock.wallMs(), 0);
  };
  const copy = (from: string) => {
    const to = join(root, String(++images));
    cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(reserve) });
    if (readdirSync(from).includes(reserve)) linkSync(join(from, reserve), join(to, reserve));
    return to;
  };
  /** The disk as a crash leaves it. */
  const image = async () => {
    if (!disk.stalled) await settled();
    return copy(folder);
  };
  const reborn = async (next: string) => {
    // From here on nobody is there to be answered.
    run += 1;
    disk.refuse = null;
    await disk.flow();
    await journal.close();
    folder = next;
    for (const line of lines) line.senderGone();
    await open();
  };
  const stall = () => {
    disk.stall();
    witness.stalled(journal.status());
  };
  const advance = async (ms: number) => {
    await clock.advance(ms);
    if (!disk.stalled) await settled();
  };
  /** Who is always served gets at once what was put. */
  const andServe = (put: () => void) => async () => {
    put();
    if (served === null) return;
    await settled();
    await clock.advance(1000).then(settled);
    await served.serve(1000);
  };

  const roll = () => void journal.roll("test").catch(() => {});
  const stallOrFlow = () => (disk.stalled ? disk.flow() : settled().then(stall));
  const refuse = () => Object.assign(disk, { refuse: chance(0.5) ? "before" : "after" });
  const hoursPass = async () => {
    await settled();
    // Who must go back does so before its rows are too old to be held.
    if (!witness.agrees(journal.status())) return;
    await clock.advance((1 + below(chance(0.7) ? 4 : 30)) * hourMs).then(settled);
  };
  const copyDisk = async () => saved.push({ onDisk: witness.onDisk(), folder: await image() });
  const rollBack = async () => {
    const old = dice.take(saved);
    if (old === undefined) return;
    witness.rolledBack(old.onDisk);
    if (second !== undefined && variant.away) second.since = witness.messages.length;
    await reborn(old.folder);
  };
  const restorePlatform = async () => {
    const line = some();
    if (!line?.restore()) return;
    happened.restores += 1;
    if (chance(0.5)) return;
    // The gateway hears at once that the platform went back; a line that then stays closed for a day must not harm.
    await settled();
    line.tellAtOnce();
    await clock.advance(500).then(settled);
    if (chance(0.5) && witness.agrees(journal.status())) await clock.advance(25 * hourMs).then(settled);
  };
  const kill = async () => {
    // What came late and is not on disk yet begins at a later `now`.
    if (second?.here && variant.startsNow) second.since = witness.messages.length;
    await reborn(await image());
    happened.kills += 1;
  };
  /** Killed just when rows make room, before or after it is on disk. */
  const killInEviction = async () => {
    await settled();
    disk.trap = chance(0.3) ? "before" : "after";
    sender.emitMuch();
    await clock.advance(1000);
    for (let turn = 0; turn < 50 && !disk.stalled && journal.status().writing; turn++)
      await new Promise((resolve) => setTimeout(resolve, 1));
    disk.trap = null;
    await kill();
  };
  /** A clean end or a kill, and what is on disk is not what was written. */
  const damageFile = async () => {
    if (chance(0.5)) {
      run += 1;
      await settled();
      await journal.close();
    }
    const hit = await (journal.status().state === "open" ? image() : copy(folder));
    if (readdirSync(hit).some((name) => name.includes("damaged"))) return reborn(hit);
    witness.damaged(damage(hit, dice));
    await reborn(hit);
  };
  const goOrCome = () => {
    if (second === undefined) return;
    second.here = !second.here;
    if (second.here) second.since = witness.messages.length;
    else second.everAway = true;
    happened.away += 1;
    journal.adopt(here().map(({ filter }) => filter));
  };

  /** What may happen in a step, and how often. */
  const events: [weight: number, happen: () => unknown][] = [
    [30, andServe(() => sender.emit())],
    [variant.quota ? 14 : 0, andServe(() => sender.emitMuch())],
    [4, andServe(() => sender.emitAgain())],
    [17, () => advance(below(400))],
    [22, onSome((line) => line.readSome())],
    [22, onSome((line) => line.arrive())],
    [20, onSome((line) => line.answer())],
    [3, onSome((line) => line.sendAgain())],
    [4, onSome((line) => line.ask())],
    [1, onSome((line) => line.changeMood())],
    [variant.quota ? 3 : 1, onSome((line) => line.upOrDown())],
    [4, onSome((line) => line.retry())],
    [1, roll],
    [1, onSome((line) => line.release())],
    [variant.carries ? 5 : 0, onSome((line) => line.carry())],
    [3, stallOrFlow],
    [1, refuse],
    [5, hoursPass],
    [1, copyDisk],
    [variant.restores ? 2 : 0, onSome((line) => line.backUp())],
    [variant.restores ? 3 : 0, restorePlatform],
    [variant.rollbacks ? 1 : 0, rollBack],
    [variant.damages ? 1.5 : 0, damageFile],
    [variant.away ? 2 : 0, goOrCome],
    [3, kill],
    [variant.quota ? 3 : 0, killInEviction],
  ];
  const weights = events.reduce((sum, [weight]) => sum + weight, 0);
  const happen = () => {
    let left = dice.random() * weights;
    for (const [weight, event] of events) {
      left -= weight;
      if (left < 0) return event();
    }
  };

  try {
    disk.begin();
    await open();
    for (let step = 0; step < steps; step++) {
      await happen();
      witness.watch(journal.status(), run, `seed ${seed} step ${step}`);
    }

    // Quiescence: faults off, platforms up, all here, drained.
    disk.refuse = null;
    await settled();
    if (second?.here === false) goOrCome();
    for (const line of lines) Object.assign(line, { mood: 0, down: false });
    let quiet = false;
    for (let round = 0; round < 60 && !quiet; round++) {
      await clock.advance(61_000).then(settled);
      for (const line of lines) {
        await journal.retry(line.id).catch(() => {});
        await line.serve(1000);
      }
      witness.watch(journal.status(), run, `seed ${seed} drain ${round}`);
      const { accounts, salvaging } = journal.status();
      // Where nothing is held, the row of one that was refused may be gone.
      const drained = accounts.every(
        ({ uplink, waiting, quarantined }) =>
          waiting === 0 && (quarantined === 0 || lines.some(({ id, holds }) => id === uplink && !holds)),
      );
      quiet = round > 2 && drained && salvaging === undefined && witness.agrees(journal.status());
    }
    if (!quiet) {
      const { accounts, salvaging } = journal.status();
      const left = accounts.filter(({ waiting, quarantined }) => waiting + quarantined > 0);
      const agrees = witness.agrees(journal.status());
      witness.broke(`seed ${seed} never drained: ${JSON.stringify({ left, salvaging, agrees })}`);
    }
    if (disk.most > 1) witness.broke(`${disk.most} commits were open at once`);
    happened.refusals = disk.refusals;
    const evicted = happened.evicted;
    for (const line of lines) {
      judge(witness, line, journal.status().accounts, variant.quota ? quotaBytes : null);
      happened.carried += line.carried;
      if (line === served && happened.evicted > evicted && happened.damages + happened.rollbacks === 0)
        witness.broke("an uplink that was always served lost records because another was down");
    }
    return verdict;
  } finally {
    disk.end();
    await journal.close();
    rmSync(root, { recursive: true, force: true });
  }
}
