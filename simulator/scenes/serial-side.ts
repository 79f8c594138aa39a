/**
 * What of a scene speaks on serial lines in words of its own: the meters of a floor on one line, a sensor or a reader each
 * at the end of a cable; every line has a port at the serial server.
 */
import type { Clock } from "../../config/schema/context.ts";
import { MhZ19b } from "../devices/mh-z19b.ts";
import { Pms5003 } from "../devices/pms5003.ts";
import { Sds011 } from "../devices/sds011.ts";
import { type SensorChip, SerialSensor } from "../devices/serial-sensor.ts";
import { ofOnePhase, ofThreePhases } from "../dlt645/items.ts";
import { type BlockHabit, Meter645 } from "../dlt645/meter.ts";
import { SerialServer } from "../links/serial-server.ts";
import { StationLine } from "../links/station-line.ts";
import { Gm65 } from "../readers/gm65.ts";
import { type Holder, holdersOf, tracesOf } from "../readers/holders.ts";
import { Rdm6300 } from "../readers/rdm6300.ts";
import { Reader, type ReaderModel } from "../readers/reader.ts";
import { Wiegand } from "../readers/wiegand.ts";
import { mix } from "../seeded.ts";
import { sceneModels } from "./models.ts";
import { type PlacedDevice, placedDevices, placedLinks, placedRooms } from "./placed.ts";
import type { SceneFile } from "./scene-schema.ts";
import type { World } from "./world.ts";

export interface SerialLink {
  line: StationLine;
  server: SerialServer;
}

export type SerialStation = Meter645 | SerialSensor | Reader;

export interface SerialSideOptions {
  /** Address of this machine, without port and brackets. */
  host: string;
  clock: Clock;
  /** How often lines hand over what they hear, ms. */
  handOverMs?: number;
}

/** Most meters say a block as a whole. */
const habits: readonly BlockHabit[] = ["whole", "whole", "whole", "whole", { follow: 2 }, { early: 2 }];
/** Readings that go wrong by themselves (assumption). */
const wrongParity = 0.02;
const tooLong = { chance: 0.01, characters: 600 };

export class SerialSide {
  readonly links = new Map<string, SerialLink>();
  /** By device. */
  readonly stations = new Map<string, SerialStation>();
  readonly #scene: SceneFile;
  readonly #world: World;
  readonly #clock: Clock;
  /** Who belongs to a room that has a reader. */
  readonly #holders = new Map<string, readonly Holder[]>();

  /** Nothing listens yet. @param ports one for each link */
  constructor(scene: SceneFile, world: World, options: SerialSideOptions, ports: () => number) {
    const { host, clock, handOverMs } = options;
    this.#scene = scene;
    this.#world = world;
    this.#clock = clock;
    const devices = placedDevices(scene);
    const positions = new Map(placedRooms(scene).map(({ id, position }) => [id, position]));
    for (const { id, kind, baud, format } of placedLinks(scene)) {
      const line = new StationLine({
        ...{ baud, format, clock, seed: `${scene.school.seed}-${id}` },
        duplex: kind === "dlt645" ? "half" : "full",
        ...(handOverMs === undefined ? {} : { handOverMs }),
      });
      for (const device of devices.filter(({ link }) => link === id)) {
        const station = this.#station(device);
        this.stations.set(device.id, station);
        line.add(station, positions.get(device.space) ?? 1);
      }
      this.links.set(id, { line, server: new SerialServer(line, { host, port: ports() }) });
    }
  }

  /** Who may come to the readers of a room; nobody where there is none. */
  holders(room: string): readonly Holder[] {
    return this.#holders.get(room) ?? [];
  }

  /** Everything by which one of them could be recognized: none of it may be found behind the gateway. */
  get traces(): string[] {
    return [...this.#holders.values()].flat().flatMap(tracesOf);
  }

  /** Wh that a meter has counted before this school began. */
  before(id: string): number {
    return (mix("register", this.#seed(id)) % 50_000) * 1000;
  }

  #station(device: PlacedDevice): SerialStation {
    switch (sceneModels[device.model].way) {
      case "dlt645":
        return this.#meter(device);
      case "reader":
        return this.#reader(device);
      default:
        return this.#sensor(device);
    }
  }

  #seed(id: string): string {
    return `${this.#scene.school.seed}/${id}`;
  }

  #meter({ id, model, space, floor, meter = "" }: PlacedDevice): Meter645 {
    const seed = this.#seed(id);
    const before = this.before(id);
    const ofRoom = sceneModels[model].of === "room";
    return new Meter645({
      address: meter,
      seed,
      source: () =>
        ofRoom
          ? ofOnePhase(this.#world.circuit(space), before)
          : ofThreePhases(this.#world.floor(floor), before),
      wallMs: () => this.#clock.wallMs(),
      wakeUp: mix("wake-up", seed) % 5,
      blocks: habits[mix("blocks", seed) % habits.length] ?? "whole",
    });
  }

  #sensor({ id, model, space }: PlacedDevice): SerialSensor {
    const seed = this.#seed(id);
    return new SerialSensor(chipOf(model, seed), {
      name: id,
      seed,
      source: () => this.#world.air(id, space),
    });
  }

  /** A class and its teachers; people come and go as the room says. */
  #reader({ id, model, space }: PlacedDevice): Reader {
    const { school } = this.#scene;
    const holders = this.#holders.get(space) ?? holdersOf(`${school.seed}/${space}`, school.pupils + 3);
    this.#holders.set(space, holders);
    const seed = this.#seed(id);
    const people = () => this.#world.room(id, space).people ?? 0;
    const reader = new Reader(readerModel(model), { name: id, seed, holders, people });
    if (model === "wiegand-26-34") reader.faults.add({ kind: "parity", chance: wrongParity });
    if (model === "gm65") reader.faults.add({ kind: "long", ...tooLong });
    return reader;
  }
}

function chipOf(model: PlacedDevice["model"], seed: string): SensorChip {
  if (model === "mh-z19b") return new MhZ19b();
  if (model === "plantower-pms5003") return new Pms5003();
  const id = mix("sds011", seed);
  return new Sds011({ id: [id & 0xff, (id >>> 8) & 0xff] });
}

function readerModel(model: PlacedDevice["model"]): ReaderModel {
  if (model === "gm65") return new Gm65();
  return model === "rdm6300" ? new Rdm6300() : new Wiegand();
}
