/**
 * Makes room when there is more data than the quota: the oldest day goes, and every loss is told (R11).
 *
 * Holds: measurements (class T) never push out what is kept (class K); K beyond its share pushes out its own oldest;
 * while a loss is on its way to the disk nothing of it is handed out.
 * Never happens: a row goes that is in flight; a row goes and no record tells of it; a loss is called certain of a row
 * that may be at the platform unconfirmed.
 *
 * Epochs go in their order. In each, first what lies beyond the window of every uplink: that cannot be at a platform.
 * When only the window is left of an earlier one, that goes too, but for what is in flight: many short epochs would keep
 * all they have. Of the newest the window stays: what has just come in is not what goes.
 */
import type { Series } from "../../config/schema/vocabulary.ts";
import type { OpenEpoch } from "./epoch.ts";
import type { Ledger } from "./ledger.ts";
import { type Place, type Span, spans, weighIn } from "./making-room.ts";
import type { Loss } from "./own-records.ts";
import type { Asks, Replies, Thinned, Weight } from "./wire.ts";

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
const pieceRows = 10_000;
/** Share of the quota that K may have; a row is about its text and a half on disk. */
const keptShare = 0.5;
const bytesPerChar = 1.5;
/** Share of it that loss records may have before they are told in brief. */
const ownShare = 0.1;

interface Weighed {
  first: number;
  last: number;
  losses: Weight[];
}

/** What is not touched: all that may be at a platform unconfirmed, or only what is in flight now. */
type Spared = "window" | "flight";
const newest: readonly Spared[] = ["window"];
const earlier: readonly Spared[] = ["window", "flight"];

export class Evictor {
  readonly #parts: EvictorParts;
  /** What was told takes too much room already: a sum for each uplink is told instead of one for each series. */
  #brief = false;

  constructor(parts: EvictorParts) {
    this.#parts = parts;
  }

  /** Lets the oldest go. false: there is nothing that may. Rejects when the store is down. */
  async evict(): Promise<boolean> {
    const { chars, ownChars } = await this.#parts.kept();
    this.#brief = ownChars * bytesPerChar > this.#parts.quotaBytes * ownShare;
    const beyondShare = chars * bytesPerChar > this.#parts.quotaBytes * keptShare;
    return (beyondShare && (await this.#evict("K"))) || this.#evict("T");
  }

  async #evict(recordClass: "T" | "K"): Promise<boolean> {
    const epochs = [...this.#parts.epochs()];
    for (const epoch of epochs)
      for (const spared of epoch === epochs.at(-1) ? newest : earlier)
        for (const span of this.#spans(epoch, spared))
          if (await this.#take(recordClass, epoch, span, spared)) return true;
    return false;
  }

  async #take(
    recordClass: "T" | "K",
    epoch: OpenEpoch,
    { first, last, losers }: Span,
    spared: Spared,
  ): Promise<boolean> {
    const { e } = epoch;
    const ledgers = this.#parts.ledgers();
    for (const ledger of ledgers) ledger.fence(e, first);
    try {
      const weighed = await this.#weigh({ e, class: recordClass, first, last });
      if (weighed === null || !this.#still(epoch, weighed.first, weighed.last, losers, spared)) return false;
      const each = weighed.losses.flatMap((loss) => this.#losses(epoch, loss, losers, weighed.first));
      const losses = this.#brief ? inBrief(each) : each;
      const records = weighed.losses.reduce((sum, { count }) => sum + count, 0);
      const thinned = { e, class: recordClass, first: weighed.first, last: weighed.last };
      await this.#parts.carryOut(thinned, losses, losers.length === 0 ? 0 : records);
      return true;
    } finally {
      for (const ledger of ledgers) ledger.liftFence(e);
    }
  }

  /** The oldest day of a span, in pieces: commits pass between them. */
  async #weigh(span: Pick<Asks["weigh"], "e" | "class" | "first" | "last">): Promise<Weighed | null> {
    const { weigh } = this.#parts;
    const begun = await weigh({ ...span, untilT: Number.MAX_SAFE_INTEGER, rows: 1 });
    if (begun === null) return null;
    const untilT = begun.fromT + spanMs;
    const losses = new Map<number, Weight>();
    let { last } = begun;
    for (let first = begun.first, left = rows; left > 0; left -= pieceRows) {
      const piece = await weigh({ ...span, first, untilT, rows: pieceRows });
      for (const loss of piece?.losses ?? []) weighIn(losses, loss);
      last = piece?.last ?? last;
      first = last + 1;
      if (piece?.more !== true) break;
    }
    return { first: begun.first, last, losses: [...losses.values()] };
  }

  /** Nobody's place has moved so that it would be another's loss. */
  #still(epoch: OpenEpoch, first: number, last: number, losers: readonly string[], spared: Spared): boolean {
    const now = this.#spans(epoch, spared);
    const of = now.filter((span) => span.first <= last && span.last >= first);
    return (
      of.length > 0 &&
      (of[0] as Span).first <= first &&
      (of.at(-1) as Span).last >= last &&
      of.every((span) => span.losers.join() === losers.join())
    );
  }

  /** None while a platform is going back: whose loss it would be is not known then. */
  #spans({ e, head }: OpenEpoch, spared: Spared): Span[] {
    const places: Place[] = [];
    for (const ledger of this.#parts.ledgers()) {
      const at = ledger.position(e);
      if (at === undefined || at.settling) return [];
      // What was before an uplink is never on its way to it, and no loss of its.
      const next = Math.max(at.next, at.beforeTo + 1);
      const busyTo = spared === "window" ? next + this.#parts.window - 1 : Math.max(next, at.sent) - 1;
      places.push({ uplink: ledger.uplink, next, busyTo });
    }
    return spans(head, places);
  }

  /** Seqs up to here may be at the platform unconfirmed. */
  #maybeTo(uplink: string, e: number): number {
    const at = this.#parts
      .ledgers()
      .find((each) => each.uplink === uplink)
      ?.position(e);
    return at === undefined ? 0 : Math.max(at.carriedTo, at.next + this.#parts.window - 1);
  }

  #losses(
    epoch: OpenEpoch,
    { s, count, fromT, toT }: Weight,
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
        certain: told.certain && first > this.#maybeTo(uplink, epoch.e),
      }));
  }
}

/** One loss for each uplink: whose records they were is not told any more. */
function inBrief(losses: readonly Loss[]): Loss[] {
  const sums = new Map<string, Loss>();
  for (const { series: _series, ...loss } of losses) {
    const sum = sums.get(loss.uplink);
    if (sum === undefined) sums.set(loss.uplink, loss);
    else
      sums.set(loss.uplink, {
        ...sum,
        count: sum.count + loss.count,
        from: first(sum.from, loss.from),
        to: last(sum.to, loss.to),
        certain: sum.certain && loss.certain,
      });
  }
  return [...sums.values()];
}

const first = (a: number | null, b: number | null) => (a === null || b === null ? null : Math.min(a, b));
const last = (a: number | null, b: number | null) => (a === null || b === null ? null : Math.max(a, b));
