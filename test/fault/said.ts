/**
 * What a journal at work says about itself, line by line through write(2), so that a trace holds it in its true order:
 * what it gave, what it acknowledged, what it was told by platforms, what of that is settled on disk.
 */
import { writeSync } from "node:fs";

export type Said =
  /** Rows with their final text; an acknowledgement may follow. */
  | { given: [epoch: string, seq: number, text: string][] }
  | { acked: [epoch: string, first: number, last: number] }
  /** A receipt arrives: the platform knows of every seq below `next`. `quota`: those that had made room, `losses`: what records say of such. */
  | {
      told: [uplink: string, epoch: string, next: number];
      quota: [first: number, last: number][];
      losses: [seq: number, count: number][];
    }
  /** The journal says that this is on disk. */
  | { settled: [uplink: string, epoch: string, next: number] };

export function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

/** What must hold after a prefix of what was said. */
export class Promised {
  /** epoch → seq → text, of everything that was ever given. */
  readonly given = new Map<string, Map<number, string>>();
  /** epoch → acknowledged seqs. */
  readonly acked = new Map<string, Set<number>>();
  /** uplink and epoch → `next` that must have been reached, and that may have been. */
  /** Per uplink what platforms were told of rows that had to make room: their names, and by which record how many. */
  readonly quota = new Map<string, Set<string>>();
  readonly losses = new Map<string, Map<string, number>>();
  readonly #floor = new Map<string, number>();
  readonly #ceiling = new Map<string, number>();

  take(said: Said): void {
    if ("given" in said)
      for (const [epoch, seq, text] of said.given) of(this.given, epoch, () => new Map()).set(seq, text);
    else if ("acked" in said) {
      const [epoch, first, last] = said.acked;
      for (let seq = first; seq <= last; seq++) of(this.acked, epoch, () => new Set()).add(seq);
    } else {
      const [uplink, epoch, next] = "told" in said ? said.told : said.settled;
      const bounds = "told" in said ? this.#ceiling : this.#floor;
      const name = `${uplink}\t${epoch}`;
      bounds.set(name, Math.max(bounds.get(name) ?? 1, next));
      if ("settled" in said) return;
      const gone = of(this.quota, uplink, () => new Set());
      for (const [first, last] of said.quota)
        for (let seq = first; seq <= last; seq++) gone.add(`${epoch}/${seq}`);
      const losses = of(this.losses, uplink, () => new Map());
      for (const [seq, count] of said.losses) losses.set(`${epoch}/${seq}`, count);
    }
  }

  /** As of now, without what was given. */
  copy(): Promised {
    const copy = new Promised();
    for (const [epoch, seqs] of this.acked) copy.acked.set(epoch, new Set(seqs));
    for (const [uplink, names] of this.quota) copy.quota.set(uplink, new Set(names));
    for (const [uplink, losses] of this.losses) copy.losses.set(uplink, new Map(losses));
    for (const [name, next] of this.#floor) copy.#floor.set(name, next);
    for (const [name, next] of this.#ceiling) copy.#ceiling.set(name, next);
    return copy;
  }

  get acknowledged(): number {
    return [...this.acked.values()].reduce((sum, seqs) => sum + seqs.size, 0);
  }

  floor(uplink: string, epoch: string): number {
    return this.#floor.get(`${uplink}\t${epoch}`) ?? 1;
  }

  ceiling(uplink: string, epoch: string): number {
    return this.#ceiling.get(`${uplink}\t${epoch}`) ?? 1;
  }
}

function of<K, V>(map: Map<K, V>, key: K, fresh: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = fresh();
  map.set(key, value);
  return value;
}
