import type { Lane } from "../../../config/schema/batch.ts";
import type { Journal, UplinkFilter } from "../../../edge/journal/index.ts";
import type { Receipt, Slice } from "../../../gateway/contract/index.ts";
import type { FakeClock } from "../../fake-clock.ts";
import type { Dice } from "./model-dice.ts";
import type { ModelDisk } from "./model-disk.ts";
import { ModelPlatform } from "./model-platform.ts";
import type { Witness } from "./model-witness.ts";

/** The life that a line is part of, as it is now. */
export interface Life {
  readonly journal: Journal;
  /** The run of the journal: who comes after it knows nothing of what it handed out. */
  readonly run: number;
  readonly dice: Dice;
  readonly disk: ModelDisk;
  readonly clock: FakeClock;
  readonly witness: Witness;
  /** Nothing is stalled and nothing is under way. */
  settled(): Promise<void>;
}

interface Sent {
  slice: Slice;
  run: number;
}

interface Word {
  epoch: string;
  first: number;
  last: number;
  rejected: { seq: number; code: string }[];
}

/** Which lane is read next, at random. */
const lanes: Lane[] = ["live", "live", "live", "live", "backlog", "backlog", "retry", "early"];
const hourMs = 3_600_000;
/** A platform is restored from a backup at most so old: less than the day for which settled rows are held. */
const backupMs = 20 * hourMs;

/** One uplink: its platform, the wire between, and what happens on it. */
export class Line {
  readonly id: string;
  readonly filter: UplinkFilter;
  readonly platform = new ModelPlatform();
  /** Among the uplinks of the journal now. */
  here = true;
  /** Between its sender and its platform nothing passes. */
  down = false;
  /** When it was last taken into the journal's uplinks, in messages put; what came before may be gone. */
  since = 0;
  everAway = false;
  carried = 0;
  /** Rows that came to its platform on a stick, by epoch and seq. */
  readonly brought = new Set<string>();
  /** How often its platform came back from a backup. */
  restores = 0;
  /** Share of records that the platform rejects now. */
  mood: number;
  readonly #life: Life;
  readonly #withheld: string;
  /** What the sender holds until it is settled, what is on the wire, and what came back. */
  #held: Sent[] = [];
  readonly #wire: Sent[] = [];
  readonly #answers: (Sent & { receipt: Receipt })[] = [];
  /** On a stick: on its way there, and the platform's word on its way back. */
  readonly #bundles: Slice[] = [];
  readonly #words: Word[] = [];
  #carriedTo: { epoch: string; seq: number } | null = null;
  #backups: { at: number; restore(): void }[] = [];

  /** @param withheld point that its filter withholds */
  constructor(id: string, life: Life, withheld: string, more: Partial<UplinkFilter> = {}) {
    this.id = id;
    this.#life = life;
    this.#withheld = withheld;
    this.filter = { id, accepts: (series) => series.point !== withheld, start: "oldest", ...more };
    this.mood = life.dice.random() * 0.5;
    this.platform.onRow = (epoch, seq, text, series) => life.witness.arrived(epoch, seq, text, series);
  }

  get holds(): boolean {
    return this.filter.holds !== false;
  }

  withholds(point: string): boolean {
    return point === this.#withheld;
  }

