/** What a journal is opened with. */
import type { Clock, Log } from "../../config/schema/context.ts";
import type { Encoder } from "../../gateway/contract/index.ts";
import type { UplinkFilter } from "./contract.ts";

export interface JournalOptions {
  /** Data folder; made with mode 0750 when absent. */
  folder: string;
  /** Device id of the gateway's own records. */
  gateway: string;
  encoder: Pick<Encoder, "row">;
  clock: Clock;
  log: Log;
  /** R6; defaults 100 and 1000 ms. */
  commit?: { ackMs: number; polledMs: number };
  /** Uncommitted bytes above which appends are refused as busy. Default 8 MB. */
  maxPendingBytes?: number;
  /** With more data than this the oldest make room, those of measurements first. */
  quotaBytes?: number;
  /** Free bytes of the disk below which the file does not grow: what is in it makes room instead. */
  diskFloorBytes?: number;
  /** Seqs beyond `next` that may be in flight; default and rule (R7) 4,000. */
  sendWindow?: number;
  /** Hard limit of the file; default the quota and what must never wait for room. */
  maxBytes?: number;
  /** Characters of committed rows kept in memory. Default 4 M. */
  cacheBytes?: number;
  uplinks: readonly UplinkFilter[];
}
