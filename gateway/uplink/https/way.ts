/**
 * The connections to one platform: made when they are needed, kept for the next request, few, and all gone at once.
 *
 * Holds: every connection goes to the configured address, or through the configured proxy; what the environment names
 * is not asked. Never happens: a connection after `close`; one that is being made for longer than `connectMs`.
 */
import { Agent } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { withPort } from "../../../config/schema/address.ts";
import { type Clock, UplinkError } from "../../contract/index.ts";
import { dial } from "../dial.ts";
import { openTunnel } from "./proxy.ts";
import type { PlatformAddress, ProxyAddress } from "./schema.ts";

/** Name resolution, TCP, the proxy and TLS together. */
const connectMs = 20_000;
/** Servers and what stands before them drop what is idle after a minute or more; we do so first. */
const idleMs = 50_000;

export interface WayParts {
  url: PlatformAddress;
  trust: SecureContext;
  proxy?: (ProxyAddress & { authorization?: string | undefined }) | undefined;
  clock: Clock;
  /** Connections at once. */
  most: number;
}

export class Way extends Agent {
  readonly #parts: WayParts;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();

  constructor(parts: WayParts) {
    const { most } = parts;
    super({ keepAlive: true, maxSockets: most, maxTotalSockets: most, scheduling: "lifo", timeout: idleMs });
    this.#parts = parts;
  }

  /** `host:port` for a Host header: an address in brackets, the scheme's own port left out (RFC 9110, 7.2). */
  get host(): string {
    const { tls, port } = this.#parts.url;
    return port === (tls ? 443 : 80) ? this.#authority.replace(/:\d+$/, "") : this.#authority;
  }

  override createConnection(_: unknown, done?: (error: Error | null, socket: Duplex) => void): undefined {
    this.#connect().then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
  }

  /** Drops the connections that are idle: where one was cut, the others may be. */
  dropIdle(): void {
    for (const sockets of Object.values(this.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  /** Everything is gone when this returns, also what is only being made. */
  close(): void {
    this.#closing.abort();
    this.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  get #authority(): string {
    const { host, port } = this.#parts.url;
    return withPort(host, port);
  }

  async #connect(): Promise<Socket> {
    const { clock } = this.#parts;
    const stop = new AbortController();
    const leave = () => stop.abort("closed");
    this.#closing.signal.addEventListener("abort", leave);
    if (this.#closing.signal.aborted) leave();
    let late = false;
    let throughProxy = false;
    clock.sleep(connectMs, stop.signal).then(
      () => {
        late = true;
        stop.abort("late");
      },
      () => {},
    );
    try {
      const socket = await this.#dial(stop.signal, () => {
        throughProxy = true;
      });
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      if (this.#closing.signal.aborted) socket.destroy();
      return socket;
    } catch (error) {
      if (!late) throw error;
      if (this.#parts.proxy !== undefined && !throughProxy) throw noAnswer();
      const detail = `no connection to the platform within ${connectMs / 1000} s: check url and the network`;
      throw new UplinkError("unreachable", "later", detail);
    } finally {
      this.#closing.signal.removeEventListener("abort", leave);
      stop.abort("over");
    }
  }

  /** `through`: called when a proxy has let us through. */
  async #dial(signal: AbortSignal, through: () => void): Promise<Socket> {
    const { url, trust, proxy } = this.#parts;
    const { tls, host, port } = url;
    const target = { peer: "platform", host, port, speaks: "http/1.1" } as const;
    if (proxy === undefined) return dial({ ...target, trust: tls ? trust : undefined }, signal);
    const socket = await dial({ peer: "proxy", host: proxy.host, port: proxy.port }, signal);
    await openTunnel(socket, { authority: this.#authority, authorization: proxy.authorization }, signal);
    through();
    return dial({ ...target, trust, through: socket }, signal);
  }
}

function noAnswer(): UplinkError {
  const detail = `the proxy gives no answer within ${connectMs / 1000} s: check proxy, ask who looks after it`;
  return new UplinkError("proxy", "later", detail);
}
