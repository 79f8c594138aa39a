/**
 * A camera in the network, as whoever watches over it sees it: identity, time, profiles, events. It has no pictures.
 *
 * Holds: what it says is true of `state` at that moment, unless a fault says otherwise; whatever it was asked, and whatever changed,
 * is on record without any secret; after `stop` nothing is open and nobody waits.
 */
import type { Clock } from "../../config/schema/context.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { type Answer, type Delivery, emptyAnswer, xmlAnswer } from "./answer.ts";
import { CameraDoor, type CameraDoorOptions, type CameraRequest } from "./camera-door.ts";
import { type Acting, CameraFaults } from "./camera-faults.ts";
import { homes, isAt, type Memory, perform } from "./camera-operations.ts";
import { type Asked, type CameraState, mostLines, type Truth } from "./camera-state.ts";
import { devicePath, type Speaker, type Speech } from "./device-replies.ts";
import { type Judged, Login } from "./login.ts";
import type { Maker, Place } from "./maker.ts";
import { type MakerName, makers } from "./makers.ts";
import { type Notice, PullPoints } from "./pull-points.ts";
import { headerOf, illFormed, notAuthorized, notSupported, type Refusal, refusalText } from "./soap.ts";
import { instead, spoil } from "./spoil.ts";
import { type Understood, understand } from "./understand.ts";
import { Writer } from "./write-xml.ts";

export interface CameraOptions extends CameraDoorOptions {
  maker: MakerName;
  /** What is different from others of its maker. */
  differs?: Partial<Maker>;
  /** Default `edge`. */
  user?: string;
  password: string;
  clock?: Clock;
  /** Port of its events, where its maker has one; default: any free one. */
  eventsPort?: number;
  /** Subscriptions at a time; default 5. */
  mostSubscriptions?: number;
}

export class SimulatedCamera implements Speaker {
  readonly maker: Maker;
  readonly login: Login;
  readonly faults: CameraFaults;
  readonly points: PullPoints;
  /** Oldest first. */
  readonly asked: Asked[] = [];
  readonly truth: Truth[] = [];
  /** Somebody came for a picture so often. */
  pictures = 0;
  /** Whether ONVIF is switched on; off it knows no such path, or nobody. */
  onvif: "on" | "404" | "401" = "on";
  /** The one of its services; behind it that of its events, where it has one. */
  readonly doors: readonly [CameraDoor, ...CameraDoor[]];
  readonly #state: CameraState;
  readonly #clock: Clock;
  readonly #writer: Writer;
  readonly #watch = new Watch<SimulatedCamera>(this);
  #ids = 0;
  #down: AbortController | null = null;

