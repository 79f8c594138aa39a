/**
 * What a protocol adds to the configuration, and what the configuration gives back to it.
 * Kinds are injected into config/load, so the vocabulary knows no protocol by name.
 */
import type { ZodType } from "zod";
import type { Text, Value } from "./vocabulary.ts";

/**
 * One protocol's part of the files. Lives in drivers/<kind>/schema.ts: pure, zod only.
 * L link settings, A address fields of a device, P profile-wide data, S where a point is found, C how an action is done.
 */
export interface Kind<L = unknown, A = unknown, P = unknown, S = unknown, C = unknown> {
  /** Named by profiles; one profile may serve several links (RTU and TCP). */
  driver: string;
  /** Named by `links: { x: { kind } }`. */
  kind: string;
  link: ZodType<L>;
  /** A device's own fields, with `via` resolved. */
  address: ZodType<A>;
  profile: ZodType<P>;
  source: ZodType<S>;
  action: ZodType<C>;
  /** Its devices speak by themselves: a period is what they keep to, not what they are asked for. */
  speaks?: true;
  /** What may hang on a device of this driver; absent: nothing. */
  carries?: readonly ("links" | "devices")[];
  /** What two must never use at once: "serial:/dev/…", "tcp:host:port". @param profile the device's, where that may say the port */
  line(link: L, address: A, profile?: P): string;
  /** The same of a link that has one line for all its devices, whatever they say; absent: each may have its own. */
  lineOfAll?(link: L): string;
  /** Pure: the reads a supervisor will send, merged by cost. Empty for kinds that only listen. */
  plan(
    link: L,
    devices: DevicePlan<A, P, S, C>[],
    /** By device: what it was measured to need between request and answer, beyond the bytes, ms. */
    turnarounds?: ReadonlyMap<string, number>,
  ): Job[];
  /**
   * Cross-checks within one link that a schema cannot see (a user twice, overlapping topics); every problem, not the
   * first. `off`: ids of those devices that hold their address and are not polled.
   */
  check?(link: L, devices: DevicePlan<A, P, S, C>[], off: ReadonlySet<string>): KindProblem[];
  /** Arguments that an action names: each must be one of its own. */
  argumentsOf?(action: C): readonly string[];
  /** Where a point is, with nothing left to the profile: by the names of the files, as a manual has it. */
  placeOf?(source: S, profile: P): Readonly<Record<string, string>>;
  /** What a point's raw values are; undefined: known only when they come. */
  rawOf?(source: S, profile: P): Raw | undefined;
  /** How a point's source is written to give values of a type; with `rawOf`. */
  sourceOf?: Readonly<Record<Raw["type"], Text>>;
  /** What is wrong with an action that its schema cannot see. @param args names of its arguments */
  checkAction?(action: C, profile: P, args: readonly string[]): Omit<KindProblem, "device" | "severity">[];
  /**
   * Pure: whom a search of the link's line asks, the likeliest first. Absent: its lines cannot be searched.
   * @param profiles of the kind's driver, which say how devices are delivered
   */
  seeks?(link: L, profiles: readonly P[]): Seek[];
  /** Pure: the link with other settings of its line (speed, format) that such devices are delivered with, the likeliest first. */
  otherSettings?(link: L, profiles: readonly P[]): L[];
  /**
   * Pure: what it takes that a device of this profile is found at another place of the link's line. null: such a device is
   * not set over its line; problems: what was typed cannot be, all of it at once. Absent: no device of this kind is set so.
   * @param typed as a person has it; `from` absent: as the device is delivered
   */
  assignment?(
    link: L,
    profile: P,
    typed: { from?: string; to: string },
  ): Assignment | Pick<KindProblem, "what" | "fix">[] | null;
  /** What a test vector says, through the code that reads the device. Pure. */
  readVector?(device: VectorDevice<P, S>, vector: { asked?: Uint8Array; said: Uint8Array }): VectorReading;
}

/** Numbers from `min` to `max`, whole ones or any. */
export type Raw =
  | { type: "number"; min: number; max: number; whole: boolean }
  | { type: "boolean" }
  | { type: "text" };

export type VectorDevice<P = unknown, S = unknown> = Pick<
  DevicePlan<unknown, P, S>,
  "id" | "profile" | "points"
>;

export interface VectorReading {
  samples: { point: string; raw: Value | bigint }[];
  /** Why a point that it carries has no value. */
  faults: { point?: string; what: Text }[];
  /** It cannot be read at all, by the key that is to blame. */
  problem?: { key: "asked" | "bytes"; what: Text; fix: Text };
}

/** A problem found by a kind: the loader adds file, line and column of `device`'s key (or the link's, without device). */
export interface KindProblem {
  device?: string;
  /** Key below the device or link, for the place; absent: the entry itself. */
  key?: string;
  /** Absent: an error. */
  severity?: "warning";
  what: Text;
  fix: Text;
}

/** One device as its driver sees it. */
export interface DevicePlan<A = unknown, P = unknown, S = unknown, C = unknown> {
  id: string;
  /** Device this one hangs on (a bridge, a box); absent when it hangs on the link itself. */
  via?: string;
  address: A;
  profile: P;
  expect?: string;
  simulated: boolean;
  points: { id: string; source: S; everyMs: number }[];
  actions: Record<string, C>;
}

/** One poll: planned purely, so that `check` and the supervisor count the same bytes. */
export interface Job {
  device: string;
  line: string;
  points: string[];
  everyMs: number;
  deadlineMs: number;
  txBytes: number;
  rxBytes: number;
  body: unknown;
}

/** One question of a search: who answers at this address of a line? */
export interface Seek {
  line: string;
  /** The fields of such a device, as the files have them. */
  address: Readonly<Record<string, string | number>>;
  /** What it may take at most, ms. */
  deadlineMs: number;
  /** What it takes when nobody answers, ms, where that is far less. */
  silentMs?: number;
  /** A profile says that its devices are delivered so. */
  likely?: true;
  body: unknown;
}

/** How a device comes to another place on its line. */
export interface Assignment {
  /** In their order; each is sent once. */
  writes: readonly AssignWrite[];
  /**
   * Wherever it may be found, with none, some or all of the writes in effect. The first is where it is, the last where it
   * shall be; those at which the line is set alike have the same `settings`.
   */
  places: readonly AssignPlace[];
  /** Where it may be as well when nobody answers where it should: other ways in which such devices are delivered or set. */
  elsewhere: readonly AssignPlace[];
  /** The fields of the device afterwards, as the files have them. */
  fields: Readonly<Record<string, string | number | boolean>>;
  /** What is written counts only once the device had no power; false: at once, as far as is known. */
  restart: boolean;
}

export interface AssignWrite {
  /** What is written where. */
  text: Text;
  body: unknown;
}

export interface AssignPlace {
  /** As a person types it: `12@9600`. */
  typed: string;
  /** What the link has to be set to for it. */
  settings: unknown;
  /** The fields of a device there, as the files have them. */
  address: Seek["address"];
  seek: Seek;
  /** By write, whether it is in effect. */
  has: readonly boolean[];
}

/** An uplink kind's part of the files; the rest of an uplink's entry is common to all. */
export interface UplinkKind<U = unknown> {
  kind: string;
  config: ZodType<U>;
  /** The platform itself answers: `confirm: broker` has no meaning. */
  receiptsOnly?: true;
  /** What else it brings; absent: nothing. */
  brings?: "commands";
}
