/**
 * The cameras of a scene, running: each a box with an address of its own that sees who moves in its room, or at the gate.
 *
 * Holds: everything listens on this machine alone; after `stop` nothing is open and nothing is timed, whatever refused on the way.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { MakerName } from "../cameras/makers.ts";
import { makers } from "../cameras/makers.ts";
import { ProbeResponder } from "../cameras/probe-responder.ts";
import { SimulatedCamera } from "../cameras/simulated-camera.ts";
import { macOf } from "../mac.ts";
import { type Chance, seeded } from "../seeded.ts";
import type { World } from "./world.ts";

export interface CameraPlace {
  id: string;
  maker: MakerName;
  /** Room in which it sees; null: the gate. */
  room: string | null;
  serial: string;
}

export interface CamerasOptions {
  host: string;
  clock: Clock;
  /** The next port, 0 for any free one. */
  port: () => number;
  seed: number;
  /** Of the one account that all of them have. */
  password: string;
  /** Where they answer whoever looks for them, UDP; 0, the default: any free one. */
  probePort?: number;
}

/** How often each looks, ms. */
const lookMs = 2000;
/** How likely somebody comes or goes at the gate between two looks (assumption). */
const gateChance = 0.1;

export class Cameras {
  readonly cameras = new Map<string, SimulatedCamera>();
  /** Answers for all of them whoever looks for them. */
  readonly responder: ProbeResponder;
  readonly #places: readonly CameraPlace[];
  readonly #world: World;
  readonly #clock: Clock;
  readonly #chance: Chance;
  #looking: AbortController | null = null;

  /** Nothing is open yet. */
  constructor(places: readonly CameraPlace[], world: World, options: CamerasOptions) {
    const { host, clock, port, seed, password } = options;
    this.#places = places;
    this.#world = world;
    this.#clock = clock;
    this.#chance = seeded("gate", seed);
    for (const { id, maker, room, serial } of places) {
      const scopes = scopesAt(makers[maker].scopes, room, macOf(seed, id));
      const own = { maker, password, clock, hosts: [host], port: port(), differs: { serial, scopes } };
      const events = makers[maker].eventsPort ? { eventsPort: port() } : {};
      this.cameras.set(id, new SimulatedCamera({ ...own, ...events }));
    }
    const found = { hosts: [host], port: options.probePort ?? 0, clock, seed };
    this.responder = new ProbeResponder([...this.cameras.values()], found);
  }

  /** Port of each device service, by device. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.cameras].map(([id, { port }]) => [id, port]));
  }

  /** @throws when a port is taken; what was opened before it is open until `stop` */
  async start(): Promise<void> {
    for (const camera of this.cameras.values()) await camera.start();
    if (this.cameras.size > 0) await this.responder.start();
    const looking = new AbortController();
    this.#looking = looking;
    if (this.cameras.size > 0) void this.#repeat(looking.signal);
  }

  async stop(): Promise<void> {
    this.#looking?.abort();
    this.#looking = null;
    await this.responder.stop();
    await Promise.allSettled([...this.cameras.values()].map((camera) => camera.stop()));
  }

  /** One loses its power, or has it again. @throws RangeError when it is none of these */
  async setPower(id: string, on: boolean): Promise<void> {
    const camera = this.cameras.get(id);
    if (camera === undefined) throw new RangeError(`${id} is no camera here`);
    await (on ? camera.start() : camera.stop());
  }

  /** Each looks once; the repeater calls it every two seconds. */
  step(): void {
    for (const { id, room } of this.#places) {
      const camera = this.cameras.get(id);
      const moved = this.#chance() < gateChance;
      const motion =
        room === null ? camera?.state.motion !== moved : this.#world.room(id, room).motion === true;
      camera?.set({ motion });
    }
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.step();
      await this.#clock.sleep(lookMs, signal).catch(() => undefined);
    }
  }
}

const scope = (rest: string) => `onvif://www.onvif.org/${rest}`;

/** What its installer has written into it: where it hangs; and the MAC that it alone has. */
function scopesAt(all: readonly string[], room: string | null, mac: string): string[] {
  const place = scope(`location/${encodeURIComponent(room === null ? "校门" : `教室 ${room}`)}`);
  const kept = all.filter((one) => !/\/(MAC\/.*|location\/)$/.test(one));
  return [...kept, place, scope(`MAC/${encodeURIComponent(mac)}`)];
}
