/**
 * The keys by which a packet that is sent again is recognised (R4), also after our own restart:
 * `q1/<session>/<packet id>` and `q2/<session>/<packet id>`, each with the digest of topic and payload; the session
 * is credential and client id.
 *
 * Holds:
 * - a QoS 1 slot is dropped once its connection has delivered packets for one keep-alive after the PUBACK;
 * - a QoS 2 slot is dropped once the device has released it (PUBREL);
 * - at most 64 QoS 2 packets of a session are unreleased (of a broker's own session as many as it may send);
 * - a connection that leaves many packet ids behind pushes out its own slots, and those of no other;
 * - a drop rides on a later message and never meets a newer key of its slot. One that is lost leaves a slot
 *   behind, which the journal's own bound clears; it can do no harm without a DUP of the very same packet.
 */
import { hash } from "node:crypto";
import type { Key } from "../contract/index.ts";
import type { AnsweredSlots } from "./answered.ts";
import type { MqttFaultCode } from "./faults.ts";

/** Most QoS 2 packets of one session between PUBLISH and PUBREL. */
export const maxUnreleased = 64;
/** Drops wait for a bundle: each one that reaches the disk costs a commit of its own otherwise. */
export const dropBundle = 32;
const maxDrops = 4096;
/** Most slots whose answer is remembered, over all connections, unless one alone may have more. */
const maxAnswered = 20_000;
/** Most of one connection: more than any device has under way. */
const maxAnsweredEach = 512;
/** Most sessions with unreleased packets; beyond it the one that came first is forgotten. */
const maxSessions = 10_000;

export interface PublishedPacket {
  qos: number;
  dup: boolean;
  retain?: boolean;
  messageId?: number | undefined;
  topic: string;
  payload: Uint8Array;
  /** Why its payload is not here as a whole: it is not looked at. */
  unread?: MqttFaultCode;
}

export interface RepeatBounds {
  /** Most QoS 2 packets of one session between PUBLISH and PUBREL. */
  unreleased: number;
  /** Most answered slots of one connection that are remembered. */
  answered: number;
}

export class RepeatKeys {
  readonly #bounds: RepeatBounds;
  readonly #drops = new Set<string>();
  readonly #unreleased = new Map<string, Set<number>>();
  #answered = 0;

  constructor(bounds: RepeatBounds = { unreleased: maxUnreleased, answered: maxAnsweredEach }) {
    this.#bounds = bounds;
  }

  /** False iff the packet would be one unreleased QoS 2 packet too many. */
  accepts(session: string, packet: PublishedPacket): boolean {
    if (packet.qos !== 2 || packet.messageId === undefined) return true;
    const ids = this.#unreleased.get(session);
    return ids === undefined || ids.size < this.#bounds.unreleased || ids.has(packet.messageId);
  }

  /** The packet's own key; none for QoS 0 and wills. */
  of(session: string, answered: AnsweredSlots, packet: PublishedPacket): Key | null {
    const { qos, messageId } = packet;
    if (messageId === undefined || (qos !== 1 && qos !== 2)) return null;
    const slot = `q${qos}/${session}/${messageId}`;
    // A slot that is due to be dropped is over: what comes with its packet id now is another message.
    const over = this.#drops.delete(slot);
    if (answered.forget(slot)) this.#answered -= 1;
    if (qos === 2) this.#hold(session, messageId);
    const said = Buffer.concat([Buffer.from(`${packet.topic}\0`), packet.payload]);
    const value = hash("sha256", said, "hex");
    return { slot, value, rule: packet.dup && !over ? "last" : "set" };
  }

  #hold(session: string, messageId: number): void {
    const ids = this.#unreleased.get(session) ?? new Set();
    ids.add(messageId);
    this.#unreleased.set(session, ids);
    if (this.#unreleased.size <= maxSessions) return;
    const [first] = this.#unreleased.keys();
    if (first !== undefined) this.#unreleased.delete(first);
  }

  /** Drops that may ride on a message now, at most one bundle. */
  takeDrops(): Key[] {
    if (this.#drops.size < dropBundle) return [];
    const keys: Key[] = [];
    for (const slot of this.#drops) {
      if (keys.length === dropBundle) break;
      keys.push({ slot, value: "", rule: "drop" });
    }
    for (const { slot } of keys) this.#drops.delete(slot);
    return keys;
  }

  /** The message that carried these was not stored. */
  giveBack(keys: readonly Key[]): void {
    for (const { slot, rule } of keys) if (rule === "drop") this.#drop(slot);
  }

  /** A PUBACK left (QoS 1). */
  acknowledged(answered: AnsweredSlots, key: Key, now: number): void {
    if (key.slot.startsWith("q1/")) this.#remember(answered, key.slot, now);
  }

  #remember(answered: AnsweredSlots, slot: string, now: number): void {
    const before = answered.size;
    answered.add(slot, now);
    this.#answered += answered.size - before;
    const most = Math.max(maxAnswered, this.#bounds.answered);
    if (answered.size > 1 && (answered.size > this.#bounds.answered || this.#answered > most))
      this.#take(answered, now);
  }

  #take(answered: AnsweredSlots, until: number): string | null {
    const slot = answered.take(until);
    if (slot !== null) this.#answered -= 1;
    return slot;
  }

  /** The connection delivered a packet: what it was answered a keep-alive ago has arrived there. */
  delivered(answered: AnsweredSlots, keepAliveMs: number, now: number): void {
    for (;;) {
      const slot = this.#take(answered, now - keepAliveMs);
      if (slot === null) return;
      this.#drop(slot);
    }
  }

  /** The connection is gone; its slots stay, for it may send the packets again. */
  left(answered: AnsweredSlots): void {
    this.#answered -= answered.size;
    answered.clear();
  }

  /** PUBREL: the session forgets the packet. */
  released(session: string, messageId: number): void {
    const ids = this.#unreleased.get(session);
    ids?.delete(messageId);
    if (ids?.size === 0) this.#unreleased.delete(session);
    this.#drop(`q2/${session}/${messageId}`);
  }

  /**
   * A session that keeps nothing (clean session): its unreleased packets no longer count. Their slots are
   * dropped like acknowledged ones, since such devices do send again after they connected anew.
   */
  forgot(session: string, answered: AnsweredSlots, now: number): void {
    const ids = this.#unreleased.get(session);
    if (ids === undefined) return;
    this.#unreleased.delete(session);
    for (const id of ids) this.#remember(answered, `q2/${session}/${id}`, now);
  }

  #drop(slot: string): void {
    this.#drops.add(slot);
    if (this.#drops.size <= maxDrops) return;
    const [first] = this.#drops;
    if (first !== undefined) this.#drops.delete(first);
  }

  get pendingDrops(): number {
    return this.#drops.size;
  }
}
