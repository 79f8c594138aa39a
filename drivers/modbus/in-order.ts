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
  /** The device answered it: what it was asked before is over. */
  settles: boolean;
}

export interface Asking {
  clock: Clock;
  owed: OwedAnswers;
  once(request: Read): Promise<Once>;
  /** The rest that the device needs between two requests. */
  rest(): Promise<void>;
}

export async function askInOrder(unit: number, request: Read, asking: Asking): Promise<Outcome> {
  const { clock, owed, once } = asking;
  const mayBeLate = () => owed.mayBeLate(unit, request, clock.monotonicMs());
  const markers = () => owed.markers(unit, request, clock.monotonicMs());
  let isFirst = true;
  if (!mayBeLate()) {
    const { outcome } = await once(request);
    if (outcome !== "doubtful") return outcome;
    isFirst = false;
  }
  let left = markers();
  for (let asked = 1; asked <= mostMarkers; asked++) {
    const marker = left.shift();
    if (marker === undefined) break;
    if (!isFirst) await asking.rest();
    isFirst = false;
    const { outcome, settles } = await once(marker);
    if (outcome === "doubtful") continue;
    if (!settles) return outcome;
    const isSure = !mayBeLate();
    // Of a device that refuses everything, a refusal is sure enough.
    if (!isSure && ("data" in outcome || asked < mostMarkers)) {
      left = markers();
      continue;
    }
    await asking.rest();
    const wanted = await once(request);
    if (wanted.outcome === "doubtful" || (!isSure && "data" in wanted.outcome)) break;
    return wanted.outcome;
  }
  return { fault: "modbus.silent" };
}
