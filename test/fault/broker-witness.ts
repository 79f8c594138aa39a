/**
 * Stands between a broker and its subscriber and writes down what is put on the wire: each message that the broker
 * sends, and each that the subscriber acknowledges. Bytes pass as they come; a loss of one side is one of the other.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Packet, parser } from "mqtt-packet";

/** What became of one value of the devices, by what `valueIn` finds in its payload. */
export interface Passed {
  /** Times that the broker sent it as a new message, and as a repeat. */
  fresh: number;
  again: number;
  acknowledged: boolean;
}

export class BrokerWitness {
  readonly passed = new Map<number, Passed>();
  /**
   * Unacknowledged messages, at most, on one connection. mosquitto 2.0.11 goes beyond the receive maximum in a session
   * that is taken up again: what a subscriber does not read then stays in the network.
   */
  mostOnTheWire = 0;
  /** PUBACKs that were not in the order of the messages of their connection. */
  outOfOrder = 0;
  /** Values that were acknowledged at all. */
  acknowledged = 0;
  /** Connections that a subscriber has made. */
  accepted = 0;
  port = 0;
  /** Wall ms of the last message. */
  lastMs = 0;
  readonly #valueIn: (payload: string) => number | null;
  readonly #version: 4 | 5;
  readonly #brokerPort: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(version: 4 | 5, brokerPort: number, valueIn: (payload: string) => number | null) {
    this.#version = version;
    this.#brokerPort = brokerPort;
    this.#valueIn = valueIn;
  }

  async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(null));
  }

  #accept(near: Socket): void {
    this.accepted += 1;
    const far = connect({ port: this.#brokerPort, host: "127.0.0.1", noDelay: true });
    /** By packet id: its value, in the order of the messages. */
    const open = new Map<number, number | null>();
    const heard = (packet: Packet) => {
      if (packet.cmd !== "publish") return;
      this.lastMs = Date.now();
      const value = this.#valueIn(packet.payload.toString());
      open.delete(packet.messageId ?? 0);
      open.set(packet.messageId ?? 0, value);
      this.mostOnTheWire = Math.max(this.mostOnTheWire, open.size);
      if (value === null) return;
      const passed = this.passed.get(value) ?? { fresh: 0, again: 0, acknowledged: false };
      passed[packet.dup ? "again" : "fresh"] += 1;
      this.passed.set(value, passed);
    };
    const said = (packet: Packet) => {
      if (packet.cmd !== "puback") return;
      const id = packet.messageId ?? 0;
      const [first] = open.keys();
      if (first !== id) this.outOfOrder += 1;
      const value = open.get(id) ?? null;
      open.delete(id);
      const passed = value === null ? undefined : this.passed.get(value);
      if (passed === undefined) return;
      if (!passed.acknowledged) this.acknowledged += 1;
      passed.acknowledged = true;
    };
    this.#pass(far, near, heard);
    this.#pass(near, far, said);
  }

  #pass(from: Socket, to: Socket, each: (packet: Packet) => void): void {
    const packets = parser({ protocolVersion: this.#version });
    packets.on("packet", each);
    packets.on("error", () => {});
    this.#sockets.add(from);
    from.on("error", () => {});
    from.on("data", (bytes: Buffer) => {
      packets.parse(bytes);
      to.write(bytes);
    });
    from.on("end", () => to.end());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
  }
}
