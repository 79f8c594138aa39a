/**
 * What every part is handed instead of reaching for it: time and a place to write to.
 */

/** The only source of time. `bootId` changes with every boot of the machine. */
export interface Clock {
  /** Wall ms UTC, as the system shows it, trusted or not. */
  wallMs(): number;
  /** Monotonic ms; comparable within one boot, also across processes. */
  monotonicMs(): number;
  bootId: string;
  /** Resolves after `ms` of monotonic time; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A fixed sentence plus fields. No personal data, no secrets. */
export interface Log {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}
