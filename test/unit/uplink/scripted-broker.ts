/**
 * An MQTT 5 server that does as its script says: a witness of what a client sends, and every way in which
 * a broker may answer, keep silent or leave. Built on bytes and packets, not on a broker.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
  parser,
} from "mqtt-packet";

export interface BrokerScript {
  /** What CONNECT gets; bytes are sent as they are, null is silence. Default: reason 0. */
  connack: ((connect: IConnectPacket) => Partial<IConnackPacket> | Buffer | null) | null;
  /** Reason of a PUBACK; null withholds it. Default: 0. */
  puback: (publish: IPublishPacket) => number | null;
  /** Reason of a SUBACK for a topic. Default: 1 (granted QoS 1). */
  suback: (topic: string) => number;
}

export class ScriptedBroker {
  script: BrokerScript = { connack: () => ({}), puback: () => 0, suback: () => 1 };
  port = 0;
  /** Connections ever accepted, and bytes that came before a CONNECT was read. */
  accepted = 0;
  bytes = 0;
  readonly connects: IConnectPacket[] = [];
  readonly subscribes: ISubscribePacket[] = [];
  readonly publishes: IPublishPacket[] = [];
  readonly disconnects: number[] = [];
  readonly #links = new Set<Socket>();
  readonly #subscribed = new WeakSet<Socket>();
  /** Below TLS, also those whose handshake failed. */
  readonly #raw = new Set<Socket>();
  #server: Server | undefined;
  #watchers: (() => void)[] = [];
  #packetId = 0;
  #frozen = false;

  /** Listens on a free loopback port, with TLS when key and certificate are given. */
  async listen(tls?: { key: string; cert: string; ca?: string; requestCert?: boolean }): Promise<void> {
    const accept = (socket: Socket) => this.#accept(socket);
    const options = { allowHalfOpen: true };
    const server =
      tls === undefined ? createServer(options, accept) : createTlsServer({ ...tls, ...options }, accept);
    server.on("tlsClientError", () => {});
    server.on("connection", (raw: Socket) => {
      this.#raw.add(raw);
      raw.once("close", () => this.#raw.delete(raw));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
  }

  /** Clients that have not left. */
  get connected(): number {
    return this.#links.size;
  }

  /** Clients that are there and have subscribed: what is sent to one before is no MQTT. */
  get listeners(): number {
    return [...this.#links].filter((socket) => this.#subscribed.has(socket)).length;
  }

  /** Resolves as soon as `condition` holds; asked again after everything that arrives or leaves. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** The nth PUBLISH that ever came, from 0. */
  async publish(n: number): Promise<IPublishPacket> {
    await this.until(() => this.publishes.length > n);
    return this.publishes[n] as IPublishPacket;
  }

  send(packet: Packet): void {
    this.sendBytes(generate(packet, { protocolVersion: 5 }));
  }

  sendBytes(bytes: Uint8Array): void {
    for (const socket of this.#links) socket.write(bytes);
  }

  acknowledge(publish: IPublishPacket, reasonCode = 0): void {
    this.send({ cmd: "puback", messageId: publish.messageId ?? 0, reasonCode });
  }

  message(topic: string, payload: string | Buffer, more: Partial<IPublishPacket> = {}): void {
    this.#packetId = (this.#packetId % 65_535) + 1;
    const messageId = this.#packetId;
    this.send({ cmd: "publish", topic, payload, qos: 1, dup: false, retain: false, messageId, ...more });
  }

  /** From now on it takes connections and bytes, and neither answers nor closes. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Every connection is closed after what was sent. */
  end(): void {
    for (const socket of this.#links) socket.end();
  }

  /** Every connection is cut, without a word. */
  cut(): void {
    for (const socket of [...this.#links, ...this.#raw]) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(null));
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    this.#links.add(socket);
    const packets = parser({ protocolVersion: 5 });
    socket.on("error", () => {});
    const left = () => {
      this.#links.delete(socket);
      this.#changed();
    };
    socket.on("end", () => {
      left();
      if (!this.#frozen) socket.end();
    });
    socket.on("close", left);
    socket.on("data", (bytes) => {
      this.bytes += bytes.length;
      packets.parse(bytes);
    });
    packets.on("error", () => socket.destroy());
    packets.on("packet", (packet) => {
      this.#handle(socket, packet);
      this.#changed();
    });
    this.#changed();
  }

  #handle(socket: Socket, packet: Packet): void {
    if (this.#frozen) return;
    const answer = (reply: Packet) => socket.write(generate(reply, { protocolVersion: 5 }));
    switch (packet.cmd) {
      case "connect": {
        this.connects.push(packet);
        const connack = this.script.connack?.(packet) ?? null;
        if (connack instanceof Uint8Array) socket.write(connack);
        else if (connack !== null) {
          answer({ cmd: "connack", sessionPresent: false, reasonCode: 0, ...connack });
        }
        break;
      }
      case "subscribe": {
        this.subscribes.push(packet);
        const granted = packet.subscriptions.map(({ topic }) => this.script.suback(topic));
        this.#subscribed.add(socket);
        answer({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
        break;
      }
      case "publish": {
        this.publishes.push(packet);
        const reasonCode = this.script.puback(packet);
        if (reasonCode !== null) answer({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode });
        break;
      }
      case "pingreq":
        answer({ cmd: "pingresp" });
        break;
      case "disconnect":
        this.disconnects.push(packet.reasonCode ?? 0);
        break;
      default:
    }
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}
