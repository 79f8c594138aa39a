/**
 * A Zigbee bridge that speaks as zigbee2mqtt does: one client, many devices behind it.
 *
 * Holds: a device's messages carry everything that the bridge remembers of it, so that two in a row may differ in one
 * property or only in the link quality; a device that is silent for too long is `offline` until it is heard again;
 * what is retained is said again after a reconnect, unless the server shows that it still has it.
 */
import { type Json, jsonSaying, plainSaying, type Saying } from "./saying.ts";
import { type Dialect, type Moment, Speaker, type SpeakerOptions } from "./speaker.ts";
import { type State, ZigbeeDevice, type ZigbeeDeviceOptions } from "./zigbee-device.ts";
import { bridgeDevices, bridgeInfo } from "./zigbee-inventory.ts";

export interface ZigbeeBridgeOptions extends SpeakerOptions {
  /** Default `zigbee2mqtt`. */
  base?: string;
  devices: readonly ZigbeeDeviceOptions[];
  /** Availability and the bridge's state as plain words, as versions before 2 do; default as JSON. */
  plain?: boolean;
  /** Ms of silence after which a device counts as offline; false: availability is not published. */
  availability?: false | { poweredMs?: number; batteryMs?: number };
  /** Every message is told again on `bridge/logging`; default true. */
  logging?: boolean;
  /** When a device was last heard, in its messages; default not. */
  lastSeen?: "iso" | "epoch";
  /** Devices in `bridge/devices` that never speak here; default 50. */
  others?: number;
}

/** After a reconnect the bridge waits this long for what is retained. */
const republishAfterMs = 2000;

export function zigbeeBridge(options: ZigbeeBridgeOptions): Speaker {
  const { base = "zigbee2mqtt", devices, plain, availability, logging, lastSeen, others, ...rest } = options;
  const dialect = new ZigbeeBridge(
    { base, devices, plain, availability, logging, lastSeen, others },
    rest.seed,
  );
  return new Speaker(
    {
      id: base,
      clientId: base,
      dialect,
      qos: 0,
      clean: true,
      keepAlive: 60,
      will: { topic: `${base}/bridge/state`, payload: dialect.word("offline"), qos: 1, retain: true },
      subscribe: { filters: [`${base}/#`] },
    },
    rest,
  );
}

type Own = Pick<ZigbeeBridgeOptions, "devices"> & {
  [Key in "base" | "plain" | "availability" | "logging" | "lastSeen" | "others"]?:
    | ZigbeeBridgeOptions[Key]
    | undefined;
};

class ZigbeeBridge implements Dialect {
  readonly #options: Own;
  readonly #base: string;
  readonly #devices: readonly ZigbeeDevice[];
  readonly #inventory: Json;
  readonly #available = new Map<ZigbeeDevice, boolean>();
  /** Since when the bridge runs: until a device speaks, it counts as seen then. */
  #bornMs: number | null = null;
  #republishMs: number | null = null;

  constructor(options: Own, seed = 1) {
    this.#options = options;
    this.#base = options.base ?? "zigbee2mqtt";
    this.#devices = options.devices.map((device) => new ZigbeeDevice(device, seed));
    this.#inventory = bridgeDevices(this.#devices, options.others ?? 50, seed);
  }

