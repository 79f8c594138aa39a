/** The far end of a TCP connection, on a free loopback port. */
import { createServer, type Server, type Socket } from "node:net";

export class FarEnd {
  readonly #server: Server;
  /** Those that are open. */
  readonly sockets = new Set<Socket>();
  /** All there ever were. */
  connections = 0;
  received: Uint8Array[] = [];
  /** Called for everything that comes. */
  onData: (bytes: Uint8Array, socket: Socket) => void = () => {};
  /** Called for everybody who connects. */
  onConnect: (socket: Socket) => void = () => {};
  /** Hangs up on who connects. */
  refuses = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(port = 0): Promise<FarEnd> {
    const server = createServer();
    const end = new FarEnd(server);
    server.on("connection", (socket) => {
      end.connections += 1;
      socket.on("error", () => {});
      if (end.refuses) {
        socket.resetAndDestroy();
        return;
      }
      end.sockets.add(socket);
      end.onConnect(socket);
      socket.on("close", () => end.sockets.delete(socket));
      socket.on("data", (bytes: Uint8Array) => {
        end.received.push(bytes);
        end.onData(bytes, socket);
      });
    });
    await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
    return end;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  say(bytes: Iterable<number>): void {
    for (const socket of this.sockets) socket.write(Uint8Array.from(bytes));
  }

  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Waits for what other ends do. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const end = await FarEnd.listen();
  const { port } = end;
  await end.close();
  return port;
}
