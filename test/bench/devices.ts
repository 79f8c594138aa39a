/**
 * The devices, all in one process: bare sockets that publish one prepared packet again and again at QoS 1.
 * Costs as little as can be, since it shares the machine with what is measured.
 */
import { connect, type Socket } from "node:net";
import { generate } from "mqtt-packet";
import { serve } from "./calls.ts";
import { Stopwatch } from "./latencies.ts";
import { deviceId, passwordOf, payloadOf, topicOf, valuesPerMessage } from "./message.ts";
import { now, pause, saidNothing, say } from "./moment.ts";

/** Most packets of one device that may be unacknowledged when it sends at a pace of its own. */
const mostUnanswered = 1024;
const connackType = 0x20;
const pubackType = 0x40;
const answerBytes = 4;

const acknowledgements = new Stopwatch();
let devices: Device[] = [];
let sent = 0;
let acked = 0;
/** How many may be unacknowledged per device; 0: whoever is acknowledged does not send again. */
let window = 0;
/** How many messages may have been sent altogether, by now. */
let allowed = Number.POSITIVE_INFINITY;
let ticking: NodeJS.Timeout | undefined;

class Device {
  readonly #socket: Socket;
  readonly #packet: Buffer;
  readonly #idAt: number;
  readonly #momentAt: number;
  readonly #origin: number;
  readonly #sentAt = new Float64Array(mostUnanswered);
  #rest: Buffer = Buffer.alloc(0);
  #id = 0;
  unanswered = 0;
  readonly ready: Promise<void>;
  #settle: { resolve(): void; reject(error: Error): void } = { resolve() {}, reject() {} };

  constructor(n: number, port: number, origin: number, payload: string) {
    const id = deviceId(n);
    const topic = topicOf(id);
    this.#origin = origin;
    this.#packet = generate({
      cmd: "publish",
      topic,
      payload,
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    this.#momentAt = this.#packet.indexOf(saidNothing);
    this.#idAt = this.#packet.indexOf(topic) + topic.length;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#settle.reject(error));
    this.#socket.on("close", () => this.#settle.reject(new Error("closed by the broker")));
    this.#socket.write(
      generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: id,
        keepalive: 60,
        username: id,
        password: Buffer.from(passwordOf(id)),
      }),
    );
  }

  send(count: number): void {
    const { length } = this.#packet;
    const bytes = Buffer.allocUnsafe(length * count);
    const at = now();
    for (let n = 0; n < count; n++) {
      this.#id = this.#id === 0xffff ? 1 : this.#id + 1;
      this.#packet.copy(bytes, n * length);
      bytes.writeUInt16BE(this.#id, n * length + this.#idAt);
      say(at, this.#origin, bytes, n * length + this.#momentAt);
      this.#sentAt[this.#id % mostUnanswered] = at;
    }
    this.unanswered += count;
    sent += count;
    this.#socket.write(bytes);
  }

  /** Sends what the window has room for, and what is allowed. */
  refill(): void {
    const count = Math.min(window - this.unanswered, allowed - sent);
    if (count > 0) this.send(count);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const at = now();
    let offset = 0;
    let answered = 0;
    for (; offset + answerBytes <= bytes.length; offset += answerBytes) {
      if (bytes[offset] === pubackType) {
        const id = bytes.readUInt16BE(offset + 2);
        acknowledgements.note(at - (this.#sentAt[id % mostUnanswered] as number));
        answered += 1;
      } else if (bytes[offset] === connackType && bytes[offset + 3] === 0) this.#settle.resolve();
      else throw new Error(`a broker sent ${bytes.subarray(offset, offset + answerBytes).toString("hex")}`);
    }
    this.#rest = bytes.subarray(offset);
    this.unanswered -= answered;
    acked += answered;
    if (answered > 0) this.refill();
  }
}

function rest(): void {
  clearInterval(ticking);
  window = 0;
}

const calls = {
  /** Connects them all; whoever is refused tries again for `patienceMs`, as devices do. */
  async connect(body: {
    port: number;
    count: number;
    origin: number;
    patienceMs: number;
    values?: number;
  }): Promise<void> {
    const payload = payloadOf(body.values ?? valuesPerMessage);
    const until = now() + body.patienceMs;
    for (let n = 0; n < body.count; ) {
      const some = Array.from(
        { length: Math.min(50, body.count - n) },
        (_, index) => new Device(n + index, body.port, body.origin, payload),
      );
      try {
        await Promise.all(some.map((device) => device.ready));
        devices.push(...some);
        n += some.length;
      } catch (error) {
        for (const device of some) device.close();
        if (now() > until) throw error;
        await pause(10);
      }
    }
  },
  /** As fast as they are acknowledged, each with so many on the way, until as many are sent as are allowed. */
  flood(body: { window: number; allowed: number }): void {
    ({ window, allowed } = body);
    for (const device of devices) device.refill();
  },
  /** So many may be sent by now. */
  allow(messages: number): void {
    allowed = messages;
    for (const device of devices) device.refill();
  },
  /** One after the other, so many a second in all, whatever is acknowledged. */
  pace({ perSecond }: { perSecond: number }): void {
    rest();
    const from = now();
    let done = 0;
    ticking = setInterval(
      () => {
        for (const due = Math.floor(((now() - from) * perSecond) / 1000); done < due; done++) {
          const device = devices[done % devices.length];
          if (device !== undefined && device.unanswered < mostUnanswered) device.send(1);
        }
      },
      Math.max(1, Math.floor(1000 / perSecond)),
    );
  },
  /** Begins to note how long acknowledgements take. */
  watch(): void {
    acknowledgements.start();
  },
  watched: () => acknowledgements.stop(),
  count: () => ({ sent, acked }),
  /** Resolves when so many were sent. */
  async sent(least: number): Promise<void> {
    while (sent < least) await pause(10);
  },
  /** Sends nothing more; resolves when all is acknowledged. @throws after 60 s */
  async rest(): Promise<{ sent: number; acked: number }> {
    rest();
    for (const until = now() + 60_000; acked < sent; await pause(10))
      if (now() > until) throw new Error(`${sent - acked} of ${sent} messages were never acknowledged`);
    return { sent, acked };
  },
};
export type DevicesCalls = typeof calls;

serve(calls, () => {
  for (const device of devices) device.close();
  devices = [];
});
