/**
 * Values of one device, the newest first: part by part, from the latest backwards, until there are enough.
 *
 * Values of unknown time (the gateway's clock was not known then and never became so) stand where they arrived.
 */
import { Quality, TimeQuality } from "../../config/schema/quality.ts";
import { type ChunkRow, readChunk } from "./chunk.ts";
import type { HistoryAnswer, HistoryAsk, HistoryValue } from "./contract.ts";
import { type FreshRow, parseFresh } from "./parse.ts";
import type { Shelf } from "./shelf.ts";

/** Devices that an answer names. */
const mostDevices = 5000;

export interface Source {
  shelf: Shelf;
  /** Number of the part that `fresh` will be. */
  collecting: number;
  chunks(p: number, series: readonly number[]): { s: number; e: number; body: Uint8Array }[];
  fresh(): Iterable<FreshRow>;
}

/** A part, and between which times its values lie. */
interface Place {
  p: number;
  oldest: number;
  newest: number;
  /** Where its values of unknown time stand; null: it has none. */
  blindAt: number | null;
}

interface Found {
  value: HistoryValue;
  /** What it is ordered by: its time, or where it arrived; then by part, t in its epoch, and order of coming. */
  key: number;
  p: number;
  t: number;
  n: number;
}

/** Less than a ms behind what arrived before it. */
const behind = 0.5;

const newestFirst = (a: Found, b: Found) => b.key - a.key || b.p - a.p || b.t - a.t || b.n - a.n;

export function find(ask: HistoryAsk, source: Source): HistoryAnswer {
  const seen = [...source.shelf.series].filter(([, { level }]) => level <= ask.level);
  const own = seen.filter(([, { device }]) => device === ask.device);
  const points = [...new Set(own.map(([, { point }]) => point))].sort();
  const answer: HistoryAnswer = { values: [], more: false, undated: 0, damaged: 0, points };
  if (points.length === 0)
    answer.devices = [...new Set(seen.map(([, { device }]) => device))].sort().slice(0, mostDevices);
  const wanted = own.filter(([, { point }]) => ask.point === undefined || point === ask.point);
  if (wanted.length > 0)
    new Search(
      ask,
      source,
      wanted.map(([s]) => s),
    ).fill(answer);
  return answer;
}

class Search {
  readonly #ask: HistoryAsk;
  readonly #source: Source;
  readonly #wanted: readonly number[];
  #damaged = 0;
  #found = 0;

  constructor(ask: HistoryAsk, source: Source, wanted: readonly number[]) {
    this.#ask = ask;
    this.#source = source;
    this.#wanted = wanted;
  }

  fill(answer: HistoryAnswer): void {
    const { limit } = this.#ask;
    const found = this.#gather();
    answer.more = found.length > limit;
    answer.undated = this.#undated();
    answer.damaged = this.#damaged;
    const [first] = found;
    const beyond = found[limit];
    let kept = Math.min(limit, found.length);
    // Values of one ms go together, so that the next page can begin before it.
    if (beyond !== undefined && beyond.value.time !== null && first?.key !== beyond.key)
      while (found[kept - 1]?.key === beyond.key) kept -= 1;
    answer.values = found.slice(0, kept).map(({ value }) => value);
  }

  /** One more than asked for, when there are. */
  #gather(): Found[] {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, limit } = this.#ask;
    const places = this.#places().filter(({ oldest, newest }) => newest >= from && oldest < to);
    const found: Found[] = [];
    for (const place of places.sort((a, b) => b.newest - a.newest || b.p - a.p)) {
      if (found.length > limit) {
        found.sort(newestFirst).length = limit + 1;
        if ((found[limit] as Found).key > place.newest) break;
      }
      for (const one of this.#valuesOf(place)) {
        const inside = one.value.time === null ? !this.#bounded : one.key >= from && one.key < to;
        if (inside) found.push(one);
      }
    }
    return found.sort(newestFirst).slice(0, limit + 1);
  }

  get #bounded(): boolean {
    return this.#ask.from !== undefined || this.#ask.to !== undefined;
  }

  /** Values that bounds left out, since nobody knows whether they lie within. */
  #undated(): number {
    if (!this.#bounded) return 0;
    const damaged = this.#damaged;
    const blind = this.#places().filter(({ blindAt }) => blindAt !== null);
    const values = blind.flatMap((place) => this.#valuesOf(place));
    this.#damaged = damaged;
    return values.filter(({ value }) => value.time === null).length;
  }

  #places(): Place[] {
    const { shelf, collecting } = this.#source;
    let newestBefore = 0;
    const places = [...shelf.parts].map(([p, part]): Place => {
      const place: Place = { p, oldest: Infinity, newest: -Infinity, blindAt: null };
      const reach = (oldest: number, newest: number) => {
        place.oldest = Math.min(place.oldest, oldest);
        place.newest = Math.max(place.newest, newest);
      };
      for (const stretch of part) {
        const arrival = shelf.arrival(stretch);
        if (arrival !== null) {
          reach(arrival.oldest, arrival.newest);
          newestBefore = Math.max(newestBefore, arrival.newest);
        }
        if (stretch.d0 !== null && stretch.d1 !== null) reach(stretch.d0, stretch.d1);
        if (arrival === null) place.blindAt = 0;
      }
      if (place.blindAt !== null) {
        place.blindAt = newestBefore + behind;
        reach(place.blindAt, place.blindAt);
      }
      return place;
    });
    for (const stretch of shelf.fresh.values())
      newestBefore = Math.max(newestBefore, shelf.arrival(stretch)?.newest ?? 0);
    // What is being collected is looked at in any case: the times by its devices are not known before it is packed.
    places.push({ p: collecting, oldest: -Infinity, newest: Infinity, blindAt: newestBefore + behind });
    return places;
  }

  #valuesOf(place: Place): Found[] {
    const { chunks, fresh, collecting } = this.#source;
    const found: Found[] = [];
    if (place.p === collecting) {
      const wanted = new Set(this.#wanted);
      for (const batch of fresh())
        this.#readable(() => {
          for (const { s, ...row } of parseFresh(batch, wanted))
            found.push(this.#made(place, s, batch.e, row));
        });
      return found;
    }
    for (const { s, e, body } of chunks(place.p, this.#wanted))
      this.#readable(() => {
        for (const row of readChunk(body)) found.push(this.#made(place, s, e, row));
      });
    return found;
  }

  #readable(read: () => void): void {
    try {
      read();
    } catch {
      this.#damaged += 1;
    }
  }

  #made(place: Place, s: number, e: number, { t, value, quality, deviceTime }: ChunkRow): Found {
    const { series, byNumber } = this.#source.shelf;
    const epoch = byNumber.get(e);
    const received = epoch === undefined || epoch.base === null ? null : epoch.base + t;
    const time = deviceTime ?? received;
    const { point = "", unit, simulated } = series.get(s) ?? {};
    const late = epoch !== undefined && t <= epoch.blindTo;
    const timeQuality =
      received === null ? TimeQuality.unknown : late ? TimeQuality.corrected : (epoch?.quality ?? 0);
    return {
      value: {
        ...{ point, time, received, timeQuality, value },
        quality: simulated ? quality | Quality.simulated : quality,
        ...(unit === undefined ? {} : { unit }),
      },
      key: time ?? place.blindAt ?? 0,
      p: place.p,
      t,
      n: ++this.#found,
    };
  }
}
