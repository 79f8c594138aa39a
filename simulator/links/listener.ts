/**
 * A TCP door of a box on the school's network: listens, counts who comes, loses them on demand.
 *
 * Holds: the port stays the same over stop and start; after `stop` nothing is open; nothing is thrown into a socket.
 */
import { createServer, type Server, type Socket } from "node:net";
import { ownAddress } from "../../config/schema/address.ts";

export interface ListenerOptions {
  /** Default: loopback. */
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** Connections at a time; more are closed at once. Default 8. */
  maxClients?: number;
}

export interface ListenerEvents {
  opened(socket: Socket): void;
  data(socket: Socket, bytes: Uint8Array): void;
  closed(socket: Socket): void;
}

/** Bytes that may wait for a peer that does not read. */
const maxUnsentBytes = 64 * 1024;

export class Listener {
  /** Connections stay and come, and nothing that arrives is looked at: a box that has hung up inside. */
  deaf = false;
  /** Bytes that came while it was deaf. */
  ignored = 0;
  /** Connections so far, and those that were one too many. */
  accepted = 0;
  refused = 0;
  readonly #options: ListenerOptions;
  readonly #events: ListenerEvents;
  #server: Server | null = null;
  #port: number;
  #sockets = new Set<Socket>();

  constructor(options: ListenerOptions, events: ListenerEvents) {
    this.#options = options;
    this.#events = events;
    this.#port = options.port ?? 0;
  }

  /** Where it listens; valid once started. */
  get port(): number {
    return this.#port;
  }

  get clients(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Rejects when the port is taken. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#options.host ?? ownAddress(), resolve);
    });
    server.on("error", () => undefined);
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.drop();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Cuts every connection off, politely or with a reset. */
  drop(reset = false): void {
    for (const socket of this.#sockets) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  #accept(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#sockets.size >= (this.#options.maxClients ?? 8)) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    this.accepted += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      if (this.deaf) this.ignored += bytes.length;
      else this.#events.data(socket, bytes);
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#events.closed(socket);
    });
    this.#events.opened(socket);
  }
}

/** Sends, unless the peer is gone or has stopped reading; a box has no room for what is not read. */
export function give(socket: Socket, bytes: Uint8Array): void {
  if (socket.writable && socket.writableLength < maxUnsentBytes) socket.write(bytes);
}
