/**
 * A Shelly device of the second generation: `status/{component}` whole, `events/rpc` with what has changed.
 *
 * Holds: what a NotifyStatus leaves out has not moved by as much as it takes to be told, and energy is told once
 * a minute; nothing is retained but `online`; a device with a battery connects, says everything, says that it sleeps,
 * and leaves.
 */
import { isDeepStrictEqual } from "node:util";
import { mix } from "../seeded.ts";
import { Relay, type RoomValues } from "./room-values.ts";
import { type Json, jsonSaying, plainSaying, type Saying } from "./saying.ts";
import { changes, minuteOver } from "./shelly-changes.ts";
import {
  EnergyCounter,
  type Insides,
  type ShellyModelName,
  type Status,
  shellyModels,
} from "./shelly-models.ts";
import { Sleep } from "./shelly-sleep.ts";
import { type Dialect, type Moment, Speaker, type SpeakerOptions } from "./speaker.ts";

export interface ShellyOptions extends SpeakerOptions {
  model: ShellyModelName;
  /** Twelve lower-case hex digits; default from the seed. */
  mac?: string;
  source: () => RoomValues;
  /** `status/{component}` is said, a setting that the maker ships switched off; default true. */
  statusNtf?: boolean;
  /** `events/rpc` is said; default true. */
  rpcNtf?: boolean;
  /** A meter of three phases speaks so often, ms; default 10,000. */
  meterMs?: number;
  battery?: {
    /** At first; default 100. */
    percent?: number;
    /** Default 0.2. */
    percentPerDay?: number;
  };
}

/** Said again by their own pace, whatever changes in them. */
const quiet = new Set(["sys", "wifi", "em:0", "emdata:0"]);

export function shelly(options: ShellyOptions): Speaker {
  const { model, source, mac, statusNtf, rpcNtf, meterMs, battery, ...rest } = options;
  const dialect = new Shelly({ model, source, mac, statusNtf, rpcNtf, meterMs, battery }, rest.seed ?? 1);
  const { id } = dialect;
  return new Speaker(
    {
      id,
      clientId: id,
      dialect,
      qos: 1,
      clean: true,
      keepAlive: 60,
      will: { topic: `${id}/online`, payload: "false", qos: 1, retain: true },
      subscribe: { filters: [`${id}/rpc`, `${id}/command`, `${id}/command/+`], qos: 1 },
    },
    rest,
  );
}

type Own = Pick<ShellyOptions, "model" | "source"> & {
  [Key in "mac" | "statusNtf" | "rpcNtf" | "meterMs" | "battery"]?: ShellyOptions[Key] | undefined;
};

class Shelly implements Dialect {
  readonly id: string;
  readonly #options: Own;
  readonly #mac: string;
  readonly #relay: Relay;
  readonly #energy = new EnergyCounter();
  #moved = "init";
  #firstMs: number | null = null;
  /** What each component said last, part by part. */
  #told = new Map<string, Status>();
  #meterMs = 0;
  #sleep = new Sleep();
  /** The minute of energy that was told last. */
  #toldMinuteS = 0;

  constructor(options: Own, seed: number) {
    this.#options = options;
    const hash = mix("shelly", options.model, seed);
    this.#mac = options.mac ?? `b8d6${hash.toString(16).padStart(8, "0")}`;
    this.id = `${shellyModels[options.model].prefix}-${this.#mac}`;
    this.#relay = new Relay(shellyModels[options.model].relay?.on ?? false);
  }

