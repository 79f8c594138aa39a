/**
 * A school whose line is dead for days and then bad: its real journal, forwarder, encoder and compression, in virtual
 * time. Knows every value that was put in, in its order, and compares what arrives with it.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BatchBody } from "../../config/schema/batch.ts";
import { Forwarder } from "../../edge/forward/index.ts";
import { type Journal, openJournal } from "../../edge/journal/index.ts";
import { KeptOpen } from "../../edge/supervise/keep-open.ts";
import type { Batch, Draft, Receipt, UplinkSession } from "../../gateway/contract/index.ts";
import { pack } from "../../gateway/encode/compression.ts";
import { createEncoder } from "../../gateway/encode/encoder.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { seeded } from "../unit/journal/model-dice.ts";
import { Arrived } from "./arrived.ts";

export interface OutageFigures {
  records: number;
  /** Virtual seconds from the line's return until nothing waits. */
  drainS: number;
  lost: number;
  wrong: number;
  /** Bytes on the wire a record, compressed, everything included. */
  bytesPerRecord: number;
  /** Age of live records and of alarms when they arrived while the backlog drained, ms; of those that waited for the line, since it is back. */
  liveP50: number;
  liveP99: number;
  alarmMax: number;
  /** Early batches came before any backlog. */
  alarmsFirst: boolean;
  cuts: number;
}

const bitsPerMs = 256;
const wayMs = 40;
const rooms = 40;
const points = ["co2", "temperature", "humidity", "illuminance", "pm25"] as const;

