import { it } from "vitest";
import { changeAtRandom } from "./apply-random.ts";

it.each([1, 2, 3])("seed %i: what runs is what the files say, and nothing acknowledged is lost", (seed) =>
  changeAtRandom(seed, 8),
);
