/** A host that nobody was told to ask: whoever connects to it is counted and sent away. */
import { Listener } from "../links/listener.ts";

export class Canary {
  /** Bytes that somebody said to it. */
  heard = 0;
  readonly #listener: Listener;
  readonly #host: string;

  /** @param host an address of this machine that is not the camera's */
  constructor(host: string) {
    this.#host = host;
    this.#listener = new Listener(
      { host, maxClients: 1000 },
      {
        opened: () => undefined,
        data: (socket, bytes) => {
          this.heard += bytes.length;
          socket.destroy();
        },
        closed: () => undefined,
      },
    );
  }

  /** Connections so far: must be 0. */
  get contacts(): number {
    return this.#listener.accepted + this.#listener.refused;
  }

  /** Where it is, for addresses that lead to it. */
  get base(): string {
    return `http://${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${this.#listener.port}`;
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }
}
