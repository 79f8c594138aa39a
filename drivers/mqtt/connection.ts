/**
 * One device's connection, from its first byte to its last.
 */
import type { Socket } from "node:net";
import type { Fault } from "../contract/index.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { AnsweredSlots } from "./answered.ts";
import type { Access, Will } from "./credentials.ts";
import { Gate, type GateEvents } from "./gate.ts";

/** Longest client id, characters. */
const maxClientId = 128;
/** With no keep-alive of its own, a device that went on for so long has its acknowledgements. */
const assumedKeepAliveMs = 60_000;
/** How long a peer may leave all of what it is sent. */
const stallMs = 3_000;

export type Stage = "connecting" | "ready" | "leaving";

export class Connection {
  readonly gate: Gate;
  readonly socket: Socket;
  readonly address: string;
  /** Monotonic ms of arrival. */
  readonly since: number;
  readonly acknowledgements = new Acknowledgements();
  readonly answered = new AnsweredSlots();
  stage: Stage = "connecting";
  /** Client id as the device gave it; empty until known, or when it gave none. */
  given = "";
  /** The one that it goes by. */
  client = "";
  /** Credential and client id: what it left unfinished is found again by no other credential. */
  session = "";
  clean = true;
  will: Will | null = null;
  /** Devices of the user that it named, rightly or not; null: it named none that there is. */
  named: readonly string[] | null = null;
  /** Lifts it out of those who may have to make room for others. */
  readonly welcome: () => void;
  /** Absent until logged in. */
  access?: Access;
  /** 0: none asked for. */
  keepAliveMs = 0;
  /** Monotonic ms of the last packet. */
  heardAt: number;
  /** Monotonic ms since it is leaving. */
  leftAt = 0;
  /** Why it leaves; the first reason counts. */
  reason: Fault | null = null;
  #stalledAt: number | null = null;
  #taken = 0;

  constructor(socket: Socket, address: string, now: number, welcome: () => void, events: GateEvents) {
    this.socket = socket;
    this.welcome = welcome;
    this.address = address;
    this.since = now;
    this.heardAt = now;
    this.gate = new Gate(socket, events);
  }

  /** Ends it; nothing more of it is read. */
  leave(reason: Fault): void {
    this.reason ??= reason;
    this.gate.destroy();
  }

  /** How long it must go on after an acknowledgement for that to have arrived, ms. */
  get confirmMs(): number {
    return this.keepAliveMs === 0 ? assumedKeepAliveMs : this.keepAliveMs;
  }

  /** Silent for longer than one and a half keep-alives (MQTT-3.1.2-24); our own pauses do not count. */
  silent(now: number): boolean {
    if (this.keepAliveMs === 0 || this.stage !== "ready") return false;
    if (this.gate.resting) this.heardAt = now;
    return now - this.heardAt > this.keepAliveMs * 1.5;
  }

  /** Takes nothing of what it is sent, for longer than any network needs. */
  stalled(now: number): boolean {
    const { taken, writableNeedDrain } = this.gate;
    if (!writableNeedDrain || taken !== this.#taken) this.#stalledAt = null;
    this.#taken = taken;
    if (writableNeedDrain) this.#stalledAt ??= now;
    return this.#stalledAt !== null && now - this.#stalledAt >= stallMs;
  }

  /** Client id fit for reports: bounded and without control characters. */
  get shownClient(): string {
    const shown = this.given.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "?").slice(0, 64);
    return shown.replace(/\p{Cs}$/u, ""); // half of a character that the cut went through
  }
}

/** False for ids that are too long or hold what MQTT-1.5.3 forbids. */
export function usableClientId(id: string): boolean {
  return id.length <= maxClientId && !/[\p{Cc}\uFFFD]/u.test(id) && id.isWellFormed();
}
