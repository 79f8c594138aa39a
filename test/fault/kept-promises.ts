/**
 * Opens the journal of a folder as the next start would, and compares all it hands out with what had been promised.
 */
import type { Slice } from "../../gateway/contract/index.ts";
import type { Promised } from "./said.ts";
import { little, lossesOf, uplinks, WorkingJournal } from "./working-journal.ts";

export interface Kept {
  acknowledged: number;
  /** Acknowledged, and neither settled by right nor handed out bit-exact; `epoch/seq`. */
  lost: string[];
  /** Evicted to make room, and told in a loss record. */
  evicted: number;
  /** It says that a file was damaged: never true of a power cut. */
  damaged: boolean;
  /** Whatever else is not as it must be, in words. Empty: every promise is kept. */
  broken: string[];
}

interface Got {
  rows: Map<string, string>;
  gaps: Map<string, string>;
  /** The journal's own. */
  own: Set<string>;
  losses: Map<string, number>;
}

/** @param known what was given in the whole run: a row that nobody gave is a phantom. @throws what openJournal throws */
export async function keptPromises(folder: string, promised: Promised, known: Promised): Promise<Kept> {
  const working = new WorkingJournal(folder, { say: () => {}, cacheBytes: 0, sendWindow: little.sendWindow });
  await working.open();
  const { journal } = working;
  try {
    const kept: Kept = {
      acknowledged: promised.acknowledged,
      lost: [],
      evicted: 0,
      damaged: false,
      broken: [],
    };
    // What was set aside comes in between two commits.
    while (journal.status().salvaging !== undefined) await working.during(working.idle());
    const { state, epoch, accounts, broken } = journal.status();
    kept.damaged = broken !== undefined;
    if (state !== "open") kept.broken.push(`it is ${state}`);
    if (known.given.has(epoch)) kept.broken.push(`epoch ${epoch} was there before`);
    const lost = new Set<string>();
    const evicted = new Set<string>();
    for (const { id: uplink } of uplinks) {
      const starts = new Map<string, number>();
      for (const account of accounts.filter((one) => one.uplink === uplink)) {
        const { head, delivered, withheld, quarantined, lost, waiting } = account;
        if (head !== delivered + withheld + quarantined + lost + waiting)
          kept.broken.push(`the account does not add up: ${JSON.stringify(account)}`);
        const next = head - waiting + 1;
        starts.set(account.epoch, next);
        if (next < promised.floor(uplink, account.epoch))
          kept.broken.push(
            `${uplink} was settled up to ${promised.floor(uplink, account.epoch)}, not ${next}`,
          );
        if (next > promised.ceiling(uplink, account.epoch))
          kept.broken.push(
            `${uplink} is settled up to ${next}, nobody took more than ${promised.ceiling(uplink, account.epoch)}`,
          );
      }
      const got = await drain(working, uplink, kept);
      for (const [epoch, seqs] of promised.acked) {
        const texts = known.given.get(epoch);
        // An epoch that is gone was settled to its end.
        const start = starts.get(epoch) ?? promised.ceiling(uplink, epoch);
        for (const seq of seqs) {
          const name = `${epoch}/${seq}`;
          if (seq < start || got.rows.get(name) === texts?.get(seq)) continue;
          const why = got.gaps.get(name);
          if (why === "quota") evicted.add(name);
          else if (why !== "policy" || uplink !== "city")
            lost.add(`${name} (${uplink}: ${got.rows.has(name) ? "changed" : (why ?? "nothing")})`);
        }
      }
      for (const [name, text] of got.rows) {
        const [epoch = "", seq] = name.split("/");
        if (!got.own.has(name) && known.given.get(epoch)?.get(Number(seq)) !== text)
          kept.broken.push(`${name} is a phantom: ${text}`);
      }
      if (uplink === "province") compareLosses(uplink, promised, got, kept);
    }
    kept.lost = [...lost];
    kept.evicted = evicted.size;
    if (!(await working.during(working.append(1)))) kept.broken.push("it accepts nothing");
    return kept;
  } finally {
    await journal.close();
  }
}

/** Every row that had to make room is told in a record, and no other (I4). */
function compareLosses(uplink: string, promised: Promised, got: Got, kept: Kept): void {
  const gone = new Set(promised.quota.get(uplink));
  for (const [name, why] of got.gaps) if (why === "quota") gone.add(name);
  const records = new Map([...(promised.losses.get(uplink) ?? []), ...got.losses]);
  const told = [...records.values()].reduce((sum, count) => sum + count, 0);
  if (gone.size !== told) kept.broken.push(`${gone.size} rows had to make room, ${told} are told as lost`);
}

/** Everything an uplink gets, the quarantined rows at last; each slice is taken. */
async function drain(working: WorkingJournal, uplink: string, kept: Kept): Promise<Got> {
  const got: Got = { rows: new Map(), gaps: new Map(), own: new Set(), losses: new Map() };
  const take = (slice: Slice) => {
    const { epoch, rows, gaps, series } = slice;
    for (const { seq, text, series: s } of rows) {
      got.rows.set(`${epoch}/${seq}`, text);
      if (series.get(s)?.source === "journal") got.own.add(`${epoch}/${seq}`);
    }
    for (const [seq, count] of lossesOf(slice, uplink, ["quota"])) got.losses.set(`${epoch}/${seq}`, count);
    for (const [first, last, why] of gaps)
      for (let seq = first; seq <= last; seq++) got.gaps.set(`${epoch}/${seq}`, why);
  };
  const { journal } = working;
  const quarantined = () =>
    journal.status().accounts.reduce((sum, one) => sum + (one.uplink === uplink ? one.quarantined : 0), 0);
  const refused = quarantined();
  const marked = await working.during(journal.retry(uplink));
  if (marked !== refused) kept.broken.push(`${refused} rows are quarantined, ${marked} can be sent again`);
  for (const lane of ["retry", "backlog", "live"] as const) {
    for (;;) {
      const slices: Slice[] = [];
      for (let slice = await working.read(uplink, lane); slice; slice = await working.read(uplink, lane))
        slices.push(slice);
      if (slices.length === 0) break;
      slices.forEach(take);
      await working.during(Promise.all(slices.map((slice) => working.settle(uplink, slice, () => false))));
    }
  }
  const waiting = journal
    .status()
    .accounts.filter((one) => one.uplink === uplink && one.waiting + one.quarantined > 0);
  if (waiting.length > 0) kept.broken.push(`${uplink} is not drained: ${JSON.stringify(waiting)}`);
  return got;
}
