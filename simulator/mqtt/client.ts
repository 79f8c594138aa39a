/**
 * One connection of an MQTT client (3.1.1 or 5), for devices and for a platform behind somebody's broker.
 *
 * Holds: `ended` settles once, after that nothing is handed over; it never reconnects itself;
 * every publish settles, by its acknowledgement or by the end of the connection.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../config/schema/context.ts";
import { systemClock } from "../system-clock.ts";
import { Exchanges } from "./exchanges.ts";
import type { Message, Outgoing } from "./message.ts";
import { BadPacket, type IConnackPacket, type Packet } from "./packets.ts";
import { Wire } from "./wire.ts";

export interface MqttClientOptions {
  host: string;
  port: number;
  /** Absent: plain. `ca` PEM; absent: the system's. */
  tls?: { ca?: string; servername?: string };
  /** 4 = MQTT 3.1.1 (default), 5. */
  version?: 4 | 5;
  clientId: string;
  user?: string;
  password?: string;
  /** Default true. */
  clean?: boolean;
  /** MQTT 5: seconds the server keeps the session; default 0. */
  sessionExpiryS?: number;
  /** Default 30; 0: none. */
  keepAliveS?: number;
  will?: { topic: string; payload: string; qos?: 0 | 1 | 2; retain?: boolean };
  /** MQTT 5: what the server may have unacknowledged towards us; default 100. */
  receiveMaximum?: number;
  /** Default 1 MiB. */
  maxPacketBytes?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  clock?: Clock;
  /** A message for us; acknowledged with the reason it gives (default 0), null: not at all. */
  onMessage?(message: Message): number | null | undefined | Promise<number | null | undefined>;
}

/** Messages handed over at once; beyond that the socket is not read. */
const maxTaking = 500;

/** The server said no; `code` is its CONNACK code. */
export class ConnectRefused extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`the server refused the connection (code ${code})`);
    this.name = "ConnectRefused";
    this.code = code;
  }
}

/** How one message is put on the wire. */
export interface Sending extends Outgoing {
  /** Absent: a free one. */
  messageId?: number;
  dup?: boolean;
  /** QoS 2: the server has it (PUBREC); from now on only the release is repeated. */
  onReceived?(): void;
}

