/**
 * What the journal has handed out to one uplink and no receipt has settled yet, with the bytes as they were sent:
 * the forwarder's side of the journal's "in flight".
 *
 * Holds: a slice is here exactly while the journal awaits its receipt; it has at most one sending at a time.
 * Never happens: a slice leaves without being settled unless its lane is released in the journal.
 */
import type { Lane } from "../../config/schema/batch.ts";
import type { Batch, Slice } from "../../gateway/contract/index.ts";
import type { Journal } from "../journal/contract.ts";

/** One sending of a batch. */
export interface Sending {
  stop: AbortController;
  at: number;
  /** Monotonic ms at which it is given up. */
  deadline: number;
}

export interface Held {
  readonly id: string;
  readonly lane: Lane;
  readonly epoch: string;
  /** It claims seqs; not so a claim without rows, nor early and retry. */
  readonly claims: boolean;
  /** It only asks for a receipt. */
  readonly asks: boolean;
  /** Rows the journal handed out; the batch has none once its only one is set aside. */
  readonly rows: number;
  /** Seqs it covers, withheld ones included. */
  readonly seqs: number;
  readonly slice: Slice;
  /** Once it is encoded. */
  batch: Batch | null;
  /** Its only row, which travels as a gap instead and is quarantined with this code when that is confirmed. */
  aside: { seq: number; code: string } | null;
  sending: Sending | null;
  /** Monotonic ms of its first sending in this session. */
  sentAt: number | null;
  timeouts: number;
  /** Times it was refused whole. */
  refusals: number;
}

/** The slice as it travels: a row that is set aside is a gap, so that the platform does not miss it for ever. */
export function asSent({ slice, aside }: Held): Slice {
  if (aside === null) return slice;
  const gaps: Slice["gaps"] = [...slice.gaps, [aside.seq, aside.seq, "policy"]];
  return { ...slice, rows: [], series: new Map(), gaps: gaps.sort(([a], [b]) => a - b) };
}

export class Holdings {
  readonly #uplink: string;
  readonly #journal: Journal;
  readonly #lanes: Record<Lane, Held[]> = { live: [], backlog: [], early: [], retry: [] };
  /** Lanes that have claimed of an epoch while a claim of it is here: the journal releases an epoch as a whole. */
  readonly #claimedBy = new Map<string, Set<Lane>>();

  constructor(uplink: string, journal: Journal) {
    this.#uplink = uplink;
    this.#journal = journal;
  }

  /** Of one lane, in the order they will be sent. */
  of(lane: Lane): readonly Held[] {
    return this.#lanes[lane];
  }

  all(): Held[] {
    return Object.values(this.#lanes).flat();
  }

  has(held: Held): boolean {
    return this.of(held.lane).includes(held);
  }

  /** Takes a slice; claims without rows go in front. */
  add(slice: Slice): Held {
    const { id, lane, epoch, range, rows } = slice;
    const span = range === undefined ? 0 : range[1] - range[0] + 1;
    const held: Held = {
      id,
      lane,
      epoch,
      claims: span > 0,
      asks: range !== undefined && span === 0,
      rows: rows.length,
      seqs: Math.max(span, rows.length),
      slice,
      batch: null,
      aside: null,
      sending: null,
      sentAt: null,
      timeouts: 0,
      refusals: 0,
    };
    if (held.asks) this.#lanes[lane].splice(this.of(lane).filter((other) => other.asks).length, 0, held);
    else this.#lanes[lane].push(held);
    if (held.claims) this.#claimedBy.set(epoch, (this.#claimedBy.get(epoch) ?? new Set()).add(lane));
    return held;
  }

  /** The journal has its receipt. */
  settled(held: Held): void {
    this.#drop((other) => other === held);
  }

  /** Gives a lane back: the journal reads it from `next` again. Gives the lanes that lost something. */
  release(lane: Lane): Set<Lane> {
    const lanes = this.#drop(
      (held) => held.lane === lane || (held.claims && this.#claimedBy.get(held.epoch)?.has(lane) === true),
    );
    this.#journal.release(this.#uplink, lane);
    return lanes.add(lane);
  }

  /** The journal has forgotten everything in flight. */
  forget(): void {
    this.#drop(() => true);
  }

  /** Ends every sending; what was sent stays here. */
  ground(): void {
    for (const held of this.all()) {
      held.sending?.stop.abort();
      Object.assign(held, { sending: null, sentAt: null, timeouts: 0 });
    }
  }

  #drop(gone: (held: Held) => boolean): Set<Lane> {
    const lanes = new Set<Lane>();
    for (const held of this.all().filter(gone)) {
      held.sending?.stop.abort();
      held.sending = null;
      lanes.add(held.lane);
      this.#lanes[held.lane] = this.#lanes[held.lane].filter((other) => other !== held);
    }
    const epochs = new Set(this.all().flatMap((held) => (held.claims ? [held.epoch] : [])));
    for (const epoch of this.#claimedBy.keys()) if (!epochs.has(epoch)) this.#claimedBy.delete(epoch);
    return lanes;
  }
}
