import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPlan, printProblem } from "../../config/load/index.ts";
import type { Plan } from "../../config/schema/plan.ts";
import { kinds } from "../../drivers/registry.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";

/** A configuration folder of a test, with its data folder beside it. */
export interface SchoolFolder {
  /** Configuration. */
  config: string;
  /** Data. */
  data: string;
  /** @throws with every problem when the configuration has errors */
  plan(): Plan;
  remove(): void;
}

/**
 * @param files name → text; `$DATA` stands for the data folder. @param secrets name → content
 * @param within the folder to make it in
 */
export function schoolFolder(
  files: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
  within = tmpdir(),
): SchoolFolder {
  const root = mkdtempSync(join(within, "ce-school-"));
  const config = join(root, "config");
  const data = join(root, "data");
  for (const folder of [config, join(config, "secrets"), join(config, "profiles"), data])
    mkdirSync(folder, { mode: 0o750 });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(config, name), text.replaceAll("$DATA", data));
  }
  for (const [name, content] of Object.entries(secrets)) {
    writeFileSync(join(config, "secrets", name), content, { mode: 0o600 });
  }
  return {
    config,
    data,
    plan() {
      const { plan, problems } = loadPlan(config, kinds, uplinkKinds, { env: {} });
      if (plan === null) throw new Error(problems.map((problem) => printProblem(problem, "en")).join("\n"));
      return plan;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The section every test school shares. */
export const schoolSection = `version: 1
school: { id: "2133000001", gateway: gw1, name: Test, clock: trusted }
spaces:
  - { building: JX1, floor: F01, rooms: 101..140, kind: classroom }
`;

/** A port of loopback that is free now, for what must come back at the same one. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
