/**
 * What the journal itself has to say: that an epoch began, its seq 1 (R2), and what was lost (R11, R12).
 * Pure, but for the random name of an epoch.
 */
import { randomBytes } from "node:crypto";
import type { Series } from "../../config/schema/vocabulary.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { OpenEpoch } from "./epoch.ts";

const ownSource = "journal";

/** The journal's own records, which no filter withholds and nothing evicts: they explain the account itself. */
export const isOwn = ({ source, point }: Series): boolean =>
  source === ownSource && point.startsWith("journal.");

export interface Opening {
  previous: OpenEpoch | undefined;
  /** Number that it gets at least. */
  firstEpoch: number;
  /** Why: "start", "store-error", … */
  cause: string;
  boot: string;
  /** Monotonic ms now. */
  mono: number;
  /** wall − monotonic; null while the clock is unknown. */
  offset: { ms: number; quality: 0 | 1 } | null;
}

/** An epoch that nothing was written in. */
export function newEpoch({ previous, firstEpoch, cause, boot, mono, offset }: Opening): OpenEpoch {
  return {
    e: Math.max((previous?.e ?? 0) + 1, firstEpoch),
    id: randomBytes(10).toString("hex"),
    previous: previous?.id ?? null,
    cause,
    boot,
    mono,
    base: offset === null ? null : Math.round(offset.ms + mono),
    baseQuality: offset?.quality ?? 2,
    head: 0,
    salvaged: 0,
    purgedTo: 0,
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
      source: ownSource,
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

export interface Loss {
  uplink: string;
  /** Whose records; absent: nobody can say any more. */
  series?: Series;
  count: number;
  /** Record times of the first and the last of them: wall ms where the clock was known, else null. */
  from: number | null;
  to: number | null;
  reason: "quota" | "quarantine" | "corrupt" | "gone";
  /** The platform cannot have them. */
  certain: boolean;
}

/** A loss is a record like any other. @param gateway device id of the gateway's own records */
export function lossDraft(gateway: string, { series, ...loss }: Loss): Draft {
  return {
    series: {
      device: series?.device ?? gateway,
      point: "journal.loss",
      space: series?.space ?? "",
      kind: "event",
      level: 2,
      source: ownSource,
      ...(series?.simulated === true ? { simulated: true } : {}),
    },
    class: "K",
    value: JSON.stringify({ point: series?.point ?? null, ...loss }),
    quality: series?.simulated === true ? 128 : 0,
  };
}