  /** Nothing is open yet. */
  constructor(options: CameraOptions) {
    const { maker, differs, user = "edge", password, clock = systemClock } = options;
    this.maker = { ...makers[maker], ...differs };
    this.#clock = clock;
    this.#writer = new Writer(this.maker.hand);
    const { clockOffsetMs, firmware, serial } = this.maker;
    const quiet = { motion: false, tamper: false, storage: false, people: false, pir: false, day: true };
    this.#state = { ...quiet, clockOffsetMs, firmware, serial };
    this.login = new Login(this.maker, { user, password }, clock, () => this.ownMs);
    this.faults = new CameraFaults("camera", this.maker.serial);
    this.points = new PullPoints(clock, options.mostSubscriptions ?? 5);
    const main = new CameraDoor(options, (request) => this.#serve(request, "main"));
    const events = { ...options, port: options.eventsPort ?? 0 };
    this.doors = this.maker.eventsPort
      ? [main, new CameraDoor(events, (request) => this.#serve(request, "events"))]
      : [main];
  }

  get state(): Readonly<CameraState> {
    return this.#state;
  }

  /** Wall ms by its own clock. */
  get ownMs(): number {
    return this.#clock.wallMs() + this.#state.clockOffsetMs;
  }

  get port(): number {
    return this.doors[0].port;
  }

  /** Where its device service is. */
  get url(): string {
    return `${this.doors[0].base}${devicePath}`;
  }

  /** @throws when a port is taken; then nothing stays open */
  async start(): Promise<void> {
    try {
      for (const door of this.doors) await door.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#tell("boot", true);
  }

  /** As if it had no power: subscriptions and nonces are lost with it. May be started again, at the same port. */
  async stop(): Promise<void> {
    this.#down?.abort();
    this.#down = null;
    await this.#off();
  }

  /** Loses everybody, forgets subscriptions and nonces, comes back after a while. Resolves once it is back, or was stopped. */
  async reboot(downMs = 40_000): Promise<void> {
    await this.stop();
    const down = new AbortController();
    this.#down = down;
    await this.#clock.sleep(downMs, down.signal).catch(() => undefined);
    if (!down.signal.aborted) await this.start();
  }

  /** Is given another port, any free one by default, or another address; subscriptions go on. */
  async move(to: { port?: number; hosts?: readonly string[] } = {}): Promise<void> {
    const [main, ...others] = this.doors;
    await main.move(to.port ?? 0, to.hosts);
    if (to.hosts !== undefined) for (const door of others) await door.move(door.port, to.hosts);
    this.#tell("port", this.port);
  }

  /** Something has become true; whoever subscribed is told. */
  set(change: Partial<CameraState>): void {
    for (const [what, value] of Object.entries(change) as [keyof CameraState, never][]) {
      if (this.#state[what] === value) continue;
      this.#state[what] = value;
      this.#tell(what, value);
      for (const notice of this.#notices("Changed"))
        if (notice.topic.subject === what) this.points.tell(notice);
    }
  }

  /** Somebody changes the password at its menu. */
  setPassword(password: string): void {
    this.login.password = password;
    this.#tell("password", true);
  }

  setOnvif(onvif: "on" | "404" | "401"): void {
    this.onvif = onvif;
    this.login.isEnabled = onvif === "on";
    this.#tell("onvif", onvif);
  }

  /** Resolves once it is so; asked now and whenever it is asked something, answers or changes. */
  until(predicate: (camera: SimulatedCamera) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  /** What it would say, as if it were there. */
  speech(place: Place): Speech {
    return { w: this.#writer, maker: this.maker, state: this.#state, place, ownMs: this.ownMs };
  }

  async #off(): Promise<void> {
    this.points.clear();
    this.login.reboot();
    await Promise.allSettled(this.doors.map((door) => door.stop()));
    this.#tell("down", true);
  }

  #tell(what: Truth["what"], value: Truth["value"]): void {
    this.truth.push({ atMs: this.#clock.wallMs(), what, value });
    this.truth.splice(0, this.truth.length - mostLines);
    this.#watch.changed();
  }

  #notices(operation: Notice["operation"]): Notice[] {
    const { topics } = this.maker;
    const ownMs = this.ownMs;
    return topics.map((topic) => ({ topic, value: this.#state[topic.subject], operation, ownMs }));
  }

  async #serve(request: CameraRequest, door: "main" | "events"): Promise<Delivery> {
    const understood = understand(request);
    const operation = understood?.operation ?? null;
    const { method, path, headers } = request;
    const isOpen = operation !== null && this.maker.open.includes(operation) && this.onvif === "on";
    const { authorization = "", host = "" } = headers;
    const digest = { method, path, authorization };
    const judged: Judged =
      this.onvif === "404"
        ? { verdict: "none", sent: [], user: null }
        : this.login.judge(digest, understood?.header, isOpen);
    const entry: Asked = {
      ...judged,
      atMs: this.#clock.wallMs(),
      operation: operation ?? `${method} ${path}`,
      status: null,
      host,
    };
    this.asked.push(entry);
    this.asked.splice(0, this.asked.length - mostLines);
    this.#watch.changed();
    const acting = this.faults.at(operation);
    const answer =
      instead(acting, this.login.digest) ?? (await this.#answer(request, door, understood, judged, acting));
    const late = acting.get("late");
    if (late !== undefined) await this.#clock.sleep(late.byMs, request.signal);
    const delivery = spoil(answer, acting, this.#clock, request.signal);
    entry.status = "wire" in delivery ? null : delivery.status;
    this.#watch.changed();
    return delivery;
  }

  async #answer(
    request: CameraRequest,
    door: "main" | "events",
    understood: Understood | null,
    { verdict }: Judged,
    acting: Acting,
  ): Promise<Answer> {
    const { method, path, base, signal } = request;
    if (this.onvif === "404") return emptyAnswer(404);
    if (method !== "POST") {
      if (this.#isPicture(request)) this.pictures += 1;
      return emptyAnswer(404);
    }
    const { version = "1.2" } = understood ?? {};
    const refused = (refusal: Refusal) =>
      xmlAnswer(refusalText(this.#writer, refusal, version), refusal.status);
    if (understood === null) return refused(illFormed);
    if (verdict !== "ok") return this.#refuse(verdict, refused);
    const asked = acting.get("other-operation")?.operation ?? understood.operation;
    if (asked === null || this.maker.lacks.includes(asked)) return refused(notSupported);
    const { service } = homes[understood.operation ?? asked];
    if ((door === "events") !== (service === "events" && this.maker.eventsPort)) return emptyAnswer(404);
    if (!isAt(this.maker, service, path)) return emptyAnswer(404);
    const speech = (acting.get("other-camera")?.camera ?? this).speech(this.#place(base, acting));
    const serial = acting.get("wrong-serial")?.serial ?? speech.state.serial;
    const memory: Memory = {
      clock: this.#clock,
      points: this.points,
      acting,
      present: () => this.#notices("Initialized"),
    };
    const said = await perform(
      asked,
      { ...speech, state: { ...speech.state, serial } },
      { ...understood, path, signal },
      memory,
    );
    if (typeof said !== "string") return refused(said);
    const fault = acting.get("soap-fault");
    if (fault !== undefined) {
      const { side = "Receiver", status = 500 } = fault;
      const refusal: Refusal = { side, codes: ["ter:Action"], reason: "Action failed", status };
      return xmlAnswer(refusalText(speech.w, refusal, fault.version), status);
    }
    this.#ids += 1;
    const id = `urn:uuid:00000000-0000-4000-8000-${String(this.#ids).padStart(12, "0")}`;
    const header = headerOf(speech.w, speech.maker, `${asked}Response`, understood.messageId, id);
    return xmlAnswer(speech.w.envelope(header, said, version === "1.1" ? "soap11" : "soap"));
  }

  /** HTTP asks for a digest where it takes one; a token is refused in SOAP. */
  #refuse(verdict: Judged["verdict"], refused: (refusal: Refusal) => Answer): Answer {
    const { login, refusal } = this.maker;
    const answer = refused(notAuthorized(login === "token" ? refusal : 401));
    if (login === "token") return answer;
    const challenges = this.login.digest.challenge(verdict === "stale");
    return {
      ...answer,
      headers: [...answer.headers, ...challenges.map((line) => ["WWW-Authenticate", line] as const)],
    };
  }

  #place(base: string, acting: Acting): Place {
    const foreign = acting.get("foreign")?.base;
    const { hostname, protocol } = new URL(foreign ?? base);
    const [, events = this.doors[0]] = this.doors;
    return {
      base: foreign ?? base,
      events: foreign ?? `${protocol}//${hostname}:${events.port}`,
      host: hostname,
    };
  }

  #isPicture({ path, base }: CameraRequest): boolean {
    const place = this.#place(base, noFaults);
    return this.maker.profiles.some((_, index) => this.maker.snapshot(place, index) === `${base}${path}`);
  }
}

const noFaults: Acting = new CameraFaults("none").at(null);
