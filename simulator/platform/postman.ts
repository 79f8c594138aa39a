/**
 * Takes true receipts for MQTT and lets the moods of the platform have them: lost, doubled, late, out of order, false.
 * Without a mood every receipt leaves at once, in order, exactly once.
 */
import type { BatchBody } from "../../config/schema/batch.ts";
import type { Clock } from "../../config/schema/context.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { Outgoing } from "../mqtt/message.ts";
import type { PublishProperties } from "../mqtt/packets.ts";
import type { Chance } from "../seeded.ts";
import { lieAbout } from "./lie.ts";
import { drawLie, type Moods } from "./moods.ts";

export interface Letter {
  topic: string;
  correlationData: Buffer | undefined;
  receipt: ReceiptBody;
  /** Absent for a batch that was too large to be read. */
  batch: BatchBody | undefined;
}

export interface PostCounters {
  receiptsSent: number;
  /** Not sent by mood, or because nobody was there. */
  receiptsLost: number;
  receiptsDoubled: number;
  liesTold: number;
}

/** Longest time a receipt is held back for another to overtake it. */
const maxHoldMs = 1000;

export function newPostCounters(): PostCounters {
  return { receiptsSent: 0, receiptsLost: 0, receiptsDoubled: 0, liesTold: 0 };
}

export class Postman {
  /** Shared with other doors. */
  readonly counters: PostCounters;
  readonly #send: (outgoing: Outgoing, anySize: boolean) => boolean;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #signal: AbortSignal;
  #held: Letter[] = [];

  constructor(
    send: (outgoing: Outgoing, anySize: boolean) => boolean,
    clock: Clock,
    chance: Chance,
    signal: AbortSignal,
    counters: PostCounters,
  ) {
    this.#send = send;
    this.#clock = clock;
    this.#chance = chance;
    this.#signal = signal;
    this.counters = counters;
  }

  /** Sends a receipt, or what the moods make of it. Never throws. */
  post(letter: Letter, moods: Moods): void {
    const { lie, lateReceipts } = moods;
    if (moods.silent || this.#chance() < moods.loseReceipts) {
      this.counters.receiptsLost += 1;
      return;
    }
    const kind = letter.batch === undefined ? null : drawLie(moods, this.#chance);
    if (kind !== null && letter.batch !== undefined) {
      this.counters.liesTold += 1;
      this.#put(letter, lieAbout(kind, letter.receipt, letter.batch, this.#chance), kind === "oversized");
      if (lie?.instead ?? true) return;
    }
    const twice = this.#chance() < moods.doubleReceipts;
    if (lateReceipts !== null && this.#chance() < lateReceipts.share) {
      this.#after(lateReceipts.ms, () => this.#deliver(letter, twice));
    } else if (this.#chance() < moods.reorderReceipts) {
      this.#held.push(letter);
      this.#after(maxHoldMs, () => this.#release());
    } else {
      this.#deliver(letter, twice);
      this.#release();
    }
  }

  #release(): void {
    for (const letter of this.#held.splice(0).reverse()) this.#deliver(letter, false);
  }

  #deliver(letter: Letter, twice: boolean): void {
    const bytes = Buffer.from(JSON.stringify(letter.receipt));
    if (this.#put(letter, bytes, false)) this.counters.receiptsSent += 1;
    else this.counters.receiptsLost += 1;
    if (twice && this.#put(letter, bytes, false)) this.counters.receiptsDoubled += 1;
  }

  #put({ topic, receipt, correlationData }: Letter, payload: Buffer, anySize: boolean): boolean {
    const properties: PublishProperties = {
      contentType: "application/json",
      userProperties: { batch: receipt.batch },
      ...(correlationData === undefined ? {} : { correlationData }),
    };
    return this.#send({ topic, payload, qos: 1, properties }, anySize);
  }

  #after(ms: number, act: () => void): void {
    this.#clock.sleep(ms, this.#signal).then(act, () => undefined);
  }
}
