/**
 * Opens the connection to a school's broker. With TLS it proves that it is who we were told: certificate and name are
 * checked before the first byte of ours leaves, and nothing can switch that off.
 */
import { X509Certificate } from "node:crypto";
import { isIP, connect as netConnect, type Socket } from "node:net";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import type { Clock, Fault } from "../../contract/index.ts";
import { MqttError, mqttFault } from "../faults.ts";

/** Name, connection and handshake together. */
const dialMs = 10_000;
/** One address of a name may take so much of it before the next is tried; Node would give it a quarter of a second. */
const perAddressMs = 3_500;

export interface Target {
  host: string;
  port: number;
  /** Whom we trust; absent: the connection is not encrypted. */
  trust?: SecureContext | undefined;
}

/** @param ca PEM; absent: the public CAs. @throws MqttError when it holds no certificate */
export function trustOf(ca: Uint8Array | undefined): SecureContext {
  if (ca === undefined) return createSecureContext({ minVersion: "TLSv1.2" });
  const pem = Buffer.from(ca);
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    // An empty list would only refuse everybody, without saying why.
    if (blocks === null) throw new Error("no certificate");
    for (const block of blocks) new X509Certificate(block);
    return createSecureContext({ minVersion: "TLSv1.2", ca: pem });
  } catch (cause) {
    throw new MqttError(mqttFault("mqtt.trust"), { cause });
  }
}

/**
 * Connects within 10 s. Rejects with an `MqttError`; nothing is left behind then.
 * The socket that it gives has an error listener for good.
 */
export async function dial(target: Target, clock: Clock, signal: AbortSignal): Promise<Socket> {
  if (signal.aborted) throw new MqttError(mqttFault("mqtt.aborted"), { cause: signal.reason });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const late = new AbortController();
  const socket = begin(target);
  let stage: "connect" | "handshake" = "connect";
  const fail = (fault: Fault, cause: unknown) => {
    socket.destroy();
    reject(new MqttError(fault, { cause }));
  };
  const abort = () => fail(mqttFault("mqtt.aborted"), signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  clock.sleep(dialMs, late.signal).then(
    () =>
      fail(mqttFault(stage === "connect" ? "mqtt.unreachable" : "mqtt.no-tls", { fact: "ETIMEDOUT" }), null),
    () => {},
  );
  socket.setNoDelay(true);
  socket.on("error", (error) => fail(faultOf(error, stage), error));
  socket.once("close", () => fail(mqttFault(stage === "connect" ? "mqtt.unreachable" : "mqtt.no-tls"), null));
  socket.once("connect", () => {
    stage = "handshake";
  });
  socket.once(target.trust === undefined ? "connect" : "secureConnect", () => resolve(socket));
  try {
    return await promise;
  } finally {
    late.abort();
    signal.removeEventListener("abort", abort);
  }
}

/** An address is no server name (RFC 6066, 3), but is checked like one. */
function begin({ host, port, trust }: Target): Socket {
  const where = { host, port, autoSelectFamilyAttemptTimeout: perAddressMs };
  if (trust === undefined) return netConnect(where);
  return tlsConnect({
    ...where,
    secureContext: trust,
    rejectUnauthorized: true,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
}

const untrusted = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_|ALTNAME/;

function faultOf(error: unknown, stage: "connect" | "handshake"): Fault {
  const { code = "unknown" } = error as NodeJS.ErrnoException;
  const fact = /^[A-Z_]{2,60}$/.test(code) ? { fact: code } : {};
  if (untrusted.test(code)) return mqttFault("mqtt.certificate", fact);
  return mqttFault(stage === "connect" ? "mqtt.unreachable" : "mqtt.no-tls", fact);
}
