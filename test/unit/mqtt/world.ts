/**
 * A broker on a free port of 127.0.0.1 with a fake clock, and bare clients made of a socket and mqtt-packet.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import mqttPacket, { type IConnectPacket, type Packet } from "mqtt-packet";
import { SecretRef } from "../../../config/schema/scalar.ts";
import type { Deliver, DriverContext, DriverFact, Message } from "../../../drivers/contract/index.ts";
import type { Access } from "../../../drivers/mqtt/credentials.ts";
import {
  linkSchema,
  type MqttDevice,
  type MqttLink,
  type MqttProfile,
  profileSchema,
  sourceSchema,
} from "../../../drivers/mqtt/schema.ts";
import { MqttSession } from "../../../drivers/mqtt/session.ts";
import { driverContext, secretsOf } from "../../driver-context.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const profile = (raw: object = {}): MqttProfile => profileSchema.parse(raw);

/** Points by id: a path, or `{ path, type, digest }` as in a profile. */
export function device(
  id: string,
  points: Record<string, string | object>,
  more: { profile?: object; address?: object; via?: string } = {},
): MqttDevice {
  return {
    id,
    ...(more.via === undefined ? {} : { via: more.via }),
    address: { user: id, password: new SecretRef(id), ...more.address },
    profile: profile(more.profile),
    simulated: false,
    points: Object.entries(points).map(([point, source]) => ({
      id: point,
      source: sourceSchema.parse(typeof source === "string" ? { path: source } : source),
      everyMs: 60_000,
    })),
    actions: {},
  };
}

/** Without a credential of its own. */
export function anonymous(id: string, points: Record<string, string | object>, via?: string): MqttDevice {
  const { address: _, ...rest } = device(id, points, via === undefined ? {} : { via });
  return { ...rest, address: {} };
}

export const link = (raw: object = {}): MqttLink => linkSchema.parse({ listen: "127.0.0.1:0", ...raw });

/** Waits until `what` holds; fails by the test's own time limit. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Lets what is under way on loopback sockets arrive, so that an absence can be seen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

interface Delivery {
  message: Message;
  resolve(): void;
  reject(error: Error): void;
}

export interface World {
  clock: FakeClock;
  log: ReturnType<typeof recordingLog>;
  facts: DriverFact[];
  secrets: Map<string, Uint8Array>;
  port: number;
  session: MqttSession;
  /** Every message in order of `deliver`. */
  delivered: Delivery[];
  readonly messages: Message[];
  /** true: resolves at once; false: waits for the test. */
  automatic: boolean;
  context: DriverContext;
  deliver: Deliver;
  codes(what: DriverFact["what"]): string[];
  client(more?: { tls?: boolean }): Promise<RawClient>;
  /** Logged in as `user` with its right password. */
  login(user: string, more?: Partial<IConnectPacket>): Promise<RawClient>;
  close(): Promise<void>;
}

export async function world(
  devices: MqttDevice[],
  more: {
    link?: object;
    listen?: boolean;
    secrets?: Record<string, Uint8Array>;
    deliver?: Deliver;
    guest?: Access;
  } = {},
): Promise<World> {
  const clock = new FakeClock();
  const facts: DriverFact[] = [];
  const log = recordingLog();
  const secrets = new Map<string, Uint8Array>(Object.entries(more.secrets ?? {}));
  for (const { address } of devices) {
    if (address.password !== undefined) secrets.set(address.password.name, secretOf(address.password.name));
  }
  const context = driverContext(clock, {
    ...{ log, secret: secretsOf(secrets) },
    report: (fact) => void facts.push(fact),
  });
  const clients: RawClient[] = [];
  const delivered: Delivery[] = [];
  const never = new AbortController().signal;
  const session = await MqttSession.open(link(more.link), devices, context, never, more.guest);
  const listening = facts.find((fact) => fact.what === "listening");
  const port = listening?.what === "listening" ? listening.port : 0;
  const made: World = {
    clock,
    log,
    facts,
    secrets,
    port,
    session,
    delivered,
    get messages() {
      return delivered.map(({ message }) => message);
    },
    automatic: true,
    context,
    deliver:
      more.deliver ??
      ((message) =>
        new Promise((resolve, reject) => {
          delivered.push({ message, resolve, reject });
          if (made.automatic) resolve();
        })),
    codes: (what) =>
      facts.flatMap((fact) => (fact.what === what && "fault" in fact ? [fact.fault.code] : [])),
    async client({ tls = false } = {}) {
      const client = await RawClient.open(port, tls);
      clients.push(client);
      return client;
    },
    async login(user, packet = {}) {
      const client = await made.client();
      client.connect({ clientId: user, username: user, password: Buffer.from(secretOf(user)), ...packet });
      const answer = await client.next("connack");
      if (answer.returnCode !== 0) throw new Error(`login refused: ${answer.returnCode}`);
      return client;
    },
    async close() {
      for (const client of clients) client.socket.destroy();
      const closed = session.close();
      let open = true;
      void closed.finally(() => {
        open = false;
      });
      while (open) {
        await clock.advance(500);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await closed;
    },
  };
  if (more.listen !== false) await session.listen((m) => made.deliver(m), new AbortController().signal);
  return made;
}

export const secretOf = (name: string) => Buffer.from(`password of ${name}`);

type Cmd = Packet["cmd"];

/** A client that shows every packet and never does anything by itself. */
export class RawClient {
  readonly socket: Socket;
  readonly packets: Packet[] = [];
  closed = false;
  #taken = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on("packet", (packet: Packet) => void this.packets.push(packet));
    socket.on("data", (chunk) => void parser.parse(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
    });
  }

  static open(port: number, tls: boolean): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port };
      const socket = tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
      socket.once("error", reject);
      socket.once(tls ? "secureConnect" : "connect", () => {
        socket.setNoDelay(true);
        resolve(new RawClient(socket));
      });
    });
  }

  send(...packets: Packet[]): void {
    this.socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
  }

  connect(more: Partial<IConnectPacket> = {}): void {
    this.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: true,
      clientId: "client",
      keepalive: 60,
      ...more,
    });
  }

  /** The next packet, which must be of this kind. */
  async next<C extends Cmd>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    await until(() => this.packets.length > this.#taken || this.closed);
    const packet = this.packets[this.#taken];
    if (packet?.cmd !== cmd) throw new Error(`expected ${cmd}, got ${packet?.cmd ?? "the end"}`);
    this.#taken += 1;
    return packet as Extract<Packet, { cmd: C }>;
  }

  async end(): Promise<void> {
    await until(() => this.closed);
  }

  ids(cmd: Cmd): (number | undefined)[] {
    return this.packets.filter((packet) => packet.cmd === cmd).map(({ messageId }) => messageId);
  }
}

export const topicOf = (id: string) => `ce/v1/${id}/up/prop`;

/** A PUBLISH packet. */
export function publish(
  id: string,
  body: unknown,
  more: { qos?: 0 | 1 | 2; messageId?: number; dup?: boolean; topic?: string; retain?: boolean } = {},
): Packet {
  const { qos = 1, messageId = 1, dup = false, topic = topicOf(id), retain = false } = more;
  return {
    cmd: "publish",
    topic,
    payload:
      body instanceof Uint8Array ? Buffer.from(body) : typeof body === "string" ? body : JSON.stringify(body),
    qos,
    dup,
    retain,
    ...(qos === 0 ? {} : { messageId }),
  };
}
