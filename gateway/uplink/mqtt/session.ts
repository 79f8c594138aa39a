/**
 * Batches on one connection to a broker, each with its answer.
 *
 * Holds: a batch is answered by the receipt that names it (`confirm: receipt`), or by a PUBACK with reason 0
 * (`confirm: broker`), and by nothing else; at most `window` batches are unanswered or unacknowledged, the
 * others wait for their turn and alarms go first; the order of sending is the order of asking, within that. What is no
 * batch waits for no receipt: it has places of its own where the broker takes more than the batches may be.
 */
import { maxBatchBytes } from "../../../config/schema/batch.ts";
import {
  type Batch,
  type Receipt,
  type UplinkContext,
  UplinkError,
  type UplinkSession,
} from "../../contract/index.ts";
import { type Packed, pack } from "../../encode/compression.ts";
import { readReceipt, tooLarge } from "../receipt.ts";
import { aborted } from "../socket-fault.ts";
import { Window } from "../window.ts";
import type { BrokerLimits, Connection } from "./connection.ts";
import { pubackFault } from "./fault.ts";
import { answerPacket, dataPacket, type Outgoing, packetBytes, statusPacket, type Topics } from "./packet.ts";
import type { MqttUplinkSettings } from "./schema.ts";

/** Most batches unanswered at once, whatever the broker would take. */
const maxWindow = 4;

export interface SessionParts {
  connection: Pick<Connection, "publish" | "close">;
  limits: BrokerLimits;
  topics: Topics;
  compress: MqttUplinkSettings["compress"];
  context: UplinkContext;
}

interface Flight {
  batch: Batch;
  resolve(receipt: Receipt): void;
  reject(error: Error): void;
}