  /** From here on nobody is there to be answered; little of what was under way outlives its sender. */
  senderGone(): void {
    this.#held = [];
    for (const list of [this.#wire, this.#answers]) list.splice(0, Math.ceil(list.length * 0.8));
  }

  /** Several slices of a lane may be under way at once, and overtake each other. */
  async readSome(): Promise<void> {
    const { dice } = this.#life;
    const lane = dice.pick(lanes);
    do await this.read(lane);
    while (dice.chance(0.4));
  }

  async read(lane: Lane): Promise<void> {
    const { journal, dice, disk, witness, run } = this.#life;
    const rows = 1 + dice.below(dice.chance(0.2) ? 40 : 6);
    const reading = journal.read(this.id, lane, { rows, bytes: 1e6 }).catch(() => null);
    // From memory it comes at once, also while the disk stalls.
    const soon = await Promise.race([
      reading,
      new Promise<"later">((resolve) => setImmediate(resolve, "later")),
    ]);
    if (soon === "later") await disk.flow();
    const slice = await reading;
    if (slice === null) return;
    witness.named(slice, run);
    if (disk.stalled) witness.handedOut(slice);
    this.#held.push({ slice, run });
    this.#wire.push({ slice, run });
  }

  arrive(): void {
    const { dice, witness } = this.#life;
    if (this.down) return;
    const sent = dice.take(this.#wire);
    if (sent === undefined || dice.chance(0.2)) return;
    const receipt = this.#accept(sent);
    if (receipt === null) witness.broke(`malformed slice ${JSON.stringify(sent.slice)}`);
    else this.#answers.push({ ...sent, receipt });
    if (dice.chance(0.2)) this.#wire.push(sent);
  }

  async answer(): Promise<void> {
    const { dice, journal, run, clock, settled } = this.#life;
    if (this.down) return;
    const answered = dice.take(this.#answers);
    if (answered === undefined || dice.chance(0.15)) return;
    if (dice.chance(0.15)) this.#answers.push(answered);
    const { slice, run: born } = answered;
    const receipt = dice.chance(0.1)
      ? { ...answered.receipt, taken: answered.receipt.taken + 1 }
      : answered.receipt;
    // Who asks for a slice of an earlier run has mixed something up; its name must be nobody's.
    const done = journal
      .settle(this.id, born === run ? slice.id : `${born}/${slice.id}`, receipt)
      .catch(() => {});
    this.#held = this.#held.filter((other) => other.slice !== slice);
    if (dice.chance(0.3)) await Promise.race([done, clock.advance(200).then(settled)]);
  }

  sendAgain(): void {
    const again = this.#held[this.#life.dice.below(this.#held.length)];
    if (again !== undefined) this.#wire.push(again);
  }

  ask(): void {
    const { dice, journal, run } = this.#life;
    const slice = dice.take(journal.claims(this.id));
    if (slice !== undefined) this.#wire.push({ slice, run });
  }

  changeMood(): void {
    const { dice } = this.#life;
    this.mood = dice.chance(0.3) ? 0 : dice.random() * 0.6;
  }

  upOrDown(): void {
    this.down = this.#life.dice.chance(0.6);
  }

  async retry(): Promise<void> {
    const { disk, journal } = this.#life;
    await disk.flow();
    if ((await journal.retry(this.id).catch(() => 0)) > 0) await this.read("retry");
  }

  release(): void {
    this.#life.journal.release(this.id, "live");
    this.#held = this.#held.filter(({ slice }) => slice.lane !== "live");
  }

  /** A stick is filled, arrives, or its receipt comes back: in any order, late, or twice. */
  async carry(): Promise<void> {
    const { dice, journal, disk } = this.#life;
    const what = dice.below(3);
    if (what === 0) {
      await disk.flow();
      if (dice.chance(0.4)) this.#carriedTo = null;
      for (let pieces = 1 + dice.below(4); pieces > 0; pieces--) {
        const max = { rows: 1 + dice.below(60), bytes: 1e6 };
        const slice = await journal.carry(this.id, this.#carriedTo, max).catch(() => null);
        if (slice?.range === undefined) return;
        this.#carriedTo = { epoch: slice.epoch, seq: slice.range[1] };
        this.#bundles.push(slice);
      }
    } else if (what === 1) {
      const slice = dice.take(this.#bundles);
      if (slice?.range === undefined) return;
      if (dice.chance(0.2)) this.#bundles.push(slice);
      const receipt = this.#accept({ slice, run: -1 });
      for (const { seq } of slice.rows) this.brought.add(`${slice.epoch}/${seq}`);
      const [first, last] = slice.range;
      if (receipt !== null) this.#words.push({ epoch: slice.epoch, first, last, rejected: receipt.rejected });
    } else {
      const word = dice.take(this.#words);
      if (word === undefined) return;
      if (dice.chance(0.3)) this.#words.push(word);
      const moved = journal.carried(this.id, word).then(
        (seqs) => {
          this.carried += seqs;
        },
        () => {},
      );
      if (disk.stalled) return;
      await Promise.race([moved, this.#life.clock.advance(200).then(this.#life.settled)]);
    }
  }

  backUp(): void {
    this.#backups.push({ at: this.#life.clock.monotonicMs(), restore: this.platform.snapshot() });
  }

  /** The platform comes back from a backup. false: there was none that is young enough. */
  restore(): boolean {
    const { clock, dice } = this.#life;
    this.#backups = this.#backups.filter(({ at }) => clock.monotonicMs() - at < backupMs);
    const backup = this.#backups[dice.chance(0.5) ? 0 : dice.below(this.#backups.length)];
    if (backup === undefined || clock.monotonicMs() === backup.at) return false;
    backup.restore();
    this.restores += 1;
    // What it had said of what was carried it says no more.
    this.#words.splice(0);
    return true;
  }

  /** Everything that waits goes at once, and is answered at once. */
  async serve(rows: number): Promise<void> {
    const { journal, run, clock, settled } = this.#life;
    const slices: Slice[] = [];
    for (const lane of ["live", "backlog", "early", "retry"] as const) {
      journal.release(this.id, lane);
      const next = () => journal.read(this.id, lane, { rows, bytes: 1e6 }).catch(() => null);
      for (let slice = await next(); slice !== null; slice = await next()) slices.push(slice);
    }
    slices.push(...journal.claims(this.id));
    for (const slice of slices) {
      const receipt = this.#accept({ slice, run });
      if (receipt !== null) void journal.settle(this.id, slice.id, receipt).catch(() => {});
    }
    await clock.advance(500).then(settled);
  }

  /** Its claims alone are asked and answered at once. */
  tellAtOnce(): void {
    const { journal, run } = this.#life;
    for (const slice of journal.claims(this.id)) {
      const receipt = this.#accept({ slice, run });
      if (receipt !== null) void journal.settle(this.id, slice.id, receipt).catch(() => {});
    }
  }

  #accept({ slice, run }: Sent): Receipt | null {
    const { dice } = this.#life;
    return this.platform.accept(slice, `${run}/${slice.id}`, () =>
      this.mood > 0 && dice.chance(this.mood) ? `code-${dice.below(3)}` : null,
    );
  }
}
