/**
 * A serial server: the line's bytes over TCP as they are, or, set the wrong (or the other) way, a Modbus gateway.
 *
 * Holds: every client gets every byte, in order; bytes of all clients go onto the one wire.
 */
import type { Socket } from "node:net";
import { BadLength, MbapReader, mbap } from "../modbus/mbap.ts";
import type { Attachable, LinePort } from "./cable.ts";
import { LineGateway } from "./gateway.ts";
import { give, Listener, type ListenerOptions } from "./listener.ts";
import { Pacer } from "./pacer.ts";

/** When bytes from the line leave as one TCP segment. */
export interface Packing {
  /** None came for so long, ms. */
  idleMs: number;
  /** Or there are so many; default 1024. */
  bytes?: number;
}

export interface SerialServerOptions extends ListenerOptions {
  /** Default transparent. */
  mode?: "transparent" | "modbus-gateway";
  /** Default: bytes leave as they come. */
  packing?: Packing;
  /** How long the gateway waits for a slave; default 500 ms. */
  gatewayTimeoutMs?: number;
}

export class SerialServer {
  readonly listener: Listener;
  /** May change while running. */
  packing: Packing | null;
  readonly #line: Attachable;
  readonly #options: SerialServerOptions;
  readonly #pacer: Pacer;
  readonly #readers = new Map<Socket, MbapReader>();
  #mode: "transparent" | "modbus-gateway";
  #port: LinePort | null = null;
  #gateway: LineGateway | null = null;
  #packed: number[] = [];
  #lastByteMs = 0;

  constructor(line: Attachable, options: SerialServerOptions = {}) {
    this.#line = line;
    this.#options = options;
    this.#mode = options.mode ?? "transparent";
    this.packing = options.packing ?? null;
    this.#pacer = new Pacer(line.clock, () => this.#step());
    this.listener = new Listener(options, {
      opened: (socket) => void this.#readers.set(socket, new MbapReader()),
      closed: (socket) => void this.#readers.delete(socket),
      data: (socket, bytes) => this.#data(socket, bytes),
    });
  }

  get port(): number {
    return this.listener.port;
  }

  get mode(): "transparent" | "modbus-gateway" {
    return this.#mode;
  }

  /** Somebody changes the setting in the box's own page: what is on its way is lost, connections stay. */
  set mode(mode: "transparent" | "modbus-gateway") {
    this.#detach();
    this.#mode = mode;
    this.#attach();
  }

  /** Listens, and is on the line. Rejects when the port is taken. */
  async start(): Promise<void> {
    await this.listener.start();
    this.#attach();
  }

  /** May be started again, at the same port. */
  async stop(): Promise<void> {
    this.#detach();
    await this.listener.stop();
  }

  #attach(): void {
    if (this.#mode === "transparent") this.#port = this.#line.attach((bytes) => this.#take(bytes));
    else this.#gateway = new LineGateway(this.#line, this.#options.gatewayTimeoutMs ?? 500);
  }

  #detach(): void {
    this.#port?.detach();
    this.#port = null;
    this.#gateway?.close();
    this.#gateway = null;
    this.#packed = [];
  }

  #data(socket: Socket, bytes: Uint8Array): void {
    this.#port?.send(bytes);
    const gateway = this.#gateway;
    if (gateway === null) return;
    try {
      for (const { transaction, protocol, unit, pdu } of this.#readers.get(socket)?.read(bytes) ?? []) {
        if (protocol !== 0) continue;
        gateway.ask({
          unit,
          pdu,
          answer: (answer) => give(socket, mbap({ transaction, protocol, unit, pdu: answer })),
        });
      }
    } catch (error) {
      if (!(error instanceof BadLength)) throw error;
      // What is no Modbus TCP is thrown away; such boxes say nothing.
      this.#readers.set(socket, new MbapReader());
    }
  }

  #take(bytes: Uint8Array): void {
    this.#packed.push(...bytes);
    this.#lastByteMs = this.#line.clock.monotonicMs();
    this.#pacer.poke();
  }

  #step(): number {
    const { idleMs, bytes: most = 1024 } = this.packing ?? { idleMs: 0 };
    while (this.#packed.length >= most) this.#send(this.#packed.splice(0, most));
    if (this.#packed.length === 0) return Number.POSITIVE_INFINITY;
    const dueMs = this.#lastByteMs + idleMs;
    if (this.#line.clock.monotonicMs() < dueMs) return dueMs;
    this.#send(this.#packed.splice(0));
    return Number.POSITIVE_INFINITY;
  }

  #send(bytes: readonly number[]): void {
    for (const socket of this.listener.clients) give(socket, Uint8Array.from(bytes));
  }
}
