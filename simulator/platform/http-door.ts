/**
 * An HTTP or HTTPS server of a platform: whole requests in, answers out.
 *
 * Holds: the port stays the same over `shut` and `open`; after `shut` nothing is open; at most `maxPayloadBytes` of a body are kept,
 * the rest is read and dropped; a connection that comes while the door is deaf is accepted and never read.
 */
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Clock } from "../../config/schema/context.ts";
import type { Door } from "./door.ts";
import { give, type HttpAnswer } from "./http-answer.ts";
import { HttpConnections, type HttpTimes } from "./http-connections.ts";

export interface HttpDoorOptions extends Partial<HttpTimes> {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free one; the same one after a restart. */
  port?: number;
  /** PEM texts; absent: plain HTTP. */
  tls?: { key: string; cert: string };
  /** Most bytes of a body as it comes; default 1 MiB. */
  maxPayloadBytes?: number;
  /** Default 1000. */
  maxConnections?: number;
}

export interface HttpRequest {
  method: string;
  /** As sent, with the query if there is one. */
  path: string;
  headers: IncomingHttpHeaders;
  /** null: larger than the door takes. */
  body: Buffer | null;
}

export interface HttpEvents {
  answer(request: HttpRequest): Promise<HttpAnswer>;
  /** Whether connections that come now are not read. */
  deaf(): boolean;
}

export class HttpDoor implements Door {
  readonly #options: HttpDoorOptions;
  readonly #clock: Clock;
  readonly #events: HttpEvents;
  readonly #connections: HttpConnections;
  #port: number;
  #server: Server | null = null;
  #stop = new AbortController();

  constructor(options: HttpDoorOptions, clock: Clock, events: HttpEvents) {
    const { headTimeoutMs = 10_000, requestTimeoutMs = 30_000, idleTimeoutMs = 60_000 } = options;
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    this.#connections = new HttpConnections({ headTimeoutMs, requestTimeoutMs, idleTimeoutMs }, () =>
      clock.monotonicMs(),
    );
    this.#port = options.port ?? 0;
  }

  get url(): string {
    const { host = "127.0.0.1", tls } = this.#options;
    return `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  /** Connections that are open, heard or not. */
  get connections(): number {
    return this.#connections.size;
  }

  async open(): Promise<void> {
    const { host = "127.0.0.1", maxConnections = 1000, tls } = this.#options;
    const secureContext = tls === undefined ? null : createSecureContext(tls);
    const stop = new AbortController();
    const http = this.#http(stop.signal);
    // Nothing is read before it is known who reads it.
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket, http, secureContext),
    );
    server.maxConnections = maxConnections;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, host, resolve);
    });
    server.on("error", () => undefined);
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
    this.#stop = stop;
    void this.#repeat(stop.signal);
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#stop.abort();
    this.cut();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  cut(): void {
    this.#connections.cut();
  }

  /** Ends connections that take too long; the repeater calls it every second. */
  step(): void {
    this.#connections.step();
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.step();
      await this.#clock.sleep(1000, signal).catch(() => undefined);
    }
  }

  /** Speaks HTTP on sockets it is given; its own time limits are off, ours are on. */
  #http(signal: AbortSignal): HttpServer {
    const noLimits = { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 };
    return createHttpServer({ ...noLimits, maxHeaderSize: 16 * 1024 }, (request, response) => {
      void this.#serve(request, response, signal);
    });
  }

  #accept(raw: Socket, http: HttpServer, secureContext: SecureContext | null): void {
    if (this.#events.deaf()) {
      this.#connections.hold(raw);
      return;
    }
    raw.setNoDelay(true);
    raw.on("error", () => undefined);
    const socket = secureContext === null ? raw : new TLSSocket(raw, { isServer: true, secureContext });
    this.#connections.add(socket);
    http.emit("connection", socket);
    if (socket === raw) raw.resume();
  }

  async #serve(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { socket, method = "", url: path = "", headers } = request;
    const { heard, answered } = this.#connections.request(socket);
    request.once("end", heard);
    response.once("close", answered);
    try {
      const body = await bodyOf(request, this.#options.maxPayloadBytes ?? 1024 * 1024);
      const answer = await this.#events.answer({ method, path, headers, body });
      await give(answer, response, socket, this.#clock, signal);
    } catch {
      // The sender left in the middle of its request.
      socket.destroy();
    }
  }
}

/** The whole body; null as soon as there is more than `maxBytes`. Rejects when the sender leaves first. */
function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      resolve(null);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the sender left")));
  });
}
