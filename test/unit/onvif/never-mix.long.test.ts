import { expect, it } from "vitest";
import { CameraEnd } from "./camera-end.ts";
import { neverMix, serialAt } from "./never-mix.ts";
import { opened } from "./world.ts";

it("two cameras that are asked at once never mix, 10,000 times", async () => {
  const [one, two] = [await CameraEnd.listen(), await CameraEnd.listen()];
  const at = await opened([one, two], serialAt);
  await neverMix(at, one, two, 10_000);
  await at.close();
  expect(one.sockets.size + two.sockets.size).toBe(0);
  await one.close();
  await two.close();
}, 1_800_000);
