/**
 * The seam to the south: what a driver is, what it is given and what it says.
 * A driver opens, reads, closes. It has no retry and no queue: the supervisor owns time.
 */
import type { Clock, Log } from "../../config/schema/context.ts";
import type { AssignPlace, AssignWrite, DevicePlan, Job, Kind, Seek } from "../../config/schema/kind.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import type { Scrubber, ScrubberContext, Speaker, TracedMessage } from "./scrubber.ts";

export type { Clock, DevicePlan, Job, Kind, Log, Scrubber, ScrubberContext, Seek, Speaker, TracedMessage };

export interface Sample {
  point: string;
  raw: Value | bigint;
  /** Wall ms UTC by the device's own clock, untouched. */
  deviceTime?: number;
  /** How long before its receipt it was taken, ms, by a device without a clock; negative: ahead. */
  ageMs?: number;
  /** Not fresh: a retained or cached value (quality 16). */
  stale?: boolean;
}

export interface Fault {
  /** Row of config/catalogue/reasons, or a driver's own code `<driver>.<word>`. */
  code: string;
  layer: "port" | "line" | "answer" | "frame" | "device" | "map" | "policy" | "access";
  retry: "later" | "never";
  point?: string;
  /** For people; never contains payload text, secrets or personal data. */
  detail: string;
  /** What the texts of the row are filled with, by its names (E302: found, expected). Same bounds as `detail`. */
  facts?: Readonly<Record<string, Value>>;
}

/** What one device said in one message or one poll: values, and what was wrong. */
export interface Reading {
  device: string;
  samples: Sample[];
  faults: Fault[];
}

/**
 * What makes a message recognisable when it comes again (R4).
 * - `once`: a repeat iff `value` is among the slot's last 256; then added. For a device's own key.
 * - `last`: a repeat iff equal to the slot's one value; replaces it. For retained topics and DUP=1.
 * - `set`: no question asked; replaces the slot's one value. For DUP=0.
 * - `drop`: the slot is forgotten.
 */
export interface Key {
  slot: string;
  value: string;
  rule: "once" | "last" | "set" | "drop";
  /** The device whose reading it identifies; absent: it identifies the whole message. */
  device?: string;
}

/** One message from the wire: all its records are stored in one transaction, or none. */
export interface Message {
  readings: Reading[];
  keys: Key[];
}

/**
 * Resolves when on disk (or already there, or not selected by the storing rule).
 * Rejects with a `NotStored` error ("busy" or "store-down"): then do not acknowledge.
 */
export type Deliver = (message: Message) => Promise<void>;

/** Thrown by `Deliver` and `Journal.append`: nothing is on disk, so nothing may be acknowledged. */
export class NotStored extends Error {
  readonly code: "busy" | "store-down";
  readonly retry = "later";
  constructor(code: "busy" | "store-down", options?: ErrorOptions) {
    super(code === "busy" ? "the journal has too much waiting" : "the journal cannot write", options);
    this.name = "NotStored";
    this.code = code;
  }
}

export interface DriverContext {
  clock: Clock;
  log: Log;
  /** Who we are to those whom a link calls: `school-gateway-link`, the same after every restart. */
  self: string;
  /** Bytes of a secret; throws when it is not there. Keep them no longer than needed. */
  secret(name: string): Uint8Array;
  /** Keyed digest for identities (cards, codes, MACs): stable per school, not reversible. */
  digest(identity: string): string;
  /** Bounded ring of bytes per line: probe and diag read it. */
  trace(line: string, way: "tx" | "rx", bytes: Uint8Array): void;
  /** The same for kinds that carry messages: called for each, before it is judged; keeps nothing of it. */
  traceMessage?(from: Speaker, message: TracedMessage, will: boolean): void;
  /**
   * For bytes that no trace may show: called for each piece as it came, and given to nobody but the scrubber of the
   * link's own driver, while the link is recorded; keeps nothing of it.
   */
  traceScan?(line: string, bytes: Uint8Array): void;
  /** A device came or went, or a stranger knocked: facts for health, never stored by the driver. */
  report(fact: DriverFact): void;
}

