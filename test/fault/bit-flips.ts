/**
 * Bits that a disk turns over in a closed journal file: what the next start hands out is what was given, bit by bit,
 * or it is not handed out.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Slice } from "../../gateway/contract/index.ts";
import { seeded } from "../unit/journal/model-dice.ts";
import { damage, type Where } from "./bit-damage.ts";
import { scratch } from "./power-cut.ts";
import { Promised, type Said } from "./said.ts";
import { lossesOf, WorkingJournal } from "./working-journal.ts";

export interface FlipVerdict {
  images: number;
  flips: number;
  rows: number;
  handedOut: number;
  /** Claimed as `corrupt`, and as `gone`. */
  corrupt: number;
  gone: number;
  /** Handed out and not what was given: other text, other series, or nobody's row. */
  falsified: string[];
  /** Texts that were changed and handed out, or not claimed as corrupt. */
  unnoticed: string[];
  /** Neither handed out, nor claimed, nor counted in a record of loss. */
  silent: string[];
  /** Accounts that do not add up, and journals that do not accept again within 20 s. */
  broken: string[];
  /** Images that were set aside and read as far as they go, and that did not open. */
  setAside: number;
  didNotOpen: number;
}

/** Images that are looked at together: most of the time each waits. */
const atOnce = 4;

