/**
 * The order of one connection's acknowledgements (MQTT-4.6.0-2, MQTT-4.6.0-3): whoever came first is
 * answered first, whatever was decided first. An error ends the connection: none behind it is acknowledged.
 */

/** Settles one packet: null acknowledges it, an error closes the connection. */
export type Answer = (error: Error | null) => void;

export interface Place {
  /** Monotonic ms of arrival. */
  readonly since: number;
  /** False for QoS 0: nobody waits for the answer. */
  readonly owed: boolean;
  /** Decides this packet's fate; the first call counts. */
  settle(error: Error | null): void;
}

interface Waiting extends Place {
  answer: Answer;
  /** undefined: undecided. */
  outcome: Error | null | undefined;
}

/** A queue that releases answers from the front only. */
export class Acknowledgements {
  readonly #queue: Waiting[] = [];
  #releasing = false;
  /** The first error: nothing behind it is acknowledged. */
  #broken: Error | null = null;

  /** @returns the place at the end of the queue */
  join(answer: Answer, since: number, owed: boolean): Place {
    const place: Waiting = {
      since,
      owed,
      answer,
      outcome: undefined,
      settle: (error) => {
        if (place.outcome !== undefined) return;
        place.outcome = error;
        this.#release();
      },
    };
    this.#queue.push(place);
    return place;
  }

  /** The packet that waits longest. */
  get oldest(): Place | undefined {
    return this.#queue[0];
  }

  get size(): number {
    return this.#queue.length;
  }

  /** An answer may itself settle others; they are released by the same loop. */
  #release(): void {
    if (this.#releasing) return;
    this.#releasing = true;
    try {
      for (;;) {
        const front = this.#queue[0];
        if (front?.outcome === undefined) return;
        this.#queue.shift();
        this.#broken ??= front.outcome;
        if (this.#broken === null) front.answer(null);
        // A turn later: what was acknowledged before it is still on its way out.
        else setImmediate(front.answer, this.#broken);
      }
    } finally {
      this.#releasing = false;
    }
  }
}
