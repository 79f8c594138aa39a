/** Whoever looks for boxes on this machine: one socket, and all that came back to it. */
import { createSocket, type Socket } from "node:dgram";
import { Watch } from "../../../simulator/watch.ts";

export class UdpAsker {
  /** As they came. */
  readonly heard: { bytes: Buffer; from: string }[] = [];
  readonly #watch = new Watch<UdpAsker>(this);
  readonly #socket: Socket;
  readonly #host: string;

  constructor(host = "127.0.0.1") {
    this.#host = host;
    this.#socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
    this.#socket.on("message", (bytes, { address }) => {
      this.heard.push({ bytes, from: address });
      this.#watch.changed();
    });
  }

  get texts(): string[] {
    return this.heard.map(({ bytes }) => bytes.toString("utf8"));
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#socket.bind(0, this.#host, resolve));
    if (this.#host.includes(":")) return this;
    // Nothing of it leaves this machine.
    this.#socket.setMulticastInterface(this.#host);
    this.#socket.setMulticastTTL(0);
    this.#socket.setBroadcast(true);
    return this;
  }

  say(what: string | Uint8Array, port: number, to = this.#host): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(what, port, to, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Resolves once so many datagrams came. */
  until(count: number): Promise<void> {
    return this.#watch.until(({ heard }) => heard.length >= count);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }
}
