/**
 * One camera: how it is asked, and who asks.
 *
 * Holds:
 * - it is asked one thing at a time, and only at the place that the files name;
 * - user and password are shown as digests alone, each made anew: a token with the camera's own time, HTTP Digest where
 *   it wants that too; Basic only where it proved by its certificate who it is;
 * - once it refused them, it is not contacted again while they are the same. It is tried three times at most before:
 *   with a nonce that was too old, and with the time that it says now, or to tell no rights from no password
 *   (`account.ts` counts);
 * - an answer to another question is none.
 */
import { randomBytes } from "node:crypto";
import type { Clock, DriverContext } from "../contract/index.ts";
import { LineError } from "../line/faults.ts";
import { LockedOut } from "../line/locked-out.ts";
import { type Account, AccountOf } from "./account.ts";
import { type Services, servicesOf, utcOf } from "./answers.ts";
import { OnvifError } from "./faults.ts";
import { type Answered, post } from "./http.ts";
import { Login, type Shown } from "./login.ts";
import { devicePath, hostNamed, type Place, type Service, serviceAt } from "./place.ts";
import { getCapabilities, getDeviceInformation, getSystemDateAndTime, type Request } from "./requests.ts";
import { soapOf, soapText } from "./soap.ts";
import { usernameToken } from "./token.ts";
import { Turns } from "./turns.ts";
import { readXmlInTurns, type XmlElement } from "./xml.ts";

export interface Credentials {
  user: string;
  /** Name of the secret. */
  password: string;
}

/** Until when, and as long as nobody gives up. */
export interface Terms {
  /** Monotonic ms. */
  until: number;
  signal: AbortSignal;
}

/** A clock that was set by more than this may be why a token was refused. */
const setMs = 5_000;
const servicesMs = 600_000;
const traceBytes = 16_384;

/** Who asks; without a password nobody does. */
interface Who {
  password: Uint8Array | null;
  account: Account;
}

type Came = { answer: XmlElement } | { denied: true };

export class Camera {
  readonly place: Place;
  readonly #credentials: Credentials | null;
  readonly #context: Pick<DriverContext, "clock" | "trace" | "secret" | "log">;
  readonly #line: string;
  readonly #turns = new Turns();
  readonly #accounts: AccountOf;
  /** By the action of a request: what this user may not. */
  readonly #without = new LockedOut();
  readonly #login: Login;
  /** Its clock against ours, and the monotonic ms at which it was read. */
  #clock: { utcMs: number; at: number } | null = null;
  #services: { at: number; services: Services } | null = null;
  #noted = false;
  /** The turn in which it told its clock last. */
  #met: Terms | null = null;
  /** How often it was lost: what was known of it before may be another's. */
  losses = 0;

  constructor(
    place: Place,
    credentials: Credentials | null,
    line: string,
    context: Pick<DriverContext, "clock" | "trace" | "secret" | "log">,
  ) {
    this.place = place;
    this.#credentials = credentials;
    const user = credentials?.user ?? "";
    this.#login = new Login(user);
    this.#accounts = new AccountOf(context.clock as Clock, line, user);
    this.#line = line;
    this.#context = context;
  }

