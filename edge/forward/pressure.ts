/**
 * How much backlog a platform bears without making live data wait: rows a batch and batches at once,
 * by how much longer receipts take than the shortest one does. One queue in the platform or one slow line
 * serves both lanes, so a receipt's delay is what the next live batch will wait: less than it waited here to be sent.
 * So a quiet school's backlog, whose live rows go once a second, comes in large batches.
 */
export class Pressure {
  rows = minRows;
  flights = 1;
  /** Ms of the shortest receipt; creeps up, so that a longer way is believed after a while. */
  #shortest = Number.POSITIVE_INFINITY;

  /** A receipt of any lane took `rttMs`; a live batch leaves every `liveEveryMs`. */
  answered(rttMs: number, liveEveryMs: number): void {
    this.#shortest = Math.min(rttMs, this.#shortest * 1.01 + 1);
    const delay = rttMs - this.#shortest;
    const tolerable = Math.max(leastMs, liveEveryMs - ownMs);
    if (delay > tolerable) {
      if (this.rows > minRows) this.rows = Math.max(minRows, Math.floor(this.rows / 2));
      else this.flights = Math.max(1, this.flights - 1);
    } else if (delay < tolerable / 2) {
      if (this.rows < maxRows) this.rows = Math.min(maxRows, this.rows + 100);
      else this.flights = Math.min(maxFlights, this.flights + 1);
    }
  }
}

/** What a live batch takes besides: its commit's fsync, its encoding, its way. */
const ownMs = 60;
const leastMs = 30;
const minRows = 200;
const maxRows = 1000;
const maxFlights = 4;
