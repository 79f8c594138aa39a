/**
 * The MQTT broker inside: aedes, reduced to what a gateway needs. The only file that knows it.
 *
 * Intake hangs on `authorizePublish`, which is asked before the acknowledgement. What devices say has no
 * subscribers, so it is not routed, retained or queued; only topics that `mayForward` names are, within the
 * bounds of kept.ts.
 * Never happens: a throw out of a hook, which would end the process; waiting for a subscriber (gate.ts takes all
 * that it is given).
 */
import { EventEmitter } from "node:events";
import { Aedes, type AedesOptions } from "aedes";
import type { Connection } from "./connection.ts";
import type { Will } from "./credentials.ts";
import type { Gate } from "./gate.ts";
import { Kept } from "./kept.ts";
import { keepNoNumbers } from "./packets.ts";
import type { PublishedPacket } from "./repeat-keys.ts";
import { matches } from "./topics.ts";

type Client = ReturnType<Aedes["handle"]>;
type PublishPacket = Parameters<Aedes["publish"]>[0];
type ForwardedPacket = Parameters<Required<AedesOptions>["authorizeForward"]>[1];
type Done = (error?: Error | null) => void;

/** Return codes of a CONNACK (table 3.1). */
export const ReturnCode = {
  identifierRejected: 2,
  unavailable: 3,
  badCredential: 4,
  notAuthorized: 5,
} as const;
export type Refusal = (typeof ReturnCode)[keyof typeof ReturnCode];

export interface BrokerEvents {
  /** A CONNECT arrived; changes nothing. */
  onConnect(
    connection: Connection,
    client: string,
    clean: boolean,
    keepAliveS: number,
    will: Will | null,
  ): void;
  /** `answer` with null lets in, else with the return code; it is called once, at once or later. */
  login(
    connection: Connection,
    client: string,
    credential: { user?: string | undefined; password?: Uint8Array | undefined },
    answer: (refusal: Refusal | null) => void,
  ): void;
  onReady(connection: Connection): void;
  publish(connection: Connection, packet: PublishedPacket, will: boolean, answer: Done): void;
  maySubscribe(connection: Connection, topic: string): boolean;
  /** Whether what it publishes there goes to subscribers: never what a device says. */
  mayForward(connection: Connection, topic: string): boolean;
  /** PUBREL. */
  onReleased(connection: Connection, messageId: number): void;
}

/** aedes tells other brokers that it lives; there are none. */
const heartbeatMs = 12 * 3_600_000;

/** Does what aedes does with a packet of a client only where somebody may have subscribed. */
class ForwardingBroker extends Aedes {
  isForwarded: (packet: PublishPacket, from: Client) => boolean = () => false;

  override publish(packet: PublishPacket, from: unknown, done?: Done): void {
    // Its types do not know that a client may publish.
    const forward = super.publish as (packet: PublishPacket, from: unknown, done?: Done) => void;
    try {
      const isClient = typeof from === "object" && from !== null;
      if (isClient && !this.isForwarded(packet, from as Client)) done?.();
      else forward.call(this, packet, from, done);
    } catch (error) {
      done?.(error as Error);
    }
  }
}

keepNoNumbers();

export class Broker {
  readonly #aedes: ForwardingBroker;
  readonly #kept: Kept<Client>;
  readonly #connections = new WeakMap<object, Connection>();

