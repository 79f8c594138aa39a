/**
 * Recordings of what a link says, for whoever asks at the local door: one at a time, scrubbed by the link's driver before
 * anything of it is kept.
 *
 * Holds:
 * - at most 2 MB and 10 min, and so many events a second that the gateway does not feel it; the rest is counted;
 * - it ends when nobody has asked for it for `leaseMs`, and nothing of it is left then;
 * - while nothing is recorded, a byte or a message costs one comparison;
 * - its beginning and its end are in the log, with link, time and number of entries, never with what was said.
 */
import { randomBytes } from "node:crypto";
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import {
  maxRecordingBytes,
  type RecordingEntry,
  type RecordingStart,
  type recordingEnds,
} from "../../config/schema/recording.ts";
import type { Clock, Driver, DriverContext, Log, Scrubber } from "../../drivers/contract/index.ts";
import type { Outcome } from "../../gateway/contract/index.ts";
import { type RecordingRefusal, type RecordingTaken, recordingAskSchema } from "./recording-answer.ts";

/** Whoever records asks several times in this time. */
export const leaseMs = 5_000;
const watchMs = 500;
/** Events, and bytes of them, that are looked at in one second. */
export const mostPerSecond = 500;
export const mostBytesPerSecond = 300_000;

type End = (typeof recordingEnds)[number];

export interface RecorderParts {
  clock: Clock;
  log: Log;
  program: string;
  plan(): Plan;
  openDriver(kind: string): Promise<Driver>;
  /** Wall ms UTC; null while nobody vouches for it. */
  wallMs(): number | null;
  /** Default: drawn anew for each recording. */
  key?: () => Uint8Array;
}

