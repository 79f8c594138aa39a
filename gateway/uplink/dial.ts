/**
 * Opens a connection to the platform's side, and with TLS proves that it is who we were told: certificate and name
 * are checked before the first byte of ours leaves, and nothing can switch that off.
 */
import { X509Certificate } from "node:crypto";
import { isIP, connect as netConnect, type Socket } from "node:net";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { UplinkError } from "../contract/index.ts";
import { aborted, type Peer, socketFault } from "./socket-fault.ts";

/**
 * How long one address of a name is tried before the next: across a slow mobile link an answer takes seconds, and the
 * quarter of one that Node waits would never see it.
 */
const perAddressMs = 5_000;

/**
 * Whom we trust and who we are, from PEM texts. Without `ca` the public CAs are trusted; `cert` holds private
 * key and certificate. Throws an `UplinkError` when a text is not usable.
 */
export function trustOf(ca: Buffer | undefined, cert: Buffer | undefined): SecureContext {
  if (ca !== undefined) mustHoldCertificates(ca);
  try {
    return createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert, key: cert }),
    });
  } catch {
    const detail = "the secret of cert does not hold a private key and its certificate (PEM)";
    throw new UplinkError("certificate", "never", detail);
  }
}

/** An empty list of CAs would only refuse everybody, without saying why. */
function mustHoldCertificates(pem: Buffer): void {
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    if (blocks === null) throw new Error("no certificate");
    for (const block of blocks) new X509Certificate(block);
  } catch {
    throw new UplinkError("certificate", "never", "the secret of ca holds no usable CA certificate (PEM)");
  }
}

export interface Target {
  peer: Peer;
  /** Name or address, without brackets. */
  host: string;
  port: number;
  /** Whom we trust; absent: the connection is not encrypted. */
  trust?: SecureContext | undefined;
  /** Protocol that is asked for within TLS (ALPN). */
  speaks?: "http/1.1";
  /** A connection that leads there already, as through a proxy; TLS is spoken over it. */
  through?: Socket | undefined;
}

/**
 * Connects. Rejects with an `UplinkError`; the socket is destroyed then.
 * The socket that it gives has an error listener for good.
 */
export function dial(target: Target, signal: AbortSignal): Promise<Socket> {
  const { peer, trust, through } = target;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  if (signal.aborted) {
    through?.destroy();
    return Promise.reject(aborted(signal));
  }
  const socket = begin(target);
  let stage: "connect" | "handshake" = through === undefined ? "connect" : "handshake";
  const done = () => signal.removeEventListener("abort", abort);
  const fail = (error: UplinkError) => {
    done();
    socket.destroy();
    reject(error);
  };
  const abort = () => fail(aborted(signal));
  signal.addEventListener("abort", abort, { once: true });
  socket.setNoDelay(true);
  socket.on("error", (error) => fail(socketFault(error, stage, peer)));
  socket.once("close", () => {
    through?.destroy();
    fail(socketFault({ code: "closed" }, stage, peer));
  });
  socket.once("connect", () => {
    stage = "handshake";
  });
  socket.once(trust === undefined ? "connect" : "secureConnect", () => {
    done();
    resolve(socket);
  });
  return promise;
}

/** An address is no server name (RFC 6066, 3), but is checked like one. */
function begin({ host, port, trust, speaks, through }: Target): Socket {
  const where = { host, port, autoSelectFamilyAttemptTimeout: perAddressMs };
  if (trust === undefined) return netConnect(where);
  return tlsConnect({
    ...where,
    secureContext: trust,
    rejectUnauthorized: true,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(speaks === undefined ? {} : { ALPNProtocols: [speaks] }),
    ...(through === undefined ? {} : { socket: through }),
  });
}