  birth(at: Moment): Saying[] {
    const room = this.#options.source();
    const all = this.#statuses(room, at);
    this.#told = new Map(Object.entries(all));
    this.#sleep.connected(at.nowMs);
    return [
      plainSaying(`${this.id}/online`, "true", true, { retain: true }),
      ...this.#notify("NotifyFullStatus", all, at),
      ...Object.entries(all).flatMap(([name, status]) => this.#status(name, status)),
    ];
  }

  step(at: Moment): Saying[] {
    const room = this.#options.source();
    const all = this.#statuses(room, at);
    if (this.#sleeps) return this.#asleep(all, at);
    const changed: Record<string, Status> = {};
    const meterDue = at.nowMs >= this.#meterMs;
    if (meterDue) this.#meterMs = at.nowMs + (this.#options.meterMs ?? 10_000);
    for (const [name, status] of Object.entries(all)) {
      const told = this.#told.get(name);
      if (told === undefined) continue;
      const part = quiet.has(name)
        ? this.#paced(name, status, told, meterDue)
        : {
            ...changes(told, status),
            ...(minuteOver(told, status) ? { aenergy: status.aenergy ?? null } : {}),
          };
      if (part !== null && Object.keys(part).length > 0) changed[name] = { id: 0, ...part };
    }
    return Object.entries(changed).flatMap(([name, part]) => this.#tell(name, part, all[name] ?? {}, at));
  }

  farewell(): Saying[] {
    return [plainSaying(`${this.id}/online`, "false", false, { retain: true })];
  }

  hear(topic: string, payload: string, at: Moment): Saying[] {
    const path = topic.slice(this.id.length + 1);
    if (path === "rpc") return this.#request(payload, at);
    const all = this.#statuses(this.#options.source(), at);
    if (path === "command") {
      if (payload === "status_update")
        return Object.entries(all).flatMap(([name, one]) => this.#status(name, one));
      return payload === "announce" ? [jsonSaying(`${this.id}/announce`, this.#device())] : [];
    }
    const name = path.slice("command/".length);
    const status = all[name];
    if (status === undefined) return [];
    if (payload === "status_update") return this.#status(name, status);
    // Any other word moves the relay; the next step tells what has become of it.
    if (name === "switch:0" && this.#relay.command(payload)) this.#moved = "MQTT";
    return [];
  }

  powerOn(): void {
    this.#sleep = new Sleep();
  }

  awake({ nowMs }: Moment): boolean {
    return !this.#sleeps || (this.#percent(nowMs) > 0 && this.#sleep.awake(nowMs));
  }

  get #sleeps(): boolean {
    return shellyModels[this.#options.model].sleeps === true;
  }

  #asleep(all: Readonly<Record<string, Status>>, at: Moment): Saying[] {
    const moved = ["temperature:0", "humidity:0"].some(
      (name) => Object.keys(changes(this.#told.get(name) ?? {}, all[name] ?? {})).length > 0,
    );
    if (!this.#sleep.step(at.nowMs, moved)) return [];
    return this.#notify(
      "NotifyEvent",
      { events: [{ component: "sys", event: "sleep", ts: seconds(at) }] },
      at,
    );
  }

  /** What a meter says by its pace: its measurements often, its totals once a minute. */
  #paced(name: string, status: Status, told: Status, due: boolean): Status | null {
    if (name === "em:0" && due && !isDeepStrictEqual(status, told)) return status;
    if (name === "emdata:0" && this.#energy.minuteS !== this.#toldMinuteS) {
      this.#toldMinuteS = this.#energy.minuteS;
      return status;
    }
    return null;
  }

  #tell(name: string, part: Status, status: Status, at: Moment): Saying[] {
    this.#told.set(name, { ...this.#told.get(name), ...part });
    const event = { component: name, id: 0, event: "toggle", state: part.state ?? null, ts: seconds(at) };
    const events = name === "input:0" ? this.#notify("NotifyEvent", { events: [event] }, at) : [];
    return [...events, ...this.#notify("NotifyStatus", { [name]: part }, at), ...this.#status(name, status)];
  }

  #statuses(room: RoomValues, at: Moment): Record<string, Status> {
    const before = this.#relay.on;
    const on = this.#relay.follow(room.lamp);
    // As it lay before it was first asked, it counts as not moved.
    if (on !== before && this.#told.size > 0)
      this.#moved = this.#options.model === "wall-display" ? "THERMOSTAT" : "button";
    this.#firstMs ??= at.nowMs;
    const second = Math.floor((at.wallMs ?? at.upMs) / 1000);
    this.#energy.count(room.energyImport ?? room.phases?.energyImport, second);
    const insides: Insides = {
      id: this.id,
      mac: this.#mac,
      on,
      source: this.#moved,
      energy: this.#energy,
      upS: Math.floor(at.upMs / 1000),
      unixS: at.wallMs === null || this.#sleeps ? null : second,
      percent: this.#percent(at.nowMs),
    };
    return Object.fromEntries(
      Object.entries(shellyModels[this.#options.model].components).map(([name, status]) => [
        name,
        status(room, insides),
      ]),
    );
  }

  /** What its battery has left. */
  #percent(nowMs: number): number {
    const { percent = 100, percentPerDay = 0.2 } = this.#options.battery ?? {};
    const days = (nowMs - (this.#firstMs ?? nowMs)) / 86_400_000;
    return Math.max(0, Math.ceil(percent - days * percentPerDay));
  }

  #status(name: string, status: Status): Saying[] {
    return this.#options.statusNtf === false ? [] : [jsonSaying(`${this.id}/status/${name}`, status)];
  }

  #notify(method: string, params: Readonly<Record<string, Json>>, at: Moment): Saying[] {
    if (this.#options.rpcNtf === false) return [];
    const frame = { src: this.id, dst: `${this.id}/events`, method, params: { ts: seconds(at), ...params } };
    return [jsonSaying(`${this.id}/events/rpc`, frame)];
  }

  #device(): Json {
    return { id: this.id, mac: this.#mac.toUpperCase(), gen: 2, ver: "1.6.2", app: this.#options.model };
  }

  /** A request frame, answered on the asker's own topic; without an asker it is not answered. */
  #request(payload: string, at: Moment): Saying[] {
    const frame = parsed(payload);
    if (frame === null || typeof frame.src !== "string") return [];
    const params = typeof frame.params === "object" && frame.params !== null ? { ...frame.params } : {};
    const answer = this.#answer(String(frame.method), params as Record<string, unknown>, at);
    const id = typeof frame.id === "number" || typeof frame.id === "string" ? frame.id : null;
    return [jsonSaying(`${frame.src}/rpc`, { id, src: this.id, dst: frame.src, ...answer })];
  }

  #answer(method: string, params: Record<string, unknown>, at: Moment): Readonly<Record<string, Json>> {
    const all = this.#statuses(this.#options.source(), at);
    const was = this.#relay.on;
    switch (method) {
      case "Shelly.GetStatus":
        return { result: all };
      case "Shelly.GetDeviceInfo":
        return { result: this.#device() };
      case "Switch.Set":
      case "Switch.Toggle":
        if (all["switch:0"] === undefined) break;
        this.#relay.command(method === "Switch.Toggle" ? "toggle" : String(params.on));
        this.#moved = "MQTT";
        return { result: { was_on: was } };
      case "Switch.GetStatus":
        if (all["switch:0"] === undefined) break;
        return { result: all["switch:0"] };
    }
    return { error: { code: 404, message: `No handler for ${method}` } };
  }
}

function seconds({ wallMs, upMs }: Moment): number {
  return Math.round((wallMs ?? upMs) / 10) / 100;
}

function parsed(payload: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(payload);
    return typeof json === "object" && json !== null ? { ...json } : null;
  } catch {
    return null;
  }
}
