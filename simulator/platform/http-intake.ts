/**
 * What the HTTP door says to a request: whose it is, which batch, and what became of it.
 *
 * Holds: a batch that has a receipt is not judged again, its receipt is given again, until it is forgotten or
 * `maxReceipts` newer ones are kept; one that is being judged is not handed in twice.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import { gatewayIdPattern, schoolIdPattern } from "../../config/schema/record.ts";
import type { Chance } from "../seeded.ts";
import type { Desk } from "./desk.ts";
import { faultAnswer, type HttpAnswer, jsonAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-door.ts";
import { busyAnswer, moodLeaving, moodLie, moodRefusal } from "./http-moods.ts";
import { happens, type Moods, pausing } from "./moods.ts";
import type { PostCounters } from "./postman.ts";
import type { Outcome } from "./receiver.ts";
import { type Opened, unpack } from "./unpack.ts";

export interface HttpIntakeOptions {
  /** Bearer token by `{school}/{gateway}`; absent: anybody, with or without one. */
  tokens?: Readonly<Record<string, string>>;
  /** Receipts kept for batches that come again; default 10,000. */
  maxReceipts?: number;
}

export interface HttpCounters {
  /** Requests that were read to the end, whatever they wanted. */
  requests: number;
  unauthorized: number;
  /** Batches that came again and got the receipt of their first time. */
  repeatedPosts: number;
  /** Batches answered 202. */
  acceptedForLater: number;
}

/** What an intake needs of its platform. */
export interface HttpIntakeHost {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly desk: Desk;
  readonly counters: PostCounters;
  readonly maxBodyBytes: number;
  moods(): Readonly<Moods>;
  changed(): void;
}

interface Address {
  school: string;
  gateway: string;
}

/** What a judged batch is told. */
type Told = { status: 200; receipt: ReceiptBody } | { status: 400 | 413; fault: string };

export class HttpIntake {
  readonly counters: HttpCounters = { requests: 0, unauthorized: 0, repeatedPosts: 0, acceptedForLater: 0 };
  readonly #options: HttpIntakeOptions;
  readonly #host: HttpIntakeHost;
  /** By school, gateway and batch id. */
  #told = new Map<string, Told>();
  #waiting = new Map<string, { later: boolean; told: Promise<Told> }>();

  constructor(options: HttpIntakeOptions, host: HttpIntakeHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Answers a request; for a batch once it is judged. After `drop` it may never settle. */
  async answer(request: HttpRequest): Promise<HttpAnswer> {
    const { desk, chance, clock, changed } = this.#host;
    this.counters.requests += 1;
    queueMicrotask(changed);
    const route = routeOf(request.path);
    if (route === null) return faultAnswer(404, "path");
    const refusal = moodRefusal(request.path, this.#host.moods(), chance);
    if (refusal !== null) {
      desk.turnAway();
      return refusal;
    }
    if (!this.#knows(route, request.headers.authorization)) {
      this.counters.unauthorized += 1;
      return faultAnswer(401, "credential", { "www-authenticate": "Bearer" });
    }
    const method = route.batches ? "POST" : "GET";
    if (request.method !== method) return faultAnswer(405, "method", { allow: method });
    return route.batches ? this.#batch(route, request) : jsonAnswer(200, { at: clock.wallMs() });
  }

  /** Loses what is being judged, as a platform does that goes down. Receipts stay. */
  drop(): void {
    this.#waiting.clear();
  }

  /** Loses every receipt, as a platform does that is restored. */
  forget(): void {
    this.#told.clear();
  }

  #knows({ school, gateway }: Address, authorization = ""): boolean {
    const { tokens } = this.#options;
    if (tokens === undefined) return true;
    const owner = `${school}/${gateway}`;
    const token = /^bearer +([^ ]+)$/i.exec(authorization)?.[1];
    return token !== undefined && Object.hasOwn(tokens, owner) && tokens[owner] === token;
  }

  async #batch(address: Address, { headers, body }: HttpRequest): Promise<HttpAnswer> {
    const { desk, maxBodyBytes } = this.#host;
    const key = headers["idempotency-key"];
    const encoding = headers["content-encoding"] ?? "identity";
    const opened =
      body === null ? { fault: "bomb" as const } : unpack(body, maxBodyBytes, encoding.toLowerCase());
    if ("fault" in opened) {
      desk.refuse(opened.fault);
      return opened.fault === "bomb" ? faultAnswer(413, "too-large") : faultAnswer(400, opened.fault);
    }
    if (key !== opened.id) {
      desk.refuse("id");
      const isKey = typeof key === "string" && /^[0-9a-f]{64}$/.test(key);
      return faultAnswer(isKey ? 409 : 400, "id");
    }
    return this.#known(address, opened);
  }

