/**
 * Bits that a disk turns over in a closed journal file: what the next start hands out is what was given, bit by bit,
 * or it is not handed out.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Slice } from "../../gateway/contract/index.ts";
import { seeded } from "../unit/journal/model-dice.ts";
import { scratch } from "./power-cut.ts";
import { Promised, type Said } from "./said.ts";
import { WorkingJournal } from "./working-journal.ts";

/** Where: in the text of rows that are known then, in pages with records, anywhere, or in the log of a killed process. */
export type Where = "texts" | "pages" | "anywhere" | "log";

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
  /** Neither handed out nor claimed, of images that could be read to their end. */
  silent: string[];
  /** Accounts that do not add up, and journals that do not accept again within 20 s. */
  broken: string[];
  /** Images that were set aside and read as far as they go, and that did not open. */
  setAside: number;
  didNotOpen: number;
}

const pageBytes = 4096;
/** What the padding of every row holds. */
const marker = ".".repeat(40);

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
    const original = where === "log" ? join(root, "killed") : join(root, "original");
    const damaged = where === "log" ? "journal.sqlite-wal" : "journal.sqlite";
    for (let image = 1; image <= images; image++) {
      const folder = join(root, `${image}`);
      cpSync(original, folder, { recursive: true });
      const bytes = readFileSync(join(original, damaged));
      const changed = damage(bytes, where, promised, random);
      writeFileSync(join(folder, damaged), bytes);
      verdict.flips += changed.flips;
      await look(folder, `${where} ${image}`, changed.texts, promised, verdict);
      rmSync(folder, { recursive: true });
    }
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

/** Turns bits over. `texts`: rows whose text is changed for certain, `epoch/seq`. */
function damage(
  bytes: Buffer,
  where: Where,
  promised: Promised,
  random: () => number,
): { flips: number; texts: Set<string> } {
  const below = (n: number) => Math.floor(random() * n);
  const texts = new Set<string>();
  const flip = (at: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
  };
  if (where === "texts") {
    const rows = [...promised.given].flatMap(([epoch, seqs]) =>
      [...seqs].map(([seq, text]) => ({ name: `${epoch}/${seq}` as string, text })),
    );
    for (let n = 1 + below(20); n > 0; n--) {
      const row = rows[below(rows.length)];
      if (row === undefined || texts.has(row.name)) continue;
      // Of a long one the part that lies in its page; and copies in free space, which nobody reads.
      const part = row.text.slice(0, 60);
      const offset = below(part.length);
      const bit = 1 << below(8);
      const places: number[] = [];
      for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) places.push(at + offset);
      for (const at of places) bytes[at] = (bytes[at] ?? 0) ^ bit;
      if (places.length > 0) texts.add(row.name);
    }
    return { flips: texts.size, texts };
  }
  const pages = Array.from(
    { length: Math.floor(bytes.length / pageBytes) },
    (_, page) => page * pageBytes,
  ).filter(
    (at) => where === "anywhere" || where === "log" || bytes.subarray(at, at + pageBytes).includes(marker),
  );
  const flips = 1 + below(8);
  for (let n = 0; n < flips; n++) flip((pages[below(pages.length)] ?? 0) + below(pageBytes));
  return { flips, texts };
}

async function look(
  folder: string,
  image: string,
  texts: ReadonlySet<string>,
  promised: Promised,
  verdict: FlipVerdict,
): Promise<void> {
  const working = new WorkingJournal(folder, { say: () => {}, cacheBytes: 0 });
  try {
    await working.open();
  } catch (error) {
    verdict.didNotOpen += 1;
    verdict.broken.push(`${image}: it did not open: ${(error as Error).message}`);
    return;
  }
  const { journal } = working;
  try {
    while (journal.status().salvaging !== undefined) await working.during(working.idle());
    const starts = new Map(
      journal
        .status()
        .accounts.filter(({ uplink }) => uplink === "province")
        .map(({ epoch, head, waiting }) => [epoch, head - waiting + 1]),
    );
    const got = new Map<string, { text: string; series: number; own: boolean }>();
    const gaps = new Map<string, string>();
    await drain(working, ({ epoch, rows, gaps: missing, series }) => {
      for (const { seq, text, series: s } of rows)
        got.set(`${epoch}/${seq}`, { text, series: s, own: series.get(s)?.source === "journal" });
      for (const [first, last, why] of missing)
        for (let seq = first; seq <= Math.min(last, first + 10_000); seq++) gaps.set(`${epoch}/${seq}`, why);
    });
    const { state, broken, accounts } = journal.status();
    for (const account of accounts) {
      const { head, delivered, withheld, quarantined, lost, waiting } = account;
      if (head !== delivered + withheld + quarantined + lost + waiting)
        verdict.broken.push(`${image}: the account does not add up: ${JSON.stringify(account)}`);
    }
    let seconds = 0;
    for (; seconds <= 20 && !(await working.during(working.append(1))); seconds++) {
      await working.clock.advance(1000);
      await working.idle();
    }
    if (seconds > 20)
      verdict.broken.push(`${image}: it accepts nothing, ${JSON.stringify(journal.status().fault)}`);
    if (broken !== undefined) verdict.setAside += 1;
    if (state !== "open") verdict.silent.push(`${image}: it ends as ${state}`);
    for (const [epoch, seqs] of promised.given) {
      for (const [seq, text] of seqs) {
        const name = `${epoch}/${seq}`;
        const row = got.get(name);
        const why = gaps.get(name);
        got.delete(name);
        verdict.rows += 1;
        if (row !== undefined) verdict.handedOut += 1;
        if (row !== undefined && (row.text !== text || row.series !== JSON.parse(text)[1]))
          verdict.falsified.push(`${image}: ${name} ${JSON.stringify(row)}, not ${text}`);
        if (why === "corrupt") verdict.corrupt += 1;
        else if (why === "gone") verdict.gone += 1;
        const settled = seq < (starts.get(epoch) ?? 1);
        if (texts.has(name) && (row !== undefined || (!settled && why !== "corrupt")))
          verdict.unnoticed.push(`${image}: ${name}`);
        if (row === undefined && why === undefined && !settled) verdict.silent.push(`${image}: ${name}`);
      }
    }
    for (const [name, { text, own }] of got)
      if (!own) verdict.falsified.push(`${image}: ${name} is nobody's: ${text}`);
  } finally {
    await journal.close();
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
