/**
 * The subscriptions of a camera: who wants to be told, what waits for him, until when.
 *
 * Holds: no more than the limit at a time; after its end, or after `clear`, a subscription is unknown and a pull that waited on
 * it ends; nothing waits without bounds.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Topic } from "./maker.ts";

export interface Notice {
  topic: Topic;
  value: boolean;
  operation: "Initialized" | "Changed";
  /** Wall ms by the camera's own clock. */
  ownMs: number;
}

export interface PullPoint {
  readonly id: string;
  endsMs: number;
  readonly queue: Notice[];
  wake: () => void;
}

const mostNotices = 200;

export class PullPoints {
  readonly #clock: Clock;
  readonly #limit: number;
  #points = new Map<string, PullPoint>();
  #made = 0;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get size(): number {
    this.#purge();
    return this.#points.size;
  }

  /** So many so far. */
  get made(): number {
    return this.#made;
  }

  /** null: there are as many as there may be. */
  create(lifeMs: number, first: readonly Notice[]): PullPoint | null {
    this.#purge();
    if (this.#points.size >= this.#limit) return null;
    this.#made += 1;
    const id = String(this.#made);
    const point = { id, endsMs: this.#clock.monotonicMs() + lifeMs, queue: [...first], wake: () => {} };
    this.#points.set(id, point);
    return point;
  }

  find(id: string): PullPoint | null {
    this.#purge();
    return this.#points.get(id) ?? null;
  }

  end(point: PullPoint): void {
    this.#points.delete(point.id);
    point.wake();
  }

  clear(): void {
    for (const point of this.#points.values()) this.end(point);
  }

  tell(notice: Notice): void {
    this.#purge();
    for (const point of this.#points.values()) {
      point.queue.push(notice);
      point.queue.splice(0, point.queue.length - mostNotices);
      point.wake();
    }
  }

  /**
   * Waits until there is something, the time is over, or the subscription ends. Whoever pulls again sends the earlier one home.
   * @returns null: it has ended meanwhile
   */
  async take(point: PullPoint, limit: number, waitMs: number, signal: AbortSignal): Promise<Notice[] | null> {
    point.wake();
    if (point.queue.length === 0) {
      const over = new AbortController();
      const wake = () => over.abort();
      point.wake = wake;
      const left = Math.min(waitMs, point.endsMs - this.#clock.monotonicMs());
      const both = AbortSignal.any([over.signal, signal]);
      await this.#clock.sleep(Math.max(0, left), both).catch(() => undefined);
      // Whoever came meanwhile has put his own there.
      if (point.wake === wake) point.wake = () => {};
    }
    return this.find(point.id) === null ? null : point.queue.splice(0, limit);
  }

  #purge(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const point of this.#points.values()) if (nowMs >= point.endsMs) this.end(point);
  }
}
