/**
 * The MQTT uplink: batches to a platform through its MQTT 5 broker. Opens, sends, closes; never reconnects.
 */
import type { Socket } from "node:net";
import { MqttClient, UniqueMessageIdProvider } from "mqtt";
import type { Uplink, UplinkContext, UplinkError } from "../../contract/index.ts";
import { dial, trustOf } from "../dial.ts";
import { optionalSecret, withoutLineEnd } from "../secrets.ts";
import { Connection, endOnAbort } from "./connection.ts";
import { reasonFault } from "./fault.ts";
import { boundPacketCaches, topicsOf } from "./packet.ts";
import { type MqttUplinkSettings, mqttUplinkKind } from "./schema.ts";
import { MqttSession } from "./session.ts";

/** Largest packet a broker may send us; announced, and enforced. */
const maxInboundBytes = 256 * 1024;
/** Packets that a broker may send us before an acknowledgement. */
const inboundMaximum = 20;

export const mqttUplink: Uplink<MqttUplinkSettings> = {
  ...mqttUplinkKind,
  async open(settings, context, signal) {
    boundPacketCaches();
    const ca = optionalSecret(context, settings.ca);
    const cert = optionalSecret(context, settings.cert);
    const password = optionalSecret(context, settings.password);
    const trust = trustOf(ca, cert);
    const { tls, host, port } = settings.url;
    const socket = await dial({ peer: "broker", host, port, ...(tls ? { trust } : {}) }, signal);
    return begin(newClient(socket, settings, context, password), socket, settings, context, signal);
  },
};

/** A client that keeps nothing and retries nothing: the journal is the queue, and the supervisor reopens. */
function newClient(
  socket: Socket,
  { clientId, keepAliveMs, user }: MqttUplinkSettings,
  { school, gateway }: UplinkContext,
  password: Buffer | undefined,
): MqttClient {
  return new MqttClient(() => socket, {
    protocolVersion: 5,
    clean: true,
    clientId: clientId ?? `${school}-${gateway}`,
    keepalive: keepAliveMs / 1000,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password: withoutLineEnd(password) }),
    properties: { maximumPacketSize: maxInboundBytes, receiveMaximum: inboundMaximum },
    manualConnect: true,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    // The default one gives an id again that is still in use, after 65,535 (its messages are lost then).
    messageIdProvider: new UniqueMessageIdProvider(),
    timerVariant: "native",
    // Its debug output would show payloads and credentials.
    log: () => {},
  });
}

/** From CONNECT to the subscriptions; a failure leaves nothing behind. */
async function begin(
  client: MqttClient,
  socket: Socket,
  { compress }: MqttUplinkSettings,
  context: UplinkContext,
  signal: AbortSignal,
): Promise<MqttSession> {
  const topics = topicsOf(context.school, context.gateway);
  let session: MqttSession | undefined;
  const connection = new Connection({
    client,
    socket,
    clock: context.clock,
    maxInboundBytes,
    message: (topic, payload, retained) => session?.received(topic, payload, retained),
    ended: (fault) => session?.lost(fault),
  });
  const stop = endOnAbort(connection, signal);
  try {
    const limits = await connection.open();
    session = new MqttSession({ connection, limits, topics, compress, context });
    if (context.confirm === "receipt") {
      // A receipt kept at the broker answers nothing of ours; a command kept there must be seen to be refused.
      const refused = await connection.subscribe(topics.receipt, 2);
      if (refused >= 128) throw reasonFault(refused);
    }
    const refused = await connection.subscribe(topics.command, 0);
    if (refused >= 128)
      context.log.warn({ reason: refused }, "the broker refuses the subscription to commands");
    return session;
  } catch (error) {
    connection.lose(error as UplinkError);
    throw error;
  } finally {
    stop();
  }
}
