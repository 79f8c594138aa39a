/**
 * One request to a camera and its answer, over a connection of its own.
 *
 * Holds: it goes to the place that it is given and nowhere else, whatever the answer says; no more than 1 MB and 16 kB of
 * headers are taken, and no more time than is left; the socket is closed before it settles.
 */
import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Clock } from "../contract/index.ts";
import { faultOfError, LineError, lineFault } from "../line/faults.ts";
import { resolver } from "../line/resolve.ts";
import { OnvifError } from "./faults.ts";
import { hostHeader, type Place } from "./place.ts";
import { mostBytes } from "./xml.ts";

export interface Asked {
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Only to one that proves by its certificate who it is: whoever was asked before may be another. */
  toProved?: boolean;
}

export interface Answered {
  status: number;
  /** Each `WWW-Authenticate`. */
  challenges: string[];
  body: Uint8Array;
  /** The other end showed that it is the host, by a certificate that this machine trusts. */
  proved: boolean;
}

const mostHeaderBytes = 16_384;
/** Node counts neither line ends nor colons, of which short ones may have many. */
const mostHeaders = 256;
/** Answers in front of the real one, which say that it will come. */
const mostAhead = 8;

/**
 * @param leftMs until the whole answer must be there
 * @throws the reason of `signal`; LineError: it cannot be connected to, or hung up; OnvifError: silent, large, headers,
 * noise, redirect
 */
export async function post(
  place: Place,
  asked: Asked,
  { clock, leftMs }: { clock: Clock; leftMs: number },
  signal: AbortSignal,
): Promise<Answered> {
  signal.throwIfAborted();
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  promise.catch(() => {});
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  let request: http.ClientRequest | null = null;
  let isConnected = false;
  clock.sleep(Math.max(1, leftMs), over.signal).then(
    () => reject(isConnected ? new OnvifError("silent") : new LineError(lineFault("line.timeout"))),
    () => {},
  );
  const begin = async () => {
    const addresses = await resolver.addressesOf(place.host, clock.monotonicMs());
    if (over.signal.aborted) return;
    request = requestTo(place, asked, addresses);
    request.on("socket", (socket: Socket) => {
      const connected = () => {
        isConnected = true;
      };
      if (socket.connecting) socket.once("connect", connected);
      else connected();
    });
    request.on("error", (error) => {
      if (!isConnected) resolver.doubt(place.host);
      reject(errorOf(error, isConnected));
    });
    let ahead = 0;
    request.on("information", () => {
      ahead += 1;
      if (ahead > mostAhead) reject(new OnvifError("noise"));
    });
    request.on("upgrade", () => reject(new OnvifError("noise")));
    request.on("response", (response) => take(response).then(resolve, reject));
    request.end(asked.body);
  };
  begin().catch((error) => reject(errorOf(error, false)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    over.abort("over");
    await closed(request);
  }
}

function requestTo(
  { host, port, scheme }: Place,
  { path, headers, body, toProved = false }: Asked,
  addresses: readonly { address: string; family: number }[],
): http.ClientRequest {
  const bare = host.replace(/%.*$/, "");
  const options: https.RequestOptions = {
    ...{ method: "POST", host, port, path, agent: false, maxHeaderSize: mostHeaderBytes, setHost: false },
    insecureHTTPParser: false,
    headers: {
      Host: hostHeader({ host, port, scheme }),
      "Content-Length": Buffer.byteLength(body),
      "Accept-Encoding": "identity",
      Connection: "close",
      ...headers,
    },
    lookup: (_host, { all }, done) =>
      all === true
        ? done(null, [...addresses])
        : done(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0),
  };
  if (scheme === "http") return http.request(options);
  // Cameras make their own certificates: whoever is not proved is never shown a password in clear.
  return https.request({
    ...options,
    rejectUnauthorized: toProved,
    ...(/[a-z]/i.test(bare) && !bare.includes(":") ? { servername: bare } : {}),
  });
}

async function take(response: http.IncomingMessage): Promise<Answered> {
  const { statusCode: status = 0, headers, rawHeaders, socket } = response;
  if (rawHeaders.length > 2 * mostHeaders) throw new OnvifError("headers");
  if (status < 200) throw new OnvifError("noise");
  if (status >= 300 && status < 400) throw new OnvifError("redirect");
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "") throw new OnvifError("noise");
  if (Number(headers["content-length"] ?? 0) > mostBytes) throw new OnvifError("large");
  const proved = socket instanceof TLSSocket && socket.authorized;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > mostBytes) throw new OnvifError("large");
      parts.push(part);
    }
  } catch (error) {
    throw errorOf(error, true);
  }
  if (!response.complete) throw new LineError(lineFault("line.gone"));
  return {
    status,
    challenges: challengesIn(rawHeaders),
    body: Buffer.concat(parts, length),
    proved,
  };
}

const challengesIn = (raw: readonly string[]): string[] =>
  raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === "www-authenticate");

function errorOf(error: unknown, isConnected: boolean): Error {
  if (error instanceof OnvifError || error instanceof LineError) return error;
  const { code = "" } = (error ?? {}) as { code?: string };
  if (code === "HPE_HEADER_OVERFLOW") return new OnvifError("headers", { cause: error });
  if (code.startsWith("HPE_") || /^(ERR_SSL|EPROTO|ERR_TLS)/.test(code))
    return new OnvifError("noise", { cause: error });
  return new LineError(faultOfError(error, isConnected ? "line.gone" : "line.unreachable"), { cause: error });
}

async function closed(request: http.ClientRequest | null): Promise<void> {
  if (request === null) return;
  request.on("error", () => {});
  const gone = request.closed ? null : new Promise<void>((resolve) => request.once("close", () => resolve()));
  const { socket } = request;
  const free =
    socket === null || socket.closed
      ? null
      : new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  request.destroy();
  socket?.destroy();
  await Promise.all([gone, free]);
}
