/**
 * What a packet says: readings of the devices that speak in it, who came and who went.
 *
 * Holds:
 * - a last will is no measurement: of it only points on the topic of availability are taken, and only when it says
 *   that the device is gone, nobody else speaks for the device by now, and it was not us who ended the connection;
 * - a will takes nobody down: the end of its connection does, with the reason that is truly known;
 * - values of a unit other than the expected one are not taken, and nothing is remembered of their message;
 * - what a broker in between had kept (retained) is not fresh: it says that a device is there only on its topic of
 *   availability, and never by a value.
 * Never happens: a throw, whatever the payload holds.
 */
import type { Clock, Fault, Message, Reading } from "../contract/index.ts";
import { type Announced, readAvailability } from "./availability.ts";
import { announcementTopic, pointsOn } from "./carried.ts";
import type { Access } from "./credentials.ts";
import { type Decoded, decode } from "./decode.ts";
import { type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttDevice } from "./fields.ts";
import { Payload } from "./payload.ts";
import type { Presence } from "./presence.ts";
import type { PublishedPacket } from "./repeat-keys.ts";
import { isExpected, Serials } from "./serials.ts";

/** A connection on which devices speak. */
export interface Spoken {
  /** Why it ends; null while it does not. */
  reason: Fault | null;
}

export interface HearingParts<C extends Spoken> {
  clock: Clock;
  presence: Presence<C>;
  /** Another broker stands between: a retained message is one that it had kept. Without, it comes from the device. */
  relayed?: boolean;
  digest(identity: string): string;
  /** A mistake of the program. */
  complain(error: unknown): void;
}

export class Hearing<C extends Spoken> {
  readonly #parts: HearingParts<C>;
  readonly #serials = new Serials<C>();

  constructor(parts: HearingParts<C>) {
    this.#parts = parts;
  }

  /** @returns null: there is nothing to store */
  hear(connection: C, { topic, payload, retain, unread }: PublishedPacket, access: Access): Message | null {
    const { presence, relayed = false } = this.#parts;
    const isKept = relayed && retain === true;
    // A retained message is taken back (3.3.1-10): nothing is said by it. A broker in between hides that it was one.
    if (payload.length === 0 && (relayed || retain === true)) return null;
    if (unread !== undefined) return unheard(access.speakers(topic), unread);
    const announced = access.announcements.on(topic);
    const speakers = access
      .speakers(topic)
      .filter((device) => announcementTopic(device) !== topic || listens(device, topic));
    for (const device of speakers) {
      const waits = access.user === undefined || access.announcements.waiting.has(device.id);
      if (!isKept && waits && announcementTopic(device) !== topic) presence.heard(connection, device.id);
    }
    const faults = announced.flatMap((each) => this.#announce(connection, payload, each, access));
    if (speakers.length === 0 && faults.length === 0) return null;
    const message = this.#message(connection, topic, payload, speakers);
    if (isKept) for (const { samples } of message.readings) for (const sample of samples) sample.stale = true;
    message.readings.push(...faults);
    return message.readings.length === 0 && message.keys.length === 0 ? null : message;
  }

  /** @returns null: there is nothing to store */
  lastWords(connection: C, { topic, payload }: PublishedPacket, access: Access): Message | null {
    if (connection.reason?.layer === "policy") return null;
    const speakers = access
      .speakers(topic)
      .filter(
        (device) =>
          announcementTopic(device) === topic &&
          pointsOn(device, topic).length > 0 &&
          !this.#parts.presence.heldByOther(connection, device.id) &&
          readAvailability(new Payload(payload), device) === "offline",
      );
    return speakers.length === 0 ? null : this.#message(connection, topic, payload, speakers);
  }

  /** A word that is neither of the two is a fault. */
  #announce(connection: C, payload: Uint8Array, { device, behind }: Announced, access: Access): Reading[] {
    const { presence } = this.#parts;
    const word = readAvailability(new Payload(payload), device);
    if (word === null) return [faulty(device.id, "mqtt.availability")];
    if (word === "online") {
      presence.online(connection, device.id, behind, access.announcements.waiting);
    } else presence.offline(connection, device.id, behind, mqttFault("mqtt.offline"));
    return [];
  }

  #message(connection: C, topic: string, payload: Uint8Array, speakers: readonly MqttDevice[]): Message {
    const { readings, keys, serials } = this.#decoded(topic, payload, speakers);
    const refused = new Map<string, Fault>();
    for (const device of speakers) {
      const fault = this.#serials.judge(connection, device, serials.get(device.id) ?? []);
      if (fault === null) continue;
      // A message without any value of it need not show its number.
      if (fault.code === "mqtt.serial" || readings.some((reading) => reading.device === device.id))
        refused.set(device.id, fault);
    }
    if (refused.size === 0) return { readings, keys };
    return {
      readings: [
        ...readings.filter(({ device }) => !refused.has(device)),
        ...[...refused].map(([device, fault]) => ({ device, samples: [], faults: [fault] })),
      ],
      keys: keys.filter(({ device }) => device === undefined || !refused.has(device)),
    };
  }

  /** A mistake in decoding must not make a device send the same message for ever. */
  #decoded(topic: string, payload: Uint8Array, speakers: readonly MqttDevice[]): Decoded {
    try {
      const { clock, digest } = this.#parts;
      return decode(payload, speakers, { topic, wallMs: clock.wallMs(), digest });
    } catch (error) {
      this.#parts.complain(error);
      return {
        readings: speakers.map(({ id }) => faulty(id, "mqtt.internal")),
        keys: [],
        serials: new Map(),
      };
    }
  }
}

const unheard = (speakers: readonly MqttDevice[], code: MqttFaultCode): Message | null =>
  speakers.length === 0 ? null : { readings: speakers.map(({ id }) => faulty(id, code)), keys: [] };

/** Its topic of availability carries something else of it, too. */
const listens = (device: MqttDevice, topic: string) =>
  pointsOn(device, topic).length > 0 || isExpected(device);

const faulty = (device: string, code: MqttFaultCode): Reading => ({
  device,
  samples: [],
  faults: [mqttFault(code)],
});
