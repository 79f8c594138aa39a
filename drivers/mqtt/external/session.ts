/**
 * One connection to a broker of the school, from CONNECT to its end. Its session there outlives it.
 *
 * Holds:
 * - a message is acknowledged only after `deliver` resolved for it, in the order of arrival; as many as the receive
 *   maximum are under way at once, so that one commit answers them all;
 * - what could not be stored ends the connection: the broker sends it again on the next;
 * - a topic that was not asked for is acknowledged and left out: what an earlier subscription still brings must not
 *   come for ever, nor twice. A flood of them ends the connection;
 * - `ended` settles once, and nothing is delivered afterwards.
 * Never happens: a reconnection.
 */
import { withPort } from "../../../config/schema/address.ts";
import type { Deliver, DriverContext, DriverFact, Fault, Session, Speaker } from "../../contract/index.ts";
import { ids } from "../admission.ts";
import { MqttError, mqttFault } from "../faults.ts";
import { Intake } from "../intake.ts";
import { type IConnackPacket, keepNoNumbers, type Packet } from "../packets.ts";
import { Presence } from "../presence.ts";
import type { MqttAction, MqttProfile, MqttSource } from "../profile-fields.ts";
import type { PublishedPacket } from "../repeat-keys.ts";
import { sweeping } from "../sweeping.ts";
import { ExternalConnection } from "./connection.ts";
import { dial, trustOf } from "./dial.ts";
import type { ExternalAddress, ExternalDevice, ExternalLink } from "./fields.ts";
import { connectPacket, inTime, secretsOf, type Welcome, welcomeOf } from "./login.ts";
import { refusal } from "./refusals.ts";
import { Repeats } from "./repeats.ts";
import { Requests } from "./requests.ts";
import { Settling } from "./settling.ts";
import { Subscribing } from "./subscribing.ts";
import { accessOf, namedBy, speakersOf, subscriptionsOf } from "./subscriptions.ts";
import { TopicKeys } from "./topic-keys.ts";
import { Unasked } from "./unasked.ts";
import { Watch } from "./watch.ts";

/** How long `close` waits for the disk, and for the broker to hang up. */
const closeMs = 2_000;
keepNoNumbers();

