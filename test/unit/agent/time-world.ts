/**
 * A gateway's time from end to end: a real journal, the real encoder, the simulated platform's receiver, and a machine
 * whose clock does what the test says while the world knows what time it really is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SchoolRecord } from "../../../config/schema/record.ts";
import { type KeptTime, keepTime } from "../../../edge/agent/keep-time.ts";
import type { Synchronised } from "../../../edge/agent/system-time.ts";
import type { ClockFact } from "../../../edge/health/index.ts";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { createEncoder } from "../../../gateway/encode/encoder.ts";
import { Receiver } from "../../../simulator/platform/receiver.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { draft, everything, plenty, stored } from "../../suites/journal.ts";

export const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
export const start = Date.UTC(2026, 8, 1);

/** What the platform has of one record, against the truth. */
export interface Judged {
  /** Its value, which nothing else has. */
  n: number;
  epoch: string;
  timeQuality: number;
  /** Its time against the moment it was really taken; null: it has no time. */
  offMs: number | null;
  /** The system said that its clock was synchronised at that moment. */
  synced: boolean;
}

export class TimeWorld {
  readonly receiver = new Receiver();
  readonly log = recordingLog();
  readonly facts: ClockFact[] = [];
  clock = new FakeClock(start);
  journal!: Journal;
  time!: KeptTime;
  synchronised: Synchronised = "unknown";
  mode: "auto" | "trusted" = "auto";
  /** The platform's own clock, from the real time; null: it tells none. */
  platformClock: (trueMs: number) => number | null = () => null;
  readonly #root = mkdtempSync(join(memoryFolder, "ce-time-"));
  readonly #taken = new Map<number, { trueMs: number; synced: boolean }>();
  /** Real wall − monotonic. */
  #truth = start - 1000;

  get trueMs(): number {
    return this.#truth + this.clock.monotonicMs();
  }

  /** Starts the gateway program; `machine`: the machine boots first, its clock showing this. */
  async up(machine?: { id: string; shows: number }): Promise<this> {
    if (machine !== undefined) {
      const now = this.trueMs;
      this.clock = new FakeClock(machine.shows);
      this.clock.bootId = machine.id;
      this.#truth = now - this.clock.monotonicMs();
    }
    const { clock, log } = this;
    this.time = keepTime({
      clock,
      log,
      gateway: "gw1",
      journal: () => this.journal,
      health: () => ({ clock: (fact) => void this.facts.push(fact) }),
      synchronised: async () => this.synchronised,
      mode: () => this.mode,
    });
    const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: this.time.now });
    const opening = openJournal({
      folder: join(this.#root, "data"),
      gateway: "gw1",
      encoder,
      clock,
      log,
      uplinks: [everything()],
    });
    this.journal = await stored(clock, opening);
    this.time.begin();
    return this;
  }

  async down(): Promise<void> {
    await stored(this.clock, this.journal.close());
  }

  async remove(): Promise<void> {
    await this.journal?.close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** The machine sleeps: really time passes, and its own clock knows, but no monotonic one does. */
  suspend(ms: number): void {
    this.#truth += ms;
    this.clock.step(ms);
  }

  /** Nothing happens but what upkeep does every ten seconds. */
  async pass(ms: number, each = () => {}): Promise<void> {
    for (let at = 0; at < ms; at += 10 * second) {
      await this.clock.jump(10 * second);
      each();
      await this.look();
    }
  }

  look(): Promise<void> {
    return this.time.step();
  }

  /** Takes records, a second apart, and waits for the disk. */
  async take(count = 3): Promise<number[]> {
    const numbers: number[] = [];
    for (let left = count; left > 0; left -= 1) {
      const n = this.#taken.size + 1;
      this.#taken.set(n, { trueMs: this.trueMs, synced: this.synchronised === "yes" });
      numbers.push(n);
      await stored(this.clock, this.journal.append([draft(n)], [], "now"));
      await this.clock.jump(second);
    }
    return numbers;
  }

  /** Everything that waits goes to the platform; its answers bring its time. */
  async drain(): Promise<void> {
    for (const claim of this.journal.claims("province")) await this.#send(claim);
    for (const lane of ["early", "backlog", "live"] as const) {
      for (;;) {
        const slice = await this.journal.read("province", lane, plenty);
        if (slice === null) break;
        await this.#send(slice);
      }
    }
  }

  async #send(slice: Slice): Promise<void> {
    const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: this.time.now });
    const { bytes, id } = encoder.batch(slice);
    const at = this.platformClock(this.trueMs);
    const outcome = this.receiver.accept({ body: bytes, id, at });
    if (outcome.kind !== "answer") throw new Error(`the platform took it for no batch: ${outcome.kind}`);
    await stored(this.clock, this.journal.settle("province", slice.id, outcome.receipt));
    if (at !== null) this.time.platform(at, 0);
  }

  /** Every record that was taken, as the platform has it. @throws when one is missing, or there twice */
  judge(): Judged[] {
    return [...this.#taken].map(([n, { trueMs, synced }]) => {
      const found = this.receiver.records.filter(({ point, value }) => point === "co2" && value === n);
      if (found.length !== 1) throw new Error(`record ${n} is there ${found.length} times`);
      const { time, timeQuality, epoch } = found[0] as SchoolRecord;
      return { n, epoch, timeQuality, synced, offMs: time === null ? null : Math.round(time - trueMs) };
    });
  }

  /** What the steps of the clock say, in order. */
  get steps(): { from: number; to: number; by: number }[] {
    return this.receiver.records
      .filter(({ point }) => point === "clock.stepped")
      .map(({ value }) => JSON.parse(String(value)));
  }

  /** Why each epoch began, in order. */
  get openings(): string[] {
    return this.receiver.records
      .filter(({ point }) => point === "journal.opened")
      .map(({ value }) => JSON.parse(String(value)).cause);
  }
}
