/**
 * A school in virtual time: its real journal, forwarders, encoder and compression, and for each uplink a line with a
 * platform at its end that knows what arrived.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Forwarder, Schedule } from "../../edge/forward/index.ts";
import { type Journal, openJournal } from "../../edge/journal/index.ts";
import { KeptOpen } from "../../edge/supervise/keep-open.ts";
import type { UplinkSession } from "../../gateway/contract/index.ts";
import { createEncoder } from "../../gateway/encode/encoder.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { memoryFolder } from "../memory-folder.ts";
import { seeded } from "../unit/journal/model-dice.ts";
import { type Load, newLoad } from "./load.ts";
import { ThinLine } from "./thin-line.ts";

interface Way {
  line: ThinLine;
  forwarder: Forwarder;
  kept: KeptOpen<UplinkSession>;
}

export class OutageWorld {
  readonly clock = new FakeClock();
  journal!: Journal;
  load!: Load;
  readonly #ways = new Map<string, Way>();
  readonly #root = mkdtempSync(join(memoryFolder, "ce-outage-"));

  /** @param lines by uplink: whether the line has mishaps */
  async open(lines: Readonly<Record<string, "bad" | "good">>, seed: number): Promise<this> {
    const random = seeded(seed);
    const { clock } = this;
    const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => clock.wallMs() });
    const ids = Object.keys(lines);
    const journal = await openJournal({
      folder: this.#root,
      gateway: "gw1",
      encoder,
      clock,
      log: recordingLog(),
      quotaBytes: 6e9,
      uplinks: ids.map((id) => ({ id, accepts: () => true, start: "oldest" })),
    });
    this.journal = journal;
    journal.clockKnown(clock.wallMs(), 0);
    this.load = newLoad(journal, clock, random);
    for (const uplink of ids) {
      const line = new ThinLine(clock, lines[uplink] === "bad" ? random : null);
      const common = { clock, random, report: () => {} };
      // As it is without a word about it in the configuration.
      const pace = new Schedule(
        { backlog: { recordsPerS: 1500 } },
        { wallMs: () => clock.wallMs(), share: 0 },
      );
      const forwarder = new Forwarder({ ...common, uplink, journal, encoder, pace, log: recordingLog() });
      const kept = new KeptOpen<UplinkSession>({
        ...common,
        open: async () => line.open(),
        async run(session, signal) {
          const { recycle, why } = await forwarder.serve(session, signal);
          if (recycle) kept.recycle(why);
        },
      });
      this.#ways.set(uplink, { line, forwarder, kept });
    }
    return this;
  }

  line(uplink: string): ThinLine {
    return (this.#ways.get(uplink) as Way).line;
  }

  /** From now on there is a line. */
  connect(uplink: string): void {
    const { line, kept } = this.#ways.get(uplink) as Way;
    line.returned = this.clock.wallMs();
    kept.start();
  }

  /** Seqs that wait for an uplink. */
  waiting(uplink: string): number {
    const { accounts } = this.journal.status();
    return accounts.reduce((sum, account) => sum + (account.uplink === uplink ? account.waiting : 0), 0);
  }

  /** Lets time pass, and everything happen that waits for no clock. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    const isBusy = () =>
      this.journal.status().writing || [...this.#ways.values()].some(({ line }) => line.packing > 0);
    do {
      await new Promise(setImmediate);
      while (isBusy()) await new Promise(setImmediate);
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    } while (isBusy());
  }

  async close(): Promise<void> {
    for (const { forwarder, kept } of this.#ways.values()) {
      await forwarder.stop();
      await kept.stop();
    }
    await this.journal.close();
    rmSync(this.#root, { recursive: true, force: true });
  }
}
