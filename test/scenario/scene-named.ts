import { join } from "node:path";
import { readOneFile } from "../../config/load/one-file.ts";
import { type SceneFile, sceneSchema } from "../../simulator/scenes/scene-schema.ts";

const scenes = new URL("../../simulator/scenes/files/", import.meta.url).pathname;

/** A scene that comes along; @throws when it is not usable */
export function sceneNamed(name: string): SceneFile {
  const { value, problems } = readOneFile(join(scenes, `${name}.yaml`), sceneSchema);
  if (value === null) throw new Error(problems.map(({ what }) => what.en).join("; "));
  return value;
}
