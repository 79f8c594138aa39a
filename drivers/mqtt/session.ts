/**
 * One broker from open to close.
 *
 * Holds:
 * - whoever has not logged in after 9 s, is silent beyond its keep-alive, does not read or lingers is cut;
 * - `ended` settles once, after the last delivery.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Deliver, DriverContext, DriverFact, Fault, Session } from "../contract/index.ts";
import { Admission, ids } from "./admission.ts";
import { Broker, type Refusal, ReturnCode } from "./broker.ts";
import { Connection } from "./connection.ts";
import { type Access, Credentials } from "./credentials.ts";
import { Door } from "./door.ts";
import { MqttError, type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttAction, MqttAddress, MqttDevice, MqttLink, MqttProfile, MqttSource } from "./fields.ts";
import { PacketType } from "./frames.ts";
import { Guesses } from "./guesses.ts";
import { Intake } from "./intake.ts";
import { Presence } from "./presence.ts";
import { RepeatKeys } from "./repeat-keys.ts";
import { sweeping } from "./sweeping.ts";

/** Login is due after so long: 10 s less one sweep. */
const loginMs = 9_000;
/** How long a peer may take to fetch its last words. */
const lingerMs = 2_000;
/** How long `close` waits for the disk. */
const closeMs = 2_000;

