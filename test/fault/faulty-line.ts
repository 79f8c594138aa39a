/**
 * A TCP line on which the Nth thing that happens on a connection goes wrong: the connection is reset (ECONNRESET), cut
 * off in the middle of a packet, ended, or never made.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What is counted: connections, pieces that the gateway sends, and pieces that it gets. */
export const operations = ["connect", "write", "read"] as const;
export const mishaps = ["reset", "half", "end"] as const;

export interface LineFault {
  operation: (typeof operations)[number];
  /** From 1, within a connection; of `connect`: so many in a row fail. */
  nth: number;
  mishap: (typeof mishaps)[number];
}

export class FaultyLine {
  readonly #server: Server;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #fault: LineFault | null = null;
  #struck: (() => void) | null = null;
  #connects = 0;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @param port of loopback, at the far end */
  static async open(port: number): Promise<FaultyLine> {
    const line = new FaultyLine(port);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once it has happened; after that the line is sound. Present connections are cut first, so that counting begins anew. */
  strike(fault: LineFault): Promise<void> {
    this.#fault = fault;
    this.#connects = 0;
    const struck = new Promise<void>((resolve) => {
      this.#struck = resolve;
    });
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return struck;
  }

  async close(): Promise<void> {
    this.#fault = null;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near: Socket): void {
    const fault = this.#fault;
    this.#keep(near);
    if (fault?.operation === "connect") {
      near.resetAndDestroy();
      this.#connects += 1;
      if (this.#connects >= fault.nth) this.#strikes();
      return;
    }
    const far = connect(this.#port, "127.0.0.1");
    this.#keep(far);
    const carry = (from: Socket, to: Socket, operation: LineFault["operation"]) => {
      let pieces = 0;
      from.on("data", (piece) => {
        pieces += 1;
        const now = this.#fault;
        if (now?.operation !== operation || pieces < now.nth) {
          to.write(piece);
          return;
        }
        if (now.mishap === "half") to.write(piece.subarray(0, piece.length >> 1));
        if (now.mishap === "reset") near.resetAndDestroy();
        else near.end();
        far.end();
        this.#strikes();
      });
      from.on("close", () => to.destroy());
    };
    carry(near, far, "write");
    carry(far, near, "read");
  }

  #strikes(): void {
    this.#fault = null;
    this.#struck?.();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
