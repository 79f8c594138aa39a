/**
 * Asks so that data is never the answer to an earlier request: while one is owed that could be taken for it,
 * something else is asked first whose answer cannot be (owed.ts); without that answer there is no data.
 */
import type { Clock } from "../contract/index.ts";
import type { Outcome } from "./outcome.ts";
import type { OwedAnswers } from "./owed.ts";
import type { Read } from "./pdu.ts";

/** Something else is asked at most so often before the request that is wanted. */
const mostMarkers = 2;

/** What one exchange gave. `doubtful`: an exception that may be the late answer to another request. */
export interface Once {
  outcome: Outcome | "doubtful";
  /** From its first byte to the last of the answer, ms. */
  tookMs: number;
}

export interface Asking {
  clock: Clock;
  owed: OwedAnswers;
  once(request: Read): Promise<Once>;
  /** The rest that the device needs between two requests. */
  rest(): Promise<void>;
  /** Longest time of an exchange with the request that is wanted, ms. */
  wholeMs: number;
  /** How much longer than the marker's the exchange with the request takes on the line, ms. */
  longerMs(marker: Read): number;
}

export async function askInOrder(unit: number, request: Read, asking: Asking): Promise<Outcome> {
  const { clock, owed, once } = asking;
  const begin = clock.monotonicMs();
  let spentMs = 0;
  if (!owed.mayBeLate(unit, request, begin)) {
    const { outcome, tookMs } = await once(request);
    if (outcome !== "doubtful") return outcome;
    spentMs += tookMs;
  }
  let isFirst = spentMs === 0;
  for (const marker of owed.markers(unit, request, begin).slice(0, mostMarkers)) {
    if (!isFirst) await asking.rest();
    isFirst = false;
    const { outcome, tookMs } = await once(marker);
    spentMs += tookMs;
    if (outcome === "doubtful") continue;
    if (!owed.settled(unit, clock.monotonicMs())) return outcome;
    // A turn is as long as one slow answer. Cut off, the request would be owed again, and so for ever.
    if (spentMs + tookMs + asking.longerMs(marker) > asking.wholeMs) break;
    await asking.rest();
    const wanted = await once(request);
    return wanted.outcome === "doubtful" ? { fault: "modbus.silent" } : wanted.outcome;
  }
  return { fault: "modbus.silent" };
}
