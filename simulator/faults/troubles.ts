/**
 * What goes wrong in a running school, and goes right again.
 *
 * Holds: a fault is taken back exactly as it was made, also when another one hits the same thing meanwhile;
 * what cannot happen in this school is refused with what can.
 */
import type { Clock } from "../../config/schema/context.ts";
import { airModels } from "../devices/modbus-air.ts";
import type { SimulatedLine } from "../links/line.ts";
import { sceneModels } from "../scenes/models.ts";
import { type PlacedDevice, placedRooms } from "../scenes/placed.ts";
import type { SimulatedSchool } from "../scenes/simulated-school.ts";
import { systemClock } from "../system-clock.ts";
import { CameraTroubles } from "./camera-troubles.ts";
import type { SchoolFault } from "./fault-schema.ts";
import { type Misbehaviour, misbehaviour } from "./misbehaviour.ts";
import { flood, knock } from "./mqtt-troubles.ts";
import { NoSuchTrouble, noConverter, noDevice, noFloor, notHere } from "./no-such-trouble.ts";

/** What of the world outside the school may go wrong, where whoever runs it can do that. */
export interface Outside {
  /** The gateway's clock jumps by so many ms. */
  stepClock?(byMs: number): void;
  /** The platform goes away, and comes back by the result. */
  platformDown?(): Promise<() => Promise<void>>;
}

/** Messages a second of a device that has gone wild, and how many strangers come, where nobody says. */
const floodRate = 500;
const strangers = 3;
/** How long a device takes to start, ms: a camera's time. */
const rebootMs = 40_000;

type Undo = () => Promise<void> | void;

export class Troubles {
  readonly #school: SimulatedSchool;
  readonly #outside: Outside;
  readonly #clock: Clock;
  /** How many faults keep a thing off, or a setting wrong. */
  readonly #off = new Map<unknown, number>();
  /** Where a line is cut, as often as it is. */
  readonly #cuts = new Map<SimulatedLine, number[]>();
  /** What lets a sensor go on, by device. */
  readonly #stuckBy = new Map<string, () => void>();
  #platformUp: () => Promise<void> = async () => {};
  readonly #cameras = new CameraTroubles();
  #strangers = 0;

  constructor(school: SimulatedSchool, outside: Outside = {}, clock: Clock = systemClock) {
    this.#school = school;
    this.#clock = clock;
    this.#outside = outside;
  }

  /**
   * Makes it happen.
   * @returns what takes it back; harmless when called again
   * @throws NoSuchTrouble when there is nothing here that it could happen to
   */
  async begin(fault: SchoolFault): Promise<() => Promise<void>> {
    const undo = await this.#begin(fault);
    let done: Promise<void> | null = null;
    return () => {
      done ??= Promise.resolve(undo());
      return done;
    };
  }

