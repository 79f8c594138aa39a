/**
 * A device with Tasmota firmware: plug, sensor board or card reader, under `tele`, `stat` and `cmnd`.
 *
 * Holds: the periodic STATE and SENSOR come together, first five seconds after boot; INFO and the power state are said
 * at boot and not after a reconnect; times are local without a zone, from 1970 on while nobody has told the time.
 */
import { mix } from "../seeded.ts";
import { Relay, type RoomValues } from "./room-values.ts";
import { type Json, jsonSaying, plainSaying, type Saying } from "./saying.ts";
import { type Dialect, type Moment, Speaker, type SpeakerOptions } from "./speaker.ts";
import { type Chip, type ChipValues, chips, EnergyMeter } from "./tasmota-chips.ts";
import { clientIdOf, condition, introduction } from "./tasmota-self.ts";

export interface TasmotaOptions extends SpeakerOptions {
  /** Its topic, as in `tele/{topic}/SENSOR`. */
  topic: string;
  source: () => RoomValues;
  /** Default none. */
  chips?: readonly Chip[];
  /** It switches `lamp`. Default false. */
  relay?: boolean;
  /** It measures what it switches, as ENERGY. Default false. */
  energy?: boolean;
  /** The contact is wired to its first switch: OFF is closed. Default false. */
  switch?: boolean;
  /** A reader for `card`; versions differ in how they spell one key. Default none. */
  reader?: "Data" | "DATA";
  /** Seconds, as the command TelePeriod; default 300. */
  telePeriodS?: number;
  /** What its zone adds to UTC, ms; default that of China. */
  zoneMs?: number;
}

/** After boot, the first period lasts only so long. */
const firstPeriodMs = 5000;

export function tasmota(options: TasmotaOptions): Speaker {
  const {
    topic,
    source,
    chips: soldered,
    relay,
    energy,
    switch: wired,
    reader,
    telePeriodS,
    zoneMs,
    ...rest
  } = options;
  const own = { topic, source, chips: soldered, relay, energy, switch: wired, reader, telePeriodS, zoneMs };
  const dialect = new Tasmota(own, rest.seed ?? 1);
  return new Speaker(
    {
      id: topic,
      clientId: dialect.clientId,
      dialect,
      qos: 0,
      clean: true,
      keepAlive: 30,
      will: { topic: `tele/${topic}/LWT`, payload: "Offline", qos: 1, retain: true },
      subscribe: { filters: [`cmnd/${topic}/#`, "cmnd/tasmotas/#", `cmnd/${dialect.clientId}_fb/#`] },
    },
    rest,
  );
}

type Own = Pick<TasmotaOptions, "topic" | "source"> & {
  [Key in "chips" | "relay" | "energy" | "switch" | "reader" | "telePeriodS" | "zoneMs"]?:
    | TasmotaOptions[Key]
    | undefined;
};

