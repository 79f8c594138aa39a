/** Where batches come in and receipts go out over MQTT: an own server, or a client behind somebody's broker (R15). */
import type { Clock } from "../../config/schema/context.ts";
import { connectMqtt, type MqttClient } from "../mqtt/client.ts";
import type { Message, Outgoing } from "../mqtt/message.ts";
import { MqttServer, type MqttServerOptions } from "../mqtt/server.ts";

/** Takes a message; the PUBACK's reason, or null for none. */
export type Take = (message: Message) => number | null;

export interface Door {
  readonly url: string;
  /** Opens, for the first time or again. Rejects when it cannot. */
  open(): Promise<void>;
  /** Nothing comes in or goes out until it is opened again. */
  shut(): Promise<void>;
  /** Cuts connections without a word; the other side may come back at once. */
  cut(): void;
}

export interface MqttDoor extends Door {
  /** false when nobody can be reached. */
  send(outgoing: Outgoing, anySize: boolean): boolean;
}

export interface Behind {
  /** mqtt://host:port or mqtts://host:port */
  url: string;
  user?: string;
  password?: string;
  /** PEM of the authority that signed the broker's certificate. */
  ca?: string;
  clientId?: string;
}

/** An own server: gateways connect to the platform itself. */
export function serverDoor(options: MqttServerOptions, take: Take): MqttDoor {
  const server = new MqttServer({ ...options, onPublish: take });
  return {
    get url() {
      return server.url;
    },
    open: () => server.start(),
    shut: () => server.stop(),
    send: (outgoing, anySize) =>
      server.listening && (anySize ? server.publishAnySize(outgoing) : server.publish(outgoing)) > 0,
    cut: () => server.cut(),
  };
}

/** A client with a clean session on a broker that gateways connect to; it comes back by itself while the door is open. */
export function brokerDoor(behind: Behind, clock: Clock, filters: string[], take: Take): MqttDoor {
  const { hostname, port, protocol } = new URL(behind.url);
  const secure = protocol === "mqtts:";
  let client: MqttClient | null = null;
  let stop = new AbortController();

  const connect = async (signal: AbortSignal): Promise<MqttClient> => {
    const connected = await connectMqtt(
      {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port) || (secure ? 8883 : 1883),
        ...(secure ? { tls: behind.ca === undefined ? {} : { ca: behind.ca } } : {}),
        version: 5,
        clientId: behind.clientId ?? "platform",
        ...(behind.user === undefined ? {} : { user: behind.user }),
        ...(behind.password === undefined ? {} : { password: behind.password }),
        clock,
        onMessage: take,
      },
      signal,
    );
    const granted = await connected.subscribe(filters, 1);
    if (granted.every((code) => code < 0x80)) return connected;
    connected.destroy();
    throw new Error("the broker refuses the platform's subscriptions");
  };

  const keep = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await client?.ended;
      await clock.sleep(200, signal).catch(() => undefined);
      if (signal.aborted) return;
      client = null;
      client = await connect(signal).catch(() => null);
    }
  };

  return {
    url: behind.url,
    async open() {
      stop = new AbortController();
      client = await connect(stop.signal);
      void keep(stop.signal);
    },
    async shut() {
      stop.abort();
      const leaving = client;
      client = null;
      leaving?.destroy();
      await leaving?.ended;
    },
    send(outgoing) {
      client?.publish(outgoing).catch(() => undefined);
      return client !== null;
    },
    cut: () => client?.destroy(),
  };
}
