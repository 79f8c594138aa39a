/** How often connections are looked at, ms. */
import type { Clock } from "../contract/index.ts";

export const sweepMs = 1_000;

/** Looks every `sweepMs`, until the signal is aborted. Never rejects. */
export async function sweeping(clock: Clock, signal: AbortSignal, sweep: () => void): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(sweepMs, signal);
      sweep();
    }
  } catch {
    // Stopped.
  }
}
