/** A CPU profile of V8 (--cpu-prof), reduced to where the time went. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  samples: number[];
  timeDeltas: number[];
}

export interface Spent {
  /** Function and line, or nothing for a whole file. */
  name: string;
  file: string;
  ms: number;
}

/** Time without work, which is no cost. */
const idle = /^\((idle|program)\)$/;

/** Self time by function, most first. */
export function selfTimes(path: string): Spent[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, "utf8")) as CpuProfile;
  const spent = new Map<string, Spent>();
  const of = new Map<number, Spent>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const file = fileOf(url);
    const name = file === "" ? functionName : `${functionName || "(anonymous)"}:${lineNumber + 1}`;
    const key = `${file} ${name}`;
    const one = spent.get(key) ?? { name, file: file === "" ? "node, v8" : file, ms: 0 };
    spent.set(key, one);
    of.set(id, one);
  }
  samples.forEach((id, at) => {
    const one = of.get(id);
    if (one !== undefined) one.ms += (timeDeltas[at] ?? 0) / 1000;
  });
  return [...spent.values()].filter(({ name }) => !idle.test(name)).sort((a, b) => b.ms - a.ms);
}

/** The same by file: functions of one package are one. */
export function byFile(functions: readonly Spent[]): Spent[] {
  const files = new Map<string, Spent>();
  for (const { file, ms } of functions) {
    const of = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
    const one = files.get(of) ?? { name: "", file: of, ms: 0 };
    one.ms += ms;
    files.set(of, one);
  }
  return [...files.values()].sort((a, b) => b.ms - a.ms);
}

function fileOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  const path = new URL(url).pathname;
  return (
    /\/(node_modules\/.*)$/.exec(path)?.[1] ?? relative(new URL("../..", import.meta.url).pathname, path)
  );
}
