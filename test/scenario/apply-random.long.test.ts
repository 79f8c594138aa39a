import { it } from "vitest";
import { changeAtRandom } from "./apply-random.ts";

const seeds = Array.from({ length: 20 }, (_, at) => 100 + at);

it.each(seeds)("seed %i: what runs is what the files say, and nothing acknowledged is lost", (seed) =>
  changeAtRandom(seed, 25),
);
