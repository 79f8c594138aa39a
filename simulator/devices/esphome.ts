/**
 * A node with ESPHome firmware: every value has its own topic and is a plain word, retained.
 *
 * Holds: at every connection the birth comes first and then all states again; a sensor without a value says `nan`;
 * a binary sensor without one says nothing.
 */
import { mix, seeded } from "../seeded.ts";
import { Relay, type RoomValues } from "./room-values.ts";
import { plainSaying, type Saying } from "./saying.ts";
import { type Dialect, type Moment, Speaker, type SpeakerOptions } from "./speaker.ts";

export type EsphomePoint = keyof typeof points;

export interface EsphomeOptions extends SpeakerOptions {
  node: string;
  source: () => RoomValues;
  points: readonly EsphomePoint[];
  /** Object ids that differ from the point's own name. */
  objects?: Partial<Record<EsphomePoint, string>>;
  /** How often each sensor speaks, ms; default 60,000. */
  everyMs?: number;
  /** States are retained; default true. */
  retain?: boolean;
  /** Its log goes to `{node}/debug`; default true. */
  debug?: boolean;
  /** Each value is announced for home automations; default true. */
  discovery?: boolean;
}

interface Point {
  kind: "sensor" | "binary_sensor" | "switch";
  of(room: RoomValues): number | bigint | boolean | null | undefined;
  digits: number;
  unit: string;
}

const sensor = (unit: string, digits: number, of: Point["of"]): Point => ({
  kind: "sensor",
  of,
  digits,
  unit,
});

const points = {
  temperature: sensor("°C", 1, (room) => room.temperature),
  humidity: sensor("%", 1, (room) => room.humidity),
  co2: sensor("ppm", 0, (room) => room.co2),
  tvoc: sensor("ppb", 0, (room) => room.tvoc),
  pm25: sensor("µg/m³", 0, (room) => room.pm25),
  pm10: sensor("µg/m³", 0, (room) => room.pm10),
  noise: sensor("dB", 1, (room) => room.noise),
  pressure: sensor("hPa", 1, (room) => scaled(room.pressure, 10)),
  illuminance: sensor("lx", 1, (room) => room.illuminance),
  voltage: sensor("V", 1, (room) => room.voltage),
  current: sensor("A", 3, (room) => room.current),
  power: sensor("W", 1, (room) => room.power),
  energy: sensor("kWh", 3, (room) => scaled(room.energyImport, 0.001)),
  /** As doors are: ON is open. */
  contact: {
    kind: "binary_sensor",
    of: (room) => (typeof room.contact === "boolean" ? !room.contact : null),
    digits: 0,
    unit: "",
  },
  motion: { kind: "binary_sensor", of: (room) => room.motion, digits: 0, unit: "" },
  lamp: { kind: "switch", of: (room) => room.lamp, digits: 0, unit: "" },
} as const satisfies Record<string, Point>;

export function esphome(options: EsphomeOptions): Speaker {
  const { node, source, points: names, objects, everyMs, retain, debug, discovery, ...rest } = options;
  const dialect = new Esphome(
    { node, source, points: names, objects, everyMs, retain, debug, discovery },
    rest.seed,
  );
  return new Speaker(
    {
      id: node,
      clientId: `${node}-${dialect.mac}`,
      dialect,
      qos: 0,
      // The server keeps its session and with it what it is sent while it is away.
      clean: false,
      keepAlive: 15,
      will: { topic: `${node}/status`, payload: "offline", qos: 0, retain: true },
      subscribe: { filters: [`${node}/switch/+/command`] },
    },
    rest,
  );
}

type Own = Pick<EsphomeOptions, "node" | "source" | "points"> & {
  [Key in "objects" | "everyMs" | "retain" | "debug" | "discovery"]?: EsphomeOptions[Key] | undefined;
};

class Esphome implements Dialect {
  readonly mac: string;
  readonly #options: Own;
  readonly #seed: number;
  readonly #relay = new Relay(false);
  readonly #everyMs: number;
  /** When each sensor speaks next, and the word that each point said last. */
  #nextMs = new Map<EsphomePoint, number>();
  #said = new Map<EsphomePoint, string>();

  constructor(options: Own, seed = 1) {
    this.#options = options;
    this.#seed = mix("esphome", options.node, seed);
    this.mac = `a0b7${this.#seed.toString(16).padStart(8, "0")}`;
    this.#everyMs = options.everyMs ?? 60_000;
  }

