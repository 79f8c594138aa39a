/**
 * Who may connect: users with their password's keyed digest, never the password.
 * Every comparison takes the same time, whether the user exists or not.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { SecretRef } from "../../config/schema/scalar.ts";
import { Announcements } from "./availability.ts";
import { type ConnectionPlan, connectionsOf, intakeTopics } from "./connections.ts";
import { MqttError, type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttDevice } from "./fields.ts";
import { anyDownlink, downlinksOf, isDownlink, overlap, TopicTable } from "./topics.ts";

/** What a connection leaves to be said should it break off: only this much of it is kept here. */
export interface Will {
  topic: string;
  bytes: number;
}

/** What one credential may do, ready to be asked for every message. */
export interface Access {
  /** Absent: anonymous. */
  user?: string;
  devices: readonly MqttDevice[];
  /** Topics it may publish. */
  mayPublish(topic: string): boolean;
  /** Last wills it may leave. */
  mayLeave(will: Will): boolean;
  /** Filters it may subscribe to; a device, its own downlinks, exact, and those of its topics that nobody reads. */
  maySubscribe(topic: string): boolean;
  /** Whether what it publishes there may be of any size, since nobody reads it; null: whether there is such a topic. */
  mayPassBy(topic: string | null): boolean;
  /** Whether what it publishes there goes to subscribers; what a device says goes to the journal alone. */
  mayForward(topic: string): boolean;
  /** Devices whose readings arrive on a topic; none: allowed, and nobody listens. */
  speakers(topic: string): readonly MqttDevice[];
  /** Which of them say whether they are there. */
  announcements: Announcements;
}

/** Longest last will, bytes: it says that somebody is gone, and nothing else of it is ever taken. */
const maxWill = 1024;

interface Entry {
  access: Access;
  digest: Buffer;
}

export class Credentials {
  readonly #salt: Buffer;
  readonly #users = new Map<string, Entry>();
  readonly #anonymous: Access | null;
  readonly #guest: Access | null;
  readonly #nobody: Buffer;
  /** By id of a device, or user: what speaks for it. */
  readonly #owners: ReadonlyMap<string, Access>;

  private constructor(
    salt: Buffer,
    users: Map<string, Entry>,
    owners: ReadonlyMap<string, Access>,
    anonymous: Access | null,
    guest: Access | null,
  ) {
    this.#salt = salt;
    this.#users = users;
    this.#anonymous = guest ?? anonymous;
    this.#guest = guest;
    this.#nobody = randomBytes(32);
    this.#owners = owners;
  }

  /**
   * Reads every password once.
   * @param guest what whoever comes without a user may do, whatever the files say; null: what they say
   * @throws MqttError `mqtt.secret` when one is not there
   */
  static read(
    devices: readonly MqttDevice[],
    insecure: boolean,
    secret: (name: string) => Uint8Array,
    guest: Access | null = null,
    salt: Buffer = randomBytes(32),
  ): Credentials {
    const users = new Map<string, Entry>();
    const owners = new Map<string, Access>();
    let anonymous: Access | null = null;
    for (const plan of connectionsOf(devices)) {
      const access = accessOf(plan);
      for (const { id } of plan.devices) owners.set(id, access);
      if (plan.user === undefined) {
        if (insecure) anonymous = access;
        continue;
      }
      const password = plan.device?.address.password;
      if (password === undefined) continue;
      owners.set(plan.user, access);
      users.set(plan.user, { access, digest: keyed(salt, passwordOf(password, secret)) });
    }
    return new Credentials(salt, users, owners, anonymous, guest);
  }

