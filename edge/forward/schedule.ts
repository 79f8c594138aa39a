/**
 * When what may go to one uplink: contact windows and the pace of backlog, by its configuration.
 *
 * Holds: alarms are never kept waiting; live data wait for the uplink's own window alone; backlog waits for that,
 * for its window and for its pace. While nobody knows the time every window counts as open: data come first, and a
 * gateway whose clock is lost learns the time from the platform's receipts, which it gets by sending (R3).
 */
import type { Lane } from "../../config/schema/batch.ts";
import type { UplinkPlan } from "../../config/schema/plan.ts";
import { ContactWindow } from "./contact-window.ts";
import type { Pace } from "./contract.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface ScheduleParts {
  /** Wall ms UTC, or null while nobody vouches for it. */
  wallMs(): number | null;
  /** By `shareOf`. */
  share: number;
}

export class Schedule implements Pace {
  readonly #parts: ScheduleParts;
  readonly #use: ContactWindow | null;
  readonly #backlog: ContactWindow | null;
  readonly #bucket: TokenBucket;

  constructor({ window, backlog }: Pick<UplinkPlan, "window" | "backlog">, parts: ScheduleParts) {
    const opening = (ranges: UplinkPlan["window"]) =>
      ranges === undefined ? null : new ContactWindow(ranges, parts.share);
    this.#parts = parts;
    this.#use = opening(window);
    this.#backlog = opening(backlog.window);
    this.#bucket = new TokenBucket(backlog);
  }

  waitMs(lane: Lane, now: number): number {
    if (lane === "early") return 0;
    const use = this.untilOpenMs("use");
    return lane === "backlog" ? Math.max(use, this.untilOpenMs("backlog"), this.#bucket.waitMs(now)) : use;
  }

  spend(now: number, records: number, bytes: number): void {
    this.#bucket.spend(now, records, bytes);
  }

  slow(now: number, until: number): void {
    this.#bucket.slow(now, until);
  }

  /** Whether the uplink has times at which it may not be used. */
  get limited(): boolean {
    return this.#use !== null;
  }

  /** Ms until that window opens; 0: it is open, or there is none. */
  untilOpenMs(which: "use" | "backlog"): number {
    const wall = this.#parts.wallMs();
    const window = which === "use" ? this.#use : this.#backlog;
    return wall === null || window === null ? 0 : window.opensAt(wall) - wall;
  }

  /** Ms until the uplink may no longer be used; Infinity: no window closes. */
  untilCloseMs(): number {
    const wall = this.#parts.wallMs();
    return wall === null || this.#use === null ? Number.POSITIVE_INFINITY : this.#use.closesAt(wall) - wall;
  }

  /** When that window opens, as people say it; null: it is open, or there is none. */
  opening(which: "use" | "backlog"): string | null {
    const wall = this.#parts.wallMs();
    const window = which === "use" ? this.#use : this.#backlog;
    if (wall === null || window === null) return null;
    const at = window.opensAt(wall);
    return at === wall ? null : window.clock(at);
  }
}