  get #now(): number {
    return this.#context.clock.monotonicMs();
  }

  /** @param mostMs what all of it may take, once it has its turn */
  turn<T>(mostMs: number, signal: AbortSignal, work: (terms: Terms) => Promise<T>): Promise<T> {
    return this.#turns.take(signal, () => work({ until: this.#now + mostMs, signal }));
  }

  /** How far its clock is ahead of ours, ms; null: it does not say. @throws as `ask` */
  async offset(terms: Terms): Promise<number | null> {
    const { clock } = this.#context;
    const before = this.#now;
    const utcMs = utcOf(await this.ask(getSystemDateAndTime, null, terms));
    this.#met = terms;
    const after = this.#now;
    this.#clock = utcMs === null ? null : { utcMs, at: after };
    // It read its clock somewhere in between.
    return utcMs === null ? null : utcMs - (clock.wallMs() - (after - before) / 2);
  }

  /** Addresses of its services as it names them; asked for anew every few minutes. @throws as `ask` */
  async services(terms: Terms): Promise<Services> {
    const known = this.#services;
    if (known !== null && this.#now - known.at < servicesMs) return known.services;
    const services = servicesOf(await this.ask(getCapabilities, null, terms));
    this.#services = { at: this.#now, services };
    return services;
  }

  /** @throws OnvifError foreign: nothing of this address can be used */
  serviceAt(address: string): Service {
    const service = serviceAt(this.place, address);
    if (service === null) throw new OnvifError("foreign");
    if (service.foreign && !this.#noted) {
      this.#noted = true;
      this.#context.log.info(
        { line: this.#line },
        "a camera names another address for its services than the configured one, at which it is asked",
      );
    }
    return service;
  }

  /** The host that it names for itself. */
  get ownHost(): string | null {
    return hostNamed(this.#services?.services.device ?? "");
  }

  /**
   * @param service null: that of the device
   * @throws OnvifError; LineError; the reason of the signal
   */
  async ask(request: Request, service: Service | null, terms: Terms): Promise<XmlElement> {
    const password = this.#password();
    const account = this.#accounts.with(password);
    account.contact();
    if (this.#without.has(request.action, password)) throw new OnvifError("rights");
    // The clock needs no login, by the standard; some cameras want one all the same.
    const isOpen = request === getSystemDateAndTime;
    if (!isOpen) account.rested(this.#now);
    const ask = () => this.#ask(request, service, { password, account }, terms);
    try {
      return await (isOpen || account.isTaken ? ask() : account.turns.take(terms.signal, ask));
    } catch (error) {
      const isSilent = error instanceof OnvifError && (error.word === "silent" || error.word === "hung-up");
      if (isSilent || error instanceof LineError) this.#forget();
      throw error;
    }
  }

  /** Its password, or what its user may, may have been set at the camera. */
  again(): void {
    this.#without.retain(new Set());
    try {
      this.#accounts.with(this.#password()).again(this.#now);
    } catch {
      // Without its secret it is not asked anyway.
    }
  }

  #forget(): void {
    this.losses += 1;
    this.#services = null;
    this.#login.forget();
  }

  async #ask(request: Request, service: Service | null, who: Who, terms: Terms): Promise<XmlElement> {
    const { password, account } = who;
    // Whoever asked with it before may have been refused meanwhile.
    const isOpen = request === getSystemDateAndTime;
    account.contact();
    if (!isOpen) account.rested(this.#now);
    const first = await this.#exchange(request, service, isOpen ? { ...who, password: null } : who, terms);
    if ("answer" in first) return first.answer;
    if (password === null) throw account.lock("no-password");
    try {
      const work = isOpen ? this.#again : this.#doubt;
      return await work.call(this, request, service, who, terms);
    } catch (error) {
      if (error instanceof OnvifError && error.word === "password") account.lock("password");
      throw error;
    }
  }

  async #again(request: Request, service: Service | null, who: Who, terms: Terms): Promise<XmlElement> {
    const came = await this.#exchange(request, service, who, terms);
    if ("answer" in came) return came.answer;
    throw new OnvifError("password");
  }

  /** It refused: because its clock was set, because this user may not, or because the password is wrong. */
  async #doubt(request: Request, service: Service | null, who: Who, terms: Terms): Promise<XmlElement> {
    const before = this.#cameraMs();
    const time = await this.#exchange(getSystemDateAndTime, null, { ...who, password: null }, terms);
    const utcMs = "answer" in time ? utcOf(time.answer) : null;
    if (utcMs !== null) this.#clock = { utcMs, at: this.#now };
    const isSet = utcMs !== null && Math.abs(utcMs - before) > setMs;
    const mayBeRights = request !== getDeviceInformation && who.account.isTaken;
    if (mayBeRights) {
      const other = await this.#exchange(getDeviceInformation, null, who, terms);
      if (!("answer" in other)) throw new OnvifError("password");
    }
    if (isSet) {
      const second = await this.#exchange(request, service, who, terms);
      if ("answer" in second) return second.answer;
    }
    if (!mayBeRights) throw new OnvifError("password");
    this.#without.add(request.action, who.password);
    throw new OnvifError("rights");
  }

  async #exchange(request: Request, service: Service | null, who: Who, terms: Terms): Promise<Came> {
    const { password, account } = who;
    const place = { ...this.place, port: service?.port ?? this.place.port };
    const path = service?.path ?? devicePath;
    const came = await this.#login.through(password, path, async (how) => {
      const isShown = password !== null && !how.isBare;
      if (isShown) account.show(this.#now);
      try {
        return await this.#post(place, path, how, request, isShown ? password : null, terms);
      } catch (error) {
        if (isShown) account.lost();
        // Where it told its clock just now, the network is well.
        const isHungUp = error instanceof LineError && error.fault.code === "line.gone";
        const isLogin = password !== null && this.#met === terms;
        if (isHungUp && isLogin && account.hungUp(this.#now))
          throw new OnvifError("hung-up", { cause: error });
        throw error;
      }
    });
    if (came === "basic") throw account.lock("basic");
    const read = came === "denied" ? { denied: true as const } : await this.#read(came, request, who);
    if (password === null) return read;
    if ("denied" in read) account.refused();
    // By the standard nobody needs to log in for it.
    else if (request === getCapabilities) account.passed();
    else account.taken();
    return read;
  }

  async #post(
    place: Place,
    path: string,
    { headers: login, toProved }: Shown,
    { action, header, body }: Request,
    password: Uint8Array | null,
    { until, signal }: Terms,
  ): Promise<Answered> {
    const { clock, trace } = this.#context;
    const { user = "" } = this.#credentials ?? {};
    const token =
      password === null ? "" : usernameToken({ user, password }, randomBytes(16), this.#cameraMs());
    trace(this.#line, "tx", Buffer.from(`POST ${path}\r\n\r\n${body}`));
    const answered = await post(
      place,
      {
        path,
        headers: { "Content-Type": `application/soap+xml; charset=utf-8; action="${action}"`, ...login },
        body: soapText(`${token}${header}`, body),
        toProved,
      },
      { clock: clock as Clock, leftMs: until - this.#now },
      signal,
    );
    trace(this.#line, "rx", answered.body.subarray(0, traceBytes));
    return answered;
  }

  async #read({ body }: Answered, { answer: name }: Request, { password, account }: Who): Promise<Came> {
    try {
      const soap = soapOf(await readXmlInTurns(body));
      if ("denied" in soap) return soap;
      if ("refused" in soap) throw new OnvifError("refused");
      // What answers something else is of somebody else.
      if (soap.answer.name !== name) throw new OnvifError("noise");
      return soap;
    } catch (error) {
      const isRefused = error instanceof OnvifError && error.word === "refused";
      if (password !== null) account[isRefused ? "passed" : "lost"]();
      throw error;
    }
  }

  /** What its clock shows now; ours, where that is not known. */
  #cameraMs(): number {
    const known = this.#clock;
    return known === null ? this.#context.clock.wallMs() : known.utcMs + (this.#now - known.at);
  }

  #password(): Uint8Array | null {
    if (this.#credentials === null) return null;
    try {
      return this.#context.secret(this.#credentials.password);
    } catch (error) {
      throw new OnvifError("secret", { cause: error });
    }
  }
}
