/**
 * One MQTT 5 connection, from CONNECT to its end: mqtt.js behind what this project needs of it.
 *
 * Holds: a PUBLISH is settled by its own PUBACK or by the end of the connection; a packet id is not given
 * again before its PUBACK; nothing is published while not connected; what a broker may make us keep is bounded.
 * Never happens: a reconnection; a second end; a throw out of an event handler.
 */
import type { Socket } from "node:net";
import type { IConnackPacket, MqttClient, Packet } from "mqtt";
import { type Clock, UplinkError } from "../../contract/index.ts";
import { aborted, socketFault } from "../socket-fault.ts";
import { reasonFault } from "./fault.ts";
import { disconnectPacket, type Outgoing } from "./packet.ts";
import { PacketLimit } from "./packet-limit.ts";

/** A broker that does not close after our DISCONNECT is left after so long. */
const closeMs = 2000;

export interface ConnectionParts {
  /** Not yet connected, with `socket` as its stream; never asked to reconnect. */
  client: MqttClient;
  socket: Socket;
  clock: Clock;
  /** Largest packet the broker may send. */
  maxInboundBytes: number;
  message(topic: string, payload: Uint8Array, retained: boolean): void;
  /** Once: null after `close`, else why it was lost. Nothing is told afterwards. */
  ended(fault: UplinkError | null): void;
}

/** What the broker asked for in its CONNACK. */
export interface BrokerLimits {
  /** PUBLISHes that may be unacknowledged. */
  receiveMaximum: number;
  maxPacketBytes: number;
  retains: boolean;
}

