/**
 * The MQTT broker inside: aedes, reduced to what a gateway needs. The only file that knows it.
 *
 * It stores no message: intake hangs on `authorizePublish`, which is asked before the acknowledgement; up
 * topics have no subscribers, so nothing is routed, retained or queued. A session keeps its subscriptions.
 * Never happens: a throw out of a hook, which would end the process.
 */
import { EventEmitter } from "node:events";
import { Aedes } from "aedes";
import { writeToStream } from "mqtt-packet";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { PublishedPacket } from "./repeat-keys.ts";

type Client = ReturnType<Aedes["handle"]>;
type PublishPacket = Parameters<Aedes["publish"]>[0];
type Done = (error?: Error | null) => void;

/** Return codes of a CONNACK (table 3.1). */
export const ReturnCode = { identifierRejected: 2, badCredential: 4, notAuthorized: 5 } as const;
export type Refusal = (typeof ReturnCode)[keyof typeof ReturnCode];

export interface BrokerEvents {
  /** A CONNECT arrived; changes nothing. */
  onConnect(connection: Connection, client: string, clean: boolean, keepAliveS: number): void;
  /** @returns null to let in, else the return code */
  login(connection: Connection, client: string, user?: string, password?: Uint8Array): Refusal | null;
  onReady(connection: Connection): void;
  publish(connection: Connection, packet: PublishedPacket, will: boolean, answer: Done): void;
  maySubscribe(connection: Connection, topic: string): boolean;
  /** PUBREL. */
  onReleased(connection: Connection, messageId: number): void;
}

/** A peer that does not read is cut after so long. */
const drainTimeoutMs = 3000;
/** aedes tells other brokers that it lives; there are none. */
const heartbeatMs = 12 * 3_600_000;
/** Most sessions whose subscriptions are kept while their device is away. */
const maxSessions = 2000;

/** Whatever a client publishes has been delivered by its hook: there is nobody to route it to. */
class IntakeBroker extends Aedes {
  override publish(packet: PublishPacket, from: unknown, done?: Done): void {
    if (typeof from === "object" && from !== null) done?.();
    else super.publish(packet, from as (error?: Error) => void);
  }
}

// Else every 16-bit number is kept as a buffer of its own, 11 MB in all.
writeToStream.cacheNumbers = false;

export class Broker {
  readonly #aedes: IntakeBroker;
  readonly #events: BrokerEvents;
  readonly #connections = new WeakMap<object, Connection>();

  private constructor(events: BrokerEvents) {
    this.#events = events;
    this.#aedes = new IntakeBroker({
      connectTimeout: 60_000, // the sweep of the session is stricter
      drainTimeout: drainTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxInflightInbound: 0, // bounded before, by the intake
      maxTopicLevels: 32,
      preConnect: (client, packet, callback) => {
        const ok = this.#safely(client, false, (connection) => {
          events.onConnect(connection, packet.clientId, packet.clean ?? true, packet.keepalive ?? 0);
          packet.keepalive = 0; // watched by the session, which knows when silence is our own
          return true;
        });
        callback(ok ? null : new Error("unknown connection"), ok);
      },
      authenticate: (client, user, password, callback) => {
        const refusal = this.#safely<Refusal | null>(client, ReturnCode.notAuthorized, (connection) =>
          events.login(connection, client.id, user, password),
        );
        if (refusal === null) callback(null, true);
        else callback(Object.assign(new Error("refused"), { returnCode: refusal as number as never }), null);
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
    });
  }

  static async open(events: BrokerEvents): Promise<Broker> {
    const broker = new Broker(events);
    const aedes = broker.#aedes;
    EventEmitter.prototype.on.call(aedes, "error", () => {}); // its types do not know it
    aedes.on("clientReady", (client) => broker.#tell(client, events.onReady));
    await aedes.listen();
    broker.#bound();
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

  /**
   * Takes away what could grow: retained messages, queues for the absent, payloads of QoS 2, filters that
   * were refused.
   */
  #bound(): void {
    const aedes = this.#aedes as unknown as { persistence: Persistence; clients: Record<string, unknown> };
    const { persistence } = aedes;
    const sessions = new Set<string>();
    const addSubscriptions = persistence.addSubscriptions.bind(persistence);
    const nothing = async () => {};
    Object.assign(persistence, {
      storeRetained: nothing,
      outgoingEnqueue: nothing,
      outgoingEnqueueCombi: nothing,
      outgoingUpdate: nothing,
      incomingStorePacket: nothing,
      incomingDelPacket: nothing,
      // Every PUBLISH goes one way, new or repeated, so that PUBRECs keep their order; PUBREL is always due.
      incomingGetPacket: async (client: Client, packet: { cmd: string; messageId: number }) => {
        if (packet.cmd !== "pubrel") throw new Error("not kept");
        this.#tell(client, (connection) => this.#events.onReleased(connection, packet.messageId));
        return packet;
      },
      addSubscriptions: async (client: Client, all: { topic: string }[]) => {
        const mine = this.#safely<{ topic: string }[]>(client, [], (connection) =>
          all.filter(({ topic }) => this.#events.maySubscribe(connection, topic)),
        );
        sessions.delete(client.id);
        sessions.add(client.id);
        await addSubscriptions(client, mine);
        for (const id of sessions) {
          if (sessions.size <= maxSessions) break;
          if (aedes.clients[id] !== undefined) continue;
          sessions.delete(id);
          await persistence.cleanSubscriptions({ id });
        }
      },
    });
  }
}

interface Persistence {
  addSubscriptions(client: Client, subscriptions: { topic: string }[]): Promise<void>;
  cleanSubscriptions(client: { id: string }): Promise<void>;
}

function packed({ qos, dup, messageId, topic, payload }: PublishPacket): PublishedPacket {
  return {
    qos,
    dup: dup ?? false,
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
