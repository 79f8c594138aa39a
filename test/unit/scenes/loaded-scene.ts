/** What a gateway makes of the configuration that is written for a scene. */
import { join } from "node:path";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { saveConfiguration } from "../../../edge/cli/save-configuration.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { sceneModels } from "../../../simulator/scenes/models.ts";
import { placedDevices, placedLinks } from "../../../simulator/scenes/placed.ts";
import type { SceneFile } from "../../../simulator/scenes/scene-schema.ts";

/** Loads what is written for a scene whose doors all have a port of their own. */
export function loadedScene(scene: SceneFile, folder: string) {
  let port = 24_000;
  const ports = <Key>(keys: Iterable<Key>) =>
    new Map(
      [...new Set(keys)].map((key) => {
        port += 1;
        return [key, port] as const;
      }),
    );
  const devices = placedDevices(scene);
  const boxes = devices.filter(({ model }) => sceneModels[model].way === "modbus-tcp");
  const isOnLine = (floor: number) =>
    devices.some((device) => device.floor === floor && device.unit !== undefined);
  const files = configurationOf(
    scene,
    {
      host: "::1",
      lines: ports(scene.floors.map(({ floor }) => floor).filter(isOnLine)),
      boxes: ports(boxes.map(({ id }) => id)),
      serial: ports(placedLinks(scene).map(({ id }) => id)),
      cameras: ports(devices.flatMap(({ id, plate }) => (plate === undefined ? [] : [id]))),
      controls: ports(devices.flatMap(({ control }) => control?.port ?? [])),
    },
    {
      broker: "[::1]:1883",
      dataFolder: join(folder, "data"),
      platform: { url: "mqtt://[::1]:1884", user: "u", password: "p" },
    },
  );
  saveConfiguration(folder, files);
  return { devices, ...loadPlan(folder, kinds, uplinkKinds, { env: {} }) };
}

/** Devices of a gateway, link by link. */
export const devicesIn = ({ plan }: ReturnType<typeof loadedScene>): string[] =>
  plan?.links.flatMap(({ devices }) => devices.map(({ id }) => id)) ?? [];
