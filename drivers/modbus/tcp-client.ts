/**
 * One host and port of Modbus TCP: its socket, and one request in flight. Modbus Messaging on TCP/IP 1.0b.
 *
 * Holds:
 * - connected when it is first asked; kept while it works; an attempt to connect outlives the turn that began it;
 * - the socket is dropped after any request without its own answer (time, protocol, transaction, unit, function, byte
 *   count) and when something comes unasked: what follows then could be taken for another answer;
 * - a gateway that gave up waiting, or a request in vain, leaves an answer owed that could come under another number:
 *   the next request of its size comes behind one that cannot be mistaken (in-order.ts);
 * - a kept socket that turns out to be closed when it is asked is made anew once: devices hang up on who is quiet.
 */
import type { Clock } from "../contract/index.ts";
import { LineError } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { orAborted } from "../line/or-aborted.ts";
import { type ModbusFaultCode, modbusFault, unanswered } from "./faults.ts";
import { askInOrder } from "./in-order.ts";
import { hearTcp, requestTcp } from "./mbap.ts";
import type { Needs, Outcome, Written } from "./outcome.ts";
import { OwedAnswers } from "./owed.ts";
import { OwedWrites } from "./owed-writes.ts";
import type { Read, Request, Write } from "./pdu.ts";

/** Between two pieces of an answer: one lost packet is repeated within 0.2 to 0.4 s. */
const betweenMs = 500;

type Heard = { data: Uint8Array } | { refusal: ModbusFaultCode };

export class TcpClient {
  readonly #connect: (signal: AbortSignal) => Promise<Line>;
  readonly #clock: Clock;
  readonly #owed = new OwedAnswers(true);
  readonly #owedWrites = new OwedWrites();
  readonly #stop = new AbortController();
  #line: Line | null = null;
  #connecting: Promise<Line> | null = null;
  /** Sockets on their way out. */
  readonly #leaving = new Set<Promise<unknown>>();
  #transaction = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, connect: (signal: AbortSignal) => Promise<Line>) {
    this.#clock = clock;
    this.#connect = connect;
  }

  /**
   * Reads; whoever asks meanwhile waits.
   * @throws the reason of `signal`; LineError when there is no connection
   */
  ask(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<Outcome> {
    const asked = this.#tail.then(() => this.#ask(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  /**
   * Writes, once and never again, also when the socket turns out to be closed; whoever asks meanwhile waits.
   * @throws the reason of `signal`
   */
  write(unit: number, request: Write, needs: Needs, signal: AbortSignal): Promise<Written> {
    const asked = this.#tail.then(() => this.#write(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  /** Resolves when no socket is held any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#drop();
    await this.#connecting?.catch(() => {});
    await Promise.all(this.#leaving);
  }

  async #ask(
    unit: number,
    request: Read,
    { answerMs, pauseMs }: Needs,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const once = async (read: Read) => {
      this.#owed.sent(unit, read, this.#clock.monotonicMs());
      const outcome = await this.#kept(unit, read, answerMs, signal);
      const isDevices = "data" in outcome || ("refusal" in outcome && !unanswered.has(outcome.refusal));
      if (isDevices) this.#owed.answered(unit, "data" in outcome, this.#clock.monotonicMs());
      return { outcome, settles: isDevices };
    };
    return askInOrder(unit, request, {
      clock: this.#clock,
      owed: this.#owed,
      once,
      rest: () => this.#clock.sleep(pauseMs, signal),
    });
  }

  async #write(unit: number, request: Write, { answerMs }: Needs, signal: AbortSignal): Promise<Written> {
    signal.throwIfAborted();
    if (this.#line !== null && this.#line.strays > 0) this.#drop();
    let line: Line;
    try {
      line = this.#line ?? (await orAborted(this.#connected(), signal));
    } catch (error) {
      if (error instanceof LineError && !signal.aborted) return { fault: error.fault, sent: false };
      throw error;
    }
    const sentAt = this.#clock.monotonicMs();
    const fault = (code: ModbusFaultCode): Written => {
      this.#owedWrites.unanswered(unit, request, sentAt);
      return { fault: modbusFault(code, { facts: { unit } }), sent: true };
    };
    try {
      const outcome = await this.#exchange(line, unit, request, answerMs, signal);
      if ("fault" in outcome) return fault(outcome.fault);
      const isRefusal = "refusal" in outcome;
      if (this.#owedWrites.mayBeLate(unit, request, isRefusal, sentAt)) return fault("modbus.late");
      this.#owedWrites.answered(unit);
      return isRefusal ? outcome : { done: true };
    } catch (error) {
      this.#owedWrites.unanswered(unit, request, sentAt);
      if (error instanceof LineError && !signal.aborted) return { fault: error.fault, sent: true };
      throw error;
    }
  }

  async #kept(unit: number, request: Read, answerMs: number, signal: AbortSignal): Promise<Outcome> {
    const kept = this.#line;
    if (kept !== null && kept.strays > 0) this.#drop();
    try {
      return await this.#once(unit, request, answerMs, signal);
    } catch (error) {
      if (!(error instanceof LineError) || kept === null || signal.aborted) throw error;
      return this.#once(unit, request, answerMs, signal);
    }
  }

  async #once(unit: number, request: Read, answerMs: number, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    const line = this.#line ?? (await orAborted(this.#connected(), signal));
    return this.#exchange(line, unit, request, answerMs, signal);
  }

  async #exchange(
    line: Line,
    unit: number,
    request: Request,
    answerMs: number,
    signal: AbortSignal,
  ): Promise<Heard | { fault: ModbusFaultCode }> {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const transaction = this.#transaction;
    const take = (received: Uint8Array) => hearTcp(unit, request, transaction, received);
    const sent = requestTcp(unit, request, transaction);
    try {
      const exchanged = await line.exchange(sent, take, { firstMs: answerMs, betweenMs }, signal);
      if ("answer" in exchanged) return exchanged.answer;
      this.#drop();
      return { fault: named(exchanged.fault) };
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #connected(): Promise<Line> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = null;
    });
    // Whoever waits for it hears of a failure; nobody may.
    this.#connecting.catch(() => {});
    return this.#connecting;
  }

  async #open(): Promise<Line> {
    const line = await this.#connect(this.#stop.signal);
    this.#line = line;
    void line.ended.then(() => {
      if (this.#line === line) this.#line = null;
    });
    if (this.#stop.signal.aborted) this.#drop();
    return line;
  }

  #drop(): void {
    const line = this.#line;
    if (line === null) return;
    this.#line = null;
    const closed = line.close().finally(() => this.#leaving.delete(closed));
    this.#leaving.add(closed);
  }
}

function named(fault: ModbusFaultCode | "silent" | "short" | "restless"): ModbusFaultCode {
  if (fault === "silent") return "modbus.silent";
  if (fault === "short") return "modbus.short";
  return fault === "restless" ? "modbus.noise" : fault;
}
