import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ModelName, sceneModels } from "../../../simulator/scenes/models.ts";
import { type SceneFile, sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { devicesIn, loadedScene } from "./loaded-scene.ts";

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

describe("the configuration that a scene writes", () => {
  it.each(models)("for %s is accepted without a word, every device on its link", (model) => {
    const result = loadedScene(sceneOf([model]), join(root, model));
    expect(result.problems).toEqual([]);
    const missing = result.devices.filter(({ id }) => !devicesIn(result).includes(id));
    expect([result.devices.length > 0, missing]).toEqual([true, []]);
  });

  it("for all of them together is accepted without a word", () => {
    const result = loadedScene(sceneOf(models), join(root, "all"));
    expect(result.problems).toEqual([]);
    expect(devicesIn(result)).toEqual(expect.arrayContaining(result.devices.map(({ id }) => id)));
  });
});