/** Connects. Rejects with ConnectRefused, or with why there is no connection; leaves nothing behind then. */
export async function connectMqtt(options: MqttClientOptions, signal?: AbortSignal): Promise<MqttClient> {
  const client = new MqttClient(options);
  const abort = () => client.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    if (signal?.aborted) throw signal.reason;
    await client.open();
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

export class MqttClient {
  /** null after `disconnect` or a plain close, else why. */
  readonly ended: Promise<Error | null>;
  sessionPresent = false;
  /** What the server takes unacknowledged. */
  receiveMaximum = 65_535;
  readonly #options: MqttClientOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #wire: Wire | null = null;
  #settleEnded: (fault: Error | null) => void = () => undefined;
  #connack: { resolve(packet: IConnackPacket): void; reject(error: Error): void } | null = null;
  readonly #exchanges = new Exchanges();
  #sentMs = 0;
  #pingedMs: number | null = null;
  #tail: Promise<void> = Promise.resolve();
  /** Messages that `onMessage` has not answered yet. */
  #taking = 0;
  /** QoS 2 messages handed over and not yet released. */
  #inbound = new Set<number>();

  constructor(options: MqttClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  /** Something can be put on the wire, as far as anybody here knows. */
  get connected(): boolean {
    return !this.#stop.signal.aborted && this.#wire?.open === true;
  }

  /** Called once, by `connectMqtt`. */
  async open(): Promise<void> {
    const { maxPacketBytes = 1024 * 1024, connectTimeoutMs = 10_000, version = 4 } = this.#options;
    const socket = this.#socket();
    const wire = new Wire(socket, maxPacketBytes, {
      packet: (packet) => this.#packet(packet),
      end: (fault) => this.#end(fault),
    });
    wire.version = version;
    wire.start();
    this.#wire = wire;
    const connack = new Promise<IConnackPacket>((resolve, reject) => {
      this.#connack = { resolve, reject };
    });
    socket.once(this.#options.tls === undefined ? "connect" : "secureConnect", () => this.#greet());
    this.#clock.sleep(connectTimeoutMs, this.#stop.signal).then(
      () => this.#connack?.reject(new Error("no answer to CONNECT")),
      () => undefined,
    );
    const packet = await connack;
    const code = version === 5 ? packet.reasonCode : packet.returnCode;
    if (code !== 0) throw new ConnectRefused(code ?? -1);
    this.sessionPresent = packet.sessionPresent;
    this.receiveMaximum = packet.properties?.receiveMaximum ?? 65_535;
    void this.#repeat();
  }

  /**
   * Sends one message. Resolves to the acknowledgement's reason code (QoS 0: 0 once written);
   * rejects when the connection ends first.
   */
  publish(sending: Sending): Promise<number> {
    const { topic, payload, qos = 0, retain = false, dup = false, properties } = sending;
    const messageId = qos === 0 ? undefined : (sending.messageId ?? this.#exchanges.freeId());
    const packet: Packet = {
      cmd: "publish",
      topic,
      payload: Buffer.from(payload),
      qos,
      retain,
      dup,
      ...(messageId === undefined ? {} : { messageId }),
      ...(properties === undefined ? {} : { properties }),
    };
    if (messageId === undefined) {
      return this.#send(packet) ? Promise.resolve(0) : Promise.reject(new Error("not connected"));
    }
    return this.#ask(packet, messageId, sending.onReceived).then(([code = 0]) => code);
  }

  /** QoS 2: repeats the release of a message that the server has. */
  release(messageId: number): Promise<number> {
    return this.#ask({ cmd: "pubrel", messageId, reasonCode: 0 }, messageId).then(([code = 0]) => code);
  }

  /**
   * Resolves to the granted codes, one per filter.
   * @param messageId default: a free one
   */
  subscribe(
    filters: readonly string[],
    qos: 0 | 1 | 2 = 1,
    messageId = this.#exchanges.freeId(),
  ): Promise<number[]> {
    const subscriptions = filters.map((topic) => ({ topic, qos, nl: false, rap: false, rh: 0 }));
    return this.#ask({ cmd: "subscribe", messageId, subscriptions }, messageId);
  }

  /** Leaves politely: no will. A server that does not read is left after two seconds. */
  async disconnect(): Promise<void> {
    this.#send({ cmd: "disconnect", reasonCode: 0 });
    this.#wire?.close();
    this.#clock.sleep(2000, this.#stop.signal).then(
      () => this.destroy(),
      () => undefined,
    );
    await this.ended;
  }

  /** Leaves as a pulled plug does. */
  destroy(fault: Error | null = null): void {
    if (this.#wire === null) this.#end(fault);
    this.#wire?.destroy(fault);
  }

  /** Keeps the connection alive, or finds it dead (MQTT 5, 3.1.2.10); the repeater calls it. */
  step(): void {
    const aliveMs = (this.#options.keepAliveS ?? 30) * 1000;
    const now = this.#clock.monotonicMs();
    if (aliveMs === 0) return;
    if (this.#pingedMs !== null) {
      if (now - this.#pingedMs >= aliveMs) this.destroy(new Error("no answer to PINGREQ"));
    } else if (now - this.#sentMs >= aliveMs / 2) {
      this.#pingedMs = now;
      this.#send({ cmd: "pingreq" });
    }
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stop;
    const everyMs = Math.max(100, (this.#options.keepAliveS ?? 30) * 250);
    while (!signal.aborted) {
      this.step();
      await this.#clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }

  #socket(): Socket {
    const { host, port, tls } = this.#options;
    if (tls === undefined) return connectTcp({ host, port });
    const { ca, servername } = tls;
    return connectTls({
      host,
      port,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
    });
  }

  #greet(): void {
    const { clientId, user, password, clean = true, keepAliveS = 30, will, version = 4 } = this.#options;
    const { sessionExpiryS = 0, receiveMaximum = 100, maxPacketBytes = 1024 * 1024 } = this.#options;
    const properties = {
      sessionExpiryInterval: sessionExpiryS,
      receiveMaximum,
      maximumPacketSize: maxPacketBytes,
    };
    this.#send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clientId,
      clean,
      keepalive: keepAliveS,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
      ...(will === undefined ? {} : { will }),
      ...(version === 5 ? { properties } : {}),
    });
  }

  #packet(packet: Packet): void {
    if (packet.cmd === "connack") {
      this.#connack?.resolve(packet);
      this.#connack = null;
      return;
    }
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case "publish":
        this.#taking += 1;
        if (this.#taking >= maxTaking) this.#wire?.pause();
        this.#tail = this.#tail.then(() =>
          this.#take({ ...packet, payload: Buffer.from(packet.payload) }, messageId),
        );
        break;
      case "pubrel":
        this.#inbound.delete(messageId);
        this.#send({ cmd: "pubcomp", messageId, reasonCode: 0 });
        break;
      case "pubrec":
        if ((packet.reasonCode ?? 0) >= 0x80) this.#exchanges.answer(messageId, [packet.reasonCode ?? 0x80]);
        else {
          this.#exchanges.received(messageId);
          this.#send({ cmd: "pubrel", messageId, reasonCode: 0 });
        }
        break;
      case "puback":
      case "pubcomp":
        this.#exchanges.answer(messageId, [packet.reasonCode ?? 0]);
        break;
      case "suback":
        this.#exchanges.answer(messageId, packet.granted.map(Number));
        break;
      case "pingresp":
        this.#pingedMs = null;
        break;
      case "disconnect":
        this.destroy(new Error(`the server left (reason ${packet.reasonCode ?? 0})`));
        break;
      default:
        throw new BadPacket(0x82, "not a packet of a server");
    }
  }

  async #take(message: Message, messageId: number): Promise<void> {
    const again = message.qos === 2 && this.#inbound.has(messageId);
    let reason: number | null | undefined = 0;
    if (this.#taking === maxTaking) this.#wire?.resume();
    this.#taking -= 1;
    try {
      if (!again && !this.#stop.signal.aborted) reason = await this.#options.onMessage?.(message);
    } catch {
      reason = null;
    }
    if (message.qos === 0 || reason === null) return;
    if (message.qos === 2) this.#inbound.add(messageId);
    this.#send({ cmd: message.qos === 2 ? "pubrec" : "puback", messageId, reasonCode: reason ?? 0 });
  }

  #ask(packet: Packet, messageId: number, onReceived?: () => void): Promise<number[]> {
    return this.#exchanges.ask(messageId, () => this.#send(packet), onReceived);
  }

  #send(packet: Packet): boolean {
    this.#sentMs = this.#clock.monotonicMs();
    return this.connected && this.#wire?.send(packet) === true;
  }

  #end(fault: Error | null): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    const why = fault ?? new Error("the connection ended");
    this.#connack?.reject(why);
    this.#exchanges.fail(why);
    this.#settleEnded(fault);
  }
}
