import { join } from "node:path";
import { expect, it } from "vitest";
import { readOneFile } from "../../../config/load/one-file.ts";
import { placedDevices } from "../../../simulator/scenes/placed.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";

const file = join(import.meta.dirname, "../../../simulator/scenes/files/junior-120.yaml");

it("a wired sensor has measured before it is asked for the first time", () => {
  const { value: scene } = readOneFile(file, sceneSchema);
  if (scene === null) throw new Error("no scene");
  const wired = placedDevices(scene).filter(({ model }) => model === "jxct-air-board");
  expect(wired.length).toBeGreaterThan(100);
  // Silences and single misses come at any time; at some of these moments somebody has one.
  for (let hour = 0; hour < 5; hour++) {
    const world = roomWorld(scene, { wallMs: () => Date.UTC(2026, 8, 15, hour) });
    for (const { id, space } of wired)
      expect(world.air(id, space), id).toMatchObject({
        temperature: expect.any(Number),
        humidity: expect.any(Number),
      });
  }
});
