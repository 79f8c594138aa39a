/**
 * What the broker keeps for those who are away: subscriptions and messages of sessions, retained messages; and,
 * of those who are here, which QoS 2 messages they have not released yet. In memory, in the shape that aedes asks
 * of its persistence.
 *
 * Holds:
 * - a session belongs to the credential that made it: another one with its client id begins with nothing;
 * - no more than the bounds below, whatever is sent; a message that does not fit is not kept, and is delivered
 *   all the same to whoever is here.
 */
import { Readable } from "node:stream";
import { copied, type KeptPacket, sizeOf } from "./kept-packet.ts";
import { Retained } from "./retained.ts";
import { matches } from "./topics.ts";

/** Most sessions; beyond it, the one that was away longest is forgotten. */
export const maxSessions = 2000;
/** Most sessions of one credential; beyond it, its own one that was away longest is forgotten. */
export const maxSessionsEach = 32;
/** Most messages and bytes that wait for one session, and bytes for all. */
export const maxQueued = 100;
const maxQueuedBytes = 256 * 1024;
export const maxQueuedBytesInAll = 8 * 1024 * 1024;
/** Most QoS 2 messages of one client between PUBLISH and PUBREL. */
const maxUnreleased = 64;

export interface Subscription {
  topic: string;
  qos: number;
}

/** Only its id is looked at. */
interface ClientId {
  id: string;
}

interface KeptSession {
  /** Absent: anonymous. */
  owner: string | undefined;
  filters: Map<string, number>;
  /** In order of arrival. */
  queue: KeptPacket[];
  bytes: number;
}

/** Who a client is, and what it may subscribe to. */
export interface Rights {
  /** Its credential; absent: anonymous. */
  owner: string | undefined;
  maySubscribe(filter: string): boolean;
}

export interface KeptEvents<C> {
  /** null: it is gone. */
  rights(client: C): Rights | null;
  /** Whether a client of that id is connected: its session is not forgotten. */
  isHere(client: string): boolean;
  /** PUBREL. */
  onReleased(client: C, messageId: number): void;
}

export class Kept<C extends ClientId> {
  readonly #events: KeptEvents<C>;
  /** Longest untouched first. */
  readonly #sessions = new Map<string, KeptSession>();
  readonly #retained = new Retained();
  readonly #unreleased = new Map<string, Set<number>>();
  #queuedBytes = 0;
  #lastAdded = new WeakRef<readonly Subscription[]>([]);

  constructor(events: KeptEvents<C>) {
    this.#events = events;
  }

  /** A login: what another credential, or an earlier configuration, left under this id is not for it. */
  claim(client: C): void {
    const session = this.#sessions.get(client.id);
    const rights = this.#events.rights(client);
    if (session === undefined) return;
    if (rights === null || session.owner !== rights.owner) {
      this.#forget(client.id);
      return;
    }
    for (const filter of session.filters.keys())
      if (!rights.maySubscribe(filter)) session.filters.delete(filter);
    const { filters } = session;
    this.#unqueue(session, ({ topic }) => topic === undefined || qosFor(filters, topic) !== null);
  }

  async setup(): Promise<void> {}
  async destroy(): Promise<void> {}

  /** @param filters all of one SUBSCRIBE, also those that are refused; it comes once for each that is not */
  async addSubscriptions(client: C, filters: readonly Subscription[]): Promise<void> {
    const rights = this.#events.rights(client);
    if (rights === null || this.#lastAdded.deref() === filters) return;
    this.#lastAdded = new WeakRef(filters);
    const { id } = client;
    const session = this.#sessions.get(id) ?? {
      owner: rights.owner,
      filters: new Map(),
      queue: [],
      bytes: 0,
    };
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    for (const { topic, qos } of filters) if (rights.maySubscribe(topic)) session.filters.set(topic, qos);
    const { owner } = rights;
    if (owner !== undefined) this.#forgetBeyond(maxSessionsEach, (one) => one.owner === owner);
    this.#forgetBeyond(maxSessions, () => true);
  }

