/**
 * A Modbus TCP server with any number of units behind it, each with its own pace and faults.
 *
 * Holds: requests of one connection to one unit are answered in order; a unit that is not there answers as configured;
 * what arrives on a connection while something is still unanswered on it is counted.
 */
import type { Socket } from "node:net";
import type { Clock } from "../../config/schema/context.ts";
import { BadLength, type MbapFrame, MbapReader, mbap } from "../modbus/mbap.ts";
import { exception } from "../modbus/pdu.ts";
import type { ModbusSlave, Wrap } from "../modbus/slave.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { give, Listener, type ListenerOptions } from "./listener.ts";
import type { Utterance } from "./utterance.ts";

export interface ModbusTcpOptions extends ListenerOptions {
  units?: readonly ModbusSlave[];
  /** What a unit that is not there says: exception 11, exception 10, or nothing. Default gateway-target. */
  absent?: "gateway-target" | "gateway-path" | "silent";
  /** Requests remembered; default 10,000. */
  maxRequests?: number;
  clock?: Clock;
}

export interface TcpRequest {
  atMs: number;
  transaction: number;
  unit: number;
  pdu: Uint8Array;
  /** Requests of the same connection that were not answered yet when it came. */
  unanswered: number;
}

interface Peer {
  reader: MbapReader;
  unanswered: number;
  closed: AbortController;
  /** Per unit: what is said before the next thing. */
  turn: Map<number, Promise<void>>;
}

const absentCodes = { "gateway-target": 11, "gateway-path": 10 } as const;
/** Between two pieces of an endless answer, ms. */
const babbleMs = 5;

export class ModbusTcpServer {
  readonly listener: Listener;
  readonly units: ModbusSlave[] = [];
  /** The latest requests, oldest first. */
  readonly requests: TcpRequest[] = [];
  /** Requests, those that came while another was unanswered, and frames of another protocol. */
  counts = { requests: 0, pipelined: 0, foreign: 0 };
  readonly clock: Clock;
  readonly #options: ModbusTcpOptions;
  readonly #peers = new Map<Socket, Peer>();
  readonly #watch = new Watch<ModbusTcpServer>(this);

  constructor(options: ModbusTcpOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    for (const unit of options.units ?? []) this.add(unit);
    this.listener = new Listener(options, {
      opened: (socket) => this.#opened(socket),
      data: (socket, bytes) => this.#data(socket, bytes),
      closed: (socket) => {
        this.#peers.get(socket)?.closed.abort();
        this.#peers.delete(socket);
      },
    });
  }

  get port(): number {
    return this.listener.port;
  }

  add(unit: ModbusSlave): void {
    unit.faults.clock = this.clock;
    this.units.push(unit);
  }

  start(): Promise<void> {
    return this.listener.start();
  }

  /** May be started again, at the same port. */
  stop(): Promise<void> {
    return this.listener.stop();
  }

  /** Resolves once it is so; asked now and after every request. */
  until(predicate: (server: ModbusTcpServer) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  #opened(socket: Socket): void {
    this.#peers.set(socket, {
      reader: new MbapReader(),
      unanswered: 0,
      closed: new AbortController(),
      turn: new Map(),
    });
  }

  #data(socket: Socket, bytes: Uint8Array): void {
    const peer = this.#peers.get(socket);
    if (peer === undefined) return;
    try {
      for (const frame of peer.reader.read(bytes)) this.#take(socket, peer, frame);
    } catch (error) {
      if (!(error instanceof BadLength)) throw error;
      socket.destroy();
    }
  }

  #take(socket: Socket, peer: Peer, frame: MbapFrame): void {
    if (frame.protocol !== 0) {
      this.counts.foreign += 1;
      return;
    }
    const { transaction, unit, pdu } = frame;
    const { requests } = this;
    const atMs = this.clock.monotonicMs();
    requests.push({ atMs, transaction, unit, pdu, unanswered: peer.unanswered });
    if (requests.length > (this.#options.maxRequests ?? 10_000)) requests.shift();
    this.counts.requests += 1;
    if (peer.unanswered > 0) this.counts.pipelined += 1;
    peer.unanswered += 1;
    const utterances = this.#answers(frame, atMs);
    // What is never answered does not make the next one a pipelined one for ever: the peer has given it up.
    if (utterances.length === 0) peer.unanswered -= 1;
    const turn = utterances.reduce(
      (before, utterance) => before.then(() => this.#say(socket, peer, utterance, atMs)),
      peer.turn.get(unit) ?? Promise.resolve(),
    );
    peer.turn.set(unit, turn);
    this.#watch.changed();
  }

  #answers(frame: MbapFrame, atMs: number): Utterance[] {
    const { transaction, unit, pdu } = frame;
    const wrap: Wrap = (asUnit, answer, acting) =>
      mbap(
        {
          transaction: transaction + (acting.get("wrong-transaction")?.by ?? 0),
          protocol: acting.get("wrong-protocol")?.id ?? 0,
          unit: asUnit,
          pdu: answer,
        },
        acting.get("wrong-length")?.by ?? 0,
      );
    const slave = this.units.find((one) => one.unit === unit) ?? this.units.find((one) => one.hasAlias(unit));
    if (slave !== undefined) return slave.hear({ unit, pdu, bytes: mbap(frame) }, wrap, atMs, false);
    const { absent = "gateway-target" } = this.#options;
    if (absent === "silent") return [];
    const answer = exception(pdu[0] ?? 0, absentCodes[absent]);
    return [{ afterMs: 0, gapMs: 0, bytes: mbap({ transaction, protocol: 0, unit, pdu: answer }) }];
  }

  async #say(socket: Socket, peer: Peer, utterance: Utterance, atMs: number): Promise<void> {
    const { signal } = peer.closed;
    const { afterMs, bytes, gapMs, more, hangUp } = utterance;
    try {
      const leftMs = atMs + afterMs - this.clock.monotonicMs();
      if (leftMs > 0) await this.clock.sleep(leftMs, signal);
      peer.unanswered -= 1;
      if (hangUp === true) socket.destroy();
      else if (gapMs === 0) give(socket, bytes);
      else {
        for (const byte of bytes) {
          give(socket, Uint8Array.of(byte));
          await this.clock.sleep(gapMs, signal);
        }
      }
      for (let part = more?.(); part != null; part = more?.()) {
        await this.clock.sleep(babbleMs, signal);
        give(socket, part);
      }
    } catch (error) {
      // The connection went; there is nobody to answer.
      if (!signal.aborted) throw error;
    }
  }
}