class Tasmota implements Dialect {
  readonly clientId: string;
  readonly #options: Own;
  readonly #seed: number;
  readonly #relay: Relay;
  readonly #meter = new EnergyMeter();
  #periodMs: number;
  #nextMs = Number.POSITIVE_INFINITY;
  #connections = 0;
  /** When it asked itself for its power; a slow server hands that back. */
  #askedMs = 0;
  #boots = 0;
  /** What it said last of its relay, its switch and its reader. */
  #said: { power: boolean | null; contact: boolean | null; card: string | null } = {
    power: null,
    contact: null,
    card: null,
  };

  constructor(options: Own, seed: number) {
    this.#options = options;
    this.#seed = mix("tasmota", options.topic, seed);
    this.clientId = clientIdOf(this.#seed);
    this.#periodMs = (options.telePeriodS ?? 300) * 1000;
    // A plug that nobody moves is on; a relay without a meter is off.
    this.#relay = new Relay(options.energy === true);
  }

  birth(at: Moment, again: boolean): Saying[] {
    this.#connections += 1;
    this.#askedMs = at.nowMs;
    const { topic } = this.#options;
    const alive = [
      plainSaying(`tele/${topic}/LWT`, "Online", "Online", { retain: true }),
      // An empty question, from before its subscription: others listen for it, it does not.
      { topic: `cmnd/${topic}/POWER`, payload: "" },
    ];
    if (again) return alive;
    this.#boots += 1;
    this.#nextMs = at.nowMs + firstPeriodMs;
    return [...alive, ...introduction(topic, this.#seed, this.#boots), ...this.#power()];
  }

  step(at: Moment): Saying[] {
    const room = this.#options.source();
    const on = this.#relay.follow(room.lamp);
    const sayings: Saying[] = [];
    if (this.#options.relay === true && this.#said.power !== null && on !== this.#said.power) {
      sayings.push(...this.#power());
    }
    sayings.push(...this.#switched(room, at), ...this.#swiped(room, at));
    if (at.nowMs >= this.#nextMs) {
      while (this.#nextMs <= at.nowMs) this.#nextMs += this.#periodMs;
      sayings.push(this.#tele("STATE", this.#state(at)), ...this.#sensor(room, on, at));
    }
    return sayings;
  }

  farewell(): Saying[] {
    return [plainSaying(`tele/${this.#options.topic}/LWT`, "Offline", "Offline", { retain: true })];
  }

  hear(topic: string, payload: string, at: Moment): Saying[] {
    const [, command = ""] = /^cmnd\/[^/]+\/(.+)$/.exec(topic) ?? [];
    switch (command.toUpperCase()) {
      case "POWER":
      case "POWER1":
        if (this.#options.relay !== true || (payload === "" && at.nowMs < this.#askedMs + 500)) return [];
        this.#relay.command(payload);
        return this.#power();
      case "TELEPERIOD": {
        const seconds = Number(payload);
        if (payload !== "" && Number.isInteger(seconds) && seconds >= 10 && seconds <= 3600) {
          this.#periodMs = seconds * 1000;
          this.#nextMs = Math.min(this.#nextMs, at.nowMs + this.#periodMs);
        }
        return [this.#stat("RESULT", { TelePeriod: this.#periodMs / 1000 })];
      }
      case "STATE":
        return [this.#stat("RESULT", this.#state(at))];
      default:
        return command === "" ? [] : [this.#stat("RESULT", { Command: "Unknown", Input: command })];
    }
  }

  #power(): Saying[] {
    if (this.#options.relay !== true) return [];
    const on = this.#relay.follow(this.#options.source().lamp);
    this.#said.power = on;
    const word = on ? "ON" : "OFF";
    return [
      this.#stat("RESULT", { POWER: word }),
      plainSaying(`stat/${this.#options.topic}/POWER`, word, word),
    ];
  }

  #switched(room: RoomValues, at: Moment): Saying[] {
    if (this.#options.switch !== true || typeof room.contact !== "boolean") return [];
    const before = this.#said.contact;
    this.#said.contact = room.contact;
    if (before === null || before === room.contact) return [];
    const word = room.contact ? "OFF" : "ON";
    return [
      this.#stat("RESULT", { Switch1: { Action: word } }),
      this.#tele("SENSOR", { Time: this.#time(at), Switch1: word }),
    ];
  }

  #swiped(room: RoomValues, at: Moment): Saying[] {
    const { reader } = this.#options;
    const card = room.card ?? null;
    const before = this.#said.card;
    this.#said.card = card;
    if (reader === undefined || card === null || card === before) return [];
    return [
      this.#tele("SENSOR", {
        Time: this.#time(at),
        RC522: { UID: card, [reader]: "", Type: "MIFARE 1KB" },
      }),
    ];
  }

  #sensor(room: RoomValues, on: boolean, at: Moment): Saying[] {
    const parts: Record<string, Json> = {};
    if (this.#options.switch === true && typeof room.contact === "boolean") {
      parts.Switch1 = room.contact ? "OFF" : "ON";
    }
    for (const name of this.#options.chips ?? []) {
      const chip: ChipValues = chips[name];
      const object = chip(room);
      if (object !== undefined) parts[name] = object;
    }
    if (this.#options.energy === true) parts.ENERGY = this.#meter.object(room, on, this.#localMs(at), true);
    if (Object.keys(parts).length === 0) return [];
    const text = JSON.stringify(parts);
    return [
      this.#tele("SENSOR", {
        Time: this.#time(at),
        ...parts,
        ...(text.includes('"Pressure"') ? { PressureUnit: "hPa" } : {}),
        ...(text.includes('"Temperature"') ? { TempUnit: "C" } : {}),
      }),
    ];
  }

  #state(at: Moment): Json {
    const { relay } = this.#options;
    return {
      Time: this.#time(at),
      ...condition(this.#seed, at.upMs, this.#connections, relay === true ? this.#relay.on : null),
    };
  }

  #tele(leaf: string, json: Json): Saying {
    return jsonSaying(`tele/${this.#options.topic}/${leaf}`, json);
  }

  #stat(leaf: string, json: Json): Saying {
    return jsonSaying(`stat/${this.#options.topic}/${leaf}`, json);
  }

  #localMs({ wallMs }: Moment): number | null {
    return wallMs === null ? null : wallMs + (this.#options.zoneMs ?? 8 * 3_600_000);
  }

  /** ISO 8601 to the second, without a zone. */
  #time(at: Moment): string {
    return new Date(this.#localMs(at) ?? at.upMs).toISOString().slice(0, 19);
  }
}