  birth(_at: Moment, again: boolean): Saying[] {
    const { node, discovery = true } = this.#options;
    const room = this.#options.source();
    if (!again) {
      this.#said.clear();
      this.#nextMs.clear();
    }
    return [
      plainSaying(`${node}/status`, "online", "online", { retain: true }),
      ...(discovery ? this.#options.points.map((name) => this.#announced(name)) : []),
      // Right after power on only what needs no measuring is known.
      ...this.#options.points.flatMap((name) =>
        this.#said.has(name) || points[name].kind === "switch" ? this.#state(name, room) : [],
      ),
    ];
  }

  step(at: Moment): Saying[] {
    const room = this.#options.source();
    return this.#options.points.flatMap((name, index) => {
      const point: Point = points[name];
      if (point.kind !== "sensor") {
        const word = this.#word(name, room);
        return word === null || word === this.#said.get(name) ? [] : this.#state(name, room);
      }
      // Sensors of a node are set up one after the other, and stay so.
      const due = this.#nextMs.get(name) ?? at.nowMs + ((this.#seed + index * 1700) % this.#everyMs);
      this.#nextMs.set(name, at.nowMs >= due ? due + this.#everyMs : due);
      return at.nowMs >= due ? this.#state(name, room) : [];
    });
  }

  farewell(): Saying[] {
    return [plainSaying(`${this.#options.node}/status`, "offline", "offline", { retain: true })];
  }

  hear(topic: string, payload: string): Saying[] {
    const [, object] = /\/switch\/([^/]+)\/command$/.exec(topic) ?? [];
    const name = this.#options.points.find(
      (one) => points[one].kind === "switch" && this.#object(one) === object,
    );
    if (name === undefined || !this.#relay.command(payload)) return [];
    return this.#state(name, this.#options.source());
  }

  #state(name: EsphomePoint, room: RoomValues): Saying[] {
    const word = this.#word(name, room);
    if (word === null) return [];
    this.#said.set(name, word);
    const { node, retain = true, debug = true } = this.#options;
    const { kind, digits, unit }: Point = points[name];
    const value = kind === "sensor" ? (word === "nan" ? null : Number(word)) : word === "ON";
    const state = plainSaying(`${node}/${kind}/${this.#object(name)}/state`, word, value, { retain });
    if (!debug) return [state];
    const label = titled(this.#object(name));
    const text =
      kind === "sensor"
        ? `'${label}': Sending state ${word} ${unit} with ${digits} decimals of accuracy`
        : `'${label}': Sending state ${word}`;
    return [this.#chat(kind, text), state];
  }

  /** What a point says; null: nothing. */
  #word(name: EsphomePoint, room: RoomValues): string | null {
    const point: Point = points[name];
    if (point.kind === "switch") return this.#relay.follow(room.lamp) ? "ON" : "OFF";
    const value = point.of(room);
    if (point.kind === "binary_sensor") return typeof value === "boolean" ? (value ? "ON" : "OFF") : null;
    const number = value === null || value === undefined ? Number.NaN : Number(value);
    return Number.isNaN(number) ? "nan" : number.toFixed(point.digits);
  }

  /** One line of its log, coloured as for a terminal. */
  #chat(tag: string, text: string): Saying {
    const line = 60 + Math.floor(seeded("line", tag, this.#seed)() * 60);
    const payload = `\u001b[0;36m[D][${tag}:${String(line).padStart(3, "0")}]: ${text}\u001b[0m`;
    return { topic: `${this.#options.node}/debug`, payload, retain: false };
  }

  #announced(name: EsphomePoint): Saying {
    const { node } = this.#options;
    const { kind, unit }: Point = points[name];
    const object = this.#object(name);
    const config = {
      name: titled(object),
      stat_t: `${node}/${kind}/${object}/state`,
      avty_t: `${node}/status`,
      uniq_id: `ESP${kind}${object}`,
      ...(unit === "" ? {} : { unit_of_meas: unit }),
      ...(kind === "switch" ? { cmd_t: `${node}/${kind}/${object}/command` } : {}),
      dev: { ids: this.mac, name: node, sw: "2026.6.0", mf: "espressif" },
    };
    const topic = `homeassistant/${kind}/${node}/${object}/config`;
    return { topic, payload: JSON.stringify(config), retain: true };
  }

  #object(name: EsphomePoint): string {
    return this.#options.objects?.[name] ?? name;
  }
}

function scaled(value: number | bigint | null | undefined, factor: number): number | null {
  return value === null || value === undefined ? null : Number(value) * factor;
}

/** `room_co2` is shown as `Room Co2`. */
function titled(object: string): string {
  return object
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(" ");
}
