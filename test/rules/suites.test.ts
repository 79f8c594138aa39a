/** Every kind of link is held to the contract of a driver: its suite is run at least once. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kinds } from "../../drivers/registry.ts";

const unit = new URL("../unit", import.meta.url).pathname;
/** A suite that is run, with its kind; the suite itself makes sure that the driver is of that kind. */
const run = /\b(?:polledD|d)riverSuite\(\s*"([a-z0-9-]+)"/g;

it("the contract of a driver is tested for every kind in the registry, and for no other", () => {
  const tested = readdirSync(unit, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .flatMap((path) => [...readFileSync(join(unit, path), "utf8").matchAll(run)].map(([, kind]) => kind));
  expect([...new Set(tested)].sort()).toEqual(kinds.map(({ kind }) => kind).sort());
});
