import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { expect, it } from "vitest";
import { circles, type Import, importsOf, loadedBy, readImports } from "./import-graph.ts";
import { against, packageHome } from "./layout.ts";

const root = new URL("../..", import.meta.url).pathname;
const sides = ["config", "drivers", "edge", "gateway", "simulator", "test"];
const { files, imports } = readImports(root, sides);
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as Record<
  "dependencies" | "devDependencies",
  Record<string, string>
>;

const edge = (from: string, to: string, how: Import["how"] = "import"): Import => ({
  from,
  to,
  how,
  package: false,
});

it("sees every way to import", () => {
  const text = [
    '% a, { type B } from "./a.ts";',
    '% type { C } from "../c.ts";',
    "% {\n  type D,\n  type E,\n} from 'zod';",
    '& * from "./f.ts";',
    '% "./g.ts";',
    'const h = await %("./h.ts");',
    'new Worker(new URL("./i.ts", %.meta.url));',
    'new Worker(new URL(%.meta.url.endsWith(".ts") ? "./j.ts" : "./j.js", %.meta.url));',
    '// % "./no.ts";',
    'const s = "from";',
  ]
    .join("\n")
    // Written with signs, so that this file does not seem to say it itself.
    .replaceAll("%", "import")
    .replaceAll("&", "export");
  expect(importsOf("x/y/z.ts", text).map(({ to, how }) => `${how} ${to}`)).toEqual([
    "import x/y/a.ts",
    "type x/c.ts",
    "type zod",
    "import x/y/f.ts",
    "import x/y/g.ts",
    "lazy x/y/h.ts",
    "worker x/y/i.ts",
    "worker x/y/j.ts",
  ]);
});

it("knows a wrong arrow, a circle and what one thread loads", () => {
  for (const [from, to] of [
    ["config/schema/a.ts", "drivers/contract/index.ts"],
    ["drivers/mqtt/a.ts", "gateway/contract/index.ts"],
    ["gateway/uplink/a.ts", "gateway/district/b.ts"],
    ["simulator/a.ts", "config/load/index.ts"],
    ["edge/journal/a.ts", "edge/health/b.ts"],
    ["edge/forward/a.ts", "gateway/encode/b.ts"],
    ["edge/agent/a.ts", "simulator/b.ts"],
    ["edge/cli/commands/run.ts", "simulator/b.ts"],
  ] as const) {
    expect(against(edge(from, to)), `${from} → ${to}`).not.toBeNull();
  }
  expect(against(edge("edge/forward/a.ts", "edge/journal/contract.ts"))).toBeNull();
  expect(against(edge("edge/cli/commands/demo.ts", "simulator/b.ts"))).toBeNull();
  const ring = [edge("a", "b"), edge("b", "c", "type"), edge("c", "a", "lazy"), edge("c", "d", "worker")];
  expect(circles(ring)).toEqual([["a", "b", "c"]]);
  expect([...loadedBy("b", [edge("b", "x"), edge("b", "y", "worker"), edge("x", "z", "lazy")])]).toEqual([
    "b",
    "x",
    "z",
  ]);
});

it("follows the arrows of the layout", () => {
  const wrong = imports.flatMap((one) => {
    const why = against(one);
    return why === null ? [] : [`${one.from} → ${one.to}: ${why}`];
  });
  expect(wrong).toEqual([]);
  expect(imports.length).toBeGreaterThan(100);
});

it("imports only files that exist", () => {
  const known = new Set(files);
  const missing = imports.filter(
    ({ to, package: outside }) => !outside && !known.has(to) && !to.endsWith(".json"),
  );
  expect(missing.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

it("has no circles", () => {
  expect(circles(imports).map((ring) => ring.join(" → "))).toEqual([]);
});

it("declares every package it imports, and imports every package it declares", () => {
  const outside = imports.filter((one) => one.package && !builtinModules.includes(one.to));
  const product = new Set(outside.filter(({ from }) => !from.startsWith("test/")).map(({ to }) => to));
  const all = new Set(outside.map(({ to }) => to));
  const { dependencies, devDependencies } = manifest;
  expect([...product].filter((name) => !(name in dependencies))).toEqual([]);
  expect([...all].filter((name) => !(name in dependencies) && !(name in devDependencies))).toEqual([]);
  expect(Object.keys(dependencies).filter((name) => !product.has(name))).toEqual([]);
  // Tools that are run, not imported.
  const tools = ["@biomejs/biome", "@types/better-sqlite3", "@types/node", "typescript", "vitest"];
  expect(Object.keys(devDependencies).filter((name) => !all.has(name) && !tools.includes(name))).toEqual([]);
});

it("keeps each package in one folder per side", () => {
  const homes = new Map<string, Set<string>>();
  for (const { from, to, package: outside } of imports) {
    if (!outside || to === "zod" || from.startsWith("test/")) continue;
    const name = `${from.split("/")[0]} ${to}`;
    homes.set(name, (homes.get(name) ?? new Set()).add(packageHome(from)));
  }
  const scattered = [...homes].filter(([, folders]) => folders.size > 1);
  expect(scattered.map(([name, folders]) => `${name}: ${[...folders].join(", ")}`)).toEqual([]);
});

it("never loads the database in the main thread", () => {
  const main = loadedBy("edge/cli/main.ts", imports);
  expect(main.has("edge/journal/journal.ts")).toBe(true);
  expect([...main].filter((file) => file === "better-sqlite3" || file === "edge/sqlite.ts")).toEqual([]);
  expect(loadedBy("edge/journal/writer.ts", imports).has("better-sqlite3")).toBe(true);
});
