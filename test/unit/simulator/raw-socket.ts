import { connect, type Socket } from "node:net";

/** A TCP client that speaks in bytes and waits for bytes. */
export class RawSocket {
  received: Buffer = Buffer.alloc(0);
  closed = false;
  readonly #socket: Socket;
  #waiters = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
      this.#changed();
    });
  }

  static open(port: number, host = "127.0.0.1"): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new RawSocket(socket)));
      socket.once("error", reject);
    });
  }

  send(...parts: (string | number[] | Uint8Array)[]): void {
    this.#socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  until(predicate: (socket: RawSocket) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!predicate(this)) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }

  #changed(): void {
    for (const check of [...this.#waiters]) check();
  }
}

const text = (value: string) => [
  ...Buffer.from([value.length >> 8, value.length & 255]),
  ...Buffer.from(value),
];
const packet = (type: number, content: number[]): Buffer => {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.from([type, ...length, ...content]);
};

/** MQTT packets byte by byte; v5 ones with empty properties. */
export const raw = {
  connect: (
    version: 4 | 5,
    id: string,
    { clean = true, keepAlive = 0, user = "", password = "", will = "" } = {},
  ): Buffer =>
    packet(0x10, [
      ...text("MQTT"),
      version,
      (clean ? 2 : 0) | (user === "" ? 0 : 0xc0) | (will === "" ? 0 : 4),
      keepAlive >> 8,
      keepAlive & 255,
      ...(version === 5 ? [0] : []),
      ...text(id),
      ...(will === "" ? [] : [...(version === 5 ? [0] : []), ...text(will), ...text("gone")]),
      ...(user === "" ? [] : [...text(user), ...text(password)]),
    ]),
  publish: (
    version: 4 | 5,
    topic: string,
    payload: string,
    { qos = 0, id = 1, dup = false, retain = false } = {},
  ) =>
    packet(0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0), [
      ...text(topic),
      ...(qos > 0 ? [id >> 8, id & 255] : []),
      ...(version === 5 ? [0] : []),
      ...Buffer.from(payload),
    ]),
  subscribe: (version: 4 | 5, filter: string, qos = 1, id = 9): Buffer =>
    packet(0x82, [id >> 8, id & 255, ...(version === 5 ? [0] : []), ...text(filter), qos]),
  pubrel: (id: number): Buffer => packet(0x62, [id >> 8, id & 255]),
  puback: (id: number): Buffer => packet(0x40, [id >> 8, id & 255]),
  pingreq: packet(0xc0, []),
  disconnect: packet(0xe0, []),
};
