/**
 * One device on a lent line is given another place of it.
 *
 * Holds:
 * - nothing is written before exactly one answered at its old place, nobody where it goes, it read as its model, and
 *   whoever asked has agreed to what was shown; and before that is in the audit;
 * - each write is sent once, to where the device was read as its model just before; what comes of it is found out by asking who is
 *   where, as an answer may come from either place, or not at all;
 * - that it keeps its new place is believed once it was silent, without power, and came back there;
 * - whatever happens, `end` says all the places where the device may be.
 * Never happens: a write to any other address.
 */
import type { Model } from "../../config/load/index.ts";
import type { AssignEnd, AssignOffer, AssignStep } from "../../config/schema/assign.ts";
import type { Assignment, AssignPlace, Kind } from "../../config/schema/kind.ts";
import type { Fit } from "../../config/schema/search.ts";
import type { Clock } from "../../drivers/contract/index.ts";
import type { Opener } from "../search/line-search.ts";
import { type Heard, TunedLine } from "./tuned-line.ts";
import { Whereabouts } from "./whereabouts.ts";

export interface Setting {
  kind: Kind;
  assignment: Assignment;
  /** The model that it is, by its variants; and all of the driver. */
  own: readonly Model[];
  models: readonly Model[];
  /** Somebody is there to take its power off and on. */
  power: boolean;
}

export interface Watcher {
  at(step: AssignStep): void;
  /** Whether it may be written. */
  agreed(offer: Pick<AssignOffer, "from" | "to" | "writes" | "restart" | "reads">): Promise<boolean>;
  /** Rejects when it is not on disk: then nothing is written. */
  audited(): Promise<void>;
}

/** So often in a row it answers alone before it is believed. */
const sure = 3;
/** A device that begins anew after a write answers again within this. */
const settleMs = 4_000;
const betweenMs = 500;
/** Somebody walks to the device, takes its power off and on, and it starts. */
export const powerMs = 300_000;
/** The same of one that is where it should be: it may be high up, and whoever sets it does not care. */
export const keepMs = 120_000;
/** So often in a row it is silent before it had no power. */
const gone = 2;
/** So often it is heard at a place other than the wanted, after it had no power, before that is its place. */
const settled = 3;

type Ending = Pick<AssignEnd, "code"> & Partial<Pick<AssignEnd, "heard" | "readsAs" | "detail" | "kept">>;

export class DeviceSetting {
  readonly #setting: Setting;
  readonly #watcher: Watcher;
  readonly #clock: Clock;
  readonly #where: Whereabouts;
  readonly #from: AssignPlace;
  readonly #to: AssignPlace;
  /** Places at which somebody else was heard. */
  readonly #others = new Set<AssignPlace>();
  #sent = 0;
  #heard: AssignPlace | null = null;
  /** It was silent everywhere before it came to its new place. */
  #hadNoPower = false;

  constructor(setting: Setting, watcher: Watcher, clock: Clock) {
    const { places } = setting.assignment;
    this.#setting = setting;
    this.#watcher = watcher;
    this.#clock = clock;
    this.#where = new Whereabouts(setting.assignment);
    this.#from = places[0] as AssignPlace;
    this.#to = places.at(-1) as AssignPlace;
  }