export class MqttSession implements UplinkSession {
  readonly confirms: "receipt" | "broker";
  readonly #parts: SessionParts;
  readonly #places: Window;
  /** Of the status, and of answers to commands. */
  readonly #beside: Window;
  readonly #end = Promise.withResolvers<Error | null>();
  readonly #flights = new Map<string, Flight>();
  #packing: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.confirms = parts.context.confirm;
    const { receiveMaximum } = parts.limits;
    this.#places = new Window(Math.min(maxWindow, receiveMaximum));
    const left = Math.min(maxWindow, receiveMaximum - maxWindow);
    this.#beside = left > 0 ? new Window(left) : this.#places;
  }

  get ended(): Promise<Error | null> {
    return this.#end.promise;
  }

  get window(): number {
    return this.#places.size;
  }

  async send(batch: Batch, signal: AbortSignal, onWire?: (bytes: number) => void): Promise<Receipt> {
    if (batch.bytes.length > maxBatchBytes) return tooLarge(batch);
    const { connection, topics, limits } = this.#parts;
    const leave = await this.#places.take(signal, batch.lane === "early");
    let acknowledged: Promise<number> | undefined;
    try {
      const packet = dataPacket(topics, batch, await this.#pack(batch));
      if (signal.aborted) throw aborted(signal);
      if (this.#flights.has(batch.id)) {
        throw new UplinkError("in-flight", "later", "this batch is on its way already");
      }
      const bytes = packetBytes(packet);
      if (bytes > limits.maxPacketBytes) return tooLarge(batch);
      onWire?.(bytes);
      acknowledged = connection.publish(packet);
      return await this.#answer(batch, acknowledged, signal);
    } finally {
      // A forgotten batch keeps its place until its PUBACK: that is what the receive maximum counts.
      if (acknowledged === undefined) leave();
      else void acknowledged.then(leave, leave);
    }
  }

  /** Publishes the status document, retained. Rejects with an `UplinkError` when the broker refuses it. */
  publish(status: object, signal: AbortSignal): Promise<void> {
    const { topics, limits } = this.#parts;
    return this.#publish(statusPacket(topics, status, limits.retains), signal);
  }

  answer(answer: object, signal: AbortSignal): Promise<void> {
    return this.#publish(answerPacket(this.#parts.topics, answer), signal);
  }

  async #publish(packet: Outgoing, signal: AbortSignal): Promise<void> {
    const { connection, limits } = this.#parts;
    if (packetBytes(packet) > limits.maxPacketBytes) throw pubackFault(149);
    const leave = await this.#beside.take(signal, true);
    const acknowledged = connection.publish(packet);
    void acknowledged.then(leave, leave);
    const given = Promise.withResolvers<never>();
    const abort = () => given.reject(aborted(signal));
    signal.addEventListener("abort", abort, { once: true });
    try {
      const reason = await Promise.race([acknowledged, given.promise]);
      if (reason >= 128) throw pubackFault(reason);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  close(): Promise<void> {
    return this.#parts.connection.close();
  }

  /** The connection has a message. */
  received(topic: string, payload: Uint8Array, retained: boolean): void {
    const { topics, context } = this.#parts;
    try {
      if (topic === topics.command) context.command(payload, retained);
      else if (topic !== topics.receipt) context.stray("topic-unknown");
      else if (this.confirms === "broker") context.stray("receipt-unexpected");
      else if (retained) context.stray("receipt-retained");
      else this.#receipt(payload);
    } catch {
      context.log.error({ topic }, "what a broker sent could not be handed over");
    }
  }

  /** The connection is gone: null after `close`, else why. Who still waits for a place fails at publishing. */
  lost(fault: UplinkError | null): void {
    const error = fault ?? new UplinkError("closed", "later", "the uplink was closed");
    // A broker that keeps its limit to itself and leaves at "packet too large" would get the same batch for ever.
    const largest = error.code === "too-large" ? this.#largest() : undefined;
    if (largest !== undefined) this.#land(largest)?.resolve(tooLarge(largest));
    for (const { batch } of [...this.#flights.values()]) this.#land(batch)?.reject(error);
    this.#end.resolve(fault);
  }

  /** Compressed one after the other, so that none overtakes. */
  #pack(batch: Batch): Promise<Packed> {
    const packed = this.#packing.then(() => pack(batch.bytes, this.#parts.compress));
    this.#packing = packed.catch(() => {});
    return packed;
  }

  #answer(batch: Batch, acknowledged: Promise<number>, signal: AbortSignal): Promise<Receipt> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const flight: Flight = { batch, resolve, reject };
    // The same batch may have been forgotten and sent again: an acknowledgement is for its own sending alone.
    const mine = () => this.#flights.get(batch.id) === flight && this.#land(batch) !== undefined;
    const abort = () => {
      if (mine()) reject(aborted(signal));
    };
    this.#flights.set(batch.id, flight);
    signal.addEventListener("abort", abort, { once: true });
    acknowledged.then(
      (reason) => {
        // With receipts, 16 may still be answered: what takes the batch need not be a subscriber (a broker's rule).
        const waits = this.confirms === "receipt" && reason < 128;
        if (waits || !mine()) return;
        if (reason === 0) resolve(handedOver(batch));
        else reject(pubackFault(reason));
      },
      (error) => {
        if (mine()) reject(error);
      },
    );
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  #receipt(payload: Uint8Array): void {
    const answer = readReceipt(payload);
    if (answer === null) {
      this.#parts.context.stray("receipt-malformed");
      return;
    }
    const flight = this.#flights.get(answer.batch);
    if (flight === undefined) this.#parts.context.stray("receipt-unknown");
    else this.#land(flight.batch)?.resolve(answer);
  }

  /** Takes a batch out of the air, at once: what comes for it afterwards is stray. */
  #land({ id }: Batch): Flight | undefined {
    const flight = this.#flights.get(id);
    this.#flights.delete(id);
    return flight;
  }

  #largest(): Batch | undefined {
    const batches = [...this.#flights.values()].map(({ batch }) => batch);
    return batches.sort((a, b) => b.bytes.length - a.bytes.length)[0];
  }
}

/** What a broker's PUBACK is worth: all rows handed over, nothing known of the platform. */
function handedOver({ id, rows }: Batch): Receipt {
  return { batch: id, taken: rows, rejected: [], next: null, at: null };
}
