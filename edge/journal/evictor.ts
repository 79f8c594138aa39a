/**
 * Makes room when there is more data than the quota: the oldest day goes, and every loss is told (R11).
 *
 * Holds: measurements (class T) never push out what is kept (class K); K beyond its share pushes out its own oldest;
 * while a loss is on its way to the disk nothing of it is handed out.
 * Never happens: a row goes that may be at a platform unconfirmed; a row goes and no record tells of it.
 */
import type { Series } from "../../config/schema/vocabulary.ts";
import type { OpenEpoch } from "./epoch.ts";
import type { Ledger } from "./ledger.ts";
import { type Place, type Span, spans } from "./making-room.ts";
import type { Loss } from "./own-records.ts";
import type { Asks, Replies, Thinned } from "./wire.ts";

export interface EvictorParts {
  /** Oldest first. */
  epochs(): readonly OpenEpoch[];
  /** Of the uplinks that hold. */
  ledgers(): readonly Ledger[];
  window: number;
  quotaBytes: number;
  kept(): Promise<Replies["kept"]>;
  weigh(ask: Asks["weigh"]): Promise<Replies["weigh"]>;
  accepts(uplink: string, s: number): boolean;
  series(s: number): Series | undefined;
  /** Rows make room and their losses are told, in one commit. */
  carryOut(thinned: Thinned & { e: number }, losses: readonly Loss[], records: number): Promise<void>;
}

/** What goes at once: the oldest day, and of a busy gateway's day at most so many rows. */
const spanMs = 86_400_000;
const rows = 400_000;
/** Share of the quota that K may have; a row is about its text and a half on disk. */
const keptShare = 0.5;
const bytesPerChar = 1.5;

export class Evictor {
  readonly #parts: EvictorParts;

  constructor(parts: EvictorParts) {
    this.#parts = parts;
  }

  /** Lets the oldest go. false: there is nothing that may. Rejects when the store is down. */
  async evict(): Promise<boolean> {
    const { chars } = await this.#parts.kept();
    const beyondShare = chars * bytesPerChar > this.#parts.quotaBytes * keptShare;
    return (beyondShare && (await this.#evict("K"))) || this.#evict("T");
  }

  async #evict(recordClass: "T" | "K"): Promise<boolean> {
    for (const epoch of [...this.#parts.epochs()]) {
      for (const span of spans(epoch.head, this.#parts.window, this.#places(epoch.e) ?? []))
        if (await this.#take(recordClass, epoch, span)) return true;
    }
    return false;
  }

  async #take(recordClass: "T" | "K", epoch: OpenEpoch, { first, last, losers }: Span): Promise<boolean> {
    const { e } = epoch;
    const ledgers = this.#parts.ledgers();
    for (const ledger of ledgers) ledger.fence(e, first);
    try {
      const weighed = await this.#parts.weigh({ e, class: recordClass, first, last, spanMs, rows });
      if (weighed === null || !this.#still(epoch, weighed.first, weighed.last, losers)) return false;
      const losses = weighed.losses.flatMap((loss) => this.#losses(epoch, loss, losers, weighed.first));
      const records = weighed.losses.reduce((sum, { count }) => sum + count, 0);
      const thinned = { e, class: recordClass, first: weighed.first, last: weighed.last };
      await this.#parts.carryOut(thinned, losses, losers.length === 0 ? 0 : records);
      return true;
    } finally {
      for (const ledger of ledgers) ledger.liftFence(e);
    }
  }

  /** Nobody's place has moved so that it would be another's loss. */
  #still(epoch: OpenEpoch, first: number, last: number, losers: readonly string[]): boolean {
    const now = spans(epoch.head, this.#parts.window, this.#places(epoch.e) ?? []);
    const of = now.filter((span) => span.first <= last && span.last >= first);
    return (
      of.length > 0 &&
      (of[0] as Span).first <= first &&
      (of.at(-1) as Span).last >= last &&
      of.every((span) => span.losers.join() === losers.join())
    );
  }

  /** null while a platform is going back. */
  #places(e: number): Place[] | null {
    const places: Place[] = [];
    for (const ledger of this.#parts.ledgers()) {
      const at = ledger.position(e);
      if (at === undefined || at.settling) return null;
      // What was before an uplink is never on its way to it, and no loss of its.
      places.push({ uplink: ledger.uplink, next: Math.max(at.next, at.beforeTo + 1) });
    }
    return places;
  }

  #carriedTo(uplink: string, e: number): number {
    const ledger = this.#parts.ledgers().find((each) => each.uplink === uplink);
    return ledger?.position(e)?.carriedTo ?? 0;
  }

  #losses(
    epoch: OpenEpoch,
    { s, count, fromT, toT }: { s: number; count: number; fromT: number; toT: number },
    losers: readonly string[],
    first: number,
  ): Loss[] {
    const series = this.#parts.series(s);
    const wall = (t: number) => (epoch.base === null ? null : epoch.base + t);
    const told: Omit<Loss, "uplink"> = {
      ...(series === undefined ? {} : { series }),
      count,
      from: wall(fromT),
      to: wall(toT),
      reason: series === undefined ? "corrupt" : "quota",
      // An alarm was sent early, and what was carried by hand may have arrived.
      certain: series !== undefined && series.kind !== "alarm",
    };
    return losers
      .filter((uplink) => series === undefined || this.#parts.accepts(uplink, s))
      .map((uplink) => ({
        uplink,
        ...told,
        certain: told.certain && first > this.#carriedTo(uplink, epoch.e),
      }));
  }
}
