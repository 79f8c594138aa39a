/**
 * The inside of a Modbus gateway: asks on a line what it is asked over TCP, one thing after the other.
 *
 * Holds: it keeps the line's silence; an answer is handed on only when its checksum fits and its unit is the one asked;
 * what does not answer in time is exception 11 (V1.1b3, 7: gateway target device failed to respond).
 */
import { exception } from "../modbus/pdu.ts";
import { heardFrame, maxFrameBytes, rtuFrame } from "../modbus/rtu.ts";
import type { Attachable, LinePort } from "./cable.ts";
import { Pacer } from "./pacer.ts";

interface Order {
  unit: number;
  pdu: Uint8Array;
  answer(pdu: Uint8Array): void;
}

const targetSilent = 11;
/** Orders that wait; more are answered as if the line were silent. */
const maxWaiting = 32;

export class LineGateway {
  readonly #line: Attachable;
  readonly #port: LinePort;
  readonly #timeoutMs: number;
  readonly #pacer: Pacer;
  #waiting: Order[] = [];
  #asked: Order | null = null;
  #heard: number[] = [];
  #deadlineMs = 0;
  /** When the line may be used again. */
  #freeMs = 0;

  constructor(line: Attachable, timeoutMs: number) {
    this.#line = line;
    this.#timeoutMs = timeoutMs;
    this.#port = line.attach((bytes) => this.#take(bytes));
    this.#pacer = new Pacer(line.clock, () => this.#step());
  }

  ask(order: Order): void {
    if (this.#waiting.length >= maxWaiting) {
      order.answer(exception(order.pdu[0] ?? 0, targetSilent));
      return;
    }
    this.#waiting.push(order);
    this.#pacer.poke();
  }

  close(): void {
    this.#pacer.close();
    this.#port.detach();
  }

  #take(bytes: Uint8Array): void {
    this.#heard.push(...bytes);
    this.#heard.splice(0, this.#heard.length - maxFrameBytes);
    this.#freeMs = this.#line.clock.monotonicMs() + this.#line.silenceMs;
    const answer = heardFrame(Uint8Array.from(this.#heard));
    if (this.#asked !== null && answer?.unit === this.#asked.unit) this.#settle(answer.pdu);
    this.#pacer.poke();
  }

  #settle(pdu: Uint8Array): void {
    const order = this.#asked;
    this.#asked = null;
    order?.answer(pdu);
  }

  #step(): number {
    const { clock, characterMs, silenceMs } = this.#line;
    const nowMs = clock.monotonicMs();
    if (this.#asked !== null) {
      if (nowMs < this.#deadlineMs) return this.#deadlineMs;
      this.#settle(exception(this.#asked.pdu[0] ?? 0, targetSilent));
    }
    const [next] = this.#waiting;
    if (next === undefined) return Number.POSITIVE_INFINITY;
    if (nowMs < this.#freeMs) return this.#freeMs;
    this.#waiting.shift();
    const frame = rtuFrame(next.unit, next.pdu);
    const overMs = nowMs + frame.length * characterMs;
    this.#asked = next;
    this.#heard = [];
    this.#deadlineMs = overMs + this.#timeoutMs;
    this.#freeMs = overMs + silenceMs;
    this.#port.send(frame);
    return this.#deadlineMs;
  }
}
