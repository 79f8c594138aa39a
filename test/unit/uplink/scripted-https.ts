/**
 * An HTTP server that does as its script says: a witness of what a client sends, and every way in which a platform, or
 * what pretends to be one, may answer, keep silent or leave. Built on bytes, not on an HTTP server.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";

export interface HttpAsked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Name asked for in the TLS handshake. */
  servername: string | false | undefined;
  socket: Socket;
}

/** What a request gets; bytes are sent as they are, null is silence for now. */
export type HttpScript = (asked: HttpAsked) => Buffer | string | null;

export class ScriptedHttps {
  /** Asked with every whole request. Default: 404 for GET, silence for the rest. */
  script: HttpScript = ({ method }) => (method === "GET" ? httpAnswer(404) : null);
  /** Asked with what came when something came; a request need not be whole. Default: nothing. */
  early: (seen: Buffer, socket: Socket) => void = () => {};
  port = 0;
  /** Connections ever accepted, and bytes that came within them. */
  accepted = 0;
  bytes = 0;
  readonly asked: HttpAsked[] = [];
  readonly #raw = new Set<Socket>();
  #server: Server | undefined;
  #watchers: (() => void)[] = [];
  #frozen = false;

  /** Listens on a free port, with TLS when key and certificate are given. */
  async listen(
    tls?: TlsOptions & { key: string; cert: string },
    host = "127.0.0.1",
    port = 0,
  ): Promise<void> {
    const accept = (socket: Socket) => this.#accept(socket);
    const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    server.on("tlsClientError", () => {});
    server.on("connection", (raw: Socket) => {
      this.#raw.add(raw);
      this.accepted += 1;
      raw.on("error", () => {});
      raw.once("close", () => {
        this.#raw.delete(raw);
        this.#changed();
      });
      this.#changed();
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  /** Connections that are not gone. */
  get connected(): number {
    return this.#raw.size;
  }

  get posts(): HttpAsked[] {
    return this.asked.filter(({ method }) => method === "POST");
  }

  /** The nth POST that ever came whole, from 0. */
  async post(n: number): Promise<HttpAsked> {
    await this.until(() => this.posts.length > n);
    return this.posts[n] as HttpAsked;
  }

  /** Resolves as soon as `condition` holds; asked again after everything that arrives or leaves. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** From now on nothing is answered and nobody is let go. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Every connection is cut; `away`: and nobody is let in any more. */
  cut(away = false): void {
    if (away) this.#server?.close();
    for (const raw of this.#raw) raw.resetAndDestroy();
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.cut();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    let seen: Buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      seen = Buffer.concat([seen, chunk]);
      if (this.#frozen) return;
      this.early(seen, socket);
      for (;;) {
        const next = wholeRequest(seen, socket);
        if (next === null) return;
        seen = next.rest;
        this.asked.push(next.asked);
        const said = this.script(next.asked);
        if (said !== null) socket.write(said);
        this.#changed();
      }
    });
  }

  #changed(): void {
    for (const wake of this.#watchers.splice(0)) wake();
  }
}

function wholeRequest(seen: Buffer, socket: Socket): { asked: HttpAsked; rest: Buffer } | null {
  const end = seen.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = seen.subarray(0, end).toString("latin1").split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(line) ?? [];
    headers[name.toLowerCase()] = value;
  }
  const [method = "", path = ""] = first.split(" ");
  const size = Number(headers["content-length"] ?? 0);
  if (seen.length < end + 4 + size) return null;
  const body = seen.subarray(end + 4, end + 4 + size);
  const { servername } = socket as Partial<TLSSocket> & { servername?: string | false };
  return { asked: { method, path, headers, body, servername, socket }, rest: seen.subarray(end + 4 + size) };
}

/** A whole answer as bytes. */
export function httpAnswer(
  status: number,
  headers: Record<string, string> = {},
  body: Buffer | string = "",
): Buffer {
  const all = { "content-length": String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`), Buffer.from(body)]);
}

/** A receipt as a platform answers it. */
export function receiptAnswer(body: object | Uint8Array, headers: Record<string, string> = {}): Buffer {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  return httpAnswer(200, { "content-type": "application/json", ...headers }, bytes);
}
