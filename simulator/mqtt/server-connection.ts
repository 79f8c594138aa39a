/**
 * One client's connection to the simulated server, from CONNECT to the end.
 *
 * Holds: nothing but CONNECT is heard first; acknowledgements leave in the order of the publishes (MQTT-4.6.0-2);
 * more than the receive maximum unacknowledged ends an MQTT 5 connection and stops reading from an older one.
 */
import type { Socket } from "node:net";
import type { Message } from "./message.ts";
import {
  BadPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
} from "./packets.ts";
import type { Session, Subscription } from "./session.ts";
import { isFilter, isTopic } from "./topics.ts";
import { Wire } from "./wire.ts";

/** What the connection asks of its server. */
export interface Host {
  receiveMaximum: number;
  maxPacketBytes: number;
  nowMs(): number;
  /** null when the credential is wrong. Ends an older connection of the same client. */
  admit(
    connection: ServerConnection,
    connect: IConnectPacket,
  ): { session: Session; present: boolean; assignedId?: string } | null;
  /** Reason code for the sender; null: no acknowledgement. */
  published(message: Message, connection: ServerConnection): Promise<number | null>;
  subscribed(connection: ServerConnection, filter: string, isNew: boolean, retainHandling: number): void;
  gone(connection: ServerConnection): void;
}

/** Type and flags of CONNECT. */
const connectByte = 0x10;
/** Time a stranger has for its CONNECT. */
const connectTimeoutMs = 10_000;
const maxSubscriptions = 200;

export class ServerConnection {
  clientId = "";
  user: string | undefined;
  session: Session | null = null;
  will: Message | null = null;
  /** Seconds the session outlives the connection. */
  expiryS = 0;
  readonly #host: Host;
  readonly #wire: Wire;
  #keepAliveMs = 0;
  #heardMs: number;
  #maxOutBytes = Number.POSITIVE_INFINITY;
  /** Publishes that wait for the host; and those among them that wait for an acknowledgement. */
  #pending = 0;
  #unacknowledged = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(socket: Socket, host: Host) {
    this.#host = host;
    this.#heardMs = host.nowMs();
    const events = { packet: (packet: Packet) => this.#packet(packet), end: () => host.gone(this) };
    this.#wire = new Wire(socket, host.maxPacketBytes, events, connectByte);
  }

  start(): void {
    this.#wire.start();
  }

  get version(): number {
    return this.#wire.version;
  }

  /** Ends a connection that is silent for too long (MQTT 5, 3.1.2.10). */
  step(): void {
    const silentMs = this.#host.nowMs() - this.#heardMs;
    if (this.session === null) {
      if (silentMs >= connectTimeoutMs) this.#wire.destroy();
    } else if (this.#keepAliveMs > 0 && silentMs > this.#keepAliveMs * 1.5) {
      this.leave(0x8d);
    }
  }

  /** Sends a message to this client; `anySize` ignores the size it allows. */
  send(
    message: Message,
    messageId: number | undefined,
    dup: boolean,
    anySize = false,
  ): "sent" | "gone" | "never" {
    const { topic, payload, qos, retain, properties } = message;
    const packet: Packet = {
      cmd: "publish",
      topic,
      payload,
      qos,
      retain,
      dup,
      ...(messageId === undefined ? {} : { messageId }),
      ...(properties === undefined || this.version !== 5 ? {} : { properties }),
    };
    const sent = this.#wire.send(packet, anySize ? Number.POSITIVE_INFINITY : this.#maxOutBytes);
    if (sent) return "sent";
    return this.#wire.open ? "never" : "gone";
  }

  /** Says why (MQTT 5) and closes; the will is published unless the reason is 0. */
  leave(reason: number): void {
    if (reason === 0) this.will = null;
    if (this.version === 5 && this.session !== null)
      this.#wire.send({ cmd: "disconnect", reasonCode: reason });
    this.#wire.close();
  }

  destroy(): void {
    this.#wire.destroy();
  }

