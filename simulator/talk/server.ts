/**
 * The network side of a device that speaks in its maker's frames: a conversation for each connection.
 *
 * Holds: what is said goes out at its time, also when it was asked for earlier than what goes out before it; a connection on
 * which nothing is said is closed after its time; after `stop` nothing is open and nothing waits.
 */
import type { Socket } from "node:net";
import type { Clock } from "../../config/schema/context.ts";
import { give, Listener, type ListenerOptions } from "../links/listener.ts";
import { Pacer } from "../links/pacer.ts";
import type { Utterance } from "../links/utterance.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import type { Conversation, Talks } from "./instrument.ts";

export interface TalkServerOptions extends ListenerOptions {
  /** A connection is closed when nothing was said on it for so long, ms; default never. */
  idleMs?: number;
  clock?: Clock;
}

interface Peer {
  conversation: Conversation;
  saidMs: number;
  /** By time. */
  waiting: { atMs: number; utterance: Utterance }[];
}

export class TalkServer {
  readonly listener: Listener;
  readonly device: Talks;
  readonly clock: Clock;
  readonly #idleMs: number;
  readonly #peers = new Map<Socket, Peer>();
  readonly #watch = new Watch<TalkServer>(this);
  #pacer: Pacer | null = null;

  constructor(device: Talks, options: TalkServerOptions = {}) {
    this.device = device;
    this.clock = options.clock ?? systemClock;
    this.#idleMs = options.idleMs ?? Number.POSITIVE_INFINITY;
    this.listener = new Listener(options, {
      opened: (socket) => this.#opened(socket),
      data: (socket, bytes) => this.#data(socket, bytes),
      closed: (socket) => {
        this.#peers.delete(socket);
        this.#watch.changed();
      },
    });
  }

  get port(): number {
    return this.listener.port;
  }

  async start(): Promise<void> {
    await this.listener.start();
    this.#pacer = new Pacer(this.clock, () => this.#step());
  }

  /** May be started again, at the same port. */
  async stop(): Promise<void> {
    this.#pacer?.close();
    this.#pacer = null;
    await this.listener.stop();
  }

  /** What the device says without being asked, to all who listen. */
  say(bytes: Uint8Array): void {
    for (const socket of this.#peers.keys()) give(socket, bytes);
  }

  /** Resolves once it is so; asked now and whenever somebody comes, asks or goes. */
  until(predicate: (server: TalkServer) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  #opened(socket: Socket): void {
    const conversation = this.device.converse("tcp");
    this.#peers.set(socket, { conversation, saidMs: this.clock.monotonicMs(), waiting: [] });
    if (conversation.greeting !== null) give(socket, conversation.greeting);
    this.#pacer?.poke();
    this.#watch.changed();
  }

  #data(socket: Socket, bytes: Uint8Array): void {
    const peer = this.#peers.get(socket);
    if (peer === undefined) return;
    const nowMs = this.clock.monotonicMs();
    peer.saidMs = nowMs;
    for (const byte of bytes)
      for (const utterance of peer.conversation.hear(byte, nowMs)) {
        const atMs = nowMs + utterance.afterMs;
        const behind = peer.waiting.findIndex((other) => other.atMs > atMs);
        peer.waiting.splice(behind < 0 ? peer.waiting.length : behind, 0, { atMs, utterance });
      }
    this.#pacer?.poke();
    this.#watch.changed();
  }

  #step(): number {
    const nowMs = this.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [socket, peer] of this.#peers) {
      for (let first = peer.waiting[0]; first !== undefined && first.atMs <= nowMs; first = peer.waiting[0]) {
        peer.waiting.shift();
        peer.saidMs = nowMs;
        if (first.utterance.hangUp === true) socket.end();
        else give(socket, first.utterance.bytes);
      }
      const idleAtMs = peer.saidMs + this.#idleMs;
      if (peer.waiting.length === 0 && nowMs >= idleAtMs) {
        socket.end();
        this.#peers.delete(socket);
        continue;
      }
      nextMs = Math.min(nextMs, peer.waiting[0]?.atMs ?? idleAtMs);
    }
    return nextMs;
  }
}
