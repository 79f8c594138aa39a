/**
 * A line with its meters, from open to close: on a port of this machine, or behind a serial server.
 *
 * Holds:
 * - one request in flight; a turn asks for one identifier, and for at most `mostFollowing` frames that follow;
 * - of a meter whose number is expected nothing is taken until it has shown that number on this connection, and again
 *   after it was silent: somebody may have put another in its place;
 * - a serial server from which nothing came for `muteMs` ends the session: a connection does not tell by itself that the
 *   box lost its power;
 * - `ended` settles once, when the port or the socket is free.
 */
import type { DriverContext, Fault, Found, Job, Reading, Seek, Session } from "../contract/index.ts";
import { lineFault } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { decode, refused } from "./decode.ts";
import { type DltFaultCode, dltFault, errorFault } from "./faults.ts";
import type { DltAction, DltAddress, DltLink, DltProfile, DltSource } from "./fields.ts";
import { aroundBytes, wakeBytes } from "./frame.ts";
import { silenceMs } from "./pace.ts";
import { type DltBody, type DltJob, exchangeBytes, mostFollowing, serialBytes } from "./plan.ts";
import { format, isMeterNumber } from "./scalars.ts";
import { wayOf } from "./schema.ts";
import { type DltSeek, refined, seekAnswerMs, seekRequest } from "./seek.ts";
import { type Said, Transport } from "./transport.ts";

const muteMs = 60_000;
/** Requests in vain that it takes as well: a line may have little to ask. */
const muteRequests = 3;

type OpenLine = (link: DltLink, context: DriverContext, signal: AbortSignal) => Promise<Line>;
type Failed = Extract<Said, { fault: unknown }>;

const serialFormat = format.parse("N".repeat(2 * serialBytes));

export class DltSession implements Session<DltAddress, DltProfile, DltSource, DltAction> {
  readonly ended: Promise<Fault | null>;
  readonly #link: DltLink;
  readonly #context: DriverContext;
  readonly #line: Line;
  readonly #transport: Transport;
  /** The last of those that wait for the line. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Devices that have shown the number that is expected. */
  readonly #shown = new Map<string, string>();
  #mute: { requests: number; since: number } | null = null;
  #lost: Fault | null = null;

  private constructor(link: DltLink, context: DriverContext, line: Line) {
    this.#link = link;
    this.#context = context;
    this.#line = line;
    this.#transport = new Transport(line, context.clock, link, wayOf(link));
    this.ended = line.ended.then((fault) => fault ?? this.#lost);
  }

  /** @param open for tests alone: another line than a port or a socket */
  static async open(
    link: DltLink,
    context: DriverContext,
    signal: AbortSignal,
    open: OpenLine = (link, context, signal) => openLine(link, silenceMs, context, signal),
  ): Promise<DltSession> {
    return new DltSession(link, context, await open(link, context, signal));
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async run(job: Job, signal: AbortSignal): Promise<{ reading: Reading }> {
    return this.#inTurn(async () => {
      const { device, body } = job as DltJob;
      const faults = await this.#strange(device, body, signal);
      const said = faults.length > 0 ? { samples: [], faults } : await this.#read(device, body, signal);
      return { reading: { device, ...said } };
    });
  }