interface Running {
  id: string;
  link: string;
  scrubber: Scrubber;
  /** Monotonic ms. */
  sinceMs: number;
  untilMs: number;
  askedMs: number;
  /** Lines that nobody has taken yet. */
  entries: string[];
  count: number;
  bytes: number;
  dropped: number;
  second: { at: number; events: number; bytes: number };
  ended: End | null;
  /** How long it went on, once it has ended. */
  ms: number;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #stop = new AbortController();
  #running: Running | null = null;
  #starting = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** What a link's driver is given: where its bytes and messages pass by. */
  tap(link: string): Required<Pick<DriverContext, "trace" | "traceScan" | "traceMessage">> {
    return {
      trace: (line, way, bytes) => {
        if (this.#running === null) return;
        const at = this.#event(link, bytes.length);
        if (at !== null) this.#running?.scrubber.bytes?.(at, line, way, bytes);
      },
      traceScan: (line, bytes) => {
        if (this.#running === null) return;
        const at = this.#event(link, bytes.length);
        if (at !== null) this.#running?.scrubber.scan?.(at, line, bytes);
      },
      traceMessage: (from, message, will) => {
        if (this.#running === null) return;
        const at = this.#event(link, message.payload.length);
        if (at !== null) this.#running?.scrubber.message?.(at, from, message, will);
      },
    };
  }

  /** Does what the local door asks for. */
  async ask(asked: unknown): Promise<Outcome> {
    const read = recordingAskSchema.safeParse(asked);
    if (!read.success) return this.#refused("bad-request");
    if (read.data.do === "start") return this.#start(read.data.link, read.data.forMs);
    const running = this.#current();
    if (running === null || running.id !== read.data.id) return this.#refused("gone");
    running.askedMs = this.#parts.clock.monotonicMs();
    if (read.data.do === "stop") this.#end("asked");
    const { dropped, ended } = running;
    const ms = ended === null ? Math.floor(running.askedMs - running.sinceMs) : running.ms;
    const entries = running.entries.splice(0);
    if (ended !== null) this.#forget();
    return { done: true, body: { v: 1, entries, dropped, ms, ended } satisfies RecordingTaken };
  }

  /** Nothing is recorded any more. */
  close(): void {
    this.#stop.abort();
    this.#forget();
  }

  async #start(id: string, forMs: number): Promise<Outcome> {
    const { clock, log, plan, openDriver } = this.#parts;
    const now = plan();
    const link = now.links.find((one) => one.id === id);
    if (link === undefined) return this.#refused("no-link");
    if (this.#starting || this.#current() !== null) return this.#refused("busy");
    this.#starting = true;
    let driver: Driver;
    try {
      driver = await openDriver(link.kind);
    } finally {
      this.#starting = false;
    }
    if (driver.scrubber === undefined || this.#stop.signal.aborted) return this.#refused("cannot", link.kind);
    const scrubber = driver.scrubber(link.settings, link.devices, {
      key: this.#parts.key?.() ?? randomBytes(32),
      secret: (name) => now.secret(name),
      wallMs: () => this.#parts.wallMs() ?? clock.wallMs(),
      words: wordsOf(link),
      take: (entry) => this.#keep(entry),
    });
    const sinceMs = clock.monotonicMs();
    const running: Running = {
      ...{ id: randomBytes(8).toString("hex"), link: id, scrubber, sinceMs, untilMs: sinceMs + forMs },
      ...{
        askedMs: sinceMs,
        entries: [],
        count: 0,
        bytes: 0,
        dropped: 0,
        second: { at: 0, events: 0, bytes: 0 },
      },
      ...{ ended: null, ms: 0 },
    };
    this.#running = running;
    log.info({ link: id, seconds: forMs / 1000 }, "a recording of a link has begun");
    void this.#watch(running);
    const began = this.#parts.wallMs();
    const start: RecordingStart = {
      recording: 1,
      program: this.#parts.program,
      link: { kind: link.kind, ...scrubber.settings },
      devices: [...link.points.values()].flatMap(({ device, profile }) => {
        const known = scrubber.known(device);
        return known === null ? [] : [{ profile, ...known }];
      }),
      began: began === null ? null : new Date(began).toISOString(),
    };
    return { done: true, body: { v: 1, id: running.id, start } };
  }

  /** The one that still counts: not over its time, and somebody asks for it. */
  #current(): Running | null {
    const running = this.#running;
    if (running === null) return null;
    const now = this.#parts.clock.monotonicMs();
    if (now - running.askedMs >= leaseMs) {
      if (running.ended === null) this.#end("lost");
      this.#forget();
    } else if (running.ended === null && now >= running.untilMs) this.#end("time");
    return this.#running;
  }

  async #watch(running: Running): Promise<void> {
    const { clock } = this.#parts;
    while (this.#running === running && !this.#stop.signal.aborted) {
      await clock.sleep(watchMs, this.#stop.signal).catch(() => {});
      this.#current();
    }
  }

  /** @returns ms since it began; null: this is not recorded, or there is too much of it */
  #event(link: string, bytes: number): number | null {
    const running = this.#running;
    if (running === null || running.link !== link || running.ended !== null) return null;
    const now = this.#parts.clock.monotonicMs();
    if (now >= running.untilMs) {
      this.#end("time");
      return null;
    }
    if (now - running.second.at >= 1000) running.second = { at: now, events: 0, bytes: 0 };
    const { second } = running;
    if (second.events >= mostPerSecond || second.bytes >= mostBytesPerSecond) {
      running.dropped += 1;
      return null;
    }
    second.events += 1;
    second.bytes += bytes;
    return now - running.sinceMs;
  }

  #keep(entry: RecordingEntry): void {
    const running = this.#running;
    if (running === null || running.ended !== null) return;
    const line = JSON.stringify(entry);
    const bytes = Buffer.byteLength(line) + 1;
    if (running.bytes + bytes > maxRecordingBytes) {
      running.dropped += 1;
      this.#close(running, "full");
      return;
    }
    running.bytes += bytes;
    running.count += 1;
    running.entries.push(line);
  }

  #end(why: End): void {
    const running = this.#running;
    if (running === null || running.ended !== null) return;
    // What was held back belongs to it; it may be what fills it.
    running.scrubber.flush();
    if (running.ended === null) this.#close(running, why);
  }

  #close(running: Running, why: End): void {
    const { clock, log } = this.#parts;
    running.ended = why;
    running.ms = Math.floor(Math.min(clock.monotonicMs(), running.untilMs) - running.sinceMs);
    const { link, count, dropped, ms } = running;
    log.info(
      { link, seconds: ms / 1000, entries: count, dropped, ended: why },
      "a recording of a link has ended",
    );
  }

  #forget(): void {
    this.#running = null;
  }

  #refused(code: RecordingRefusal, kind?: string): Outcome {
    const running = this.#running;
    const links = this.#parts.plan().links.map(({ id }) => id);
    const left = running === null ? 0 : Math.max(0, running.untilMs - this.#parts.clock.monotonicMs());
    const busy = code === "busy" && running !== null ? { link: running.link, leftMs: Math.ceil(left) } : {};
    return {
      done: false,
      body: { error: { code, links, ...busy, ...(kind === undefined ? {} : { kind }) } },
    };
  }
}

/** How the profiles name the values of enumerations, and what stands for no value. */
function wordsOf({ points }: LinkPlan): ReadonlySet<string> {
  const all = [...points.values()].flatMap((device) => [...device.points.values()]);
  const none = all.flatMap(({ sentinels }) =>
    sentinels.flatMap((one) => (typeof one === "string" ? one : [])),
  );
  return new Set([...none, ...all.flatMap(({ enum: named }) => [...(named?.keys() ?? [])])]);
}
