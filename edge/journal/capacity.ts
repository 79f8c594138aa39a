/**
 * How much the journal has and may have of the disk: its quota, and what must stay free for others. Pure.
 */
import type { JournalOptions } from "./journal-options.ts";
import type { Space } from "./wire.ts";

/** Less room on the disk than this, and what is held makes room. */
const headroomBytes = 1024 * 1024;
/** Kept for settling and for openings below the hard limit. */
const brimBytes = 1024 * 1024;
/** Above the quota: openings, alarms and settling, and the group that was under way when it was reached. */
const aboveQuotaBytes = (quota: number) => Math.ceil(Math.min(32e6, Math.max(4e6, quota * 0.05)));

export class Capacity {
  readonly quotaBytes: number;
  readonly floorBytes: number;
  /** Hard limit of the file; undefined: there is none. */
  readonly maxBytes: number | undefined;
  /** As it was seen last. */
  space: Space = { bytes: 0, file: 0, used: 0, free: Number.POSITIVE_INFINITY };

  constructor({
    quotaBytes,
    maxBytes,
    diskFloorBytes = 0,
  }: Pick<JournalOptions, "quotaBytes" | "maxBytes" | "diskFloorBytes">) {
    this.quotaBytes = quotaBytes ?? Number.POSITIVE_INFINITY;
    this.floorBytes = diskFloorBytes;
    this.maxBytes = maxBytes ?? (quotaBytes && quotaBytes + aboveQuotaBytes(quotaBytes));
  }

  /** More data than there is room for: what may go has to go. Below the floor the file does not grow. */
  get over(): boolean {
    const { used, file, free } = this.space;
    return used > this.quotaBytes || file - used + Math.max(0, free - this.floorBytes) < headroomBytes;
  }

  /** So much that only what settles may be written, so that there is room for it. */
  get brimful(): boolean {
    return this.maxBytes !== undefined && this.space.used > this.maxBytes - brimBytes;
  }

  /** So much that what goes does not go as fast as it comes. */
  get overrun(): boolean {
    const { used } = this.space;
    return used > this.quotaBytes + ((this.maxBytes ?? used) - this.quotaBytes) / 2;
  }
}