  birth(at: Moment, again: boolean): Saying[] {
    this.#bornMs ??= at.nowMs;
    if (again) {
      this.#republishMs = at.nowMs + republishAfterMs;
      return [this.#bridgeState("online")];
    }
    const states = this.#devices.flatMap((device) => {
      const { cached } = device;
      return cached === null ? [] : [this.#stateOf(device, cached, at)];
    });
    return [...this.#retained(at.nowMs), ...states, this.#log("info", "Zigbee2MQTT started!")];
  }

  step(at: Moment): Saying[] {
    this.#bornMs ??= at.nowMs;
    const { nowMs } = at;
    const sayings: Saying[] = [];
    if (this.#republishMs !== null && nowMs >= this.#republishMs) {
      this.#republishMs = null;
      sayings.push(...this.#retained(nowMs));
    }
    for (const device of this.#devices) {
      const states = device.step(nowMs);
      sayings.push(...this.#availability(device, nowMs));
      for (const state of states) sayings.push(...this.#logged(this.#stateOf(device, state, at)));
    }
    return sayings;
  }

  farewell(): Saying[] {
    return [this.#bridgeState("offline")];
  }

  hear(topic: string, payload: string): Saying[] {
    const path = topic.slice(this.#base.length + 1);
    // The server shows what it has retained: nothing needs to be said again.
    if (path === "bridge/info") this.#republishMs = null;
    const [, name, verb] = /^(.*)\/(set|get)$/s.exec(path) ?? [];
    const device = this.#devices.find((one) => one.name === name || one.address === name);
    if (device === undefined) return [];
    if (verb === "get") device.ask();
    else device.set(wantedState(payload));
    return [];
  }

  /** A state as this version writes it. */
  word(state: "online" | "offline"): string {
    return this.#options.plain === true ? state : JSON.stringify({ state });
  }

  #retained(nowMs: number): Saying[] {
    const retained = (path: string, json: Json): Saying => ({
      topic: `${this.#base}/bridge/${path}`,
      payload: JSON.stringify(json),
      retain: true,
    });
    return [
      this.#bridgeState("online"),
      retained("info", bridgeInfo(this.#base)),
      retained("devices", this.#inventory),
      retained("groups", []),
      ...this.#devices.flatMap((device) => {
        this.#available.delete(device);
        return this.#availability(device, nowMs);
      }),
    ];
  }

  #bridgeState(state: "online" | "offline"): Saying {
    return this.#word("bridge", "state", state);
  }

  #word(owner: string, leaf: string, state: "online" | "offline"): Saying {
    const topic = `${this.#base}/${owner}/${leaf}`;
    const how = { retain: true, qos: 1 } as const;
    return this.#options.plain === true
      ? plainSaying(topic, state, state, how)
      : jsonSaying(topic, { state }, how);
  }

  #availability(device: ZigbeeDevice, nowMs: number): Saying[] {
    const { availability = {} } = this.#options;
    if (availability === false) return [];
    const { poweredMs = 10 * 60_000, batteryMs = 1500 * 60_000 } = availability;
    const silentMs = nowMs - (device.seenMs ?? this.#bornMs ?? nowMs);
    const available = silentMs < (device.powered ? poweredMs : batteryMs);
    if (this.#available.get(device) === available) return [];
    this.#available.set(device, available);
    return this.#logged(this.#word(device.name, "availability", available ? "online" : "offline"));
  }

  #stateOf(device: ZigbeeDevice, state: State, { nowMs, wallMs }: Moment): Saying {
    const { lastSeen } = this.#options;
    const seenMs = (wallMs ?? 0) - (nowMs - (device.seenMs ?? nowMs));
    const seen = lastSeen === "iso" ? new Date(seenMs).toISOString() : Math.round(seenMs);
    return jsonSaying(
      `${this.#base}/${device.name}`,
      lastSeen === undefined ? state : { ...state, last_seen: seen },
    );
  }

  #logged(saying: Saying): Saying[] {
    if (this.#options.logging === false) return [saying];
    return [saying, this.#log("info", `MQTT publish: topic '${saying.topic}', payload '${saying.payload}'`)];
  }

  #log(level: string, message: string): Saying {
    const json = { level, message, namespace: "z2m:mqtt" };
    return { topic: `${this.#base}/bridge/logging`, payload: JSON.stringify(json) };
  }
}

/** The wanted state of a `set`, as JSON or as a word; empty when there is none. */
function wantedState(payload: string): string {
  try {
    const json: unknown = JSON.parse(payload);
    const state = typeof json === "object" && json !== null && "state" in json ? json.state : null;
    return typeof state === "string" ? state : "";
  } catch {
    return payload;
  }
}