export class ExternalSession implements Session<ExternalAddress, MqttProfile, MqttSource, MqttAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: ExternalLink;
  readonly #context: DriverContext;
  readonly #repeats = new Repeats();
  readonly #presence: Presence<ExternalConnection>;
  readonly #intake: Intake<ExternalConnection>;
  readonly #connection: ExternalConnection;
  /** Who says it all, for a recording. */
  readonly #broker: Speaker;
  readonly #requests: Requests;
  readonly #subscribing: Subscribing;
  readonly #settling: Settling;
  readonly #stop = new AbortController();
  readonly #gone = Promise.withResolvers<void>();
  readonly #welcomed = Promise.withResolvers<IConnackPacket>();
  #devices: readonly ExternalDevice[];
  #deliver: Deliver | null = null;
  #welcome: Welcome = { resumed: false, keepAliveMs: 60_000, maxBytes: Number.POSITIVE_INFINITY };
  #watch = new Watch(this.#welcome.keepAliveMs, 0);
  #stage: "connecting" | "open" | "ended" = "connecting";
  /** What is being heard is a device's own word that it has just come. */
  #birth = false;
  readonly #unasked = new Unasked();
  readonly #topics: TopicKeys;
  #closing: Promise<void> | null = null;
  #end!: (fault: Fault | null) => void;

  private constructor(
    link: ExternalLink,
    devices: readonly ExternalDevice[],
    context: DriverContext,
    socket: ConstructorParameters<typeof ExternalConnection>[0]["socket"],
    clientId: string,
  ) {
    this.#link = link;
    this.#devices = devices;
    this.#context = context;
    this.#broker = { given: clientId, client: clientId, address: link.host };
    const { clock, log } = context;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    // Packet ids belong to the session that this very broker keeps for this client.
    const session = `${withPort(link.host, link.port)}/${clientId}`;
    this.#topics = new TopicKeys(session);
    this.#topics.adopt(namedBy(devices));
    this.#presence = new Presence((fact) => this.#report(fact));
    this.#settling = new Settling(clock, this.#stop.signal);
    this.#intake = new Intake({
      ...{ clock, log, keys: this.#repeats.keys, presence: this.#presence, relayed: true },
      digest: (identity) => context.digest(identity),
      keysOf: (packet) => [this.#topics.of(packet)],
      refuse: (connection, code) => {
        connection.reason ??= mqttFault(code);
      },
    });
    this.#connection = new ExternalConnection({
      ...{ socket, version: link.version, session, access: accessOf(devices) },
      now: () => clock.monotonicMs(),
      events: {
        onPublish: (packet) => this.#published(packet),
        onPacket: (packet) => this.#received(packet),
        onLost: (fault) => void this.#finish(fault),
      },
    });
    this.#requests = new Requests(
      (packet) => this.#connection.send(packet),
      () => clock.monotonicMs(),
    );
    this.#subscribing = new Subscribing({
      ...{ requests: this.#requests, version: link.version },
      onRefused: (topic, fault) => this.#tellRefused(topic, fault),
      onUnacknowledged: (all) =>
        log.warn(
          { topics: all.slice(0, 10).join(" ") },
          "the broker gives these topics at QoS 0 only: what it sends can be lost",
        ),
    });
    socket.once("close", () => this.#gone.resolve());
    if (socket.destroyed) this.#gone.resolve();
  }

  /** Reads the secrets, connects and logs in. Rejects with an `MqttError`; nothing is left behind then. */
  static async open(
    link: ExternalLink,
    devices: readonly ExternalDevice[],
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<ExternalSession> {
    const { password, ca } = secretsOf(link, context);
    const trust = link.tls ? trustOf(ca) : undefined;
    const socket = await dial({ host: link.host, port: link.port, trust }, context.clock, signal);
    const clientId = link.clientId ?? context.self;
    const session = new ExternalSession(link, devices, context, socket, clientId);
    await session.#login(connectPacket(link, clientId, password), signal);
    return session;
  }

  async #login(connect: Packet, signal: AbortSignal): Promise<void> {
    this.#welcomed.promise.catch(() => {});
    this.#connection.start();
    try {
      this.#connection.send(connect);
      const connack = await inTime(this.#welcomed.promise, this.#context.clock, signal);
      this.#welcome = welcomeOf(connack, this.#link);
    } catch (error) {
      this.#stage = "ended";
      this.#connection.destroy();
      await this.#gone.promise;
      throw error;
    }
    const { resumed, keepAliveMs, maxBytes, keepsMs } = this.#welcome;
    this.#requests.maxBytes = maxBytes;
    this.#watch = new Watch(keepAliveMs, this.#context.clock.monotonicMs());
    this.#stage = "open";
    this.#context.log.info({ resumed }, "the school's broker has let us in");
    if (keepsMs !== undefined)
      this.#context.log.warn(
        { keepsMs },
        "the broker keeps messages for this gateway for a shorter time than keep asks: what comes later while it is away is lost there",
      );
    void sweeping(this.#context.clock, this.#stop.signal, () => this.sweep());
  }

  /** Subscribes. Resolves when the broker has answered for every topic; rejects when it does not, or is lost. */
  async listen(deliver: Deliver, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#stage === "ended") throw new MqttError(this.#connection.reason ?? mqttFault("mqtt.closed"));
    this.#deliver = this.#settling.over(deliver);
    this.#intake.start(this.#deliver);
    const abort = () => this.#connection.lose(mqttFault("mqtt.aborted"));
    signal.addEventListener("abort", abort, { once: true });
    try {
      const subscribed = this.#subscribing.ask(subscriptionsOf(this.#devices));
      if (this.#welcome.resumed) this.#subscribing.leaveBeside(namedBy(this.#devices));
      this.#connection.release();
      await subscribed;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The connection stays; only what differs is subscribed to, or no longer. */
  async update(devices: readonly ExternalDevice[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#settling.begin();
    const earlier = this.#devices;
    this.#devices = devices;
    this.#connection.access = accessOf(devices);
    this.#topics.adopt(namedBy(devices));
    this.#presence.only(this.#connection, ids(devices), mqttFault("mqtt.changed"));
    if (this.#deliver === null) return;
    const next = subscriptionsOf(devices);
    for (const [topic, fault] of this.#subscribing.refusedOf(next)) this.#tellRefused(topic, fault, earlier);
    await this.#subscribing.change(next, signal);
  }

  /** A record of each device that will not be heard there, and why it is not. @param told of these it has been said */
  #tellRefused(topic: string, fault: Fault, told: readonly ExternalDevice[] = []): void {
    const before = new Set(speakersOf(topic, told));
    for (const device of speakersOf(topic, this.#devices)) {
      if (before.has(device)) continue;
      this.#report({ what: "down", device, fault });
      this.#deliver?.({ readings: [{ device, samples: [], faults: [fault] }], keys: [] }).catch(() => {});
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
    const wasOpen = this.#stage === "open";
    this.#stage = "ended";
    const told = fault ?? mqttFault("mqtt.closed");
    this.#welcomed.reject(new MqttError(told));
    this.#intake.stop();
    this.#connection.hold();
    this.#stop.abort();
    const limit = new AbortController();
    const late = this.#context.clock.sleep(closeMs, limit.signal).catch(() => {});
    if (fault === null && wasOpen) {
      await Promise.race([this.#intake.settled(), late, this.#gone.promise]);
      // The session is kept: only the connection ends (MQTT 5, 3.14.2.2.2).
      this.#connection.end({ cmd: "disconnect", ...(this.#link.version === 5 ? { reasonCode: 0 } : {}) });
      await Promise.race([this.#gone.promise, late]);
    }
    limit.abort();
    this.#connection.destroy();
    await this.#gone.promise;
    this.#requests.lost(told);
    this.#repeats.keys.left(this.#connection.answered);
    this.#presence.release(this.#connection, told);
    this.#end(fault);
  }

  /** One look: the disk, the broker's silence, what it has not answered, and our own ping. */
  sweep(): void {
    if (this.#stage !== "open") return;
    const connection = this.#connection;
    const now = this.#context.clock.monotonicMs();
    this.#intake.sweep(connection, now);
    if (connection.resting) {
      connection.heardAt = now;
      this.#requests.excuse();
    }
    this.#subscribing.askAgain(now);
    const { heardAt } = connection;
    const due = this.#watch.due(now, { heardAt, askedAt: this.#requests.since });
    if (due === "ping") this.#ping(now);
    else if (due === "no-answer") connection.lose(mqttFault("mqtt.no-answer"));
    else if (due === "silent")
      connection.lose(mqttFault(connection.stalled ? "mqtt.stalled" : "mqtt.silent"));
  }

  #ping(now: number): void {
    this.#repeats.pinged(now);
    this.#connection.send({ cmd: "pingreq" });
  }

  #received(packet: Packet): void {
    if (packet.cmd === "connack") {
      if (this.#stage !== "connecting") this.#violation();
      else {
        // What comes with it waits until somebody listens.
        this.#connection.hold();
        this.#welcomed.resolve(packet);
      }
      return;
    }
    if (packet.cmd === "disconnect") {
      if (this.#link.version !== 5) this.#violation();
      else this.#connection.lose(refusal(packet.reasonCode ?? 0, "mqtt.hung-up"));
      return;
    }
    if (this.#stage === "connecting") {
      this.#violation();
      return;
    }
    if (packet.cmd === "pingresp") this.#repeats.ponged();
    this.#heard();
    if (packet.cmd === "pubrel") this.#released(packet.messageId ?? 0);
    else if (packet.cmd === "suback" || packet.cmd === "unsuback") {
      const codes = packet.granted as readonly unknown[] | undefined;
      if (!this.#requests.answered(packet.cmd, packet.messageId ?? 0, codes)) this.#violation();
    }
  }

  #violation(): void {
    this.#connection.lose(mqttFault("mqtt.not-mqtt"));
  }

  #heard(): void {
    this.#repeats.heard(this.#connection.answered, this.#welcome.keepAliveMs);
  }

  #released(messageId: number): void {
    this.#repeats.keys.released(this.#connection.session, messageId);
    this.#connection.send({ cmd: "pubcomp", messageId });
  }

  #published(packet: PublishedPacket): void {
    if (this.#stage === "connecting") {
      this.#violation();
      return;
    }
    this.#context.traceMessage?.(this.#broker, packet, false);
    this.#heard();
    const { access } = this.#connection;
    const answer = (error: Error | null) => this.#answer(packet, error);
    if (!access.mayPublish(packet.topic) || packet.topic.includes("\uFFFD")) {
      this.#leaveOut(packet, answer);
      return;
    }
    // Of a session that began with this connection, nothing but today's subscriptions brings it.
    if (this.#welcome.resumed) this.#subscribing.leaveBehind(packet.topic, true);
    this.#birth = packet.retain !== true && access.announcements.on(packet.topic).length > 0;
    this.#intake.take(this.#connection, this.#repeats.judged(packet, this.#welcome.resumed), false, answer);
    this.#birth = false;
  }

  #leaveOut(packet: PublishedPacket, answer: (error: Error | null) => void): void {
    const connection = this.#connection;
    const now = this.#context.clock.monotonicMs();
    const place = connection.acknowledgements.join(
      (error) => {
        answer(error);
        connection.gate.answered();
      },
      now,
      packet.qos > 0,
    );
    place.settle(null);
    if (this.#unasked.came(now)) connection.lose(mqttFault("mqtt.unasked"));
    else this.#subscribing.leaveBehind(packet.topic, this.#welcome.resumed);
  }

  #answer({ qos, messageId = 0 }: PublishedPacket, error: Error | null): void {
    const connection = this.#connection;
    if (error !== null) connection.lose(connection.reason ?? mqttFault("mqtt.not-stored"));
    else if (qos === 1) connection.send({ cmd: "puback", messageId });
    else if (qos === 2) connection.send({ cmd: "pubrec", messageId });
  }

  /** A listener of facts that throws is not our end. */
  #report(fact: DriverFact): void {
    try {
      this.#context.report(fact.what === "up" && !this.#birth ? { ...fact, running: true } : fact);
    } catch {
      this.#context.log.error({ what: fact.what }, "a fact about the broker was not taken");
    }
  }
}