export async function flipBits(where: Where, images: number, seed: number): Promise<FlipVerdict> {
  const root = scratch();
  const random = seeded(seed);
  const verdict: FlipVerdict = {
    images,
    flips: 0,
    rows: 0,
    handedOut: 0,
    corrupt: 0,
    gone: 0,
    falsified: [],
    unnoticed: [],
    silent: [],
    didNotOpen: 0,
    broken: [],
    setAside: 0,
  };
  try {
    const promised = await fill(join(root, "original"), join(root, "killed"));
    const isLog = where === "log" || where === "names";
    const original = isLog ? join(root, "killed") : join(root, "original");
    const damaged = isLog ? "journal.sqlite-wal" : "journal.sqlite";
    let image = 0;
    const work = async () => {
      while (image < images) {
        image += 1;
        const name = `${where} ${image}`;
        const folder = join(root, name);
        cpSync(original, folder, { recursive: true });
        const bytes = readFileSync(join(original, damaged));
        const changed = damage(bytes, where, promised, random);
        writeFileSync(join(folder, damaged), bytes);
        verdict.flips += changed.flips;
        await look(folder, name, changed.texts, promised, verdict);
        rmSync(folder, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return verdict;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Some hundred rows of two epochs, some so long that they need pages of their own, some quarantined; closed.
 * @param killed gets the folder as it was before closing
 */
async function fill(folder: string, killed: string): Promise<Promised> {
  const promised = new Promised();
  const working = new WorkingJournal(folder, { say: (said: Said) => promised.take(said) });
  await working.open();
  for (let n = 0; n < 120; n++)
    await working.during(working.append(1 + (n % 4), {}, n % 15 === 0 ? 3000 : 40));
  const slice = await working.read("province", "live", 100);
  if (slice !== null) await working.during(working.settle("province", slice, (seq) => seq % 9 === 0));
  await working.during(working.journal.roll("test"));
  for (let n = 0; n < 60; n++) await working.during(working.append(1 + (n % 3), {}, 60));
  await working.idle();
  cpSync(folder, killed, { recursive: true });
  await working.close();
  return promised;
}

/** What was handed out by the two openings that follow the damage: what the first one mixed up the second one tells. */
interface Got {
  rows: Map<string, { text: string; series: number; own: boolean }>;
  gaps: Map<string, string>;
  /** By which record how many rows are told as unreadable. */
  losses: Map<string, number>;
  /** `next` of each epoch at the first opening. */
  starts: Map<string, number>;
}

async function look(
  folder: string,
  image: string,
  texts: ReadonlySet<string>,
  promised: Promised,
  verdict: FlipVerdict,
): Promise<void> {
  const got: Got = { rows: new Map(), gaps: new Map(), losses: new Map(), starts: new Map() };
  const since = new Promised();
  for (const opening of ["first", "second"] as const) {
    const working = new WorkingJournal(folder, { say: (said) => since.take(said), cacheBytes: 0 });
    try {
      await working.open();
    } catch (error) {
      verdict.didNotOpen += 1;
      verdict.broken.push(`${image}: the ${opening} time it did not open: ${(error as Error).message}`);
      return;
    }
    try {
      await takeAll(working, got);
      await checkState(working, `${image}, opened the ${opening} time`, verdict);
      if (opening === "first" && working.journal.status().broken !== undefined) verdict.setAside += 1;
    } finally {
      await working.close();
    }
  }
  compare(got, image, texts, promised, since, verdict);
}

async function takeAll(working: WorkingJournal, { rows, gaps, losses, starts }: Got): Promise<void> {
  const { journal } = working;
  while (journal.status().salvaging !== undefined) await working.during(working.idle());
  for (const { uplink, epoch, head, waiting } of journal.status().accounts)
    if (uplink === "province" && !starts.has(epoch)) starts.set(epoch, head - waiting + 1);
  await drain(working, (slice) => {
    const { epoch } = slice;
    for (const { seq, text, series } of slice.rows)
      rows.set(`${epoch}/${seq}`, { text, series, own: slice.series.get(series)?.source === "journal" });
    for (const [seq, count] of lossesOf(slice, "province", ["corrupt", "gone"]))
      losses.set(`${epoch}/${seq}`, count);
    for (const [first, last, why] of slice.gaps)
      for (let seq = first; seq <= Math.min(last, first + 10_000); seq++) gaps.set(`${epoch}/${seq}`, why);
  });
}

async function checkState(working: WorkingJournal, when: string, verdict: FlipVerdict): Promise<void> {
  const { journal } = working;
  let seconds = 0;
  for (; seconds <= 20 && !(await working.during(working.append(1))); seconds++) {
    await working.clock.advance(1000);
    await working.idle();
  }
  const { state, fault, accounts } = journal.status();
  if (seconds > 20) verdict.broken.push(`${when}, it accepts nothing: ${state} ${fault}`);
  for (const account of accounts) {
    const { head, delivered, withheld, quarantined, lost, waiting } = account;
    if (head !== delivered + withheld + quarantined + lost + waiting)
      verdict.broken.push(`${when}, the account does not add up: ${JSON.stringify(account)}`);
  }
}

/** @param since what was given after the damage */
function compare(
  { rows, gaps, losses, starts }: Got,
  image: string,
  texts: ReadonlySet<string>,
  promised: Promised,
  since: Promised,
  verdict: FlipVerdict,
): void {
  const silent: string[] = [];
  for (const [epoch, seqs] of promised.given) {
    for (const [seq, text] of seqs) {
      const name = `${epoch}/${seq}`;
      const row = rows.get(name);
      const why = gaps.get(name);
      const settled = seq < (starts.get(epoch) ?? 1);
      verdict.rows += 1;
      if (row !== undefined) verdict.handedOut += 1;
      else if (why === "corrupt") verdict.corrupt += 1;
      else if (why === "gone") verdict.gone += 1;
      else if (!settled) silent.push(`${image}: ${name}`);
      if (texts.has(name) && (row !== undefined || (!settled && why !== "corrupt")))
        verdict.unnoticed.push(`${image}: ${name}`);
      if (row !== undefined && row.series !== JSON.parse(text)[1])
        verdict.falsified.push(`${image}: ${name} has series ${row.series}, not that of ${text}`);
    }
  }
  // Where nobody can say any more which they were, it is told how many.
  const told = [...losses.values()].reduce((sum, count) => sum + count, 0);
  if (silent.length > told) verdict.silent.push(...silent);
  for (const [name, { text, own }] of rows) {
    const [epoch = "", seq] = name.split("/");
    const given = (promised.given.get(epoch) ?? since.given.get(epoch))?.get(Number(seq));
    if (!own && text !== given) verdict.falsified.push(`${image}: ${name} is ${text}, not ${given}`);
  }
}

/** Takes all there is, until nothing comes any more while the journal is open. */
async function drain(working: WorkingJournal, take: (slice: Slice) => void): Promise<void> {
  const { journal } = working;
  await working.during(journal.retry("province").catch(() => 0));
  for (let quiet = 0, rounds = 0; quiet < 3 && rounds < 200; rounds++) {
    let found = 0;
    for (const lane of ["retry", "backlog", "live"] as const) {
      for (
        let slice = await working.read("province", lane, 50);
        slice;
        slice = await working.read("province", lane, 50)
      ) {
        take(slice);
        found += 1;
      }
    }
    // A page that cannot be read brings the file down: it is opened again, set aside, read.
    await working.clock.advance(1000);
    await working.idle();
    const { state, salvaging } = journal.status();
    quiet = found > 0 || state !== "open" || salvaging !== undefined ? 0 : quiet + 1;
  }
}