  private constructor(events: BrokerEvents) {
    const about = (client: Client) => this.#connections.get(client.conn);
    this.#kept = new Kept({
      rights: (client) => {
        const connection = about(client);
        if (connection === undefined) return null;
        const maySubscribe = (filter: string) => events.maySubscribe(connection, filter);
        return { owner: connection.access?.user, maySubscribe };
      },
      onReleased: (client, messageId) =>
        this.#tell(client, (connection) => events.onReleased(connection, messageId)),
      isHere: (id) =>
        (this.#aedes as unknown as { clients: Record<string, unknown> }).clients[id] !== undefined,
    });
    this.#aedes = new ForwardingBroker({
      persistence: this.#kept,
      connectTimeout: 60_000, // the sweep of the session is stricter
      heartbeatInterval: heartbeatMs,
      maxInflightInbound: 0, // bounded before, by the intake
      maxTopicLevels: 32,
      preConnect: (client, packet, callback) => {
        const ok = this.#safely(client, false, (connection) => {
          const { clientId, clean = true, keepalive = 0, will } = packet;
          const last = will === undefined ? null : { topic: will.topic, bytes: will.payload.length };
          events.onConnect(connection, clientId, clean, keepalive, last);
          packet.keepalive = 0; // watched by the session, which knows when silence is our own
          return true;
        });
        callback(ok ? null : new Error("unknown connection"), ok);
      },
      authenticate: (client, user, password, callback) => {
        const answer = (refusal: Refusal | null) => {
          if (refusal === null) this.#kept.claim(client);
          if (refusal === null) callback(null, true);
          else
            callback(Object.assign(new Error("refused"), { returnCode: refusal as number as never }), null);
        };
        const known = this.#safely(client, false, (connection) => {
          events.login(connection, client.id, { user, password }, answer);
          return true;
        });
        if (!known) answer(ReturnCode.notAuthorized);
      },
      authorizePublish: (client, packet, callback) => {
        // A parsed packet has its command; a last will is a bare topic and payload.
        const will = (packet as { cmd?: string }).cmd !== "publish";
        const known = this.#safely(client, false, (connection) => {
          events.publish(connection, packed(packet), will, callback);
          return true;
        });
        if (!known) callback(new Error("unknown connection"));
      },
      authorizeSubscribe: (client, subscription, callback) => {
        const ok = this.#safely(client, false, (connection) =>
          events.maySubscribe(connection, subscription.topic),
        );
        callback(null, ok ? subscription : null); // null: return code 128 (3.9.3)
      },
      authorizeForward: (client, packet) =>
        this.#safely<ForwardedPacket | null>(client, null, (connection) =>
          granted(client, packet, (filter) => events.maySubscribe(connection, filter)),
        ),
    });
    this.#aedes.isForwarded = (packet, client) => {
      const { qos, messageId, topic } = packet;
      if (!this.#safely(client, false, (connection) => events.mayForward(connection, topic))) return false;
      return qos !== 2 || messageId === undefined || this.#kept.isNew(client.id, messageId);
    };
  }

  static async open(events: BrokerEvents): Promise<Broker> {
    const broker = new Broker(events);
    const aedes = broker.#aedes;
    EventEmitter.prototype.on.call(aedes, "error", () => {}); // its types do not know it
    aedes.on("clientReady", (client) => broker.#tell(client, events.onReady));
    await aedes.listen();
    return broker;
  }

  /** Serves a connection from now on. */
  handle(connection: Connection): void {
    this.#connections.set(connection.gate, connection);
    const client = this.#aedes.handle(connection.gate);
    guardParser(client, connection.gate);
  }

  /** Closes every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#aedes.close(() => resolve()));
  }

  #tell(client: Client, to: (connection: Connection) => void): void {
    this.#safely(client, undefined, to);
  }

  #safely<T>(client: Client | null, otherwise: T, work: (connection: Connection) => T): T {
    const connection = client === null ? undefined : this.#connections.get(client.conn);
    if (connection === undefined) return otherwise;
    try {
      return work(connection);
    } catch {
      connection.gate.destroy();
      return otherwise;
    }
  }
}

/**
 * The message as its subscriber is to have it: never with a larger QoS than it asked for (MQTT-3.8.4-6), also by a
 * filter with wildcards, whose QoS aedes does not look up; null when it may not have it any more.
 */
function granted(
  client: Client,
  packet: ForwardedPacket,
  maySubscribe: (filter: string) => boolean,
): ForwardedPacket | null {
  const { subscriptions } = client as unknown as { subscriptions: Record<string, { qos: number }> };
  const asked = Object.entries(subscriptions).flatMap(([filter, { qos }]) =>
    matches(filter, packet.topic) && maySubscribe(filter) ? qos : [],
  );
  if (asked.length === 0) return null;
  const most = Math.max(...asked);
  return packet.qos <= most ? packet : { ...packet, qos: most as 0 | 1 | 2 };
}

function packed({ qos, dup, retain, messageId, topic, payload }: PublishPacket): PublishedPacket {
  return {
    qos,
    dup: dup ?? false,
    retain: retain ?? false,
    messageId,
    topic,
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
  };
}

/** aedes parses in an event handler, where a throw (of the parser or of a handler behind it) ends the process. */
function guardParser(client: Client, gate: Gate): void {
  const { _parser: parser } = client as unknown as { _parser: { parse(bytes: Buffer): number } };
  const parse = parser.parse.bind(parser);
  parser.parse = (bytes) => {
    try {
      return parse(bytes);
    } catch {
      gate.destroy();
      return 0;
    }
  };
}
