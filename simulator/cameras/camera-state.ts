/** What is true of a camera, and since when. */
import type { Subject } from "./maker.ts";

export interface CameraState extends Record<Subject, boolean> {
  /** Its clock beside the true one, ms. */
  clockOffsetMs: number;
  firmware: string;
  serial: string;
}

export interface Truth {
  atMs: number;
  what: keyof CameraState | "boot" | "down" | "port" | "password" | "onvif";
  value: string | number | boolean;
}

/**
 * none: nothing was sent; plain: the password itself was; created: too far from the camera's clock; replayed: a nonce or a
 * count for the second time; stale: right, but the nonce is too old; locked: not looked at.
 */
export type Verdict =
  | "ok"
  | "none"
  | "wrong"
  | "unknown"
  | "plain"
  | "created"
  | "replayed"
  | "stale"
  | "locked";

/** What was asked, and what became of it. */
export interface Asked {
  /** By the injected wall clock. */
  atMs: number;
  /** `GET /path` for what is no operation. */
  operation: string;
  sent: readonly string[];
  user: string | null;
  verdict: Verdict;
  /** null: something else than an answer was sent. */
  status: number | null;
  /** Host and port as the asker wrote them. */
  host: string;
}

/** Most lines that are kept of each. */
export const mostLines = 20_000;