export class MqttSession implements Session<MqttAddress, MqttProfile, MqttSource, MqttAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: MqttLink;
  readonly #context: DriverContext;
  readonly #keys = new RepeatKeys();
  readonly #presence: Presence<Connection>;
  readonly #intake: Intake<Connection>;
  readonly #connections = new Set<Connection>();
  readonly #admission: Admission;
  readonly #guesses = new Guesses();
  readonly #stop = new AbortController();
  #door!: Door;
  #broker!: Broker;
  #listening = false;
  #closing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  private constructor(link: MqttLink, credentials: Credentials, context: DriverContext) {
    this.#link = link;
    this.#context = context;
    this.#admission = new Admission(credentials);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#presence = new Presence((fact) => this.#report(fact));
    this.#intake = new Intake({
      clock: context.clock,
      log: context.log,
      keys: this.#keys,
      presence: this.#presence,
      digest: (identity) => context.digest(identity),
      refuse: (connection, code, will) =>
        will ? this.#reportRefused(connection, mqttFault(code)) : this.#refuse(connection, code),
    });
  }

  /**
   * Reads the secrets, then listens.
   * @param guest for tests alone: what whoever comes without a user may do. The driver never gives it, so no
   *   configuration can.
   */
  static async open(
    link: MqttLink,
    devices: readonly MqttDevice[],
    context: DriverContext,
    signal: AbortSignal,
    guest: Access | null = null,
  ): Promise<MqttSession> {
    const pem = link.tls === undefined ? null : secretBytes(context, link.tls.name);
    const credentials = Credentials.read(devices, link.insecure, (name) => context.secret(name), guest);
    const session = new MqttSession(link, credentials, context);
    await session.#start(pem, signal);
    return session;
  }

  async #start(pem: Uint8Array | null, signal: AbortSignal): Promise<void> {
    this.#broker = await Broker.open({
      onConnect: (connection, client, clean, keepAliveS, will) => {
        connection.will = will;
        connection.given = client;
        connection.client = client;
        connection.clean = clean;
        connection.keepAliveMs = keepAliveS * 1000;
      },
      login: (connection, client, { user, password }, answer) => {
        this.#inTurn(connection, user, answer, () => answer(this.#login(connection, client, user, password)));
      },
      onReady: (connection) => this.#ready(connection),
      publish: (connection, packet, will, answer) => {
        this.#context.traceMessage?.(connection, packet, will);
        this.#intake.take(connection, packet, will, answer);
      },
      maySubscribe: (connection, topic) => connection.access?.maySubscribe(topic) ?? false,
      mayForward: (connection, topic) => connection.access?.mayForward(topic) ?? false,
      onReleased: (connection, messageId) => this.#keys.released(connection.session, messageId),
    });
    try {
      this.#door = await Door.open(
        this.#link,
        pem,
        {
          onSocket: (socket, address, welcome) => this.#arrived(socket, address, welcome),
          onRefused: (address, code) =>
            this.#report({ what: "refused", client: "", address, fault: mqttFault(code) }),
          onLost: (fault) => void this.#finish(fault),
        },
        signal,
      );
    } catch (error) {
      await this.#broker.close();
      throw error;
    }
    this.#report({ what: "listening", host: this.#link.listen.host, port: this.#door.port });
    void sweeping(this.#context.clock, this.#stop.signal, () => this.sweep());
  }

  async listen(deliver: Deliver, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#closing !== null) throw new MqttError(mqttFault("mqtt.closed"));
    this.#intake.start(deliver);
    if (this.#listening) return;
    this.#listening = true;
    for (const { gate } of this.#connections) gate.start();
  }

  /** Sockets stay whose credential is unchanged, whatever becomes of the devices and topics behind it. */
  async update(devices: readonly MqttDevice[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const secret = (name: string) => this.#context.secret(name);
    const now = this.#admission.credentials.replan(devices, this.#link.insecure, secret);
    const renewed = this.#admission.replace(now);
    for (const connection of this.#connections) {
      if (connection.access === undefined) continue;
      const access = renewed(connection);
      if (access === null) {
        connection.leave(mqttFault("mqtt.changed"));
        continue;
      }
      connection.access = access;
      this.#presence.only(connection, ids(access.devices), mqttFault("mqtt.changed"));
      if (access.user === undefined) continue;
      this.#presence.hold(connection, ids(access.devices));
      if (connection.stage === "ready") this.#presence.up(connection, access.announcements.waiting);
    }
  }

  close(): Promise<void> {
    return this.#finish(null);
  }

  #finish(fault: Fault | null): Promise<void> {
    this.#closing ??= this.#shutDown(fault);
    return this.#closing;
  }

  async #shutDown(fault: Fault | null): Promise<void> {
    this.#intake.stop();
    this.#door.shut();
    const limit = new AbortController();
    const late = this.#context.clock.sleep(closeMs, limit.signal).catch(() => {});
    await Promise.race([this.#intake.settled(), late]);
    for (const connection of this.#connections) connection.leave(fault ?? mqttFault("mqtt.closed"));
    await Promise.race([this.#broker.close(), late]);
    limit.abort();
    // Two turns of the loop carry the last acknowledgements into the kernel.
    await turn();
    await turn();
    await this.#door.clear();
    this.#stop.abort();
    this.#end(fault);
  }

  /** Sockets that are open, logged in or not. */
  get connections(): number {
    return this.#connections.size;
  }

  /** One look at every connection: login, keep-alive, the disk, lingering. */
  sweep(): void {
    const now = this.#context.clock.monotonicMs();
    for (const connection of this.#connections) {
      if (connection.stage === "leaving") {
        if (now - connection.leftAt >= lingerMs) connection.socket.destroy();
      } else if (connection.stage === "connecting") {
        if (now - connection.since >= loginMs) this.#refuse(connection, "mqtt.handshake", true);
      } else if (connection.silent(now)) connection.leave(mqttFault("mqtt.keepalive"));
      else if (connection.stalled(now)) connection.leave(mqttFault("mqtt.slow-reader"));
      this.#intake.sweep(connection, now);
    }
  }

  #arrived(socket: Connection["socket"], address: string, welcome: () => void): void {
    const now = this.#context.clock.monotonicMs();
    const connection: Connection = new Connection(socket, address, now, welcome, {
      onFrame: (type) => this.#heard(connection, type),
      onCut: (code) => this.#refuse(connection, code),
      mayPassBy: (topic) => connection.access?.mayPassBy(topic) ?? false,
    });
    this.#connections.add(connection);
    connection.gate.on("close", () => this.#left(connection));
    socket.on("close", () => this.#connections.delete(connection));
    this.#broker.handle(connection);
    if (this.#listening) connection.gate.start();
  }

  #heard(connection: Connection, type: number): void {
    const now = this.#context.clock.monotonicMs();
    connection.heardAt = now;
    this.#keys.delivered(connection.answered, connection.confirmMs, now);
    if (type === PacketType.disconnect) connection.reason ??= mqttFault("mqtt.left");
  }

  /** Looks at a login when its turn has come, unless it is gone by then. */
  #inTurn(
    connection: Connection,
    user: string | undefined,
    answer: (refusal: Refusal) => void,
    look: () => void,
  ): void {
    connection.named = user === undefined ? null : this.#admission.credentials.named(user);
    const { clock } = this.#context;
    const waitMs = user === undefined ? 0 : this.#guesses.turn(connection.address, user, clock.monotonicMs());
    if (waitMs === 0) look();
    else if (waitMs === null) {
      this.#refuse(connection, "mqtt.guessing");
      answer(ReturnCode.unavailable);
    } else {
      const gone = new AbortController();
      connection.gate.once("close", () => gone.abort());
      // Nobody reads while a login waits, so the end of the stream would not be seen.
      connection.socket.once("close", () => connection.gate.destroy());
      clock
        .sleep(waitMs, gone.signal)
        .then(look)
        .catch(() => connection.gate.destroy()); // gone, or a mistake of ours
    }
  }

  #login(connection: Connection, client: string, user?: string, password?: Uint8Array): Refusal | null {
    const judgement = this.#admission.login(connection, client, user, password);
    const { address } = connection;
    if ("code" in judgement) {
      this.#refuse(connection, judgement.code);
      if (user !== undefined && judgement.code === "mqtt.credential")
        this.#guesses.wrong(address, user, this.#context.clock.monotonicMs());
      return judgement.answer;
    }
    const { access } = judgement;
    if (user !== undefined) this.#guesses.right(address, user);
    if (connection.clean) {
      this.#keys.forgot(connection.session, connection.answered, this.#context.clock.monotonicMs());
    }
    if (access.user !== undefined) this.#presence.hold(connection, ids(access.devices));
    return null;
  }

  #ready(connection: Connection): void {
    if (connection.stage !== "connecting") return;
    connection.stage = "ready";
    connection.welcome();
    connection.heardAt = this.#context.clock.monotonicMs();
    this.#presence.up(connection, connection.access?.announcements.waiting);
    connection.gate.open();
  }

  #left(connection: Connection): void {
    connection.stage = "leaving";
    connection.leftAt = this.#context.clock.monotonicMs();
    this.#admission.release(connection);
    this.#keys.left(connection.answered);
    this.#presence.release(connection, connection.reason ?? mqttFault("mqtt.gone"));
  }

  /** Reports a refusal once; `cut` also ends the connection now, without a last word. */
  #refuse(connection: Connection, code: MqttFaultCode, cut = false): void {
    if (connection.reason === null) {
      connection.reason = mqttFault(code);
      this.#reportRefused(connection, connection.reason);
    }
    if (!cut) return;
    connection.gate.destroy();
    connection.socket.destroy();
  }

  #reportRefused({ shownClient: client, address, named }: Connection, fault: Fault): void {
    const devices = named === null ? {} : { devices: named };
    this.#report({ what: "refused", client, address, fault, ...devices });
  }

  /** A listener of facts that throws is not our end. */
  #report(fact: DriverFact): void {
    try {
      this.#context.report(fact);
    } catch {
      this.#context.log.error({ what: fact.what }, "a fact about the broker was not taken");
    }
  }
}

function secretBytes(context: DriverContext, name: string): Uint8Array {
  try {
    return context.secret(name);
  } catch (cause) {
    throw new MqttError(mqttFault("mqtt.secret", { fact: name }), { cause });
  }
}