  /** Same, for other devices; digests of both can be compared. */
  replan(
    devices: readonly MqttDevice[],
    insecure: boolean,
    secret: (name: string) => Uint8Array,
  ): Credentials {
    return Credentials.read(devices, insecure, secret, this.#guest, this.#salt);
  }

  /** What a login gives; null: wrong user, wrong password, or nobody may come without. */
  login(user: string | undefined, password: Uint8Array | undefined): Access | null {
    if (user === undefined) return password === undefined ? this.#anonymous : null;
    const entry = this.#users.get(user);
    const given = keyed(this.#salt, password ?? new Uint8Array());
    const equal = timingSafeEqual(given, entry?.digest ?? this.#nobody);
    return equal && entry !== undefined && password !== undefined ? entry.access : null;
  }

  /** A client id that is the id or user of a configured device for which somebody else speaks. */
  isAnothers(client: string, access: Access): boolean {
    const owner = this.#owners.get(client);
    return owner !== undefined && owner.user !== access.user;
  }

  /** Devices that a user speaks for; null: no such user. */
  named(user: string): string[] | null {
    return this.#users.get(user)?.access.devices.map(({ id }) => id) ?? null;
  }

  /** What a connection that logged in by `before` has now; null: its credential is no longer the same. */
  renewed(before: Credentials, user: string | undefined): Access | null {
    if (user === undefined) return this.#anonymous;
    const then = before.#users.get(user);
    const now = this.#users.get(user);
    return then !== undefined && now !== undefined && then.digest.equals(now.digest) ? now.access : null;
  }
}

function keyed(salt: Buffer, password: Uint8Array): Buffer {
  return createHmac("sha256", salt).update(password).digest();
}

/** No packet carries more (MQTT 3.1.1, 3.1.3.5). */
const maxPasswordBytes = 65_535;

/**
 * A secret written by an editor ends with a line break that is not part of it.
 * @throws MqttError `code` when it is not there, empty, or longer than any packet carries
 */
export function passwordOf(
  ref: SecretRef,
  secret: (name: string) => Uint8Array,
  code: MqttFaultCode = "mqtt.secret",
): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = secret(ref.name);
  } catch (cause) {
    throw new MqttError(mqttFault(code, { fact: ref.name }), { cause });
  }
  let end = bytes.length;
  if (end > 0 && bytes[end - 1] === 0x0a) end -= 1;
  if (end > 0 && bytes[end - 1] === 0x0d) end -= 1;
  if (end === 0) throw new MqttError(mqttFault(code, { fact: `${ref.name} is empty` }));
  if (end > maxPasswordBytes) throw new MqttError(mqttFault(code, { fact: `${ref.name} is too long` }));
  return bytes.subarray(0, end);
}

function accessOf(plan: ConnectionPlan): Access {
  const allowed = new TopicTable<true>();
  for (const topic of [...plan.topics, ...plan.unread]) allowed.add(topic, true);
  const unread = new TopicTable<true>();
  for (const topic of plan.unread) unread.add(topic, true);
  const intake = new TopicTable<MqttDevice>();
  for (const device of plan.devices) {
    if (device.points.length === 0) continue;
    for (const topic of intakeTopics(device)) intake.add(topic, device);
  }
  const downlinks = new Set(plan.devices.flatMap(({ id }) => downlinksOf(id)));
  // A wide filter of a bridge, too, leaves the downlinks to the gateway.
  const mayPublish = (topic: string) => allowed.has(topic) && !isDownlink(topic);
  // Some bridges do not start unless they may hear themselves. Nothing ever comes on these.
  const hollow = new Set(plan.unread.filter((filter) => !overlap(filter, anyDownlink)));
  const announcements = new Announcements(plan.devices);
  const isRead = (topic: string) => intake.has(topic) || announcements.on(topic).length > 0;
  return {
    ...(plan.user === undefined ? {} : { user: plan.user }),
    devices: plan.devices,
    mayPublish,
    mayLeave: ({ topic, bytes }) => bytes <= maxWill && mayPublish(topic),
    maySubscribe: (topic) => downlinks.has(topic) || hollow.has(topic),
    mayForward: () => false,
    speakers: (topic) => intake.find(topic),
    mayPassBy: (topic) =>
      topic === null ? plan.unread.length > 0 : unread.has(topic) && mayPublish(topic) && !isRead(topic),
    announcements,
  };
}
