/**
 * The hardware of a scene, running: a line and its port at the serial server for each floor, boxes with an address of
 * their own, and MQTT devices that connect by themselves.
 *
 * Holds: everything listens on this machine alone; after `stop` nothing is open, whatever refused on the way.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { probePort as standardProbePort } from "../cameras/probe-responder.ts";
import { type AirModel, airModels, modbusAir } from "../devices/modbus-air.ts";
import {
  type OnePhaseModel,
  onePhaseMeter,
  type ThreePhaseModel,
  threePhaseMeter,
} from "../devices/modbus-meters.ts";
import { pjlinkSearchPort } from "../displays/pjlink-search.ts";
import { SimulatedLine } from "../links/line.ts";
import { ModbusTcpServer } from "../links/modbus-tcp.ts";
import { SerialServer } from "../links/serial-server.ts";
import { unopenedText } from "../links/udp-door.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import { systemClock } from "../system-clock.ts";
import { cameraAccount, makerOf } from "./camera-models.ts";
import { Cameras } from "./cameras.ts";
import { bridgeOf, type Reached } from "./configuration.ts";
import { controlSlave } from "./control-slaves.ts";
import { Controls } from "./controls.ts";
import { sceneModels, zigbeeBridgeModel } from "./models.ts";
import { gateSpace, type PlacedDevice, passwordOf, placedDevices, placedRooms } from "./placed.ts";
import type { SceneFile } from "./scene-schema.ts";
import { SerialSide } from "./serial-side.ts";
import { type BrokerTarget, type Client, type Wireless, wirelessClient, zigbeeClient } from "./wireless.ts";
import type { World } from "./world.ts";

export interface SchoolOptions {
  /** Address of this machine, without port and brackets. */
  host: string;
  clock?: Clock;
  /**
   * Port of floor 1 at the serial server, those of others follow; then those of the boxes, then those of the serial links
   * that are no Modbus lines. Default: any free ones.
   */
  firstPort?: number;
  /** How often lines hand over what they hear, ms: see LineOptions. */
  handOverMs?: number;
  /** Where cameras answer whoever looks for them, UDP. Default: the standard's with `firstPort`, else any free one. */
  probePort?: number;
  /** The same for projectors. */
  searchPort?: number;
}

export interface FloorLine {
  line: SimulatedLine;
  server: SerialServer;
}

export class SimulatedSchool {
  readonly scene: SceneFile;
  readonly devices: readonly PlacedDevice[];
  /** By floor. */
  readonly lines = new Map<number, FloorLine>();
  /** Slaves on lines and in boxes, by device. */
  readonly slaves = new Map<string, ModbusSlave>();
  /** Boxes with an address of their own, by device. */
  readonly boxes = new Map<string, ModbusTcpServer>();
  /** Meters, sensors and readers that speak on serial lines in words of their own. */
  readonly serial: SerialSide;
  /** Displays, projectors and gateways of air conditioners. */
  readonly controls: Controls;
  readonly cameras: Cameras;
  /** MQTT clients, by device, and the bridge by its id; there once they were told where to connect to. */
  readonly sensors = new Map<string, Client>();
  readonly world: World;
  readonly #options: SchoolOptions;
  readonly #clock: Clock;
  /** Devices behind the bridge that have no power. */
  readonly #dead = new Set<string>();
  #target: BrokerTarget | null = null;

  /** Nothing is open yet. */
  constructor(scene: SceneFile, world: World, options: SchoolOptions) {
    const { clock = systemClock, firstPort = 0 } = options;
    const standard = firstPort !== 0;
    const { probePort = standard ? standardProbePort : 0 } = options;
    const { searchPort = standard ? pjlinkSearchPort : 0 } = options;
    this.scene = scene;
    this.world = world;
    this.#options = options;
    this.#clock = clock;
    this.devices = placedDevices(scene);
    const ports = portsFrom(firstPort);
    for (const { floor } of scene.floors) this.#addLine(floor, ports);
    for (const device of this.devices)
      if (sceneModels[device.model].way === "modbus-tcp") this.#addBox(device, ports);
    this.serial = new SerialSide(scene, world, { ...options, clock }, ports);
    const common = { host: options.host, clock, port: ports, seed: scene.school.seed };
    this.controls = new Controls(this.devices, world, { ...common, searchPort });
    const password = passwordOf(scene.school.seed, cameraAccount.secret);
    this.cameras = new Cameras(cameraPlaces(this.devices), world, { ...common, password, probePort });
  }

