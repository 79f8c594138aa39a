/**
 * One request and its answer, all of it bounded: head, body, what the body unpacks to, and the time of the whole.
 *
 * Holds: a connection whose exchange did not end well is not used again; a request that a kept connection lost before
 * an answer began goes once more at once over a new one (what a platform took twice, the key makes one).
 * Never happens: a redirect followed; a byte that the other side wrote in an error.
 */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { type Clock, UplinkError } from "../../contract/index.ts";
import { type Encoding, encodings, unpack } from "../../encode/compression.ts";
import { aborted, socketFault } from "../socket-fault.ts";
import type { Way } from "./way.ts";

/** Largest body of an answer, as it comes and unpacked. */
const maxBodyBytes = 256 * 1024;
const maxHeadBytes = 16 * 1024;
/** Long enough for a full batch over 64 kbit/s; the sender's own patience is usually shorter. */
const exchangeMs = 300_000;

export interface Ask {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array | undefined;
  /** Told the bytes of head and body each time they leave. */
  onWire?: (bytes: number) => void;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Unpacked; null when it is damaged or too large. */
  body: Uint8Array | null;
}

/** Lost on a connection that had been idle: the server had probably closed it meanwhile. */
class Stale extends Error {}

/** Rejects with an `UplinkError`; "aborted" when `signal` gives up. */
export async function exchange(way: Way, ask: Ask, clock: Clock, signal: AbortSignal): Promise<Answer> {
  const stop = new AbortController();
  const abort = () => stop.abort(aborted(signal));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const silent = new UplinkError("silent", "later", "the platform gives no whole answer in time");
  clock.sleep(exchangeMs, stop.signal).then(
    () => stop.abort(silent),
    () => {},
  );
  try {
    return await once(way, ask, stop.signal).catch((error: unknown) => {
      if (!(error instanceof Stale)) throw error;
      way.dropIdle();
      return once(way, ask, stop.signal);
    });
  } catch (error) {
    throw error instanceof Stale ? socketFault(error.cause, "open", "platform") : error;
  } finally {
    signal.removeEventListener("abort", abort);
    stop.abort("over");
  }
}

async function once(way: Way, ask: Ask, signal: AbortSignal): Promise<Answer> {
  if (signal.aborted) throw signal.reason;
  const { method, path, body, onWire } = ask;
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => {});
  const abort = () => given.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const headers = { host: way.host, connection: "keep-alive", "accept-encoding": "identity", ...ask.headers };
  const limits = { maxHeaderSize: maxHeadBytes, insecureHTTPParser: false };
  const asked = request({ agent: way, method, path, headers, setHost: false, ...limits });
  const answering = new Answering(asked);
  try {
    asked.end(body);
    onWire?.(headBytes(method, path, headers) + (body?.length ?? 0));
    const { bytes, ...came } = await Promise.race([answering.whole, given.promise]);
    return { ...came, body: await unpacked(bytes, came.headers["content-encoding"]) };
  } catch (error) {
    throw faultOf(error, !answering.begun && asked.reusedSocket);
  } finally {
    signal.removeEventListener("abort", abort);
    if (!answering.ended || !asked.writableFinished) asked.destroy();
  }
}

/** Size of a request's head as it is written (RFC 9112, 2.1); all of it is ASCII. */
function headBytes(method: string, path: string, headers: Record<string, string>): number {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`.length;
}

interface Came {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Uint8Array;
}

/** Listens to a request for good: a connection may break at any time, also after its answer. */
class Answering {
  begun = false;
  /** The answer came to its end as it had announced. */
  ended = false;
  readonly #whole = Promise.withResolvers<Came>();
  #broken: (error: Error) => void = this.#whole.reject;

  constructor(asked: ClientRequest) {
    this.#whole.promise.catch(() => {});
    asked.on("error", (error) => this.#broken(error)).once("close", () => this.#broken(cut));
    asked.once("response", (came) => this.#read(came));
  }

  get whole(): Promise<Came> {
    return this.#whole.promise;
  }

  #read(came: IncomingMessage): void {
    const { statusCode: status = 0, headers } = came;
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (bytes: Uint8Array) => this.#whole.resolve({ status, headers, bytes });
    this.begun = true;
    // A refusal says all by its status: what comes of its body is enough.
    if (status !== 200) this.#broken = () => done(new Uint8Array());
    came.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) this.#broken(unusable("is too large"));
      else chunks.push(chunk);
    });
    came.on("error", (error) => this.#broken(error)).once("close", () => this.#broken(cut));
    came.once("end", () => {
      this.ended = came.complete;
      if (this.ended) done(Buffer.concat(chunks));
    });
  }
}

async function unpacked(bytes: Uint8Array, named: string | undefined): Promise<Uint8Array | null> {
  if (named === undefined || named === "identity") return bytes;
  const encoding = encodings.find((known): known is Encoding => known === named);
  return encoding === undefined ? null : unpack({ bytes, encoding }, maxBodyBytes);
}

const cut = Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });

function unusable(what: string): UplinkError {
  return new UplinkError(
    "answer",
    "later",
    `the platform's answer ${what}: check that url is the platform's`,
  );
}

/** `idled`: on a connection that was kept, before any answer. Errors of the parser hold what it read: they are no cause. */
function faultOf(error: unknown, idled: boolean): Error {
  if (error instanceof UplinkError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code.startsWith("HPE_")) return unusable(`is not usable HTTP (${code})`);
  return idled ? new Stale("stale", { cause: error }) : socketFault(error, "open", "platform");
}
