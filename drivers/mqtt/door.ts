/**
 * The listening socket: who may come in at all, by address and by number, with or without TLS.
 *
 * Holds:
 * - every accepted socket has an error listener from its first moment and is counted until it is closed;
 * - who has not logged in keeps nobody out: where there is no more room, the one of them that came first goes.
 */
import { BlockList, createServer, isIPv4, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { listenAddress, plainAddress } from "../../config/schema/address.ts";
import type { Fault } from "../contract/index.ts";
import { MqttError, type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttLink, Network } from "./fields.ts";

export interface DoorEvents {
  /** `welcome` is to be called when it has logged in: from then on it makes room for nobody. */
  onSocket(socket: Socket, address: string, welcome: () => void): void;
  /** Turned away, or to make room, before it logged in. */
  onRefused(address: string, code: MqttFaultCode): void;
  /** The listener is gone by itself. */
  onLost(fault: Fault): void;
}

/** A dead peer without keep-alive is found by TCP. */
const tcpKeepAliveMs = 60_000;

export class Door {
  readonly #link: MqttLink;
  readonly #events: DoorEvents;
  readonly #server: Server;
  readonly #context: SecureContext | null;
  readonly #networks: BlockList | null;
  readonly #sockets = new Set<Socket>();
  /** Those that count, and their address: all but those that made room and are closing. */
  readonly #counted = new Map<Socket, string>();
  /** Those of them that have not logged in, in order of arrival. */
  readonly #strangers = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();
  #open = false;

  private constructor(link: MqttLink, context: SecureContext | null, events: DoorEvents) {
    this.#link = link;
    this.#context = context;
    this.#events = events;
    this.#networks = link.networks === undefined ? null : allowed(link.networks);
    this.#server = createServer((socket) => this.#admit(socket));
  }

  /**
   * Listens.
   * @param pem private key and certificate in one; null: not encrypted
   * @throws MqttError `mqtt.tls`, `mqtt.listen` or `mqtt.aborted`; nothing listens then
   */
  static async open(
    link: MqttLink,
    pem: Uint8Array | null,
    events: DoorEvents,
    signal: AbortSignal,
  ): Promise<Door> {
    const door = new Door(link, pem === null ? null : contextOf(pem), events);
    await door.#listen(signal);
    return door;
  }

  /** The port, also when the configuration said 0. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#link.listen.port;
  }

  #listen(signal: AbortSignal): Promise<void> {
    const { host, port } = this.#link.listen;
    const server = this.#server;
    return new Promise((resolve, reject) => {
      let settled = false;
      const give = (error: MqttError) => {
        if (settled) return;
        settled = true;
        signal.removeEventListener("abort", onAbort);
        server.close();
        reject(error);
      };
      const onAbort = () => give(new MqttError(mqttFault("mqtt.aborted"), { cause: signal.reason }));
      const onError = (cause: NodeJS.ErrnoException) => {
        if (settled) this.#failed(cause);
        else give(new MqttError(mqttFault("mqtt.listen", { fact: cause.code ?? cause.name }), { cause }));
      };
      server.on("error", onError);
      server.on("close", () => this.#failed(null));
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener("abort", onAbort, { once: true });
      server.listen({ host: listenAddress(host), port }, () => {
        settled = true;
        signal.removeEventListener("abort", onAbort);
        this.#open = true;
        resolve();
      });
    });
  }

  /** Running out of file descriptors is an error of one accept; a listener that is gone is a loss. */
  #failed(cause: NodeJS.ErrnoException | null): void {
    if (!this.#open || this.#server.listening) return;
    this.#open = false;
    this.#events.onLost(mqttFault("mqtt.lost", cause?.code === undefined ? {} : { fact: cause.code }));
  }

  #admit(raw: Socket): void {
    raw.on("error", () => {});
    const address = plainAddress(raw.remoteAddress ?? "").replace(/%.*$/, "");
    const refusal = this.#refusal(address);
    if (refusal !== null) {
      raw.destroy();
      this.#events.onRefused(address, refusal);
      return;
    }
    this.#sockets.add(raw);
    this.#counted.set(raw, address);
    this.#strangers.add(raw);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    raw.on("close", () => {
      this.#sockets.delete(raw);
      this.#discount(raw);
    });
    raw.setNoDelay(true);
    raw.setKeepAlive(true, tcpKeepAliveMs);
    this.#events.onSocket(
      this.#context === null ? raw : this.#encrypted(raw, this.#context, address),
      address,
      () => this.#strangers.delete(raw),
    );
  }

  #discount(raw: Socket): void {
    const address = this.#counted.get(raw);
    if (address === undefined) return;
    this.#counted.delete(raw);
    this.#strangers.delete(raw);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }

  #refusal(address: string): MqttFaultCode | null {
    if (!this.#open) return "mqtt.closed";
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (this.#networks !== null && !this.#networks.check(address, family)) return "mqtt.network";
    const fromThere = this.#perAddress.get(address) ?? 0;
    if (fromThere >= this.#link.maxPerAddress && !this.#makeRoom(address)) return "mqtt.address-full";
    if (this.#counted.size >= this.#link.maxConnections && !this.#makeRoom()) return "mqtt.full";
    return null;
  }

  /** @returns false: all who are in, or all from that address, have logged in */
  #makeRoom(address?: string): boolean {
    for (const raw of this.#strangers) {
      const from = this.#counted.get(raw) ?? "";
      if (address !== undefined && from !== address) continue;
      this.#discount(raw);
      raw.destroy();
      this.#events.onRefused(from, "mqtt.made-room");
      return true;
    }
    return false;
  }

  #encrypted(raw: Socket, secureContext: SecureContext, address: string): Socket {
    const socket = new TLSSocket(raw, { isServer: true, secureContext });
    let secure = false;
    socket.once("secure", () => {
      secure = true;
    });
    socket.on("error", () => {
      if (!secure && this.#open) this.#events.onRefused(address, "mqtt.encryption");
      raw.destroy();
    });
    socket.on("close", () => raw.destroy());
    return socket;
  }

  /** Accepts nobody any more; who is in stays. */
  shut(): void {
    this.#open = false;
    if (this.#server.listening) this.#server.close();
  }

  /** Cuts whoever is still in; resolves when the port is free. */
  async clear(): Promise<void> {
    this.shut();
    const gone = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => void socket.once("close", () => resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(gone);
  }
}

function contextOf(pem: Uint8Array): SecureContext {
  try {
    const both = Buffer.from(pem);
    return createSecureContext({ key: both, cert: both, minVersion: "TLSv1.2" });
  } catch (cause) {
    throw new MqttError(mqttFault("mqtt.tls"), { cause });
  }
}

function allowed(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
