/** A small school for demonstrations: one air sensor per classroom, always the same for one seed. */
import type { Clock } from "../../config/schema/context.ts";
import { AirSensor } from "../devices/air-sensor.ts";
import type { MqttDeviceOptions } from "../devices/mqtt-device.ts";
import { seeded } from "../seeded.ts";

/** A device as a configuration would name it. */
export interface SceneDevice {
  id: string;
  space: string;
  user: string;
  password: string;
  /** What it says. */
  points: readonly string[];
}

export interface Scene {
  school: string;
  gateway: string;
  devices: readonly SceneDevice[];
  /** Starts every device against a broker; resolves once all are connected. */
  start(target: SceneTarget): Promise<RunningScene>;
}

export interface SceneTarget extends Pick<MqttDeviceOptions, "host" | "port" | "tls" | "backoff"> {
  /** Between readings of one sensor; default 10 s. */
  everyMs?: number;
  clock?: Clock;
}

export interface RunningScene {
  sensors: readonly AirSensor[];
  stop(): Promise<void>;
}

const roomsPerFloor = 8;

/** @param rooms number of classrooms, 1 to 400; numbered 101, 102, … with eight on a floor */
export function smallSchool({ rooms = 6, seed = 1 }: { rooms?: number; seed?: number } = {}): Scene {
  const devices = Array.from({ length: rooms }, (_, index): SceneDevice => {
    const space = String((1 + Math.floor(index / roomsPerFloor)) * 100 + 1 + (index % roomsPerFloor));
    const id = `${space}-air`;
    return {
      id,
      space,
      user: id,
      password: passwordOf(seed, id),
      points: ["co2", "temperature", "humidity", "pm25"],
    };
  });
  return {
    school: "2133000001",
    gateway: "gw1",
    devices,
    async start(target) {
      const sensors = devices.map(
        ({ id, user, password }) => new AirSensor({ ...target, id, user, password, seed }),
      );
      await Promise.all(sensors.map((sensor) => sensor.start()));
      return {
        sensors,
        stop: async () => {
          await Promise.allSettled(sensors.map((sensor) => sensor.stop()));
        },
      };
    },
  };
}

/** Good enough for a demonstration on loopback, and the same every time. */
function passwordOf(seed: number, id: string): string {
  const chance = seeded("password", seed, id);
  return Array.from({ length: 12 }, () => "abcdefghjkmnpqrstuvwxyz23456789"[Math.floor(chance() * 31)]).join(
    "",
  );
}
