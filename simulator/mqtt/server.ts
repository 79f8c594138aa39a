/**
 * A small MQTT server (5, 3.1.1, 3.1) for the far end of a gateway: credentials, QoS 0 to 2 in, 0 and 1 out,
 * sessions, takeover, retained messages, wills. Every buffer has a bound.
 */
import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { ownAddress, withPort } from "../../config/schema/address.ts";
import type { Clock } from "../../config/schema/context.ts";
import { systemClock } from "../system-clock.ts";
import type { Message, Outgoing } from "./message.ts";
import type { IConnectPacket } from "./packets.ts";
import { type Host, ServerConnection } from "./server-connection.ts";
import { Session } from "./session.ts";
import { matches } from "./topics.ts";

export interface MqttServerOptions {
  /** Default: loopback. */
  host?: string;
  /** Default 0: any free one; the same one after a restart. */
  port?: number;
  /** PEM texts. */
  tls?: { key: string; cert: string };
  /** Password by user; absent: anybody, with or without a name. */
  users?: Readonly<Record<string, string>>;
  /** Unacknowledged publishes that a client may have; default 100. */
  receiveMaximum?: number;
  /** Default 1 MiB. */
  maxPacketBytes?: number;
  /** Default 1000. */
  maxConnections?: number;
  clock?: Clock;
  /** The PUBACK's reason code (0 taken, 16 nobody wanted it, ≥ 128 refused), or null: never acknowledged. */
  onPublish?(
    message: Message,
    from: { clientId: string; user: string | undefined },
  ): number | null | Promise<number | null>;
}

const maxRetained = 1000;
const maxSessions = 2000;

export class MqttServer {
  readonly #options: MqttServerOptions;
  readonly #clock: Clock;
  readonly #host: Host;
  #server: Server | null = null;
  #stop = new AbortController();
  #port: number;
  #connections = new Set<ServerConnection>();
  #sessions = new Map<string, Session>();
  #retained = new Map<string, Message>();