  #forgetBeyond(most: number, counts: (session: KeptSession) => boolean): void {
    const counted = [...this.#sessions].filter(([, session]) => counts(session));
    let excess = counted.length - most;
    for (const [id] of counted) {
      if (excess <= 0) return;
      if (this.#events.isHere(id)) continue;
      this.#forget(id);
      excess -= 1;
    }
  }

  async removeSubscriptions({ id }: ClientId, filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#sessions.get(id)?.filters.delete(filter);
  }

  async subscriptionsByClient({ id }: ClientId): Promise<Subscription[]> {
    return [...(this.#sessions.get(id)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }));
  }

  /** Sessions that want a message of this topic acknowledged, each once, with its largest QoS (MQTT-3.3.5-1). */
  async subscriptionsByTopic(topic: string): Promise<(Subscription & { clientId: string })[]> {
    return [...this.#sessions].flatMap(([clientId, { filters }]) => {
      const qos = qosFor(filters, topic) ?? 0;
      return qos === 0 ? [] : [{ clientId, topic, qos }];
    });
  }

  /** A clean session: nothing of an earlier one is left (MQTT-3.1.2-6). */
  async cleanSubscriptions({ id }: ClientId): Promise<void> {
    this.#forget(id);
  }

  #forget(client: string): void {
    const session = this.#sessions.get(client);
    if (session === undefined) return;
    this.#sessions.delete(client);
    this.#unqueue(session, () => false);
  }

  async outgoingEnqueueCombi(
    subscriptions: readonly (Subscription & { clientId: string })[],
    packet: KeptPacket,
  ): Promise<void> {
    for (const { clientId, qos } of subscriptions) {
      const session = this.#sessions.get(clientId);
      const bytes = sizeOf(packet);
      if (session === undefined || session.queue.length >= maxQueued) continue;
      if (session.bytes + bytes > maxQueuedBytes || this.#queuedBytes + bytes > maxQueuedBytesInAll) continue;
      // MQTT-3.8.4-6
      session.queue.push({ ...copied(packet), qos: Math.min(qos, packet.qos ?? 0) });
      session.bytes += bytes;
      this.#queuedBytes += bytes;
    }
  }

  async outgoingEnqueue(
    subscription: Subscription & { clientId: string },
    packet: KeptPacket,
  ): Promise<void> {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  /** A message goes out under its packet id, or it is received (PUBREC) and only its release is left. */
  async outgoingUpdate({ id }: ClientId, packet: KeptPacket): Promise<void> {
    const session = this.#sessions.get(id);
    const isPublish = packet.cmd === "publish";
    const same = ({ cmd, brokerId, brokerCounter, messageId }: KeptPacket) =>
      isPublish
        ? cmd === "publish" && brokerId === packet.brokerId && brokerCounter === packet.brokerCounter
        : messageId === packet.messageId;
    const at = session?.queue.findIndex(same) ?? -1;
    const kept = session?.queue[at];
    if (session === undefined || kept === undefined) return;
    if (isPublish) {
      kept.messageId = packet.messageId;
      return;
    }
    const freed = sizeOf(kept) - sizeOf(packet);
    session.queue[at] = { ...packet };
    session.bytes -= freed;
    this.#queuedBytes -= freed;
  }

  async outgoingClearMessageId({ id }: ClientId, packet: KeptPacket): Promise<KeptPacket | undefined> {
    const session = this.#sessions.get(id);
    const found = session?.queue.find(({ messageId }) => messageId === packet.messageId);
    if (session !== undefined && found !== undefined) this.#unqueue(session, (other) => other !== found);
    return found;
  }

  /** What was on its way already is marked as a repeat (MQTT-3.3.1-1). */
  outgoingStream({ id }: ClientId): Readable {
    const queue = this.#sessions.get(id)?.queue ?? [];
    return Readable.from(
      queue.map((packet) =>
        packet.cmd === "publish" && packet.messageId !== undefined ? { ...packet, dup: true } : { ...packet },
      ),
    );
  }

  #unqueue(session: KeptSession, stays: (packet: KeptPacket) => boolean): void {
    const left = session.queue.filter(stays);
    const bytes = left.reduce((sum, packet) => sum + sizeOf(packet), 0);
    this.#queuedBytes -= session.bytes - bytes;
    session.queue = left;
    session.bytes = bytes;
  }

  async storeRetained(packet: KeptPacket): Promise<void> {
    this.#retained.store(packet);
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.matching(filters));
  }

  /**
   * A QoS 2 message arrived.
   * @returns false: it was there already (MQTT-4.3.3-2)
   * @throws RangeError: too many are unreleased
   */
  isNew(client: string, messageId: number): boolean {
    const ids = this.#unreleased.get(client) ?? new Set();
    if (ids.has(messageId)) return false;
    if (ids.size >= maxUnreleased) throw new RangeError("too many QoS 2 messages are unreleased");
    this.#unreleased.delete(client);
    this.#unreleased.set(client, ids.add(messageId));
    const [longest] = this.#unreleased.keys();
    if (this.#unreleased.size > maxSessions && longest !== undefined) this.#unreleased.delete(longest);
    return true;
  }

  async cleanIncoming({ id }: ClientId): Promise<void> {
    this.#unreleased.delete(id);
  }

  // Every PUBLISH goes one way, new or repeated, so that PUBRECs keep their order.
  async incomingGetPacket(client: C, packet: KeptPacket): Promise<KeptPacket> {
    const { cmd, messageId } = packet;
    if (cmd !== "pubrel" || messageId === undefined) throw new Error("not kept");
    const ids = this.#unreleased.get(client.id);
    ids?.delete(messageId);
    if (ids?.size === 0) this.#unreleased.delete(client.id);
    this.#events.onReleased(client, messageId);
    return packet;
  }
  async incomingStorePacket(): Promise<void> {}
  async incomingDelPacket(): Promise<void> {}

  // A will is with its connection; other brokers, who would speak it for us, there are none.
  async putWill(): Promise<void> {}
  async getWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  streamWill(): Readable {
    return Readable.from([]);
  }

  /** Messages and releases that wait, over all sessions. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get sessions(): number {
    return this.#sessions.size;
  }
}

/** The largest QoS of the filters that match; null: none does. */
function qosFor(filters: ReadonlyMap<string, number>, topic: string): number | null {
  const granted = [...filters].flatMap(([filter, qos]) => (matches(filter, topic) ? qos : []));
  return granted.length === 0 ? null : Math.max(...granted);
}
