/**
 * When a device with a battery is awake: it measures all the time, and connects by its period or when the air has moved.
 *
 * Holds: once it has said everything it waits for requests for two seconds, says that it sleeps, and has one more tick
 * to be heard; where no server answers it gives up until the next period.
 */
const wakePeriodMs = 7_200_000;
const lingerMs = 2000;
const giveUpMs = 15_000;
/** Between falling asleep and the first look whether the air has moved. */
const restMs = 10_000;

export class Sleep {
  /** When its period is over; at first at once. */
  #wakeMs = 0;
  /** Until when it stays awake; the past: it sleeps. */
  #untilMs = 0;
  #saidAll = false;

  awake(nowMs: number): boolean {
    return nowMs < this.#untilMs || nowMs >= this.#wakeMs;
  }

  /** It is connected and has said everything. */
  connected(nowMs: number): void {
    this.#saidAll = true;
    this.#untilMs = nowMs + lingerMs;
  }

  /**
   * Looks at the time and at the air.
   * @param moved the air is not what was told last
   * @returns whether it says now that it sleeps
   */
  step(nowMs: number, moved: boolean): boolean {
    if (nowMs < this.#untilMs) return false;
    if (this.#saidAll) {
      this.#sleepFrom(nowMs, 1);
      return true;
    }
    const period = nowMs >= this.#wakeMs;
    if (period && this.#untilMs >= this.#wakeMs && this.#untilMs > 0) this.#sleepFrom(nowMs, 0);
    else if (period || (moved && nowMs >= this.#untilMs + restMs)) {
      this.#wakeMs = nowMs;
      this.#untilMs = nowMs + giveUpMs;
    }
    return false;
  }

  #sleepFrom(nowMs: number, restMs: number): void {
    this.#saidAll = false;
    this.#wakeMs = nowMs + wakePeriodMs;
    this.#untilMs = nowMs + restMs;
  }
}
