import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { saveConfiguration } from "../../../edge/cli/save-configuration.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { type ModelName, sceneModels } from "../../../simulator/scenes/models.ts";
import { placedDevices, placedLinks } from "../../../simulator/scenes/placed.ts";
import { type SceneFile, sceneSchema } from "../../../simulator/scenes/scene-schema.ts";

const root = mkdtempSync(join(tmpdir(), "ce-models-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const models = Object.keys(sceneModels) as ModelName[];

/** Two rooms on each of two floors, all with one of these. */
function sceneOf(own: readonly ModelName[]): SceneFile {
  let unit = 1;
  return sceneSchema.parse({
    school: { id: "2133000001" },
    floors: [
      { floor: "1", rooms: "101..102" },
      { floor: "2", rooms: "201..202" },
    ],
    devices: own.map((model, at) => {
      if (sceneModels[model].way !== "rs485") return { name: `d${at}`, model };
      const one = { name: `d${at}`, model, unit: String(unit) };
      unit += 2;
      return one;
    }),
  });
}

/** Loads what is written for a scene whose doors all have a port of their own. */
function loaded(scene: SceneFile, folder: string) {
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
  const isOnLine = devices.some(({ unit }) => unit !== undefined);
  const files = configurationOf(
    scene,
    {
      host: "::1",
      lines: ports(isOnLine ? scene.floors.map(({ floor }) => floor) : []),
      boxes: ports(boxes.map(({ id }) => id)),
      serial: ports(placedLinks(scene).map(({ id }) => id)),
      controls: ports(devices.flatMap(({ control }) => control?.port ?? [])),
    },
    {
      broker: "[::1]:1883",
      dataFolder: join(root, "data"),
      platform: { url: "mqtt://[::1]:1884", user: "u", password: "p" },
    },
  );
  saveConfiguration(join(root, folder), files);
  return { devices, ...loadPlan(join(root, folder), kinds, uplinkKinds, { env: {} }) };
}

const devicesIn = ({ plan }: ReturnType<typeof loaded>) =>
  plan?.links.flatMap(({ devices }) => devices.map(({ id }) => id)) ?? [];

describe("the configuration that a scene writes", () => {
  it.each(models)("for %s is accepted without a word, every device on its link", (model) => {
    const result = loaded(sceneOf([model]), model);
    expect(result.problems).toEqual([]);
    const missing = result.devices.filter(({ id }) => !devicesIn(result).includes(id));
    expect([result.devices.length > 0, missing]).toEqual([true, []]);
  });

  it("for all of them together is accepted without a word", () => {
    const result = loaded(sceneOf(models), "all");
    expect(result.problems).toEqual([]);
    expect(devicesIn(result)).toEqual(expect.arrayContaining(result.devices.map(({ id }) => id)));
  });
});
