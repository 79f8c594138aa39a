/** The agent as it runs in a school, with the configuration folder that it is given. */
import { loadPlan, printProblem } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { createLog, startAgent, systemClock } from "../../../edge/agent/index.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { now, pause } from "../moment.ts";
import type { Open } from "./contract.ts";

/** Thousands of devices take their time on a machine that others use. */
const patienceMs = 60_000;

export const open: Open = async ({ folder, alone = false }) => {
  const { plan, problems } = loadPlan(folder, kinds, uplinkKinds, { env: {} });
  if (plan === null) throw new Error(problems.map((problem) => printProblem(problem, "en")).join("\n"));
  const agent = await startAgent(plan, { clock: systemClock(), log: createLog("warn") });
  for (const until = now() + patienceMs; ; await pause(20)) {
    const { links, uplinks } = agent.status();
    const door = links.find(({ listening }) => listening !== undefined);
    const confirmed = alone || uplinks.every(({ delivered }) => delivered > 0);
    const port = Number(/:(\d+)$/.exec(door?.listening ?? "")?.[1]);
    if (confirmed && port > 0) return { port, status: () => agent.status(), close: () => agent.stop() };
    if (now() > until) throw new Error(`not up in time: ${JSON.stringify({ links, uplinks })}`);
  }
};
