/**
 * A broker that does as its script says: a witness of what a subscriber sends, and every way in which a broker may
 * answer, keep silent or leave. Built on bytes and packets, not on a broker.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { generate, type IConnackPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";

export interface BrokerScript {
  /** What CONNECT gets; bytes are sent as they are, null is silence. */
  connack: Partial<IConnackPacket> | Buffer | null;
  /** Code of a SUBACK for a topic; null: it never comes. */
  suback: (topic: string) => number | null;
  pings: boolean;
}

export class ScriptedBroker {
  readonly version: 4 | 5;
  script: BrokerScript = { connack: {}, suback: () => 1, pings: true };
  port = 0;
  accepted = 0;
  /** All that came, of all connections. */
  readonly packets: Packet[] = [];
  readonly #links = new Set<Socket>();
  readonly #raw = new Set<Socket>();
  #server: Server | undefined;
  #packetId = 0;

  constructor(version: 4 | 5) {
    this.version = version;
  }

  async listen(tls?: { key: string; cert: string }): Promise<void> {
    const accept = (socket: Socket) => this.#accept(socket);
    const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    server.on("tlsClientError", () => {});
    server.on("connection", (raw: Socket) => {
      this.#raw.add(raw);
      raw.on("error", () => {});
      raw.once("close", () => this.#raw.delete(raw));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
  }

  get connected(): number {
    return this.#links.size;
  }

  of<C extends Packet["cmd"]>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.packets.filter((packet) => packet.cmd === cmd) as Extract<Packet, { cmd: C }>[];
  }

  ids(cmd: Packet["cmd"]): (number | undefined)[] {
    return this.of(cmd).map(({ messageId }) => messageId);
  }

  /** Topics of all SUBSCRIBE or UNSUBSCRIBE packets. */
  get subscribed(): string[] {
    return this.of("subscribe").flatMap(({ subscriptions }) => subscriptions.map(({ topic }) => topic));
  }

  get unsubscribed(): string[] {
    return this.of("unsubscribe").flatMap(({ unsubscriptions }) => unsubscriptions);
  }

  send(...packets: Packet[]): void {
    this.sendBytes(
      Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: this.version }))),
    );
  }

  sendBytes(bytes: Uint8Array): void {
    for (const socket of this.#links) socket.write(bytes);
  }

  /** Sends a PUBLISH of QoS 1 unless said otherwise. @returns its packet id */
  publish(topic: string, payload: unknown, more: Partial<IPublishPacket> = {}): number {
    const packet = this.message(topic, payload, more);
    this.send(packet);
    return packet.messageId ?? 0;
  }

  message(topic: string, payload: unknown, more: Partial<IPublishPacket> = {}): IPublishPacket {
    const { qos = 1 } = more;
    const messageId = qos === 0 ? undefined : (more.messageId ?? ++this.#packetId);
    const body = Buffer.isBuffer(payload) || typeof payload === "string" ? payload : JSON.stringify(payload);
    const packet: IPublishPacket = { cmd: "publish", topic, payload: body, qos, dup: false, retain: false };
    return { ...packet, ...more, ...(messageId === undefined ? {} : { messageId }) };
  }

  pause(): void {
    for (const socket of this.#links) socket.pause();
  }

  end(): void {
    for (const socket of this.#links) socket.end();
  }

  async close(): Promise<void> {
    for (const socket of [...this.#links, ...this.#raw]) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(null));
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    this.#links.add(socket);
    const packets = parser({ protocolVersion: this.version });
    socket.on("error", () => {});
    socket.on("close", () => this.#links.delete(socket));
    socket.on("data", (bytes) => void packets.parse(bytes));
    packets.on("error", () => socket.destroy());
    packets.on("packet", (packet) => {
      this.packets.push(packet);
      this.#answer(socket, packet);
    });
  }

  #answer(socket: Socket, packet: Packet): void {
    const { script } = this;
    const answer = (reply: Packet) => socket.write(generate(reply, { protocolVersion: this.version }));
    if (packet.cmd === "connect") {
      const { connack } = script;
      if (Buffer.isBuffer(connack)) socket.write(connack);
      else if (connack !== null)
        answer({ cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0, ...connack });
    } else if (packet.cmd === "subscribe") {
      const granted = packet.subscriptions.map(({ topic }) => script.suback(topic));
      if (granted.every((code) => code !== null))
        answer({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
    } else if (packet.cmd === "unsubscribe") {
      const granted = packet.unsubscriptions.map(() => 0);
      answer({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted });
    } else if (packet.cmd === "pingreq" && script.pings) answer({ cmd: "pingresp" });
  }
}
