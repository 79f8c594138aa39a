/**
 * A new epoch, and the record that says so: its seq 1 (R2). Pure, but for its random name.
 */
import { randomBytes } from "node:crypto";
import type { Draft } from "../../gateway/contract/index.ts";
import type { OpenEpoch } from "./epoch.ts";

export interface Opening {
  previous: OpenEpoch | undefined;
  /** Why: "start", "store-error", … */
  cause: string;
  boot: string;
  /** Monotonic ms now. */
  mono: number;
  /** wall − monotonic; null while the clock is unknown. */
  offset: { ms: number; quality: 0 | 1 } | null;
}

/** An epoch that nothing was written in. */
export function newEpoch({ previous, cause, boot, mono, offset }: Opening): OpenEpoch {
  return {
    e: (previous?.e ?? 0) + 1,
    id: randomBytes(10).toString("hex"),
    previous: previous?.id ?? null,
    cause,
    boot,
    mono,
    base: offset === null ? null : Math.round(offset.ms + mono),
    baseQuality: offset?.quality ?? 2,
    head: 0,
    given: 0,
  };
}

/** @param gateway device id of the gateway's own records */
export function openedDraft(gateway: string, { previous, cause }: Opening): Draft {
  return {
    series: {
      device: gateway,
      point: "journal.opened",
      space: "",
      kind: "event",
      level: 2,
      source: "journal",
    },
    class: "K",
    value: JSON.stringify({
      previous: previous?.id ?? null,
      previousHead: previous?.given ?? 0,
      cause: cause.slice(0, 64),
    }),
    quality: 0,
  };
}
