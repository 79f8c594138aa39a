/**
 * The displays, projectors and gateways of air conditioners of a scene, running: a port for each that stands alone, for
 * each line at the serial server, for each gateway.
 *
 * Holds: everything listens on this machine alone; after `stop` nothing is open, whatever refused on the way.
 */
import type { Clock } from "../../config/schema/context.ts";
import { zhongHong } from "../devices/zhonghong.ts";
import type { Panel } from "../displays/panel.ts";
import { type Findable, PjlinkSearch } from "../displays/pjlink-search.ts";
import type { Listener } from "../links/listener.ts";
import { SerialLine } from "../links/serial-line.ts";
import { SerialServer } from "../links/serial-server.ts";
import { macOf } from "../mac.ts";
import { Instrument, type Talks } from "../talk/instrument.ts";
import { TalkServer } from "../talk/server.ts";
import { controlLine } from "./control-line.ts";
import { controlModels } from "./control-models.ts";
import { idleOf, screenOf } from "./control-screens.ts";
import type { PlacedDevice } from "./placed.ts";
import type { World } from "./world.ts";

export interface ControlOptions {
  host: string;
  clock: Clock;
  /** The next port, 0 for any free one. */
  port: () => number;
  seed: number;
  /** Where projectors answer whoever looks for them, UDP; 0, the default: any free one. */
  searchPort?: number;
}

/** Those that can be looked for. */
const findable = "pjlink-laser";

/** What listens at one port. */
export interface Door {
  readonly port: number;
  readonly listener: Listener;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export class Controls {
  /** What talks, by device; the units of a gateway all have the gateway. */
  readonly instruments = new Map<string, Talks>();
  /** Displays and projectors behind their protocols, by device. */
  readonly panels = new Map<string, Panel>();
  /** By their names in the placed devices. */
  readonly doors = new Map<string, Door>();
  readonly #lines: SerialLine[] = [];
  /** Ports of the serial server among them. */
  readonly servers: SerialServer[] = [];
  /** Answers whoever looks for projectors; of those of a scene, the first that has power. */
  readonly search: PjlinkSearch | null;
  readonly #units = new Set<string>();
  /** Those that have no mains of their own, with what gives it back. */
  readonly #dead = new Map<string, () => Promise<void> | void>();

  /** Nothing is open yet. */
  constructor(devices: readonly PlacedDevice[], world: World, options: ControlOptions) {
    const ports = Map.groupBy(
      devices.filter(({ control }) => control !== undefined),
      ({ control }) => control?.port ?? "",
    );
    for (const [name, here] of ports) {
      const [first] = here;
      if (first === undefined) continue;
      const units = first.control?.indoor !== undefined;
      const talks = units
        ? [this.#gateway(here, world, options)]
        : here.map((device) => this.#screen(device, world, options));
      this.doors.set(name, this.#door(first, talks, options));
    }
    const projectors = devices
      .filter(({ model }) => model === findable)
      .map(({ id }) => this.#found(id, options));
    const where = { hosts: [options.host], port: options.searchPort ?? 0 };
    this.search = projectors.length === 0 ? null : new PjlinkSearch(projectors, where);
  }

  /** Port of each that listens. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.doors].map(([name, { port }]) => [name, port]));
  }

  /** @throws when a port is taken */
  async start(): Promise<void> {
    for (const door of this.doors.values()) await door.start();
    await this.search?.start();
  }

  async stop(): Promise<void> {
    await this.search?.stop();
    await Promise.allSettled([...this.doors.values()].map((door) => door.stop()));
    for (const line of this.#lines) line.close();
  }

  /** One loses its power, or has it again: it cannot be reached, or says nothing. @throws RangeError when it is none of these */
  async setPower(id: string, on: boolean): Promise<void> {
    const instrument = this.instruments.get(id);
    if (instrument === undefined) throw new RangeError(`${id} is told nothing here`);
    await this.#dead.get(id)?.();
    this.#dead.delete(id);
    if (on) return;
    const box = this.doors.get(id);
    // A gateway goes on when one of its units has no mains.
    if (this.#units.has(id)) this.#dead.set(id, () => {});
    else if (box instanceof TalkServer) {
      await box.stop();
      this.#dead.set(id, () => box.start());
    } else this.#dead.set(id, instrument.faults.add({ kind: "silent" }));
  }

  #screen(device: PlacedDevice, world: World, { clock, seed }: ControlOptions): Talks {
    const { talks, panel } = screenOf(device, world.fittings(device.space), clock, `${seed}-${device.id}`);
    this.instruments.set(device.id, talks);
    this.panels.set(device.id, panel);
    return talks;
  }

  #found(id: string, { seed }: ControlOptions): Findable {
    const isThere = () => !this.#dead.has(id) && this.panels.get(id)?.powered === true;
    return { mac: macOf(seed, id), level: 2, isThere };
  }

  #gateway(here: readonly PlacedDevice[], world: World, { clock, seed }: ControlOptions): Talks {
    const units = here.map(({ id, space, control }) => {
      const { ac } = world.fittings(space);
      const now = () => {
        const unit = ac.now();
        return { ...unit, powered: unit.powered && !this.#dead.has(id) };
      };
      return { outdoor: control?.outdoor ?? 1, indoor: control?.indoor ?? 1, unit: { ...ac, now } };
    });
    const name = here[0]?.control?.port ?? "";
    const gateway = new Instrument(zhongHong({ units, clock }), { seed: `${seed}-${name}`, jitterMs: 20 });
    for (const { id } of here) {
      this.instruments.set(id, gateway);
      this.#units.add(id);
    }
    return gateway;
  }

  #door({ model }: PlacedDevice, talks: readonly Talks[], options: ControlOptions): Door {
    const { host, clock, port, seed } = options;
    const [first] = talks;
    const { way } = controlModels[model as keyof typeof controlModels];
    if (!way.endsWith("-serial") && first !== undefined)
      return new TalkServer(first, { host, port: port(), clock, ...idleOf(model) });
    const line = new SerialLine({
      ...controlLine,
      clock,
      seed,
      devices: talks,
      duplex: way === "zhonghong-serial" ? "half" : "full",
    });
    this.#lines.push(line);
    const server = new SerialServer(line, { host, port: port() });
    this.servers.push(server);
    return server;
  }
}
