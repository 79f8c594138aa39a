/**
 * From a PUBLISH to its acknowledgement: allowed? → what it says → deliver → answer, in the order of arrival.
 *
 * Holds:
 * - a packet is acknowledged only after `deliver` resolved for it, or when there was nothing to store;
 * - what could not be stored is not acknowledged: the connection ends, and the device sends again;
 *   a QoS 0 packet asks for no acknowledgement, so it is lost and its connection stays;
 * - nothing waits for `deliver` longer than `deliverLimitMs`;
 * - after `stop` nothing is delivered.
 * Never happens: a throw out of `take`.
 */
import { type Deliver, type Key, type Log, type Message, NotStored } from "../contract/index.ts";
import type { Acknowledgements, Answer, Place } from "./acknowledgements.ts";
import type { AnsweredSlots } from "./answered.ts";
import type { Access } from "./credentials.ts";
import { MqttError, type MqttFaultCode, mqttFault } from "./faults.ts";
import { Hearing, type HearingParts, type Spoken } from "./hearing.ts";
import type { PublishedPacket, RepeatKeys } from "./repeat-keys.ts";

/** Longest wait for the disk before the device is sent away. */
export const deliverLimitMs = 60_000;
/** A failure that is no `NotStored` is written once in so long. */
const complainEveryMs = 60_000;

/** A connection whose packets are taken. */
export interface Taken extends Spoken {
  readonly acknowledgements: Acknowledgements;
  readonly answered: AnsweredSlots;
  /** What its packet ids belong to. */
  readonly session: string;
  /** Absent until logged in. */
  readonly access?: Access;
  readonly gate: { answered(): void };
}

export interface IntakeParts<C extends Taken> extends Omit<HearingParts<C>, "complain"> {
  log: Log;
  keys: RepeatKeys;
  /** More keys by which a packet with something in it is known when it comes again. */
  keysOf?(packet: PublishedPacket): Key[];
  /** Tells that a packet was turned away; by its error the connection ends, unless it was a last will. */
  refuse(connection: C, code: MqttFaultCode, will: boolean): void;
}

export class Intake<C extends Taken> {
  readonly #parts: IntakeParts<C>;
  readonly #hearing: Hearing<C>;
  #deliver: Deliver | null = null;
  #waiting = 0;
  #idle: (() => void)[] = [];
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: IntakeParts<C>) {
    this.#parts = parts;
    this.#hearing = new Hearing({ ...parts, complain: (error) => this.#complain(error) });
  }

  start(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  stop(): void {
    this.#deliver = null;
  }

  /** Resolves when no message waits for the disk. */
  settled(): Promise<void> {
    return this.#waiting === 0 ? Promise.resolve() : new Promise((resolve) => void this.#idle.push(resolve));
  }

  /**
   * Takes one packet; `answer` is called exactly once, in the order of arrival.
   * @param will a last will: nobody waits for its acknowledgement, and it holds no place in the order
   */
  take(connection: C, packet: PublishedPacket, will: boolean, answer: Answer): void {
    const now = this.#parts.clock.monotonicMs();
    const place = will
      ? lone(answer, now)
      : connection.acknowledgements.join(
          (error) => {
            answer(error);
            connection.gate.answered();
          },
          now,
          packet.qos > 0,
        );
    try {
      this.#judge(connection, packet, will, place);
    } catch (error) {
      this.#complain(error);
      this.#unstored(connection, place);
    }
  }

  /** Sends away whoever waited too long for the disk. */
  sweep(connection: C, now: number): void {
    for (;;) {
      const { oldest } = connection.acknowledgements;
      if (oldest === undefined || now - oldest.since < deliverLimitMs) return;
      if (oldest.owed) connection.reason ??= mqttFault("mqtt.not-stored");
      oldest.settle(oldest.owed ? new MqttError(mqttFault("mqtt.not-stored")) : null);
    }
  }

  #judge(connection: C, packet: PublishedPacket, will: boolean, place: Place): void {
    const { access, session } = connection;
    const { keys } = this.#parts;
    const refuse = (code: MqttFaultCode) => {
      this.#parts.refuse(connection, code, will);
      place.settle(new MqttError(mqttFault(code)));
    };
    if (this.#deliver === null || access === undefined) {
      connection.reason ??= mqttFault("mqtt.closed");
      place.settle(new MqttError(mqttFault("mqtt.closed")));
      return;
    }
    // What follows a refused packet is not taken either; the device says it again.
    if (!will && connection.reason !== null && connection.reason.code !== "mqtt.left") {
      place.settle(new MqttError(connection.reason));
      return;
    }
    if (!access.mayPublish(packet.topic) || /[\0\uFFFD]/.test(packet.topic)) {
      refuse("mqtt.topic");
      return;
    }
    if (!will && !keys.accepts(session, packet)) {
      refuse("mqtt.unreleased");
      return;
    }
    const message = will
      ? this.#hearing.lastWords(connection, packet, access)
      : this.#hearing.hear(connection, packet, access);
    if (message === null) place.settle(null);
    else this.#store(connection, packet, will, place, message);
  }

  #store(connection: C, packet: PublishedPacket, will: boolean, place: Place, message: Message): void {
    const { keys } = this.#parts;
    const own = will ? null : keys.of(connection.session, connection.answered, packet);
    if (own !== null) message.keys.push(own);
    if (this.#parts.keysOf !== undefined) message.keys.push(...this.#parts.keysOf(packet));
    // A repeat is not stored, and what rides on it neither.
    if (!packet.dup) message.keys.push(...keys.takeDrops());
    this.#send(
      message,
      () => {
        if (own !== null) {
          keys.acknowledged(connection.answered, own, this.#parts.clock.monotonicMs());
        }
        place.settle(null);
      },
      (error) => {
        if (!(error instanceof NotStored)) this.#complain(error);
        keys.giveBack(message.keys);
        this.#unstored(connection, place);
      },
    );
  }

  #send(message: Message, stored: () => void, failed: (error: unknown) => void): void {
    const deliver = this.#deliver;
    if (deliver === null) {
      failed(new NotStored("busy"));
      return;
    }
    this.#waiting += 1;
    const after = (then: () => void) => {
      this.#waiting -= 1;
      try {
        then();
      } catch (error) {
        this.#complain(error);
      }
      if (this.#waiting === 0) for (const wake of this.#idle.splice(0)) wake();
    };
    let delivered: Promise<void>;
    try {
      delivered = Promise.resolve(deliver(message));
    } catch (error) {
      after(() => failed(error));
      return;
    }
    delivered.then(
      () => after(stored),
      (error: unknown) => after(() => failed(error)),
    );
  }

  #unstored(connection: C, place: Place): void {
    if (!place.owed) {
      place.settle(null);
      return;
    }
    connection.reason ??= mqttFault("mqtt.not-stored");
    place.settle(new MqttError(mqttFault("mqtt.not-stored")));
  }

  #complain(error: unknown): void {
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#complainedAt < complainEveryMs) return;
    this.#complainedAt = now;
    const name = error instanceof Error ? error.name : typeof error;
    this.#parts.log.error({ error: name }, "a message was not taken because of a mistake in the program");
  }
}

/** A place without an order. */
function lone(answer: Answer, since: number): Place {
  let open = true;
  return {
    since,
    owed: false,
    settle(error) {
      if (!open) return;
      open = false;
      answer(error);
    },
  };
}