  constructor(options: MqttServerOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#port = options.port ?? 0;
    this.#host = {
      receiveMaximum: options.receiveMaximum ?? 100,
      maxPacketBytes: options.maxPacketBytes ?? 1024 * 1024,
      nowMs: () => this.#clock.monotonicMs(),
      admit: (connection, connect) => this.#admit(connection, connect),
      published: (message, connection) => this.#published(message, connection),
      subscribed: (connection, filter, isNew, handling) =>
        this.#sendRetained(connection, filter, isNew, handling),
      gone: (connection) => this.#gone(connection),
    };
  }

  /** Where it listens; valid once started. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { host = ownAddress(), tls } = this.#options;
    return `${tls === undefined ? "mqtt" : "mqtts"}://${withPort(host, this.#port)}`;
  }

  get listening(): boolean {
    return this.#server !== null;
  }

  /** Those that are connected now. */
  get clients(): { clientId: string; user: string | undefined; version: number }[] {
    return [...this.#connections]
      .filter(({ session }) => session !== null)
      .map(({ clientId, user, version }) => ({ clientId, user, version }));
  }

  /** Listens; rejects when the port is taken. */
  async start(): Promise<void> {
    const { host = ownAddress(), tls, maxConnections = 1000 } = this.#options;
    const server =
      tls === undefined
        ? createServer((socket) => this.#accept(socket))
        : createTlsServer(tls, (socket) => this.#accept(socket));
    server.maxConnections = maxConnections;
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, host, resolve);
    });
    server.on("error", () => undefined);
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
    this.#stop = new AbortController();
    void this.#repeat(this.#stop.signal);
  }

  /** Cuts every connection and stops listening. Sessions stay, as on a server's disk, unless `forget`. */
  async stop(forget = false): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#stop.abort();
    for (const connection of this.#connections) connection.destroy();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
    if (forget) {
      this.#sessions.clear();
      this.#retained.clear();
    }
  }

  /** Sends to every subscriber. Gives how many there are. */
  publish(outgoing: Outgoing): number {
    const { topic, payload, qos = 0, retain = false, properties } = outgoing;
    return this.#route({ topic, payload: Buffer.from(payload), qos, retain, dup: false, properties }, null);
  }

  /** Sends to every connected subscriber with QoS 0, whatever size it allows: what an honest server never does. */
  publishAnySize({ topic, payload, properties }: Outgoing): number {
    const message = {
      topic,
      payload: Buffer.from(payload),
      qos: 0,
      retain: false,
      dup: false,
      properties,
    } as const;
    const takers = [...this.#connections].filter(({ session }) => session?.takes(topic, null) != null);
    for (const connection of takers) connection.send(message, undefined, false, true);
    return takers.length;
  }

  /** Cuts one client off, or all, without a word. */
  cut(clientId?: string): void {
    for (const connection of this.#connections) {
      if (clientId === undefined || connection.clientId === clientId) connection.destroy();
    }
  }

  /** Ends silent connections; the repeater calls it every second. */
  step(): void {
    for (const connection of this.#connections) connection.step();
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.step();
      await this.#clock.sleep(1000, signal).catch(() => undefined);
    }
  }

  #accept(socket: Socket): void {
    const connection = new ServerConnection(socket, this.#host);
    this.#connections.add(connection);
    connection.start();
  }

  #admit(
    connection: ServerConnection,
    connect: IConnectPacket,
  ): { session: Session; present: boolean; assignedId?: string } | null {
    const { users } = this.#options;
    if (users !== undefined) {
      const { username = "", password } = connect;
      if (!Object.hasOwn(users, username) || users[username] !== password?.toString()) return null;
    }
    const assignedId = connect.clientId === "" ? randomUUID() : undefined;
    const clientId = assignedId ?? connect.clientId;
    for (const other of this.#connections) {
      if (other !== connection && other.session !== null && other.clientId === clientId) other.leave(0x8e);
    }
    const kept = this.#sessions.get(clientId);
    const present = kept !== undefined && !connect.clean && kept.expiresAtMs > this.#clock.monotonicMs();
    const session = present ? kept : new Session(clientId);
    session.expiresAtMs = Number.POSITIVE_INFINITY;
    this.#sessions.delete(clientId);
    this.#sessions.set(clientId, session);
    if (this.#sessions.size > maxSessions) this.#sessions.delete(this.#sessions.keys().next().value ?? "");
    return { session, present, ...(assignedId === undefined ? {} : { assignedId }) };
  }

  async #published(message: Message, from: ServerConnection): Promise<number | null> {
    const { clientId, user } = from;
    const reason = await this.#options.onPublish?.(message, { clientId, user });
    if (reason === null || (reason !== undefined && reason >= 0x80)) return reason;
    const takers = this.#route(message, clientId);
    return reason ?? (takers > 0 ? 0 : 0x10);
  }

  #route(message: Message, fromClientId: string | null): number {
    if (message.retain) this.#retain(message);
    let takers = 0;
    for (const session of this.#sessions.values()) {
      const taken = session.takes(message.topic, fromClientId);
      if (taken === null) continue;
      takers += 1;
      const qos = message.qos > 0 ? taken.qos : 0;
      session.deliver({ ...message, qos, dup: false, retain: message.retain && taken.keepRetain });
    }
    return takers;
  }

  #retain(message: Message): void {
    if (message.payload.length === 0) this.#retained.delete(message.topic);
    else if (this.#retained.has(message.topic) || this.#retained.size < maxRetained) {
      this.#retained.set(message.topic, message);
    }
  }

  #sendRetained(connection: ServerConnection, filter: string, isNew: boolean, handling: number): void {
    if (handling === 2 || (handling === 1 && !isNew)) return;
    const qos = connection.session?.subscriptions.get(filter)?.qos ?? 0;
    for (const message of this.#retained.values()) {
      if (!matches(filter, message.topic)) continue;
      connection.session?.deliver({ ...message, qos: message.qos > 0 ? qos : 0, retain: true, dup: false });
    }
  }

  #gone(connection: ServerConnection): void {
    this.#connections.delete(connection);
    const { session, will, clientId } = connection;
    // A session that another connection has taken over is no longer ours to touch.
    const successor = [...this.#connections].some((other) => other.session === session);
    if (session !== null && !successor && this.#sessions.get(clientId) === session) {
      session.detach();
      if (connection.expiryS === 0) this.#sessions.delete(clientId);
      else if (connection.expiryS !== 0xffff_ffff) {
        session.expiresAtMs = this.#clock.monotonicMs() + connection.expiryS * 1000;
      }
    }
    if (will === null) return;
    connection.will = null;
    void this.#published(will, connection).catch(() => undefined);
  }
}
