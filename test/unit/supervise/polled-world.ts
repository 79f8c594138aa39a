/** Lines with devices that behave as told, a clock in hand, and a poller that asks them. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import type { Fault, Reading } from "../../../drivers/contract/index.ts";
import type { LineFigures } from "../../../edge/supervise/line-figures.ts";
import type { Presence } from "../../../edge/supervise/polled-line.ts";
import { type PolledSession, Poller } from "../../../edge/supervise/poller.ts";
import type { Hand } from "../../../edge/supervise/unstored.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const job = (device: string, more: Partial<Job> = {}): Job => ({
  ...{ device, line: "serial:/dev/one", points: ["co2"], everyMs: 1000, deadlineMs: 300 },
  ...{ txBytes: 8, rxBytes: 9, body: {} },
  ...more,
});

export const fault = (code: string, layer: Fault["layer"] = "answer"): Fault => ({
  ...{ code, layer, retry: "later", detail: code },
});

export const reading = (device: string, ...points: string[]): Reading => ({
  device,
  samples: points.map((point) => ({ point, raw: 1 })),
  faults: [],
});

/** What a device does when it is asked. */
export type Act = (job: Job, signal: AbortSignal) => Promise<unknown>;

export class World {
  readonly clock = new FakeClock();
  readonly log = recordingLog();
  readonly readings: { reading: Reading; at: number; way: string }[] = [];
  readonly presence: Presence[] = [];
  readonly asked: { job: Job; at: number; took: number }[] = [];
  readonly acts = new Map<string, Act>();
  /** Whatever must never happen. */
  readonly wrong: string[] = [];
  figures: LineFigures[] = [];
  onPresence: () => void = () => {};
  store: Hand = async () => {};
  #stop = new AbortController();
  /** The newest session. */
  #session = 0;
  ended: Promise<string> = Promise.resolve("never begun");
  readonly poller = new Poller({
    link: "rs1",
    clock: this.clock,
    log: this.log,
    hand: (reading, way) => {
      this.readings.push({ reading, at: this.now, way });
      return this.store(reading, way);
    },
    presence: (fact) => {
      this.presence.push(fact);
      this.onPresence();
    },
    figures: (lines) => {
      this.figures = lines;
    },
  });

  get now(): number {
    return this.clock.monotonicMs();
  }

  /** Answers after so long, also when it is aborted: it has let go by then. */
  answers =
    (ms = 30): Act =>
    async (job, signal) => {
      await this.clock.sleep(ms, signal);
      return { reading: reading(job.device, ...job.points) };
    };

  /** Nothing comes; the driver says so itself. */
  silent =
    (ms = 300, code = "modbus.silent", layer: Fault["layer"] = "answer"): Act =>
    async ({ device }, signal) => {
      await this.clock.sleep(ms, signal);
      return { reading: { device, samples: [], faults: [fault(code, layer)] } };
    };

  /** Opens a session; the one before is closed. */
  start(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    const own = ++this.#session;
    const inside = new Map<string, number>();
    const session: PolledSession = {
      run: async (job, signal) => {
        const { device, line } = job;
        if ((inside.get(line) ?? 0) > 0) this.wrong.push(`${device} was asked while ${line} was in use`);
        if (own !== this.#session) this.wrong.push(`${device} was asked by an earlier session`);
        inside.set(line, (inside.get(line) ?? 0) + 1);
        const record = { job, at: this.now, took: 0 };
        this.asked.push(record);
        try {
          const act = this.acts.get(device) ?? this.answers();
          return (await act(job, signal)) as never;
        } finally {
          record.took = this.now - record.at;
          inside.set(line, (inside.get(line) ?? 0) - 1);
        }
      },
    };
    this.ended = this.poller.run(session, this.#stop.signal).then(
      () => "stopped",
      (error: { code: string }) => error.code,
    );
  }

  async stop(): Promise<string> {
    this.#stop.abort();
    await this.seconds(0);
    return this.ended;
  }

  /** What was just set going reaches its timer before time passes. */
  async seconds(count: number): Promise<void> {
    await this.clock.advance(0);
    await this.clock.advance(count * 1000);
  }

  /** Forgets what was asked and read so far. */
  fresh(): void {
    this.asked.length = 0;
    this.readings.length = 0;
    this.presence.length = 0;
    this.log.lines.length = 0;
  }

  /** When a device was asked, ms since `from`. */
  times(device: string, from = 0): number[] {
    return this.asked.filter(({ job }) => job.device === device).map(({ at }) => at - from);
  }

  get told(): string[] {
    return this.presence.flatMap((fact) => {
      if (fact.what === "resumed") return [];
      return fact.what === "up" ? [`up ${fact.device}`] : [`down ${fact.device} ${fact.fault.code}`];
    });
  }
}

/** A fresh world for each test of a file; whatever the test did, nothing overlapped and no timer is left. */
export function polledWorld(): { readonly it: World } {
  const held = { it: new World() };
  beforeEach(() => {
    held.it = new World();
  });
  afterEach(async () => {
    const { it: world } = held;
    await world.stop();
    expect(world.wrong).toEqual([]);
    expect(world.clock.sleeping).toBe(0);
  });
  return held;
}
