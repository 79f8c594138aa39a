/** The wireless devices of a scene, each speaking as its firmware does. */
import type { Clock } from "../../config/schema/context.ts";
import { AirSensor } from "../devices/air-sensor.ts";
import { esphome } from "../devices/esphome.ts";
import type { MqttDevice, MqttDeviceOptions } from "../devices/mqtt-device.ts";
import { shelly } from "../devices/shelly.ts";
import { tasmota } from "../devices/tasmota.ts";
import { zigbeeBridge } from "../devices/zigbee-bridge.ts";
import type { ZigbeeModelName } from "../devices/zigbee-models.ts";
import { zigbeeBridgeModel } from "./models.ts";
import type { PlacedDevice } from "./placed.ts";
import type { World } from "./world.ts";

/** Where MQTT devices find their server. */
export type BrokerTarget = Pick<MqttDeviceOptions, "host" | "port" | "tls" | "backoff">;

/** One MQTT client: what it said is in the log of its `device`. */
export interface Client {
  readonly device: MqttDevice;
  start(): Promise<void>;
  /** @param how `abrupt`: without a farewell, as when the power fails */
  stop(how?: { abrupt?: boolean }): Promise<void>;
}

export interface Wireless {
  target: BrokerTarget;
  world: World;
  clock: Clock;
  seed: number;
}

/** A device that is a client by itself. @throws RangeError when its model is none such */
export function wirelessClient(
  { id, space, model, password = "", friendly, everyMs }: PlacedDevice,
  { target, world, clock, seed }: Wireless,
): Client {
  const common = { ...target, clock, seed, user: id, password };
  const source = () => world.room(id, space);
  // Ours waits for what it says to be on disk; the others do so when they are set up for it.
  const habits = { qos: 1, clean: false } as const;
  switch (model) {
    case "mqtt-air":
      return new AirSensor({ ...common, id, everyMs, source: () => said(world.room(id, space)) });
    case "tasmota-plug":
      return tasmota({
        ...common,
        topic: id,
        source,
        habits,
        relay: true,
        energy: true,
        telePeriodS: Math.max(10, Math.round(everyMs / 1000)),
      });
    case "shelly-plug":
      return shelly({ ...common, model: "plus-plug-s", mac: friendly?.split("-")[1] ?? "", source, habits });
    case "esphome-air":
      return esphome({
        ...common,
        node: id,
        source,
        habits,
        everyMs,
        points: ["temperature", "humidity", "co2", "pm25", "illuminance"],
      });
    default:
      throw new RangeError(`${model} is no client by itself`);
  }
}

const zigbee: Readonly<Record<string, ZigbeeModelName>> = {
  "zigbee-contact": "contact",
  "zigbee-motion": "motion",
  "zigbee-climate": "climate",
};

/** The bridge with all devices behind it. @param dead those without power */
export function zigbeeClient(
  devices: readonly PlacedDevice[],
  dead: ReadonlySet<string>,
  password: string,
  { target, world, clock, seed }: Wireless,
): Client {
  return zigbeeBridge({
    ...target,
    clock,
    seed,
    user: zigbeeBridgeModel.id,
    password,
    devices: devices.map(({ id, space, model }) => ({
      name: id,
      model: zigbee[model] as ZigbeeModelName,
      source: () => (dead.has(id) ? null : world.room(id, space)),
    })),
  });
}

/** What such a probe measures; what it has no value for, it does not say. */
function said({ co2, temperature, humidity, pm25, pm10 }: ReturnType<World["room"]>): Record<string, number> {
  const measured = Object.entries({ co2, temperature, humidity, pm25, pm10 });
  return Object.fromEntries(
    measured.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}