  #packet(packet: Packet): void {
    this.#heardMs = this.#host.nowMs();
    if (this.session === null) {
      if (packet.cmd !== "connect") throw new BadPacket(0x82, "CONNECT must come first");
      this.#connect(packet);
      return;
    }
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case "publish":
        this.#publish(packet);
        break;
      case "pubrel":
        this.#tail = this.#tail.then(() => this.#release(messageId));
        break;
      case "puback":
        this.session.acknowledged(messageId);
        break;
      case "subscribe":
        this.#subscribe(packet, this.session);
        break;
      case "unsubscribe": {
        const { subscriptions } = this.session;
        const granted = packet.unsubscriptions.map((filter) => (subscriptions.delete(filter) ? 0 : 0x11));
        this.#wire.send({ cmd: "unsuback", messageId, granted });
        break;
      }
      case "pingreq":
        this.#wire.send({ cmd: "pingresp" });
        break;
      case "disconnect":
        if (packet.reasonCode !== 4) this.will = null;
        this.#wire.close();
        break;
      default:
        throw new BadPacket(0x82, "not a packet of a client");
    }
  }

  #connect(packet: IConnectPacket): void {
    const version = packet.protocolVersion ?? 4;
    this.#wire.version = version;
    if (packet.clientId === "" && packet.clean === false && version !== 5) {
      this.#refuse(2);
      return;
    }
    if (packet.will !== undefined && !isTopic(packet.will.topic))
      throw new BadPacket(0x82, "will topic not valid");
    const admitted = this.#host.admit(this, packet);
    if (admitted === null) {
      this.#refuse(version === 5 ? 0x86 : 5);
      return;
    }
    const { properties } = packet;
    this.session = admitted.session;
    this.clientId = admitted.session.clientId;
    this.user = packet.username;
    this.#keepAliveMs = (packet.keepalive ?? 0) * 1000;
    this.#maxOutBytes = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    this.expiryS = version === 5 ? (properties?.sessionExpiryInterval ?? 0) : packet.clean ? 0 : 0xffff_ffff;
    if (packet.will !== undefined) {
      const { topic, payload, qos = 0, retain = false } = packet.will;
      this.will = { topic, payload: Buffer.from(payload), qos, retain, dup: false };
    }
    this.#wire.send({
      cmd: "connack",
      sessionPresent: admitted.present,
      ...(version === 5
        ? {
            reasonCode: 0,
            properties: {
              receiveMaximum: this.#host.receiveMaximum,
              maximumPacketSize: this.#host.maxPacketBytes,
              sharedSubscriptionAvailable: false,
              subscriptionIdentifiersAvailable: false,
              ...(admitted.assignedId === undefined ? {} : { assignedClientIdentifier: admitted.assignedId }),
            },
          }
        : { returnCode: 0 }),
    });
    admitted.session.attach(
      (message, id, dup) => this.send(message, id, dup),
      properties?.receiveMaximum ?? 65_535,
    );
  }

  #refuse(code: number): void {
    const answer = this.version === 5 ? { reasonCode: code } : { returnCode: code };
    this.#wire.send({ cmd: "connack", sessionPresent: false, ...answer });
    this.#wire.close();
  }

  #publish(packet: IPublishPacket): void {
    if (packet.properties?.topicAlias !== undefined) throw new BadPacket(0x94, "no topic aliases here");
    if (!isTopic(packet.topic)) throw new BadPacket(0x90, "topic not valid");
    const { topic, qos, retain, dup, properties, messageId = 0 } = packet;
    if (qos > 0 && messageId === 0) throw new BadPacket(0x82, "packet id 0");
    const message = { topic, qos, retain, dup, properties, payload: Buffer.from(packet.payload) };
    if (qos > 0 && this.version === 5 && this.#unacknowledged >= this.#host.receiveMaximum) {
      throw new BadPacket(0x93, "receive maximum exceeded");
    }
    if (this.#pending >= this.#host.receiveMaximum) this.#wire.pause();
    this.#pending += 1;
    if (qos > 0) this.#unacknowledged += 1;
    this.#tail = this.#tail.then(() => this.#take(message, messageId)).finally(() => this.#taken(qos));
  }

  async #take(message: Message, messageId: number): Promise<void> {
    const again = message.qos === 2 && this.session?.inbound.has(messageId) === true;
    const reason = again ? 0 : await this.#host.published(message, this).catch(() => 0x80);
    if (message.qos === 0 || reason === null) return;
    // MQTT 3.1.1 cannot say no: the connection goes instead, and nothing is acknowledged.
    if (reason >= 0x80 && this.version !== 5) {
      this.#wire.destroy();
      return;
    }
    if (message.qos === 2 && reason < 0x80) this.session?.inbound.add(messageId);
    const cmd = message.qos === 2 ? "pubrec" : "puback";
    this.#wire.send({ cmd, messageId, reasonCode: reason });
  }

  #release(messageId: number): void {
    this.session?.inbound.delete(messageId);
    this.#wire.send({ cmd: "pubcomp", messageId, reasonCode: 0 });
  }

  #taken(qos: number): void {
    this.#pending -= 1;
    if (qos > 0) this.#unacknowledged -= 1;
    if (this.#pending < this.#host.receiveMaximum) this.#wire.resume();
  }

  #subscribe(packet: ISubscribePacket, session: Session): void {
    if (packet.subscriptions.length === 0) throw new BadPacket(0x82, "no topic filter");
    const made: { filter: string; isNew: boolean; retainHandling: number }[] = [];
    const granted = packet.subscriptions.map(({ topic, qos, nl = false, rap = false, rh = 0 }): number => {
      if (topic.startsWith("$share/")) return this.version === 5 ? 0x9e : 0x80;
      if (!isFilter(topic)) return this.version === 5 ? 0x8f : 0x80;
      const isNew = !session.subscriptions.has(topic);
      if (isNew && session.subscriptions.size >= maxSubscriptions) return this.version === 5 ? 0x97 : 0x80;
      const subscription: Subscription = { qos: qos > 0 ? 1 : 0, noLocal: nl, keepRetain: rap };
      session.subscriptions.set(topic, subscription);
      made.push({ filter: topic, isNew, retainHandling: rh });
      return subscription.qos;
    });
    this.#wire.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
    for (const { filter, isNew, retainHandling } of made) {
      this.#host.subscribed(this, filter, isNew, retainHandling);
    }
  }
}
