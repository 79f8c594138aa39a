/**
 * The events of one camera: a subscription is made, asked, renewed, and made anew when it died or the camera was away.
 *
 * Holds:
 * - what a camera told is handed over before it is asked for more, so that what the store refuses is not lost while it
 *   is there, and no more than one answer is kept;
 * - it is asked once a second at most, however fast it answers; after failures less and less often, up to a minute;
 * - nothing is taken of a unit with another serial number than is expected, nor on a subscription of before a loss,
 *   whoever noticed that.
 */
import { randomUUID } from "node:crypto";
import type { Clock, Deliver, Log, Reading } from "../contract/index.ts";
import { createdOf, lifeOf } from "./answers.ts";
import type { Camera, Terms } from "./camera.ts";
import { OnvifError } from "./faults.ts";
import { notificationsOf } from "./notifications.ts";
import type { Service } from "./place.ts";
import { pullMs, waitS } from "./plan.ts";
import { createPullPoint, lifeS, pullMessages, type Reference, renew, unsubscribe } from "./requests.ts";
import type { EventStates } from "./states.ts";

/** Of one answer. */
const mostMessages = 32;
const betweenMs = 1_000;
const [firstRestMs, longestRestMs] = [2_000, 60_000];
/** Cameras say lives from nothing to years. */
const [shortestMs, longestMs] = [10_000, 600_000];
/** What saying goodbye may take. */
const goodbyeMs = 1_500;

export interface EventParts {
  device: string;
  camera: Camera;
  states: EventStates;
  clock: Clock;
  log: Log;
  deliver: Deliver;
  /** @throws OnvifError: it is not the expected unit, or does not say */
  verify(terms: Terms): Promise<void>;
}

interface Subscription {
  reference: Reference;
  service: Service;
  /** Monotonic ms. */
  renewAt: number;
  endsAt: number;
  /** How often its camera had been lost when it was made. */
  losses: number;
}

export class EventLoop {
  readonly #parts: EventParts;
  /** null: not known yet. */
  #alive: boolean | null = null;
  #losses = 0;
  /** One that could not be given back, as its camera was away. */
  #left: Subscription | null = null;

  constructor(parts: EventParts) {
    this.#parts = parts;
  }

  /**
   * Whether states count: true while a subscription is asked with success; null: none was tried yet, or not since its
   * camera was lost.
   */
  get alive(): boolean | null {
    return this.#alive === true && this.#losses !== this.#parts.camera.losses ? null : this.#alive;
  }

  /** Until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    let failures = 0;
    while (!signal.aborted) {
      const hadSuccess = await this.#live(signal);
      if (signal.aborted) return;
      failures = hadSuccess ? 1 : failures + 1;
      const restMs = Math.min(longestRestMs, firstRestMs * 2 ** Math.min(failures - 1, 10));
      await clock.sleep(restMs, signal).catch(() => {});
    }
  }

  /** One subscription. @returns whether it was asked with success */
  async #live(signal: AbortSignal): Promise<boolean> {
    const { camera } = this.#parts;
    let subscription: Subscription | null = null;
    let hadSuccess = false;
    try {
      subscription = await camera.turn(pullMs, signal, (terms) => this.#create(terms));
      for (;;) {
        const from = this.#parts.clock.monotonicMs();
        await this.#pull(subscription, signal);
        hadSuccess = true;
        this.#tell(true);
        if (this.#parts.clock.monotonicMs() >= subscription.renewAt) await this.#renew(subscription, signal);
        await this.#rest(from + betweenMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#tell(false, error);
    }
    if (subscription !== null) await this.#leave(subscription);
    return hadSuccess;
  }

  /** Once when events cannot be had any more, and once when they can again. */
  #tell(alive: boolean, error?: unknown): void {
    const { log, device } = this.#parts;
    const before = this.#alive;
    this.#alive = alive;
    if (alive && before === false) log.info({ device }, "a camera tells its events again");
    if (alive || before === false) return;
    const { fault } = (error ?? {}) as { fault?: { code: string } };
    // Without a code it is a mistake of ours.
    if (fault === undefined) log.error({ device, error: String(error) }, "events of a camera cannot be had");
    else log.warn({ device, code: fault.code }, "events of a camera cannot be had");
  }

  async #create(terms: Terms): Promise<Subscription> {
    const { camera, states, verify, clock } = this.#parts;
    await camera.offset(terms);
    await verify(terms);
    if (this.#left !== null && clock.monotonicMs() < this.#left.endsAt)
      await this.#giveBack(this.#left, terms);
    this.#left = null;
    const { events } = await camera.services(terms);
    if (events === undefined) throw new OnvifError("refused");
    // Whoever gives up now would leave it one of the few subscriptions that it keeps.
    const answer = await lingering(terms.signal, goodbyeMs, clock, (signal) =>
      camera.ask(createPullPoint, camera.serviceAt(events), { ...terms, signal }),
    );
    const created = createdOf(answer);
    if (created === null) throw new OnvifError("noise");
    const { reference, lifeMs } = created;
    states.forget();
    const { losses } = camera;
    this.#losses = losses;
    const service = camera.serviceAt(reference.address);
    const subscription = { reference, service, renewAt: 0, endsAt: 0, losses };
    extend(subscription, lifeMs, clock.monotonicMs());
    return subscription;
  }

  async #pull({ reference, service, losses }: Subscription, signal: AbortSignal): Promise<void> {
    const { camera, device, states, verify } = this.#parts;
    const answer = await camera.turn(pullMs, signal, async (terms) => {
      // A poll may have lost it meanwhile.
      if (camera.losses !== losses) throw new OnvifError("events");
      await verify(terms);
      return camera.ask(pullMessages(reference, randomUUID(), waitS, mostMessages), service, terms);
    });
    const readings = notificationsOf(answer).flatMap((notification): Reading[] => {
      const samples = states.take(notification);
      return samples.length === 0 ? [] : [{ device, samples, faults: [] }];
    });
    if (readings.length > 0) await this.#handOver(readings, signal);
  }