interface Unacknowledged {
  resolve(reason: number): void;
  reject(fault: UplinkError): void;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #inbound: PacketLimit;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #lost = Promise.withResolvers<never>();
  #over: UplinkError | null = null;
  #closing: Promise<void> | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#inbound = new PacketLimit(parts.maxInboundBytes);
  }

  /** CONNECT until CONNACK. Rejects with an `UplinkError`, and the connection is gone then. */
  open(): Promise<BrokerLimits> {
    const { client, socket } = this.#parts;
    const connected = Promise.withResolvers<BrokerLimits>();
    this.#lost.promise.catch(connected.reject);
    socket.on("data", (chunk: Buffer) => {
      if (!this.#inbound.accepts(chunk)) this.lose(violation("the broker sends larger packets than allowed"));
    });
    socket.on("error", (error) => this.lose(socketFault(error, "open", "broker")));
    socket.on("close", () => this.lose(closedByBroker()));
    client.on("error", (cause) => this.lose(violation("the MQTT exchange with the broker fails", cause)));
    client.onKeepaliveTimeout = () => this.lose(new UplinkError("silent", "later", "the broker is silent"));
    client.on("packetreceive", (packet) => this.#received(packet));
    client.on("message", (topic, payload, { retain }) => {
      if (this.#over === null) this.#parts.message(topic, payload, retain);
    });
    client.on("connect", (connack) => {
      const limits = limitsOf(connack);
      if (limits instanceof UplinkError) this.lose(limits);
      else connected.resolve(limits);
    });
    if (socket.destroyed) this.lose(closedByBroker());
    else client.connect();
    return connected.promise;
  }

  /** Resolves with the reason of the SUBACK (≥ 128: refused); rejects when the connection ends before. */
  subscribe(topic: string, retainHandling: 0 | 2): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#lost.promise.catch(reject);
    // Retained as published: a command that was left at the broker must be recognisable.
    const options = { qos: 1, rap: true, rh: retainHandling } as const;
    this.#parts.client.subscribe(topic, options, (error, _granted, suback) => {
      const reason = suback?.granted[0];
      if (typeof reason === "number") resolve(reason);
      else this.lose(violation("the broker answers no subscription", error));
    });
    return promise;
  }

  /** Resolves with the reason of the PUBACK, seen in the packet itself; rejects when the connection ends before. */
  publish({ topic, payload, retain, properties }: Outgoing): Promise<number> {
    if (this.#over !== null) return Promise.reject(this.#over);
    const { client } = this.#parts;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    client.publish(topic, payload, { qos: 1, retain, properties }, () => {});
    this.#unacknowledged.set(client.getLastMessageId(), { resolve, reject });
    return promise;
  }

  /** Ends the connection for `fault`; the first end counts. */
  lose(fault: UplinkError): void {
    this.#finish(fault, fault);
    // The client clears its timers when its stream closes, and has nothing else.
    this.#parts.socket.destroy();
  }

  /** DISCONNECT, by hand: `end()` of the client waits for acknowledgements that may never come. Idempotent, bounded. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    if (this.#over !== null) return;
    const { socket, clock } = this.#parts;
    this.#finish(new UplinkError("closed", "later", "the uplink was closed"), null);
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once("close", () => resolve());
    });
    socket.end(disconnectPacket());
    const late = clock.sleep(closeMs, gone.signal).catch(() => {});
    await Promise.race([closed, late]);
    gone.abort();
    socket.destroy();
    await closed;
  }

  #finish(fault: UplinkError, told: UplinkError | null): void {
    if (this.#over !== null) return;
    this.#over = fault;
    this.#lost.promise.catch(() => {});
    this.#lost.reject(fault);
    for (const { reject } of this.#unacknowledged.values()) reject(fault);
    this.#unacknowledged.clear();
    this.#parts.ended(told);
  }

  /** Before the client handles a packet. */
  #received(packet: Packet): void {
    if (this.#over === null) this.#judge(packet);
    // The client throws where it answers a packet without a usable id: what ends the connection is not handled.
    if (this.#over !== null) (packet as { cmd: string }).cmd = "dropped";
  }

  #judge(packet: Packet): void {
    const { cmd, messageId = 0 } = packet;
    const named = cmd === "puback" || cmd === "suback" || (cmd === "publish" && packet.qos > 0);
    if (named && messageId < 1) this.lose(violation("the broker sends a packet without its id"));
    else if (cmd === "puback") {
      this.#unacknowledged.get(messageId)?.resolve(packet.reasonCode ?? 0);
      this.#unacknowledged.delete(messageId);
    } else if (cmd === "connack" && packet.reasonCode !== 0) this.lose(reasonFault(packet.reasonCode ?? 128));
    else if (cmd === "disconnect") {
      this.lose(packet.reasonCode ? reasonFault(packet.reasonCode) : closedByBroker());
    } else if (cmd === "publish" ? packet.qos > 1 : /^pub(rec|rel|comp)$/.test(cmd)) {
      this.lose(violation("the broker uses QoS 2, which was not asked for"));
    }
  }
}

/** The wish of `signal` to give up, turned into an end; returns how to stop listening. */
export function endOnAbort(connection: Connection, signal: AbortSignal): () => void {
  const abort = () => connection.lose(aborted(signal));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return () => signal.removeEventListener("abort", abort);
}

function limitsOf(connack: IConnackPacket): BrokerLimits | UplinkError {
  // An MQTT 5 CONNACK has at least a property length after its two bytes (3.2.2.3); an older broker's has not.
  if ((connack.length ?? 0) < 3) return reasonFault(132);
  const { receiveMaximum, maximumPacketSize, maximumQoS, retainAvailable } = connack.properties ?? {};
  if (maximumQoS === 0) return new UplinkError("qos", "never", "the broker acknowledges nothing (QoS 0)");
  return {
    receiveMaximum: positive(receiveMaximum) ?? 65_535,
    maxPacketBytes: positive(maximumPacketSize) ?? 0xfffffff,
    retains: retainAvailable !== false,
  };
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 ? value : undefined;
}

function violation(detail: string, cause?: unknown): UplinkError {
  return new UplinkError("protocol", "later", detail, { cause });
}

function closedByBroker(): UplinkError {
  return new UplinkError("lost", "later", "the broker closed the connection");
}
