/**
 * Which folder may import which: the arrows of the layout. Drivers look south, gateway looks north,
 * edge stands between and alone knows both; config is the vocabulary; simulator is the witness.
 */
import type { Import } from "./import-graph.ts";

const below = (file: string, ...folders: string[]) =>
  folders.some((folder) => file === folder || file.startsWith(`${folder}/`));

/** Files that may import concrete things: each composes one program. */
export function isRoot(file: string): boolean {
  return below(file, "edge/agent", "gateway/district/main.ts", "edge/cli/commands", "test");
}

const contracts = ["drivers/contract", "gateway/contract", "drivers/registry.ts"];
/** Folders of edge that each folder of edge may import, beside its own. */
const insideEdge: Record<string, readonly string[]> = {
  journal: ["sqlite.ts", "worker-calls.ts"],
  normalize: [],
  health: [],
  "audit.ts": [],
  "sqlite.ts": [],
  "worker-calls.ts": [],
  supervise: ["journal"],
  forward: ["journal"],
  search: ["normalize", "supervise"],
  assign: ["search", "audit.ts"],
  history: ["journal", "sqlite.ts", "worker-calls.ts"],
  command: ["supervise", "forward", "history", "journal", "audit.ts"],
};

/** Why an import is against the layout; null when it is allowed. */
export function against({ from, to, package: outside }: Import): string | null {
  if (outside || to === "package.json") return null;
  const [side = "", part = ""] = from.split("/");
  const [otherSide = "", otherPart = ""] = to.split("/");
  if (side === "test") return null;
  if (otherSide === "test") return "only tests import tests";
  if (side === otherSide && side !== "edge") {
    const apart = ["gateway/district", "gateway/uplink"];
    const clash = apart.some((one) => below(from, one) && apart.some((two) => two !== one && below(to, two)));
    return clash ? "district and uplink never import each other" : null;
  }
  if (isRoot(from)) {
    const simulates = /^edge\/cli\/commands\/(demo|simulate)(\/|\.)/.test(from);
    return otherSide === "simulator" && !simulates ? "only demo and simulate know the simulator" : null;
  }
  switch (side) {
    case "config":
      return "config imports nothing of ours";
    case "drivers":
    case "gateway":
      return otherSide === "config" ? null : `${side} imports only config`;
    case "simulator":
      return below(to, "config/schema") ? null : "the simulator imports only config/schema";
    case "edge": {
      if (otherSide === "config" || contracts.some((contract) => below(to, contract))) return null;
      if (otherSide !== "edge") return "edge knows only the contracts; edge/agent composes";
      if (part === otherPart || part === "cli") return null;
      return (insideEdge[part] ?? []).includes(otherPart)
        ? null
        : `edge/${part} does not import edge/${otherPart}`;
    }
    default:
      return `${side} is no folder of the layout`;
  }
}

/** Where a package may be imported: one folder per side. */
export function packageHome(file: string): string {
  const [side = "", part = "", inner = ""] = file.split("/");
  if (side === "gateway" && part === "district") return "district";
  return [side, part, inner.endsWith(".ts") ? "" : inner].filter((name) => name !== "").join("/");
}
