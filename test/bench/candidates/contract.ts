import type { Status } from "../../../config/schema/status.ts";

export type CandidateName = "relay" | "floor" | "campus-edge";

export interface Candidate {
  /** Where devices connect. */
  port: number;
  /** What it says about itself, when it can. */
  status?(): Status;
  close(): unknown;
}

export type Open = (setting: {
  /** Port of the receiver. */
  receiver: number;
  /** Configuration folder of campus-edge, data folder of the floor. */
  folder: string;
  /** The receiver is away: do not wait for it. */
  alone?: boolean;
}) => Promise<Candidate>;