  async #handOver(readings: Reading[], signal: AbortSignal): Promise<void> {
    const { clock, deliver } = this.#parts;
    for (;;) {
      signal.throwIfAborted();
      try {
        await deliver({ readings, keys: [] });
        return;
      } catch {
        await clock.sleep(betweenMs, signal);
      }
    }
  }

  /** Some cameras know no renewal: their subscription is used up to its end. */
  async #renew(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { camera, clock } = this.#parts;
    const { reference, service } = subscription;
    try {
      const answer = await camera.turn(pullMs, signal, (terms) =>
        camera.ask(renew(reference, randomUUID()), service, terms),
      );
      extend(subscription, lifeOf(answer), clock.monotonicMs());
    } catch (error) {
      const isOver = clock.monotonicMs() >= subscription.endsAt;
      if (!(error instanceof OnvifError && error.word === "refused") || isOver) throw error;
      subscription.renewAt = subscription.endsAt;
    }
  }

  async #rest(until: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const ms = until - clock.monotonicMs();
    if (ms > 0) await clock.sleep(ms, signal);
  }

  /**
   * Cameras keep few subscriptions: one that is not needed any more is given back, if that is quickly done, and else
   * before the next is made.
   */
  async #leave(subscription: Subscription): Promise<void> {
    const signal = new AbortController().signal;
    try {
      await this.#parts.camera.turn(goodbyeMs, signal, (terms) => this.#giveBack(subscription, terms));
    } catch {
      this.#left = subscription;
    }
  }

  /** @throws as `ask` when the camera is away; what it answers is all the same */
  async #giveBack({ reference, service }: Subscription, terms: Terms): Promise<void> {
    try {
      await this.#parts.camera.ask(unsubscribe(reference, randomUUID()), service, terms);
    } catch (error) {
      if (!(error instanceof OnvifError) || error.word === "silent") throw error;
    }
  }
}

/** Gives up `ms` later than `signal` does. @throws what `work` throws */
async function lingering<T>(
  signal: AbortSignal,
  ms: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, over] = [new AbortController(), new AbortController()];
  const abort = () =>
    void clock.sleep(ms, over.signal).then(
      () => late.abort(signal.reason),
      () => {},
    );
  signal.addEventListener("abort", abort);
  try {
    return await work(late.signal);
  } finally {
    signal.removeEventListener("abort", abort);
    over.abort("over");
  }
}

function extend(subscription: Subscription, saidMs: number | null, now: number): void {
  const lifeMs = Math.min(longestMs, Math.max(shortestMs, saidMs ?? lifeS * 1000));
  subscription.renewAt = now + lifeMs / 2;
  subscription.endsAt = now + lifeMs;
}
