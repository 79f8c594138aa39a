/**
 * To a session at a school's broker: the secrets that it takes, CONNECT, and what its CONNACK says.
 */
import type { SecretRef } from "../../../config/schema/scalar.ts";
import type { Clock, DriverContext } from "../../contract/index.ts";
import { passwordOf } from "../credentials.ts";
import { MqttError, mqttFault } from "../faults.ts";
import { maxUnanswered } from "../gate.ts";
import type { IConnackPacket, Packet } from "../packets.ts";
import { maxPacketBytes } from "./connection.ts";
import type { ExternalLink } from "./fields.ts";
import { refusal } from "./refusals.ts";

export interface Welcome {
  /** The broker knows our session: subscriptions, and what came while we were away. */
  resumed: boolean;
  /** Never longer than ours, whatever the broker prescribes: so soon its silence is to be noticed. */
  keepAliveMs: number;
  /** Largest packet that the broker takes. */
  maxBytes: number;
  /** How long it keeps what comes while we are away, if that is shorter than was asked for. */
  keepsMs?: number;
}

/** What a link names of our secrets. @throws MqttError when one is not there, or the password is none that can be sent */
export function secretsOf(
  { password, ca, tls }: ExternalLink,
  context: DriverContext,
): { password?: Uint8Array | undefined; ca?: Uint8Array | undefined } {
  const secret = (name: string) => context.secret(name);
  return {
    password: password && passwordOf(password, secret, "mqtt.own-password"),
    ca: tls && ca !== undefined ? authorityOf(ca, secret) : undefined,
  };
}

function authorityOf({ name }: SecretRef, secret: DriverContext["secret"]): Uint8Array {
  try {
    return secret(name);
  } catch (cause) {
    throw new MqttError(mqttFault("mqtt.trust", { fact: name }), { cause });
  }
}

/** The session is kept by the broker while we are away, in either version. */
export function connectPacket(
  link: ExternalLink,
  clientId: string,
  password: Uint8Array | undefined,
): Packet {
  const { version, keepAliveMs, keepMs, user } = link;
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: version,
    clean: false,
    clientId,
    keepalive: Math.round(keepAliveMs / 1000),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    ...(version === 4
      ? {}
      : {
          properties: {
            sessionExpiryInterval: Math.round(keepMs / 1000),
            receiveMaximum: maxUnanswered,
            maximumPacketSize: maxPacketBytes,
          },
        }),
  };
}

/** @throws MqttError when the broker does not let us in */
export function welcomeOf(connack: IConnackPacket, link: ExternalLink): Welcome {
  const { sessionPresent, properties = {} } = connack;
  const reason = connack.reasonCode ?? connack.returnCode ?? 0x80;
  // A CONNACK of MQTT 5 has at least a property length behind its two bytes (3.2.2.3); an older broker's has not.
  const isOlder = link.version === 5 && (connack.length ?? 0) < 3;
  if (reason !== 0) throw new MqttError(refusal(reason, "mqtt.refused"));
  if (isOlder) throw new MqttError(mqttFault("mqtt.their-version", { fact: "write version: 3.1.1" }));
  const { serverKeepAlive, maximumPacketSize, sessionExpiryInterval } = properties;
  const asked = typeof serverKeepAlive === "number" && serverKeepAlive > 0 ? serverKeepAlive * 1000 : null;
  const keepsMs = typeof sessionExpiryInterval === "number" ? sessionExpiryInterval * 1000 : link.keepMs;
  return {
    resumed: sessionPresent,
    keepAliveMs: Math.min(asked ?? link.keepAliveMs, link.keepAliveMs),
    maxBytes: typeof maximumPacketSize === "number" ? maximumPacketSize : Number.POSITIVE_INFINITY,
    ...(keepsMs < link.keepMs ? { keepsMs } : {}),
  };
}

/** How long a broker may take with any answer. */
export const answerMs = 8_000;

/** The promise, or `mqtt.no-answer` in time, or `mqtt.aborted`. */
export async function inTime<T>(work: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const late = clock.sleep(answerMs, stop.signal).then(
    () => {
      throw new MqttError(mqttFault("mqtt.no-answer"));
    },
    () =>
      signal.aborted
        ? Promise.reject(new MqttError(mqttFault("mqtt.aborted")))
        : new Promise<never>(() => {}),
  );
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
    signal.removeEventListener("abort", abort);
  }
}