  async #known(address: Address, opened: Opened): Promise<HttpAnswer> {
    const name = `${address.school}/${address.gateway}/${opened.id}`;
    const told = this.#told.get(name);
    if (told !== undefined) {
      this.counters.repeatedPosts += 1;
      // Only a receipt is kept for good; anything else is judged anew the next time.
      if (told.status !== 200) this.#told.delete(name);
      return this.#tell(told, opened);
    }
    const waiting = this.#waiting.get(name) ?? this.#handIn(name, address, opened);
    if (waiting === null) return busyAnswer();
    if (!waiting.later) return this.#tell(await waiting.told, opened);
    this.counters.acceptedForLater += 1;
    return jsonAnswer(202, { batch: opened.id });
  }

  /** null when there is no room. */
  #handIn(name: string, address: Address, opened: Opened): { later: boolean; told: Promise<Told> } | null {
    const { desk, chance, moods } = this.#host;
    const { promise, resolve } = Promise.withResolvers<Told>();
    const judged = (outcome: Outcome, forgotten: boolean) => {
      const told = toldOf(outcome);
      this.#waiting.delete(name);
      if (!forgotten && (told.status === 200 || waiting.later)) this.#keep(name, told);
      resolve(told);
    };
    const waiting = { later: false, told: promise };
    const { school, gateway } = address;
    if (!desk.push({ school, gateway, id: opened.id, unpack: () => opened, judged })) {
      desk.turnAway();
      return null;
    }
    waiting.later = happens(moods().later, chance);
    this.#waiting.set(name, waiting);
    return waiting;
  }

  #keep(name: string, told: Told): void {
    this.#told.set(name, told);
    if (this.#told.size <= (this.#options.maxReceipts ?? 10_000)) return;
    this.#told.delete(this.#told.keys().next().value ?? "");
  }

  #tell(told: Told, { body }: Opened): HttpAnswer {
    const { chance, counters, changed } = this.#host;
    const moods = this.#host.moods();
    const { status } = told;
    if (status !== 200) return moodLeaving(faultAnswer(status, told.fault), moods, chance);
    const truth = jsonAnswer(200, pausing(told.receipt, moods));
    const answer = moodLeaving(truth, moods, chance);
    const lie = answer.leaving === "whole" ? moodLie(told.receipt, body, moods, chance) : null;
    if (lie !== null) {
      counters.liesTold += 1;
      return { ...answer, body: lie };
    }
    const left = (whole: boolean) => {
      if (whole) counters.receiptsSent += 1;
      else counters.receiptsLost += 1;
      changed();
    };
    return { ...answer, left };
  }
}

function toldOf(outcome: Outcome): Told {
  if (outcome.kind === "refused") return { status: 400, fault: outcome.fault };
  if (outcome.kind === "too-large") return { status: 413, fault: "too-large" };
  return { status: 200, receipt: outcome.receipt };
}

/** null: nothing is there. */
function routeOf(path: string): (Address & { batches: boolean }) | null {
  const [, school, gateway, batches] =
    /^\/v1\/schools\/([^/]+)\/gateways\/([^/]+?)(\/batches)?$/.exec(path) ?? [];
  if (school === undefined || gateway === undefined) return null;
  if (!schoolIdPattern.test(school) || !gatewayIdPattern.test(gateway)) return null;
  return { school, gateway, batches: batches !== undefined };
}
