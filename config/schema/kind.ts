/**
 * What a protocol adds to the configuration, and what the configuration gives back to it.
 * Kinds are injected into config/load, so the vocabulary knows no protocol by name.
 */
import type { ZodType } from "zod";

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
  /** What two must never use at once: "serial:/dev/…", "tcp:host:port". */
  line(link: L, address: A): string;
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
}

/** A problem found by a kind: the loader adds file, line and column of `device`'s key (or the link's, without device). */
export interface KindProblem {
  device?: string;
  /** Key below the device or link, for the place; absent: the entry itself. */
  key?: string;
  /** Absent: an error. */
  severity?: "warning";
  what: { zh: string; en: string };
  fix: { zh: string; en: string };
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

/** An uplink kind's part of the files; the rest of an uplink's entry is common to all. */
export interface UplinkKind<U = unknown> {
  kind: string;
  config: ZodType<U>;
}
