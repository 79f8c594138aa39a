import type { Account, JournalStatus } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import type { ModelPlatform } from "./model-platform.ts";

export interface Verdict {
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
  /** Everything else that must not be: conflicts, malformed slices, sums that do not add up, what never drained. */
  broken: string[];
  kills: number;
  rollbacks: number;
  restores: number;
  refusals: number;
  records: number;
}

interface Emission {
  keyed: boolean;
  withheld: boolean;
  acked: boolean;
  /** Record ids it may have at the platform. */
  ids: number;
}

/** Enough to know what broke. */
const maxBroken = 5;

/**
 * What the model knows from outside: what was put to the journal and acknowledged, and what the platform truly has.
 * Compares it with what the journal says at every step, and judges the life at its end.
 */
export class Witness {
  readonly verdict: Verdict = {
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
    broken: [],
    kills: 0,
    rollbacks: 0,
    restores: 0,
    refusals: 0,
    records: 0,
  };
  readonly #platform: ModelPlatform;
  readonly #emissions = new Map<number, Emission>();
  readonly #messages: number[][] = [];
  /** First seq not settled, by epoch, as last seen in this opening. */
  readonly #next = new Map<string, number>();
  #opening = "";
  readonly #names = new Set<string>();
  /** Heads on disk when it stalled. */
  #heads = new Map<string, number>();

  constructor(platform: ModelPlatform) {
    this.#platform = platform;
  }

  put(ns: number[], keyed: boolean, withheld: boolean): void {
    this.#messages.push(ns);
    for (const n of ns) {
      const known = this.#emissions.get(n);
      if (known === undefined) this.#emissions.set(n, { keyed, withheld, acked: false, ids: 1 });
      // Without a key every time it is put is a record of its own.
      else if (!keyed) known.ids += 1;
    }
  }

  acked(ns: number[]): void {
    for (const n of ns) (this.#emissions.get(n) as Emission).acked = true;
  }

  /** What is acknowledged now, and therefore in a copy of the disk. */
  onDisk(): Set<number> {
    return new Set([...this.#emissions].filter(([, emission]) => emission.acked).map(([n]) => n));
  }

  /** The disk is an old copy: what was acknowledged since is gone with its keys, and a device may send it again. */
  rolledBack(onDisk: ReadonlySet<number>): void {
    this.verdict.rollbacks += 1;
    for (const [n, emission] of this.#emissions) {
      if (onDisk.has(n)) continue;
      emission.acked = false;
      if (emission.keyed) emission.ids += 1;
    }
  }

  /** From now on nothing reaches the disk. */
  stalled(accounts: readonly Account[]): void {
    this.#heads = new Map(accounts.map(({ epoch, head }) => [epoch, head]));
  }

  /** A slice came: in one run no two have the same name, or a receipt for one settles the other. */
  named({ id }: Slice, run: number): void {
    const name = `${run} ${id}`;
    if (this.#names.has(name)) this.broke(`the name ${id} was given twice`);
    this.#names.add(name);
  }

  /** A slice came while the disk stalled. */
  handedOut({ id, epoch, head }: Slice): void {
    if (head > (this.#heads.get(epoch) ?? 0)) this.broke(`${id} was handed out before it was on disk`);
  }

  broke(sentence: string): void {
    if (this.verdict.broken.length < maxBroken) this.verdict.broken.push(sentence);
  }

  /** What must hold at every instant. */
  watch({ epoch, accounts }: JournalStatus, run: number, when: string): void {
    const opening = `${run} ${epoch}`;
    if (opening !== this.#opening) this.#next.clear();
    this.#opening = opening;
    for (const account of accounts) {
      const { epoch, head, delivered, withheld, quarantined, lost, waiting } = account;
      const parts = [delivered, withheld, quarantined, lost, waiting];
      if (parts.some((part) => part < 0) || parts.reduce((a, b) => a + b) !== head)
        this.broke(`${when}: does not add up: ${JSON.stringify(account)}`);
      if (this.verdict.rollbacks === 0 && (this.#platform.streams.get(epoch)?.head ?? 0) > head)
        this.broke(`${when}: ${epoch} was sent beyond its head ${head} on disk`);
      const next = head - waiting + 1;
      if (this.verdict.restores === 0) {
        const missing = this.#platform.next(epoch);
        if (missing < next)
          this.broke(`${when}: ${epoch} is settled below ${next}, the platform misses ${missing}`);
        const before = this.#next.get(epoch) ?? 1;
        if (next < before)
          this.broke(`${when}: ${epoch} went back from ${before} to ${next}, the platform never did`);
      }
      this.#next.set(epoch, next);
    }
  }

  /** True iff nothing that is settled is missing at the platform. */
  agrees(accounts: readonly Account[]): boolean {
    return accounts.every(({ epoch, head, waiting }) => this.#platform.next(epoch) > head - waiting);
  }

  /** The four numbers, of a life that has drained. */
  judge(accounts: readonly Account[]): Verdict {
    const { verdict } = this;
    const streams = [...this.#platform.streams.values()];
    const found = new Map<number, number>();
    for (const text of streams.flatMap((stream) => [...stream.done.values()])) {
      const n = value(text);
      if (n !== null) found.set(n, (found.get(n) ?? 0) + 1);
    }
    // A platform restored to before an accepted retry keeps that record rejected: counted and visible, not silent.
    const visible = new Set(
      verdict.restores === 0
        ? []
        : streams.flatMap((stream) => [...stream.rejected.values()].map(({ text }) => value(text))),
    );
    verdict.records = found.size;
    for (const [n, emission] of this.#emissions) {
      const times = found.get(n) ?? 0;
      if (emission.withheld && times > 0) this.broke(`${n} was withheld and sent`);
      if (!emission.withheld && emission.acked && times === 0 && !visible.has(n)) verdict.lostAcked += 1;
      if (times > emission.ids) verdict.duplicates += 1;
    }
    for (const n of found.keys()) if (!this.#emissions.has(n)) verdict.phantoms += 1;
    for (const ns of this.#messages) {
      const times = ns.map((n) => found.get(n) ?? 0);
      if (visible.size === 0 && verdict.rollbacks === 0 && times.some((count) => count !== times[0]))
        this.broke(`a message of ${ns} arrived in parts: ${times}`);
    }
    for (const account of accounts) {
      const stream = this.#platform.streams.get(account.epoch);
      const upTo = (seqs: Iterable<number>) => [...seqs].filter((seq) => seq <= account.head).length;
      const done =
        upTo(stream?.done.keys() ?? []) + (visible.size > 0 ? upTo(stream?.rejected.keys() ?? []) : 0);
      const gaps = upTo(stream?.gaps.keys() ?? []);
      if (account.delivered !== done || account.withheld + account.lost !== gaps)
        this.broke(`the platform has ${done} and ${gaps} gaps of ${JSON.stringify(account)}`);
    }
    const declared = streams.flatMap((stream) => [...stream.gaps.values()]);
    verdict.falseGaps = this.#platform.falseGaps + declared.filter((why) => why !== "policy").length;
    if (this.#platform.conflicts > 0)
      this.broke(`${this.#platform.conflicts} conflicts: a key was used twice`);
    if (this.#platform.malformed > 0) this.broke(`${this.#platform.malformed} malformed slices`);
    return verdict;
  }
}

/** The number that an emission carries; null for the journal's own events. */
function value(text: string): number | null {
  const found = (JSON.parse(text) as unknown[])[3];
  return typeof found === "number" ? found : null;
}
