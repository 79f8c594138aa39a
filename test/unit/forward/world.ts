import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { UplinkPlan } from "../../../config/schema/plan.ts";
import { type Fact, Forwarder, type Pace, Schedule, type Served } from "../../../edge/forward/index.ts";
import { type Journal, openJournal, type UplinkFilter } from "../../../edge/journal/index.ts";
import type {
  Batch,
  Draft,
  Encoder,
  Receipt,
  Slice,
  UplinkSession,
} from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything } from "../../suites/journal.ts";
import { ModelPlatform } from "../journal/model-platform.ts";

/** One call of `send`, to be answered by the test. */
export interface Sent {
  batch: Batch;
  slice: Slice;
  /** Monotonic ms. */
  at: number;
  /** Neither answered, failed nor given up. */
  open: boolean;
  answer(receipt: Receipt): void;
  fail(error: unknown): void;
}

/** Batches as their slice, under an id; what was encoded can be looked up by it. */
export class TellingEncoder implements Pick<Encoder, "batch"> {
  readonly slices = new Map<string, Slice>();
  encoded = 0;

  batch(slice: Slice): Batch {
    const id = `batch-${++this.encoded}`;
    this.slices.set(id, { ...slice, rows: [...slice.rows] });
    const bytes = Buffer.from(JSON.stringify([id, slice.rows.map((row) => row.text), slice.gaps]));
    const { lane, epoch, range, rows } = slice;
    return { id, lane, epoch, rows: rows.length, bytes, ...(range === undefined ? {} : { range }) };
  }
}

/** A session in memory that does what the test says. */
export class ScriptedSession implements UplinkSession {
  readonly confirms = "receipt";
  readonly window: number;
  readonly ended: Promise<Error | null>;
  readonly sent: Sent[] = [];
  most = 0;
  /** An abort is not heeded: the answer may still come. */
  stubborn = false;
  /** Bytes of a batch on the wire, as told to who sends it; absent: nothing is told. */
  wireBytes?: (batch: Batch) => number;
  end: (error: Error | null) => void = () => {};
  readonly #clock: FakeClock;
  readonly #encoder: TellingEncoder;
  readonly #onSend: (sent: Sent) => void;

  constructor(
    clock: FakeClock,
    encoder: TellingEncoder,
    window: number,
    onSend: (sent: Sent) => void = () => {},
  ) {
    this.#clock = clock;
    this.#encoder = encoder;
    this.window = window;
    this.#onSend = onSend;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  get open(): Sent[] {
    return this.sent.filter((sent) => sent.open);
  }

  send(batch: Batch, signal: AbortSignal, onWire?: (bytes: number) => void): Promise<Receipt> {
    if (this.wireBytes !== undefined) onWire?.(this.wireBytes(batch));
    return new Promise((resolve, reject) => {
      const close = () => {
        sent.open = false;
      };
      const sent: Sent = {
        batch,
        slice: this.#encoder.slices.get(batch.id) as Slice,
        at: this.#clock.monotonicMs(),
        open: true,
        answer(receipt) {
          close();
          resolve(receipt);
        },
        fail(error) {
          close();
          reject(error);
        },
      };
      signal.addEventListener("abort", () => {
        close();
        if (!this.stubborn) reject(signal.reason);
      });
      this.sent.push(sent);
      this.most = Math.max(this.most, this.open.length);
      this.#onSend(sent);
    });
  }

  async close(): Promise<void> {
    this.end(null);
  }
}

/** A school's journal in a temp folder, a forwarder, and a platform that is right. */
export class World {
  readonly clock = new FakeClock();
  readonly encoder = new TellingEncoder();
  readonly platform = new ModelPlatform();
  readonly facts: Fact[] = [];
  readonly log = recordingLog();
  readonly root = mkdtempSync(join(memoryFolder, "ce-forward-"));
  journal!: Journal;
  forwarder!: Forwarder;
  /** Sleeps of the forwarder alone. */
  sleeps = 0;
  /** Somebody vouches for the wall clock, by which a schedule goes. */
  clockKnown = true;

  async open(
    more: {
      filter?: UplinkFilter;
      /** Another uplink of the same journal. */
      beside?: UplinkFilter;
      maxBytes?: number;
      pace?: Pace;
      schedule?: Pick<UplinkPlan, "window" | "backlog">;
      journal?: (real: Journal) => Journal;
    } = {},
  ): Promise<this> {
    const { clock, log } = this;
    const real = await openJournal({
      folder: join(this.root, "0"),
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log,
      uplinks: [more.filter ?? everything(), ...(more.beside === undefined ? [] : [more.beside])],
      ...(more.maxBytes === undefined ? {} : { maxBytes: more.maxBytes }),
    });
    this.journal = more.journal?.(real) ?? real;
    this.forwarder = this.newForwarder(more.schedule ? this.scheduled(more.schedule) : more.pace);
    return this;
  }

