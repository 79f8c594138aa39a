/**
 * Every import of a source tree, read from the text alone: `import`, `import type`, `export … from`,
 * `import()` and `new Worker(new URL(…))`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  /** File that imports, relative to the root. */
  from: string;
  /** File relative to the root, or the name of a package. */
  to: string;
  how: "import" | "type" | "lazy" | "worker";
  package: boolean;
}

const statement = /^\s*(?:import|export)\b([^;"'`()]*?)\bfrom\s*(["'])([^"']+)\2/gm;
const bare = /^\s*import\s*(["'])([^"']+)\1/gm;
const lazy = /\bimport\s*\(\s*(["'`])([^"'`]+)\1/g;
const worker = /new\s+URL\(\s*[^)]*?(["'])(\.{1,2}\/[^"']+\.[jt]s)\1\s*,\s*import\.meta\.url/g;
const workerChoice =
  /new\s+URL\(\s*import\.meta\.url\.endsWith\("\.ts"\)\s*\?\s*"([^"]+\.ts)"\s*:\s*"[^"]+\.js"\s*,\s*import\.meta\.url/g;

/** Imports of one file's text. */
export function importsOf(from: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  const add = (spec: string, how: Import["how"]) => {
    if (spec.startsWith("node:")) return;
    if (spec.startsWith(".")) {
      const to = normalize(join(dirname(from), spec)).replace(/\.js$/, ".ts");
      found.push({ from, to, how, package: false });
      return;
    }
    const [scope = "", name] = spec.split("/");
    found.push({ from, to: scope.startsWith("@") ? `${scope}/${name}` : scope, how, package: true });
  };
  for (const [, clause = "", , spec = ""] of code.matchAll(statement)) {
    const allTypes =
      /^\s*\{/.test(clause) &&
      clause
        .replace(/[{}]/g, "")
        .split(",")
        .filter((part) => part.trim() !== "")
        .every((part) => /^\s*type\s/.test(part));
    add(spec, /^\s*type\b/.test(clause) || allTypes ? "type" : "import");
  }
  for (const [, , spec = ""] of code.matchAll(bare)) add(spec, "import");
  for (const [, , spec = ""] of code.matchAll(lazy)) add(spec, "lazy");
  for (const [, , spec = ""] of code.matchAll(worker)) add(spec, "worker");
  for (const [, spec = ""] of code.matchAll(workerChoice)) add(spec, "worker");
  return found;
}

/** Imports of all .ts files below the given folders of `root`. */
export function readImports(
  root: string,
  folders: readonly string[],
): { files: string[]; imports: Import[] } {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") || name.endsWith(".tsx"))
      .map((name) => join(folder, name)),
  );
  return { files, imports: files.flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8"))) };
}

/** Circles of files that import each other; each as its list of files. */
export function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, package: outside } of imports) {
    if (!outside) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const found: string[][] = [];
  const visit = (file: string) => {
    state.set(file, "open");
    trail.push(file);
    for (const other of next.get(file) ?? []) {
      if (state.get(other) === "open") found.push(trail.slice(trail.indexOf(other)));
      else if (state.get(other) === undefined) visit(other);
    }
    trail.pop();
    state.set(file, "done");
  };
  for (const file of next.keys()) if (state.get(file) === undefined) visit(file);
  return found;
}

/** Everything that is loaded when `entry` is run in one thread: workers are threads of their own, types are nothing. */
export function loadedBy(entry: string, imports: readonly Import[]): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const edge of imports) {
      if (edge.from === file && edge.how !== "worker" && edge.how !== "type") visit(edge.to);
    }
  };
  visit(entry);
  return seen;
}