  /** What is known of it now, whatever has happened. */
  end({ code, heard, readsAs = [], detail = null, kept = null }: Ending): AssignEnd {
    const { writes, fields } = this.#setting.assignment;
    return {
      ...{ code, readsAs, detail, kept },
      heard: heard ?? this.#heard?.typed ?? null,
      written: writes.slice(0, this.#sent).map(({ text }) => text),
      places: this.#where.may.map(({ typed }) => typed),
      fields: code === "done" ? { ...fields } : {},
    };
  }

  /** @throws the reason of `signal`; why the line cannot be opened, or is lost */
  async run(open: Opener, signal: AbortSignal): Promise<AssignEnd> {
    const line = new TunedLine(this.#setting.kind, this.#clock, open, signal);
    try {
      return this.end(await this.#run(line, signal));
    } finally {
      await line.close();
    }
  }

  async #run(line: TunedLine, signal: AbortSignal): Promise<Ending> {
    const { assignment } = this.#setting;
    const [from, to] = [this.#from, this.#to];
    const first = (await this.#alone(line, from)) ?? (await this.#free(line, 1));
    if (first !== null) return first;
    const reads = await this.#own(line, from);
    if (!("profile" in reads)) return reads;
    this.#tell("offer", from);
    const { writes, restart } = assignment;
    const texts = writes.map(({ text }) => text);
    const offer = { from: from.typed, to: to.typed, writes: texts, restart, reads };
    const isAgreed = await this.#watcher.agreed(offer);
    signal.throwIfAborted();
    if (!isAgreed) return { code: "declined" };
    // Somebody may have changed the wires while it was thought over.
    const again = (await this.#alone(line, from)) ?? (await this.#free(line, 2));
    if (again !== null) return again;
    const audited = await this.#watcher.audited().then(
      () => true,
      () => false,
    );
    if (!audited) return { code: "no-audit" };
    return (await this.#write(line, signal)) ?? (await this.#verify(line, signal));
  }

  /** Whether one, and one alone, answers at a place; null: it does. */
  async #alone(line: TunedLine, place: AssignPlace): Promise<Ending | null> {
    this.#tell("look", place);
    let answers = 0;
    for (let asked = 0; asked < 2 * sure && answers < sure; asked++) {
      const heard = await line.who(place);
      if (typeof heard === "object") return { code: "unclear", heard: place.typed, ...heard };
      if (heard === "one") answers += 1;
      else if (asked === sure - 1 && answers === 0) break;
    }
    if (answers >= sure) {
      this.#heard = place;
      return null;
    }
    if (answers > 0) return { code: "unclear", heard: place.typed };
    return this.#nobody(line);
  }

  /** Nobody answers where it should be: it may be elsewhere. */
  async #nobody(line: TunedLine): Promise<Ending> {
    const { places, elsewhere } = this.#setting.assignment;
    for (const place of [...places.slice(1), ...elsewhere]) {
      this.#tell("look", place);
      if ((await line.who(place)) !== "nobody") return { code: "nobody", heard: place.typed };
    }
    return { code: "nobody" };
  }

  /** Whether nobody answers where it will be; null: so it is. Who has its old number at the new speed is no matter. */
  async #free(line: TunedLine, times: number): Promise<Ending | null> {
    for (const place of this.#setting.assignment.places.slice(1)) {
      this.#tell("look", place);
      for (let asked = 0; asked < times; asked++) {
        if ((await line.who(place)) === "nobody") continue;
        if (JSON.stringify(place.address) !== JSON.stringify(this.#from.address) || place === this.#to)
          return { code: "taken", heard: place.typed };
        this.#others.add(place);
      }
    }
    return null;
  }

  async #own(line: TunedLine, place: AssignPlace): Promise<Fit | Ending> {
    this.#tell("read", place);
    const { own, models } = this.#setting;
    for (let asked = 0; asked < 2; asked++) {
      const [fit] = await line.reads(place, own);
      if (fit !== undefined) return fit;
    }
    const fits = await line.reads(place, models);
    return { code: "other-model", readsAs: [...new Set(fits.map(({ profile }) => profile))] };
  }

  /** All writes in their order; null: it is where it shall be, or will be once it had no power. */
  async #write(line: TunedLine, signal: AbortSignal): Promise<Ending | null> {
    let here = this.#from;
    for (const [nth, write] of this.#setting.assignment.writes.entries()) {
      // Read by its model once more: what the line gives back of what is sent is known then as well.
      const reads = await this.#own(line, here);
      if (!("profile" in reads)) return { code: "unclear", heard: here.typed };
      this.#tell("write", here);
      this.#sent = nth + 1;
      this.#where.sending(nth);
      const { state, fault } = await line.write(here, write);
      const detail = fault?.detail ?? null;
      if (state === "failed") {
        this.#where.refused(nth);
        return { code: "refused", detail };
      }
      const found = await this.#follow(line, nth, here, signal);
      if (found === null) break;
      if (!("has" in found)) return found;
      if (state === "unknown" && found.has[nth] !== true) return { code: "unconfirmed", detail };
      here = found;
    }
    return null;
  }

  /** Where it is after a write; null: nowhere, for now. */
  async #follow(
    line: TunedLine,
    nth: number,
    here: AssignPlace,
    signal: AbortSignal,
  ): Promise<AssignPlace | Ending | null> {
    const places = this.#asked().filter((place) => place === here || place.has[nth] === true);
    const until = this.#clock.monotonicMs() + settleMs;
    // It is asked at its new place first: at the old one a stranger would be as good.
    const inTurn = [...places.filter((place) => place !== here), here];
    for (;;) {
      for (const place of inTurn) {
        this.#tell("look", place);
        const heard = await line.who(place);
        if (typeof heard === "object") return { code: "unclear", heard: place.typed, ...heard };
        if (heard === "nobody") continue;
        this.#hear(place);
        return place;
      }
      if (this.#clock.monotonicMs() >= until) return null;
      await this.#clock.sleep(betweenMs, signal);
    }
  }

  /** Finds it at its new place, if need be once its power was off and on. */
  async #verify(line: TunedLine, signal: AbortSignal): Promise<Ending> {
    const found = (await this.#arrived(line)) ?? (await this.#alone(line, this.#to));
    if (found !== null) return found;
    const reads = await this.#own(line, this.#to);
    if (!("profile" in reads)) return reads;
    this.#tell("verify", this.#from);
    if ((await line.who(this.#from)) !== "nobody") return { code: "both", heard: this.#from.typed };
    this.#where.settledAt(this.#to);
    this.#heard = this.#to;
    if (this.#hadNoPower) return { code: "done", kept: true };
    return this.#setting.power ? this.#keeps(line, signal) : { code: "done" };
  }

  /** Whether it is there again once it had no power. Who gives up waiting has a device that is set all the same. */
  async #keeps(line: TunedLine, signal: AbortSignal): Promise<Ending> {
    const until = this.#clock.monotonicMs() + keepMs;
    let silent = 0;
    try {
      for (let leftMs = keepMs; leftMs > 0; leftMs = until - this.#clock.monotonicMs()) {
        const place = silent < gone ? this.#to : null;
        this.#watcher.at({ what: "keep", place: place?.typed ?? null, leftMs });
        const isThere = (await line.who(this.#to)) !== "nobody";
        if (isThere && silent >= gone) return { code: "done", kept: true };
        silent = isThere ? 0 : silent + 1;
        if (silent > gone && (await line.who(this.#from)) === "one") {
          this.#where.settledAt(this.#from);
          return { code: "partly", heard: this.#from.typed };
        }
        if (isThere) await this.#clock.sleep(betweenMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    // Without power for now, or nobody took it off.
    return { code: "done", kept: false };
  }

  /** Waits until it is heard at its new place; null: it is. */
  async #arrived(line: TunedLine): Promise<Ending | null> {
    const until = this.#clock.monotonicMs() + powerMs;
    let wasGone = false;
    let [last, times]: [AssignPlace | null, number] = [null, 0];
    for (;;) {
      const found = await this.#round(line);
      if (found === this.#to) {
        this.#hadNoPower = wasGone;
        return null;
      }
      if (found !== null) this.#hear(found);
      wasGone ||= found === null;
      times = found !== null && found === last ? times + 1 : 1;
      last = found;
      if (found !== null && wasGone && times >= settled) {
        this.#where.settledAt(found);
        return { code: "partly" };
      }
      const leftMs = until - this.#clock.monotonicMs();
      if (leftMs <= 0) return found === null ? { code: "silent" } : { code: "partly" };
      this.#watcher.at({ what: "power", place: found?.typed ?? null, leftMs });
    }
  }

  /** Who is there of all the places where it may be: the wanted one first. */
  async #round(line: TunedLine): Promise<AssignPlace | null> {
    let found: AssignPlace | null = null;
    for (const place of this.#asked().toReversed()) {
      const heard: Heard = await line.who(place);
      if (heard === "one" && place === this.#to) return place;
      if (heard === "one") found ??= place;
    }
    return found;
  }

  /** Where it may be and nobody else is. */
  #asked(): AssignPlace[] {
    return this.#where.may.filter((place) => !this.#others.has(place));
  }

  #hear(place: AssignPlace): void {
    this.#heard = place;
    this.#where.heardAt(place);
  }

  #tell(what: AssignStep["what"], place: AssignPlace): void {
    this.#watcher.at({ what, place: place.typed, leftMs: null });
  }
}