  #begin(fault: SchoolFault): Promise<Undo> | Undo {
    switch (fault.what) {
      case "power-out":
        return this.#powerOut(fault.floor);
      case "cable-cut":
        return this.#cableCut(fault.room);
      case "converter-off":
        return this.#converterOff();
      case "converter-mode":
        return this.#converterMode(fault.floor);
      case "device-off":
        return this.#deviceOff(fault.device);
      case "device-reboots":
        return this.#reboots(fault.device);
      case "sensor-stuck":
        return this.#stuck(fault.device);
      case "same-address":
        return this.#sameAddress(fault.device);
      case "misbehaves":
        return this.#misbehaves(fault.device, fault.how);
      case "broker-flood":
        return this.#flood(fault.device, fault.rate ?? floodRate);
      case "strangers":
        return this.#knock(fault.count ?? strangers);
      case "clock-jump":
        return this.#clockJump(fault.by);
      case "platform-down":
        return this.#platformDown();
    }
  }

  /** Lamps, panels, sensors, meters of a floor: all dark. The serial server hangs on floor 1. */
  async #powerOut(floor: number): Promise<Undo> {
    const { floors } = this.#school.scene;
    if (!floors.some((each) => each.floor === floor)) throw noFloor(floor, floors);
    const here = this.#school.devices.filter((device) => device.floor === floor);
    const { world } = this.#school;
    await this.#switchOff(`power ${floor}`, () => world.power(floor, false));
    const undone = await Promise.all(here.map(({ id }) => this.#deviceOff(id)));
    const converter = floor === Math.min(...floors.map((each) => each.floor));
    if (converter && this.#school.servers.length > 0) undone.push(await this.#converterOff());
    return async () => {
      await this.#switchOn(`power ${floor}`, () => world.power(floor, true));
      for (const undo of undone) await undo();
    };
  }

  #cableCut(room: string): Undo {
    const { floor, position } = placedRooms(this.#school.scene).find(({ id }) => id === room) ?? {};
    const line = this.#school.lines.get(floor ?? 0)?.line;
    if (line === undefined || position === undefined)
      throw new NoSuchTrouble({
        zh: `${room} 没有 485 线经过`,
        en: `no RS-485 line passes room ${room}`,
      });
    const cuts = this.#cuts.get(line) ?? [];
    this.#cuts.set(line, cuts);
    cuts.push(position);
    line.cut(Math.min(...cuts));
    return () => {
      cuts.splice(cuts.indexOf(position), 1);
      if (cuts.length === 0) line.mend();
      else line.cut(Math.min(...cuts));
    };
  }

  async #converterOff(): Promise<Undo> {
    const { servers } = this.#school;
    if (servers.length === 0) throw noConverter;
    await Promise.all(servers.map((server) => this.#switchOff(server, () => server.stop())));
    return async () => {
      await Promise.all(servers.map((server) => this.#switchOn(server, () => server.start())));
    };
  }

  async #converterMode(floor: number): Promise<Undo> {
    const server = this.#school.lines.get(floor)?.server;
    if (server === undefined) throw noConverter;
    await this.#switchOff(`mode ${floor}`, () => {
      server.mode = "modbus-gateway";
    });
    return () =>
      this.#switchOn(`mode ${floor}`, () => {
        server.mode = "transparent";
      });
  }

  async #deviceOff(id: string): Promise<Undo> {
    const box = this.#school.boxes.get(id);
    const slave = this.#school.slaves.get(id);
    const sensor = this.#school.sensors.get(id);
    if (box !== undefined) {
      await this.#switchOff(box, () => box.stop());
      return () => this.#switchOn(box, () => box.start());
    }
    if (slave !== undefined) {
      await this.#switchOff(slave, () => slave.powerOff());
      return () => this.#switchOn(slave, () => slave.powerOn());
    }
    const station = this.#school.serial.stations.get(id);
    if (station !== undefined) return station.faults.add({ kind: "silent" });
    if (this.#school.controls.instruments.has(id)) {
      await this.#switchOff(`mains ${id}`, () => this.#school.controls.setPower(id, false));
      return () => this.#switchOn(`mains ${id}`, () => this.#school.controls.setPower(id, true));
    }
    const { cameras } = this.#school;
    if (cameras.cameras.has(id)) {
      await this.#switchOff(`mains ${id}`, () => cameras.setPower(id, false));
      return () => this.#switchOn(`mains ${id}`, () => cameras.setPower(id, true));
    }
    if (this.#school.devices.some((device) => device.id === id && device.via !== undefined)) {
      await this.#switchOff(`battery ${id}`, () => void this.#school.setPower(id, false));
      return () => this.#switchOn(`battery ${id}`, () => void this.#school.setPower(id, true));
    }
    if (sensor === undefined) throw this.#noDevice(id, () => true);
    // What has no power says no farewell.
    await this.#switchOff(sensor, () => sensor.stop({ abrupt: true }));
    return () =>
      this.#switchOn(sensor, () => {
        void sensor.start();
      });
  }

  /** It is away, and back by itself; taken back before, it is back at once. */
  async #reboots(id: string): Promise<Undo> {
    const on = await this.#deviceOff(id);
    const over = new AbortController();
    const back = this.#clock
      .sleep(rebootMs, over.signal)
      .catch(() => undefined)
      .then(on);
    // Whoever takes it back hears of what went wrong.
    back.catch(() => undefined);
    return () => {
      over.abort();
      return back;
    };
  }

  async #stuck(id: string): Promise<Undo> {
    // A meter has no sensor of the air, nor has a reader.
    const isSensor = ({ id: each, model }: PlacedDevice) =>
      this.#school.slaves.has(each)
        ? model in airModels
        : !(
            ["dlt645", "reader", "onvif"].includes(sceneModels[model].way) ||
            this.#school.controls.instruments.has(each)
          );
    const { devices, world } = this.#school;
    const sensor = devices.find((device) => device.id === id && isSensor(device));
    if (sensor === undefined) throw this.#noDevice(id, isSensor);
    await this.#switchOff(`stuck ${id}`, () => void this.#stuckBy.set(id, world.stick(id, sensor.space)));
    return () => this.#switchOn(`stuck ${id}`, () => this.#stuckBy.get(id)?.());
  }

  #misbehaves(id: string, how: Misbehaviour): Undo {
    const { talk, slave: ofSlave } = misbehaviour(how);
    const slave = this.#school.slaves.get(id);
    if (slave !== undefined && ofSlave !== undefined) return slave.faults.add(ofSlave);
    const { cameras } = this.#school.cameras;
    const camera = cameras.get(id);
    const undo = camera === undefined ? null : this.#cameras.begin(camera, how);
    if (undo !== null) return undo;
    const { instruments } = this.#school.controls;
    const can = (each: string) =>
      instruments.get(each)?.faults.kinds.has(talk.kind) === true ||
      (cameras.has(each) && this.#cameras.can(how));
    if (!can(id)) throw this.#noDevice(id, (device) => can(device.id));
    return instruments.get(id)?.faults.add(talk) ?? (() => {});
  }

  /** Somebody hangs a new sensor onto the line, which has the address of one that is there. */
  #sameAddress(id: string): Undo {
    const device = this.#school.devices.find((each) => each.id === id);
    const line = this.#school.lines.get(device?.floor ?? 0)?.line;
    if (device?.unit === undefined || line === undefined)
      throw this.#noDevice(id, ({ unit }) => unit !== undefined);
    const twin = this.#school.twinOf(device);
    line.add(twin);
    return () => line.remove(twin);
  }

  #flood(id: string, rate: number): Undo {
    const sensor = this.#school.sensors.get(id);
    if (sensor === undefined) throw this.#noDevice(id, (each) => this.#school.sensors.has(each.id));
    return flood(sensor, rate, this.#clock);
  }

  #knock(count: number): Undo {
    const { target } = this.#school;
    if (target === null)
      throw new NoSuchTrouble({ zh: "这所学校没有 MQTT 设备", en: "no device here speaks MQTT" });
    this.#strangers += count;
    return knock(target, count, this.#strangers - count);
  }

  #clockJump(byMs: number): Undo {
    const { stepClock } = this.#outside;
    if (stepClock === undefined) throw notHere;
    stepClock(byMs);
    return () => stepClock(-byMs);
  }

  async #platformDown(): Promise<Undo> {
    const { platformDown } = this.#outside;
    if (platformDown === undefined) throw notHere;
    await this.#switchOff("platform", async () => {
      this.#platformUp = await platformDown();
    });
    return () => this.#switchOn("platform", () => this.#platformUp());
  }

  async #switchOff(thing: unknown, off: () => Promise<void> | void): Promise<void> {
    const already = this.#off.get(thing) ?? 0;
    this.#off.set(thing, already + 1);
    if (already === 0) await off();
  }

  async #switchOn(thing: unknown, on: () => Promise<void> | void): Promise<void> {
    const left = (this.#off.get(thing) ?? 1) - 1;
    this.#off.set(thing, left);
    if (left === 0) await on();
  }

  /** @param can those that it could happen to */
  #noDevice(id: string, can: (device: PlacedDevice) => boolean): NoSuchTrouble {
    return noDevice(id, this.#school.devices.filter(can));
  }
}