export type DriverFact =
  | { what: "listening"; host: string; port: number }
  /** `running`: it may have been on for long; only that we hear of it again is new, and its warm-up is not. */
  | { what: "up"; device: string; running?: true }
  | { what: "down"; device: string; fault: Fault }
  /** `devices`: those whose credential it named; absent: nobody's. */
  | { what: "refused"; client: string; address: string; fault: Fault; devices?: readonly string[] };

export interface Driver<L = unknown, A = unknown, P = unknown, S = unknown, C = unknown> {
  kind: Kind<L, A, P, S, C>;
  /** Opens the link. Rejects with an Error whose `fault` says why; leaves nothing behind then. */
  open(
    link: L,
    devices: DevicePlan<A, P, S, C>[],
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<Session<A, P, S, C>>;
  /**
   * Calls out into the networks of this machine and gives who answers, until the search is over or `signal` is aborted:
   * each once, none that it did not hear, and nothing more is sent to any of them. Absent: nobody can be called so.
   */
  discover?(context: SearchContext, signal: AbortSignal): AsyncIterable<Found>;
  /** Takes out of a recording what may not leave the school; absent: the link cannot be recorded. */
  scrubber?(link: L, devices: readonly DevicePlan<A, P, S, C>[], context: ScrubberContext): Scrubber;
}

export type SearchContext = Pick<DriverContext, "clock" | "log">;

/** Somebody who is there. */
export interface Found {
  /** Its own fields, as the files have them. */
  address: Readonly<Record<string, string | number>>;
  /** What it says of itself: printable, at most 64 characters each. */
  told: Readonly<Partial<Record<"maker" | "model" | "name" | "serial" | "mac", string>>>;
  fault?: Fault;
  /** With a fault: whom to ask besides, to tell those apart who answered at once. */
  further?: readonly Seek[];
}

/** Ends once, by close() or by loss; never reopens itself. Nothing is delivered after `ended` settles. */
export interface Session<A = unknown, P = unknown, S = unknown, C = unknown> {
  /** null after close(), else why it was lost. */
  ended: Promise<Fault | null>;
  /**
   * One poll; `instead` replaces the job (after "illegal address") until it is asked for anew. `turnaroundMs`: what
   * the device needed between request and answer, beyond the bytes; the next plan is made with it.
   */
  run?(job: Job, signal: AbortSignal): Promise<{ reading: Reading; instead?: Job[]; turnaroundMs?: number }>;
  /** Takes what devices say by themselves; resolves when intake is open. Before it, everything is refused or left unacknowledged. */
  listen?(deliver: Deliver, signal: AbortSignal): Promise<void>;
  command?(
    order: { req: string; device: string; action: string; args: Record<string, Value> },
    signal: AbortSignal,
  ): Promise<Done>;
  /**
   * Asks one question of a search, whoever the link's devices are. None: nobody answered. What answered and cannot be
   * understood (two at one address, another speed) is found with its fault.
   */
  seek?(seek: Seek, signal: AbortSignal): Promise<Found[]>;
  /**
   * One write of an assignment, to whoever has this address: sent once. `done`: it was acknowledged there; `failed`: it was
   * refused, or cannot have arrived; `unknown`: it may have been obeyed.
   */
  assign?(address: AssignPlace["address"], write: AssignWrite, signal: AbortSignal): Promise<Done>;
  /** A person has mended something: a device that is left alone because it refused us is asked once more. */
  again?(): void;
  /** Keeps sockets of the unchanged; absent = close and reopen. */
  update?(devices: DevicePlan<A, P, S, C>[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Done {
  state: "done" | "failed" | "unknown";
  readBack: Sample[];
  fault?: Fault;
}
