/**
 * An HTTP or HTTPS server of a camera.
 *
 * Holds: it listens on this machine alone; the port stays the same over `stop` and `start`; after `stop` nothing is open and
 * nobody waits; at most 256 KB of what is asked are kept.
 */
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { isLoopback, ownAddress, plainAddress, withPort } from "../../config/schema/address.ts";
import type { Delivery, Raw } from "./answer.ts";

export interface CameraRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Where it came in: `http://host:port`. */
  base: string;
  /** Gone with the connection. */
  signal: AbortSignal;
}

export interface CameraDoorOptions {
  /** Default: loopback, one address of it. Several have the same port. */
  hosts?: readonly string[];
  port?: number;
  /** PEM texts; absent: plain HTTP. */
  tls?: { key: string; cert: string };
}

const mostBytes = 256 * 1024;
const noLimits = { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 };
const tries = 20;

export class CameraDoor {
  /** Connections so far. */
  accepted = 0;
  readonly #options: CameraDoorOptions;
  readonly #serve: (request: CameraRequest) => Promise<Delivery>;
  readonly #sockets = new Set<Socket>();
  #servers: Server[] = [];
  #port: number;
  #hosts: readonly string[];

  constructor(options: CameraDoorOptions, serve: (request: CameraRequest) => Promise<Delivery>) {
    this.#options = options;
    this.#serve = serve;
    this.#port = options.port ?? 0;
    this.#hosts = options.hosts ?? [ownAddress()];
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get hosts(): readonly string[] {
    return this.#hosts;
  }

  /** The first of its addresses. */
  get base(): string {
    return this.bases[0] ?? "";
  }

  /** All of its addresses. */
  get bases(): readonly string[] {
    return this.hosts.map((host) => this.baseAt(host));
  }

  /** As if it were there. */
  baseAt(host: string): string {
    return `${this.#scheme}://${withPort(host, this.#port)}`;
  }

  get isOpen(): boolean {
    return this.#servers.length > 0;
  }

  get #scheme(): string {
    return this.#options.tls === undefined ? "http" : "https";
  }

  /** @throws RangeError for an address that is not this machine's own; rejects when the port is taken */
  async start(): Promise<void> {
    const strange = this.hosts.find((host) => !isLoopback(host));
    if (strange !== undefined) throw new RangeError(`${strange} is not this machine alone`);
    const isFree = this.#port === 0;
    for (let left = isFree ? tries : 1; this.#servers.length === 0; left -= 1) {
      try {
        for (const host of this.hosts) this.#servers.push(await this.#listen(host));
      } catch (error) {
        await this.stop();
        // A port that is free at one address may be taken at the other.
        if (left <= 1 || !isFree) throw error;
        this.#port = 0;
      }
    }
  }

  async stop(): Promise<void> {
    const servers = this.#servers.splice(0);
    this.cut();
    await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  }

  /** Whoever is connected is not any more. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Goes to another port, 0 for any free one, and to other addresses where there are some. */
  async move(port: number, hosts = this.hosts): Promise<void> {
    await this.stop();
    this.#port = port;
    this.#hosts = hosts;
    await this.start();
  }

  async #listen(host: string): Promise<Server> {
    const { tls } = this.#options;
    const answer = (request: IncomingMessage, response: Parameters<typeof put>[1]) =>
      void this.#answer(request, response);
    const server =
      tls === undefined
        ? createHttpServer(noLimits, answer)
        : createHttpsServer({ ...tls, ...noLimits }, answer);
    server.on("connection", (socket: Socket) => this.#keep(socket));
    server.on("clientError", (_, socket) => socket.destroy());
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, host, resolve);
    });
    server.on("error", () => undefined);
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    return server;
  }

  #keep(socket: Socket): void {
    this.accepted += 1;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #answer(request: IncomingMessage, response: Parameters<typeof put>[1]): Promise<void> {
    const { socket, method = "", url: path = "", headers } = request;
    const gone = new AbortController();
    const leave = () => gone.abort();
    socket.on("error", () => undefined);
    socket.once("close", leave);
    try {
      const body = await bodyOf(request);
      const base = `${this.#scheme}://${withPort(plainAddress(socket.localAddress ?? ""), this.#port)}`;
      await put(
        await this.#serve({ method, path, headers, body, base, signal: gone.signal }),
        response,
        socket,
      );
    } catch {
      // The asker left in the middle, or asks for more than a camera reads.
      socket.destroy();
    } finally {
      socket.off("close", leave);
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) throw new RangeError("more than a camera reads");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

async function put(
  delivery: Delivery,
  response: import("node:http").ServerResponse,
  socket: Socket,
): Promise<void> {
  if ("wire" in delivery) return pour(delivery, socket);
  const { status, headers, body } = delivery;
  response.sendDate = false;
  response.writeHead(status, [...headers.flat(), "Content-Length", String(body.length)]);
  response.end(body);
}

async function pour({ wire, behind }: Raw, socket: Socket): Promise<void> {
  for await (const part of wire) {
    if (socket.destroyed) return;
    await new Promise<void>((done) => {
      const over = () => {
        socket.off("close", over);
        done();
      };
      socket.once("close", over);
      socket.write(part, over);
    });
  }
  if (behind === "end") socket.end();
  else if (behind === "tear") socket.destroy();
}