  /**
   * Asks whoever is on the line for its number: only with one meter there, as all answer at once.
   * @throws as `run`
   */
  async readAddress(answerMs: number, signal: AbortSignal): Promise<{ meter: string } | { fault: Fault }> {
    return this.#inTurn(async () => {
      const rxBytes = wakeBytes + aroundBytes + serialBytes;
      const said = await this.#transport.ask({ kind: "address" }, { answerMs, rxBytes }, signal);
      this.#heard(said);
      if ("meter" in said) return said;
      return { fault: faultOf("fault" in said ? said : { fault: "dlt645.noise" }, {}) };
    });
  }

  /**
   * Who answers to some digits; where answers collide, to two more. What cannot be read is found without an address.
   * Nobody's silence is counted.
   * @throws as `run`
   */
  async seek(seek: Seek, signal: AbortSignal): Promise<Found[]> {
    const { digits } = (seek as DltSeek).body;
    const needs = { answerMs: seekAnswerMs, rxBytes: exchangeBytes(serialBytes).rxBytes };
    const { meters, fault } = await this.#inTurn(() =>
      this.#transport.seek(seekRequest(digits), needs, signal),
    );
    if (meters.length > 0) this.#mute = null;
    const further = fault === "dlt645.several" ? refined(seek as DltSeek) : [];
    return [
      ...meters.map(
        ({ meter, fault: code }): Found => ({
          address: { meter },
          told: {},
          ...(code === undefined ? {} : { fault: dltFault(code, { facts: { unit: meter } }) }),
        }),
      ),
      ...(fault === undefined ? [] : [{ address: {}, told: {}, fault: dltFault(fault), further }]),
    ];
  }

  /** Whoever was changed shows its number anew. */
  async update(): Promise<void> {
    this.#shown.clear();
  }

  async close(): Promise<void> {
    await this.#line.close();
    await this.ended;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {});
    return turn;
  }

  async #read(
    device: string,
    { meter, di, points, enough, answerMs }: DltBody,
    signal: AbortSignal,
  ): Promise<Pick<Reading, "samples" | "faults">> {
    const frames: Uint8Array[] = [];
    const needs = { answerMs, rxBytes: exchangeBytes(enough).rxBytes };
    let length = 0;
    for (let frame = 0; frame <= mostFollowing; frame++) {
      const request =
        frame === 0
          ? ({ kind: "read", meter, di } as const)
          : ({ kind: "following", meter, di, frame } as const);
      const said = await this.#transport.ask(request, needs, signal);
      this.#heard(said);
      if ("fault" in said) {
        this.#shown.delete(device);
        if (said.fault === "dlt645.old-standard") return { samples: [], faults: refused(points, said.fault) };
        return { samples: [], faults: [faultOf(said, { unit: meter })] };
      }
      if ("error" in said) return { samples: [], faults: refusals(points, frame, said.error, meter) };
      if ("meter" in said) break;
      frames.push(said.data);
      length += said.data.length;
      const isBlock = points.some(({ source }) => source.item !== undefined);
      // One that is no block and goes on is longer than it should be.
      if (said.more && !isBlock) return { samples: [], faults: refused(points, "dlt645.length") };
      if (!said.more || length >= enough) break;
    }
    return decode(points, frames);
  }

  /** Whether it is another meter than the files say, or nobody knows yet; nothing: it is the one. */
  async #strange(
    device: string,
    { meter, expect, answerMs }: DltBody,
    signal: AbortSignal,
  ): Promise<Fault[]> {
    if (expect === undefined || this.#shown.get(device) === expect.serial) return [];
    const { serial: expected, di } = expect;
    const needs = { answerMs, rxBytes: exchangeBytes(serialBytes).rxBytes };
    const said = await this.#transport.ask({ kind: "read", meter, di }, needs, signal);
    this.#heard(said);
    const facts = { unit: meter, expected };
    if ("fault" in said) return [faultOf(said, { unit: meter })];
    const point = { id: "", source: { di, format: serialFormat, signed: false } };
    const [sample] = "data" in said && !said.more ? decode([point], [said.data]).samples : [];
    const found = sample?.raw;
    if (typeof found !== "string") return [dltFault("dlt645.serial-missing", { facts })];
    if (found === expected) {
      this.#shown.set(device, expected);
      return [];
    }
    return [dltFault("dlt645.serial", { facts: { ...facts, ...(isMeterNumber(found) ? { found } : {}) } })];
  }

  /** Counts requests in vain; a serial server that says nothing for long is connected to anew. */
  #heard(said: Said): void {
    const now = this.#context.clock.monotonicMs();
    if (!("fault" in said) || said.fault !== "dlt645.silent") {
      this.#mute = null;
      return;
    }
    const mute = this.#mute ?? { requests: 0, since: now };
    mute.requests += 1;
    this.#mute = mute;
    if ("device" in this.#link || mute.requests < muteRequests || now - mute.since < muteMs) return;
    this.#lost = lineFault("line.gone", "nothing came for a minute");
    void this.#line.close();
  }
}

function refusals(points: DltBody["points"], frame: number, bits: number, meter: string): Fault[] {
  const code: DltFaultCode = frame === 0 ? errorFault(bits) : "dlt645.following";
  const fault = dltFault(code, { facts: { unit: meter } });
  return fault.retry === "never" ? refused(points, code) : [fault];
}

const faultOf = ({ fault, sign }: Failed, facts: NonNullable<Fault["facts"]>): Fault =>
  sign === undefined ? dltFault(fault, { facts }) : lineFault(sign);