/** @param days of outage @param seed dice of the load and of the line */
export async function outage(days: number, seed: number): Promise<OutageFigures> {
  const random = seeded(seed);
  // Nothing here is about the disk: memory is a quicker one.
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ce-outage-"));
  const clock = new FakeClock();
  const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => clock.wallMs() });
  const journal = await openJournal({
    folder: root,
    gateway: "gw1",
    encoder,
    clock,
    log: recordingLog(),
    quotaBytes: 6e9,
    uplinks: [{ id: "province", accepts: () => true, start: "oldest" }],
  });
  journal.clockKnown(clock.wallMs(), 0);
  const load = newLoad(journal, clock, random);
  const line = new Line(clock, random);
  const forwarder = new Forwarder({
    uplink: "province",
    journal,
    encoder,
    clock,
    log: recordingLog(),
    random,
    report: () => {},
  });
  const kept = new KeptOpen<UplinkSession>({
    clock,
    random,
    open: async () => line.open(),
    async run(session, signal) {
      const { recycle, why } = await forwarder.serve(session, signal);
      if (recycle) kept.recycle(why);
    },
    report: () => {},
  });
  /** Everything that waits for no clock has happened. */
  const quiet = async () => {
    do {
      await new Promise(setImmediate);
      while (journal.status().writing || line.packing > 0)
        await new Promise((resolve) => setImmediate(resolve));
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    } while (journal.status().writing || line.packing > 0);
  };
  const waiting = () => journal.status().accounts.reduce((sum, account) => sum + account.waiting, 0);
  try {
    const outageS = Math.round(days * 86_400);
    // One commit for fifteen seconds: what waits for the disk is no question here.
    for (let second = 0; second < outageS; second += 15) {
      for (let each = second; each < second + 15; each++) load.second(each, 3600);
      await clock.advance(15_000);
      await quiet();
    }
    const returned = clock.monotonicMs();
    line.returned = clock.wallMs();
    kept.start();
    for (let tick = 0; tick === 0 || waiting() > 100; tick++) {
      if (tick % 10 === 0) load.second(outageS + tick / 10, 20);
      if (clock.monotonicMs() - returned > 86_400_000 * (1 + days)) throw new Error("it never drains");
      await clock.advance(100);
      await quiet();
    }
    const drainS = (clock.monotonicMs() - returned) / 1000;
    for (let tick = 0; waiting() > 0 && tick < 3000; tick++) {
      await clock.advance(100);
      await quiet();
    }
    const { lost, wrong } = line.compare(load.values);
    const live = [...line.ages.live].sort((a, b) => a - b);
    return {
      records: load.values.length,
      drainS,
      lost,
      wrong,
      bytesPerRecord: line.bytes / load.values.length,
      liveP50: live[Math.floor(live.length * 0.5)] ?? 0,
      liveP99: live[Math.floor(live.length * 0.99)] ?? 0,
      alarmMax: line.ages.early.reduce((most, age) => Math.max(most, age), 0),
      alarmsFirst: line.alarmsFirst,
      cuts: line.cuts,
    };
  } finally {
    await forwarder.stop();
    await kept.stop();
    await journal.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Four stored records a second, five times as many in the minute of a bell, an alarm an hour. */
function newLoad(journal: Journal, clock: FakeClock, random: () => number) {
  const values: number[] = [];
  const walk = new Map<string, number>();
  const series = Array.from({ length: rooms * points.length }, (_, index) => ({
    device: `${101 + (index % rooms)}-air`,
    point: points[Math.floor(index / rooms)] as string,
    space: `2133000001-01-JX1-F01-${101 + (index % rooms)}`,
    unit: "[ppm]",
    kind: "measurement" as const,
    level: 2,
    source: "mqtt-air-json",
  }));
  const put = (drafts: Draft[], urgency: "now" | "polled") => {
    for (const { value } of drafts) values.push(value as number);
    journal.append(drafts, [], urgency).catch(() => {});
  };
  return {
    values,
    /** Puts what a second brings; an alarm every `alarmS` seconds. */
    second(second: number, alarmS: number): void {
      const ofDay = (clock.wallMs() / 1000 + second) % 86_400;
      const isBell = ofDay % 3000 < 60;
      const drafts = Array.from({ length: isBell ? 20 : 4 }, (): Draft => {
        const each = series[Math.floor(random() * series.length)] as (typeof series)[number];
        const name = `${each.device}/${each.point}`;
        const value = Math.round(((walk.get(name) ?? 600) + (random() - 0.5) * 40) * 10) / 10;
        walk.set(name, value);
        return { series: each, class: "T", value, quality: 0 };
      });
      put(drafts, "polled");
      if (second % alarmS !== 0) return;
      const [first] = series;
      put(
        [
          {
            series: { ...(first as (typeof series)[number]), kind: "alarm" },
            class: "K",
            value: second,
            quality: 0,
          },
        ],
        "now",
      );
    },
  };
}

/** A line of 256 kbit/s that stalls, cuts and resets, and the platform at its end. */
class Line {
  readonly ages = { live: [] as number[], early: [] as number[] };
  /** Wall ms at which it came back; Infinity: it has not. */
  returned = Number.POSITIVE_INFINITY;
  bytes = 0;
  cuts = 0;
  packing = 0;
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #streams = new Map<string, Arrived>();
  readonly #lanes: string[] = [];
  #freeAt = 0;
  /** Monotonic ms of the next mishap. */
  #mishapAt = 0;

  constructor(clock: FakeClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get alarmsFirst(): boolean {
    const backlog = this.#lanes.indexOf("backlog");
    return this.#lanes.includes("early") && (backlog < 0 || this.#lanes.indexOf("early") < backlog);
  }

  open(): UplinkSession {
    const ended = Promise.withResolvers<Error | null>();
    const gone = new AbortController();
    const end = (error: Error | null) => {
      gone.abort(error ?? new Error("closed"));
      ended.resolve(error);
    };
    this.#freeAt = this.#clock.monotonicMs();
    return {
      ended: ended.promise,
      window: 20,
      confirms: "receipt",
      send: (batch, signal) => this.#send(batch, AbortSignal.any([signal, gone.signal]), end),
      close: async () => end(null),
    };
  }

  async #send(batch: Batch, signal: AbortSignal, end: (error: Error) => void): Promise<Receipt> {
    this.packing += 1;
    const { bytes } = await pack(batch.bytes, "gzip").finally(() => {
      this.packing -= 1;
    });
    const now = this.#clock.monotonicMs();
    this.#mishap(now, end);
    const size = bytes.length + 150;
    this.bytes += size;
    const start = Math.max(now, this.#freeAt);
    this.#freeAt = start + (size * 8) / bitsPerMs;
    await this.#clock.sleep(this.#freeAt + wayMs - now, signal);
    const receipt = this.#arrive(batch);
    await this.#clock.sleep(wayMs, signal);
    return receipt;
  }

  /** Now and then it stalls for up to 40 s, is cut at once, or in the middle of what is under way. */
  #mishap(now: number, end: (error: Error) => void): void {
    if (now < this.#mishapAt) return;
    this.#mishapAt = now + 20_000 + this.#random() * 100_000;
    const dice = this.#random();
    if (dice < 0.5) this.#freeAt = Math.max(now, this.#freeAt) + this.#random() * 40_000;
    else {
      this.cuts += 1;
      const cut = () => end(new Error("the line was cut"));
      if (dice < 0.75) cut();
      else void this.#clock.sleep(this.#random() * 2000, new AbortController().signal).then(cut);
    }
  }

  #arrive(batch: Batch): Receipt {
    const body = JSON.parse(Buffer.from(batch.bytes).toString("utf8")) as BatchBody;
    const at = this.#clock.wallMs();
    const stream = this.#streams.get(body.epoch) ?? new Arrived(body.base ?? 0);
    this.#streams.set(body.epoch, stream);
    stream.head = Math.max(stream.head, body.head);
    if (body.rows.length > 0) this.#lanes.push(body.lane);
    for (const [seq, s, t, value] of body.rows) {
      const isOwn = body.series[String(s)]?.source === "journal";
      const since = Math.max(this.returned, (body.base ?? 0) + t);
      if (!stream.has(seq) && (body.lane === "live" || body.lane === "early"))
        this.ages[body.lane].push(at - since);
      stream.set(seq, isOwn ? Number.POSITIVE_INFINITY : (value as number));
    }
    if (body.gaps.length > 0) throw new Error(`a gap was claimed: ${JSON.stringify(body.gaps)}`);
    return { batch: batch.id, taken: body.rows.length, rejected: [], next: stream.next, at };
  }

  /** @param expected every value that was put in, in its order */
  compare(expected: readonly number[]): { lost: number; wrong: number } {
    let at = 0;
    let lost = 0;
    let wrong = 0;
    for (const stream of [...this.#streams.values()].sort((a, b) => a.order - b.order)) {
      for (let seq = 1; seq <= stream.head; seq++) {
        const value = stream.at(seq);
        if (value === Number.POSITIVE_INFINITY) continue;
        if (Number.isNaN(value)) lost += 1;
        else if (value !== expected[at]) wrong += 1;
        at += 1;
      }
    }
    return {
      lost: lost + Math.max(0, expected.length - at),
      wrong: wrong + Math.max(0, at - expected.length),
    };
  }
}
