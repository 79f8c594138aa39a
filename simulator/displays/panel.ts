/**
 * What is behind the protocol of a display or projector: power that takes its time, input, sound, and hours.
 *
 * Holds: whoever moved it last decides, the people in the room or a command; what a command does to it is seen in the
 * room; without mains it forgets everything but its hours and comes back as the room has it.
 */
import type { Clock } from "../../config/schema/context.ts";
import { systemClock } from "../system-clock.ts";

export type PanelPower = "standby" | "warming" | "on" | "cooling";

/** The place where it hangs. */
export interface PanelPlace {
  /** As the people there have it. */
  now(): { powered: boolean; on: boolean };
  /** A command has switched it. */
  turn(on: boolean): void;
}

export interface PanelOptions {
  /** Until there is a picture; until it may be switched on again. ms */
  warmMs: number;
  coolMs: number;
  /** Switched the other way while it warms up or cools: it refuses, or goes off at once and comes on afterwards. */
  busy: "refuses" | "remembers";
  /** Inputs that it has, as its protocol calls them; the first is selected. */
  inputs: readonly number[];
  /** Hours that it has run before. Default 0. */
  hours?: number;
  volume?: number;
  place?: PanelPlace;
  clock?: Clock;
}

const hourMs = 3_600_000;

export class Panel {
  readonly inputs: readonly number[];
  input: number;
  /** 0 to 100. */
  volume: number;
  muted = false;
  /** No picture, though it is on. */
  blank = false;
  frozen = false;
  readonly clock: Clock;
  readonly #options: PanelOptions;
  #power: PanelPower = "standby";
  #sinceMs: number;
  /** What is wanted of it, and since when. */
  #goal = false;
  #goalMs: number;
  /** How the room had it when it was looked at last; null: it had no mains. */
  #room: boolean | null = null;
  #ranMs = 0;

  constructor(options: PanelOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.inputs = options.inputs;
    this.input = options.inputs[0] ?? 0;
    this.volume = options.volume ?? 20;
    this.#sinceMs = this.clock.monotonicMs();
    this.#goalMs = this.#sinceMs;
    const place = options.place?.now();
    if (place === undefined || !place.powered) return;
    this.#room = place.on;
    this.#goal = place.on;
    if (place.on) this.#power = "on";
  }

  /** It has mains. */
  get powered(): boolean {
    return this.#options.place?.now().powered ?? true;
  }

  get power(): PanelPower {
    this.#catchUp();
    return this.#power;
  }

  /** How long until it is neither warming up nor cooling, ms. */
  get busyMs(): number {
    this.#catchUp();
    const { warmMs, coolMs } = this.#options;
    const lastsMs = this.#power === "warming" ? warmMs : this.#power === "cooling" ? coolMs : 0;
    return lastsMs === 0 ? 0 : this.#sinceMs + lastsMs - this.clock.monotonicMs();
  }

  /** Hours with a picture. */
  get hours(): number {
    this.#catchUp();
    const nowMs = this.clock.monotonicMs() - this.#sinceMs;
    const running = this.#power === "on" || this.#power === "warming" ? nowMs : 0;
    return (this.#options.hours ?? 0) + (this.#ranMs + running) / hourMs;
  }

  /** @returns false: it does not take that now */
  turn(on: boolean): boolean {
    this.#catchUp();
    const isBusy = this.#power === "warming" || this.#power === "cooling";
    if (isBusy && this.#options.busy === "refuses" && on !== this.#goal) return false;
    this.#want(on, this.clock.monotonicMs());
    const { place } = this.#options;
    if (place === undefined) return true;
    place.turn(on);
    this.#room = place.now().on;
    return true;
  }

  /** Off and on again by itself. */
  restart(): void {
    this.turn(false);
    this.turn(true);
  }

  #catchUp(): void {
    const nowMs = this.clock.monotonicMs();
    const place = this.#options.place?.now();
    if (place !== undefined && !place.powered) {
      this.#become("standby", nowMs);
      this.#goal = false;
      this.#room = null;
      this.muted = false;
      this.blank = false;
      this.frozen = false;
      return;
    }
    if (place !== undefined && place.on !== this.#room) {
      this.#room = place.on;
      this.#want(place.on, nowMs);
    }
    this.#pass(nowMs);
  }

  #want(on: boolean, nowMs: number): void {
    if (on === this.#goal) return;
    this.#goal = on;
    this.#goalMs = nowMs;
    this.#pass(nowMs);
  }

  /** Everything that was due until now, each at its own time. */
  #pass(nowMs: number): void {
    const { warmMs, coolMs, busy } = this.#options;
    for (;;) {
      const wantedMs = Math.max(this.#sinceMs, this.#goalMs);
      const isGivenUp = busy === "remembers" && !this.#goal && wantedMs < this.#sinceMs + warmMs;
      if (this.#power === "warming" && isGivenUp) this.#become("cooling", wantedMs);
      else if (this.#power === "warming" && nowMs >= this.#sinceMs + warmMs)
        this.#become("on", this.#sinceMs + warmMs);
      else if (this.#power === "cooling" && nowMs >= this.#sinceMs + coolMs)
        this.#become("standby", this.#sinceMs + coolMs);
      else if (this.#power === "standby" && this.#goal) this.#become("warming", wantedMs);
      else if (this.#power === "on" && !this.#goal) this.#become("cooling", wantedMs);
      else return;
    }
  }

  #become(power: PanelPower, atMs: number): void {
    if (power === this.#power) return;
    if (this.#power === "on" || this.#power === "warming") this.#ranMs += atMs - this.#sinceMs;
    this.#power = power;
    this.#sinceMs = atMs;
    if (power !== "cooling") return;
    this.blank = false;
    this.frozen = false;
  }
}