  /** Ports of the serial server. */
  get servers(): readonly SerialServer[] {
    return [...this.#links.map(({ server }) => server), ...this.controls.servers];
  }

  /** What of it cannot be found by looking for it, and why. */
  get notFound(): Text[] {
    const projectors = this.controls.search?.unopened ?? [];
    return [
      ...this.cameras.responder.unopened.map((each) => unopenedText(each, { zh: "摄像机", en: "cameras" })),
      ...projectors.map((each) => unopenedText(each, { zh: "投影机", en: "projectors" })),
    ];
  }

  /** Where the gateway finds what has been started. */
  get reached(): Reached {
    return {
      host: this.#options.host,
      lines: new Map([...this.lines].map(([floor, { server }]) => [floor, server.port])),
      boxes: new Map([...this.boxes].map(([id, { port }]) => [id, port])),
      serial: new Map([...this.serial.links].map(([id, { server }]) => [id, server.port])),
      controls: this.controls.ports,
      cameras: this.cameras.ports,
    };
  }

  /** Where the MQTT devices connect to; null: they were not told yet. */
  get target(): BrokerTarget | null {
    return this.#target;
  }

  /** Opens what waits to be asked. @throws when a port is taken; then nothing stays open */
  async start(): Promise<void> {
    try {
      for (const { server } of this.#links) await server.start();
      for (const box of this.boxes.values()) await box.start();
      await this.controls.start();
      await this.cameras.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** The MQTT devices begin to connect, and go on trying. */
  connect(target: BrokerTarget): void {
    this.#target = target;
    for (const device of this.devices) {
      if (device.password === undefined || this.sensors.has(device.id)) continue;
      const client = wirelessClient(device, this.#wireless(target));
      this.sensors.set(device.id, client);
      void client.start();
    }
    const behind = this.devices.filter(({ via }) => via !== undefined);
    if (behind.length === 0 || this.sensors.has(zigbeeBridgeModel.id)) return;
    const bridge = zigbeeClient(behind, this.#dead, bridgeOf(this.scene).password, this.#wireless(target));
    this.sensors.set(zigbeeBridgeModel.id, bridge);
    void bridge.start();
  }

  /** A device behind the bridge loses its power, or has it again. @returns false: it is none of those */
  setPower(id: string, on: boolean): boolean {
    if (!this.devices.some((device) => device.id === id && device.via !== undefined)) return false;
    if (on) this.#dead.delete(id);
    else this.#dead.add(id);
    return true;
  }

  /** Another device of the same model with the same address, not on any line yet. */
  twinOf(device: PlacedDevice): ModbusSlave {
    return this.#slave({ ...device, id: `${device.id}-twin` });
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.sensors.values()].map((sensor) => sensor.stop()));
    for (const { server, line } of this.#links) {
      await server.stop();
      line.close();
    }
    await Promise.allSettled([...this.boxes.values()].map((box) => box.stop()));
    await this.controls.stop();
    await this.cameras.stop();
  }

  /** Lines that are not of the controls, which see to theirs. */
  get #links() {
    return [...this.lines.values(), ...this.serial.links.values()];
  }

  #addLine(floor: number, ports: () => number): void {
    const here = this.devices.filter((device) => device.floor === floor && device.unit !== undefined);
    if (here.length === 0) return;
    const clock = this.#clock;
    const line = new SimulatedLine({ ...this.scene.line, clock, seed: `${this.scene.school.seed}-${floor}` });
    const rooms = new Map(placedRooms(this.scene).map(({ id, position }) => [id, position]));
    for (const device of here) {
      const slave = this.#slave(device);
      this.slaves.set(device.id, slave);
      line.add(slave, rooms.get(device.space) ?? 1);
    }
    this.lines.set(floor, {
      line,
      server: new SerialServer(line, { host: this.#options.host, port: ports() }),
    });
  }

  #addBox(device: PlacedDevice, ports: () => number): void {
    const slave = this.#slave(device);
    this.slaves.set(device.id, slave);
    const box = new ModbusTcpServer({
      host: this.#options.host,
      port: ports(),
      units: [slave],
      clock: this.#clock,
    });
    this.boxes.set(device.id, box);
  }

  /** A slave as the configuration expects it. */
  #slave({ id, model, space, floor, unit = 1 }: PlacedDevice): ModbusSlave {
    const { world } = this;
    const options = { unit, seed: id, turnaroundMs: 8, jitterMs: 6 };
    const told = controlSlave(model, () => world.fittings(space), options, this.#clock);
    if (told !== null) return told;
    if (model in airModels) return modbusAir(model as AirModel, () => world.air(id, space), options);
    return sceneModels[model].of === "floor"
      ? threePhaseMeter(model as ThreePhaseModel, () => world.floor(floor), options)
      : onePhaseMeter(model as OnePhaseModel, () => world.circuit(space), options);
  }

  #wireless(target: BrokerTarget): Wireless {
    return { target, world: this.world, clock: this.#clock, seed: this.scene.school.seed };
  }
}

const cameraPlaces = (devices: readonly PlacedDevice[]) =>
  devices.flatMap(({ id, model, space, plate }) =>
    plate === undefined
      ? []
      : [{ id, maker: makerOf(model), room: space === gateSpace ? null : space, serial: plate }],
  );

/** One port after the other; 0: any free one each time. */
function portsFrom(first: number): () => number {
  let next = first;
  return () => (first === 0 ? 0 : next++);
}
