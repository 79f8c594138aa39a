/**
 * The way through an HTTP proxy (CONNECT, RFC 9110, 9.3.6): what the proxy carries afterwards is encrypted end to end.
 * Nothing that a proxy wrote gets into a detail.
 */
import type { Socket } from "node:net";
import { UplinkError } from "../../contract/index.ts";
import { aborted } from "../socket-fault.ts";

/** Largest answer of a proxy before the tunnel begins. */
const maxAnswerBytes = 8 * 1024;

export interface Tunnel {
  /** `host:port`, an IPv6 address in brackets. */
  authority: string;
  /** Value of Proxy-Authorization. */
  authorization?: string | undefined;
}

/** Resolves when the proxy has connected; rejects with an `UplinkError`, and the socket is destroyed then. */
export async function openTunnel(socket: Socket, tunnel: Tunnel, signal: AbortSignal): Promise<void> {
  try {
    const { authority, authorization } = tunnel;
    const asks = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
    if (authorization !== undefined) asks.push(`Proxy-Authorization: ${authorization}`);
    socket.write(`${asks.join("\r\n")}\r\n\r\n`);
    const fault = refusal(await head(socket, signal));
    if (fault !== null) throw fault;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Everything up to the empty line; nothing may come behind it, since TLS begins with us. */
function head(socket: Socket, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let seen = "";
  const data = (chunk: Buffer) => {
    seen += chunk.toString("latin1");
    const end = seen.indexOf("\r\n\r\n");
    if (end === seen.length - 4 && end >= 0) resolve(seen.slice(0, end));
    else if (end >= 0 || seen.length > maxAnswerBytes) reject(proxyFault("gives no usable answer"));
  };
  const gone = () => reject(proxyFault("breaks off"));
  const abort = () => reject(aborted(signal));
  socket.on("data", data).once("close", gone);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  if (socket.destroyed) gone();
  return promise.finally(() => {
    socket.pause().off("data", data).off("close", gone);
    signal.removeEventListener("abort", abort);
  });
}

function refusal(answer: string): UplinkError | null {
  const [, digits] = /^HTTP\/1\.[01] (\d{3})(?:[ \r]|$)/.exec(answer) ?? [];
  if (digits === undefined) return proxyFault("gives no usable answer");
  if (digits.startsWith("2")) return null;
  if (digits === "407") {
    const detail = "the proxy refuses user or password: check proxyUser and proxyPassword";
    return new UplinkError("proxy-credential", "never", detail);
  }
  return proxyFault(`does not let us through (HTTP ${digits})`);
}

function proxyFault(what: string): UplinkError {
  return new UplinkError("proxy", "later", `the proxy ${what}: check proxy, ask who looks after it`);
}
