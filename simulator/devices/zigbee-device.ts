/** One device behind a Zigbee bridge: what it reports by radio, and what the bridge remembers of it. */
import { type Chance, mix, seeded } from "../seeded.ts";
import { Relay, type RoomValues } from "./room-values.ts";
import type { Json } from "./saying.ts";
import { type Property, type ZigbeeModel, type ZigbeeModelName, zigbeeModels } from "./zigbee-models.ts";

export interface ZigbeeDeviceOptions {
  /** The friendly name; any letters, also Chinese, blanks and slashes. */
  name: string;
  model: ZigbeeModelName;
  /** Asked at every look; null: no power, or out of reach. */
  source: () => RoomValues | null;
  battery?: {
    /** When the bridge is switched on for the first time; default 100. */
    percent?: number;
    /** Default 0.05. */
    percentPerDay?: number;
  };
}

/** What the bridge publishes of a device. */
export type State = Record<string, Json>;

const dayMs = 86_400_000;

export class ZigbeeDevice {
  readonly name: string;
  readonly model: ZigbeeModel;
  readonly address: string;
  /** Monotonic ms of its last message; null: none since the bridge knows it. */
  seenMs: number | null = null;
  readonly #options: ZigbeeDeviceOptions;
  readonly #chance: Chance;
  readonly #relay = new Relay();
  readonly #firstAfterMs: number;
  #state: State = {};
  #bornMs: number | null = null;
  #everythingMs: number | null = null;
  #reported = new Map<string, { atMs: number; value: number | boolean | null }>();
  #trueUntilMs = new Map<string, number>();
  #linkQuality: number;
  #asked = false;

  /** @throws RangeError when MQTT has no such topic */
  constructor(options: ZigbeeDeviceOptions, seed: number) {
    if (options.name === "" || /[+#\0]/.test(options.name)) {
      throw new RangeError(`a friendly name has letters and none of +, # and NUL: ${options.name}`);
    }
    this.#options = options;
    this.name = options.name;
    this.model = zigbeeModels[options.model];
    const hash = mix("zigbee", options.name, seed);
    this.address = `0x00124b00${hash.toString(16).padStart(8, "0")}`;
    this.#chance = seeded("radio", options.name, seed);
    this.#firstAfterMs = hash % 30_000;
    this.#linkQuality = 60 + (hash % 140);
  }

  /** Runs on mains: the bridge asks it when it is silent, and waits less. */
  get powered(): boolean {
    return this.model.power !== "Battery";
  }

  /** What the bridge has cached; null when it has never heard of it. */
  get cached(): State | null {
    return Object.keys(this.#state).length === 0 ? null : sorted(this.#state);
  }

  /** A master sets the relay. */
  set(word: string): void {
    if (this.model.relay === true) this.#relay.command(word);
  }

  /** A master asks for everything. */
  ask(): void {
    this.#asked = true;
  }

  /** The whole cached state, once for each message that comes by radio now. */
  step(nowMs: number): State[] {
    this.#bornMs ??= nowMs;
    const values = this.#options.source();
    const battery = this.#battery(nowMs);
    if (values === null || battery === 0) return [];
    if (this.#everythingMs === null && nowMs - this.#bornMs < this.#firstAfterMs) return [];
    const now = this.#values(values, nowMs);
    const due = this.#everythingMs === null || nowMs - this.#everythingMs >= this.model.maxMs;
    if (due || this.#asked) {
      this.#asked = false;
      this.#everythingMs = nowMs;
      if (battery !== null) {
        // A lithium cell shows its age in millivolts before it shows it in percent.
        Object.assign(this.#state, { battery, voltage: 2515 + battery * 5 });
      }
      return [this.#report(now, nowMs)];
    }
    return now
      .filter(([property, value]) => this.#moved(property, value, nowMs))
      .map((one) => this.#report([one], nowMs));
  }

  #report(values: readonly (readonly [Property, number | boolean | null])[], atMs: number): State {
    for (const [{ key }, value] of values) {
      this.#reported.set(key, { atMs, value });
      this.#state[key] = key === "state" ? (value === true ? "ON" : "OFF") : value;
    }
    this.#linkQuality += Math.round((this.#chance() - 0.5) * 12);
    this.#linkQuality = Math.min(255, Math.max(20, this.#linkQuality));
    Object.assign(this.#state, this.model.fixed, { linkquality: this.#linkQuality });
    this.seenMs = atMs;
    return sorted(this.#state);
  }

  #values(room: RoomValues, nowMs: number): (readonly [Property, number | boolean | null])[] {
    const relay = this.model.relay === true ? this.#relay.follow(room.lamp) : null;
    const seen: RoomValues = relay === false ? { ...room, power: 0, current: 0 } : room;
    const values = this.model.properties.flatMap((property) => {
      const value = this.#held(property, property.of(seen), nowMs);
      return value === undefined ? [] : [[property, value] as const];
    });
    return relay === null ? values : [[relayState, relay] as const, ...values];
  }

  #held({ key, holdMs = 0 }: Property, value: number | boolean | null | undefined, nowMs: number) {
    if (holdMs === 0 || typeof value !== "boolean") return value;
    if (value) this.#trueUntilMs.set(key, nowMs + holdMs);
    return nowMs < (this.#trueUntilMs.get(key) ?? 0);
  }

  #moved({ key, delta = 0 }: Property, value: number | boolean | null, nowMs: number): boolean {
    const before = this.#reported.get(key);
    if (before === undefined) return true;
    if (value === before.value || nowMs - before.atMs < this.model.minMs) return false;
    if (typeof value !== "number" || typeof before.value !== "number") return true;
    // Without the grain, 0.1 between two floats would not always be 0.1.
    return Math.abs(value - before.value) >= delta - 1e-9;
  }

  #battery(nowMs: number): number | null {
    if (this.powered) return null;
    const { percent = 100, percentPerDay = 0.05 } = this.#options.battery ?? {};
    const days = (nowMs - (this.#bornMs ?? nowMs)) / dayMs;
    return Math.max(0, Math.ceil(percent - days * percentPerDay));
  }
}

const relayState: Property = { key: "state", of: () => undefined, label: "State" };

/** The bridge writes its keys in the order of the alphabet. */
function sorted(state: State): State {
  return Object.fromEntries(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1)));
}