  scheduled(plan: Pick<UplinkPlan, "window" | "backlog">): Schedule {
    return new Schedule(plan, {
      wallMs: () => (this.clockKnown ? this.clock.wallMs() : null),
      share: 0,
    });
  }

  newForwarder(pace?: Pace): Forwarder {
    const { clock, encoder, log, journal } = this;
    return new Forwarder({
      uplink: "province",
      journal,
      encoder,
      clock: {
        bootId: clock.bootId,
        wallMs: () => clock.wallMs(),
        monotonicMs: () => clock.monotonicMs(),
        sleep: (ms, signal) => {
          this.sleeps += 1;
          return clock.sleep(ms, signal);
        },
      },
      log,
      random: () => 0.5,
      report: (fact) => this.facts.push(fact),
      ...(pace === undefined ? {} : { pace }),
    });
  }

  session(window = 20, onSend: (sent: Sent) => void = () => {}): ScriptedSession {
    return new ScriptedSession(this.clock, this.encoder, window, onSend);
  }

  /** A session whose platform answers after `ms` of clock time. */
  answering(window = 20, ms = 0): ScriptedSession {
    return this.session(window, (sent) => {
      if (ms === 0) this.take(sent);
      else
        void this.clock.sleep(ms, new AbortController().signal).then(() => {
          if (sent.open) this.take(sent);
        });
    });
  }

  serve(session: UplinkSession, signal: AbortSignal = new AbortController().signal): Promise<Served> {
    return this.forwarder.serve(session, signal);
  }

  /** What the platform says to a sending. */
  receipt(sent: Sent, judge: (text: string) => string | null = () => null): Receipt {
    const receipt = this.platform.accept(sent.slice, sent.batch.id, judge);
    if (receipt === null) throw new Error(`malformed slice ${JSON.stringify(sent.slice)}`);
    return receipt;
  }

  take(sent: Sent, judge?: (text: string) => string | null): void {
    sent.answer(this.receipt(sent, judge));
  }

  /** Everything that waits for no clock has happened. */
  async quiet(): Promise<void> {
    do {
      await new Promise(setImmediate);
      while (this.journal.status().writing) await new Promise((resolve) => setTimeout(resolve, 1));
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    } while (this.journal.status().writing);
  }

  /** Lets clock time pass in pieces, and everything happen in between. */
  async pass(ms: number, piece = 50): Promise<void> {
    await this.quiet();
    for (let left = ms; left > 0; left -= piece) {
      await this.clock.advance(Math.min(piece, left));
      await this.quiet();
    }
  }

  async until(condition: () => boolean, what: string, longestMs = 120_000): Promise<void> {
    await this.quiet();
    for (let passed = 0; !condition(); passed += 50) {
      if (passed > longestMs) throw new Error(`in vain: ${what}`);
      await this.pass(50);
    }
  }

  put(value: number, more: Partial<Draft> = {}): void {
    this.journal.append([draft(value, more)], [], "ack").catch(() => {});
  }

  /** Values 1 to n are on disk. */
  async fill(n: number, from = 1): Promise<void> {
    const drafts = Array.from({ length: n }, (_, index) => draft(from + index));
    let done = false;
    const appended = this.journal.append(drafts, [], "now").then(() => {
      done = true;
    });
    await this.until(() => done, "the rows are on disk");
    await appended;
  }

  get waiting(): number {
    return this.journal.status().accounts.reduce((sum, account) => sum + account.waiting, 0);
  }

  of<W extends Fact["what"]>(what: W): Extract<Fact, { what: W }>[] {
    return this.facts.filter((fact): fact is Extract<Fact, { what: W }> => fact.what === what);
  }

  async close(): Promise<void> {
    await this.forwarder.stop();
    await this.journal.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

const worlds: World[] = [];

/** A world that `closeWorlds` ends. */
export async function newWorld(more: Parameters<World["open"]>[0] = {}): Promise<World> {
  const world = await new World().open(more);
  worlds.push(world);
  return world;
}

export async function closeWorlds(): Promise<void> {
  for (const world of worlds.splice(0)) await world.close();
}

export function rowsOf(sent: Sent[]): Sent[] {
  return sent.filter((one) => one.slice.rows.length > 0);
}

/** The values of a slice's own records, openings left out. */
export function values(slice: Slice): number[] {
  return slice.rows
    .map((row) => (JSON.parse(row.text) as unknown[])[3])
    .filter((value): value is number => typeof value === "number");
}

export const alarm: Partial<Draft> = {
  series: { ...draft(0).series, point: "smoke", kind: "alarm" },
  class: "K",
};
