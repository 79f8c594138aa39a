/** One row of the catalogue of reasons, and how to write one. */
import type { HealthState, Reason, Text } from "../schema/vocabulary.ts";

export interface ReasonRow {
  code: string;
  level: Reason["level"];
  /** State of the subject unless health knows better; `ok`: a notice, `off`: intended. */
  state: HealthState;
  /**
   * What is so, since when, and most likely why. `{fact}` is filled in; a piece in square brackets
   * is left out when one of its facts is missing.
   */
  cause: Text;
  /** The next physical action. */
  next: Text;
  /** Codes of drivers, uplinks and the system that mean this row. */
  means: readonly string[];
  /** What to take along, beside a replacement of the device itself; absent: nothing. */
  bring?: Text;
}

export const row = (
  code: string,
  level: ReasonRow["level"],
  state: HealthState,
  cause: Text,
  next: Text,
  means: readonly string[] = [],
  bring?: Text,
): ReasonRow => ({ code, level, state, cause, next, means, ...(bring === undefined ? {} : { bring }) });
