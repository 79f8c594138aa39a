/** What a search may do with the lines of a running gateway. */
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { Driver, DriverContext } from "../../drivers/contract/index.ts";
import type { Hands } from "../search/line-search.ts";
import type { Running } from "./running.ts";

export function handsOf(
  running: Pick<Running, "link">,
  { id, kind }: LinkPlan,
  openDriver: (kind: string) => Promise<Driver>,
  context: Omit<DriverContext, "report">,
): Hands {
  const kept = () => {
    const link = running.link(id);
    if (link === undefined) throw Object.assign(new Error(`link ${id} is not open`), { code: "offline" });
    return link;
  };
  return {
    turn: async (line, deadlineMs, work) => kept().turn(line, deadlineMs, work),
    lend: async (work) =>
      kept().lend((signal) =>
        work(async (settings, opening) => {
          const driver = await openDriver(kind);
          // What is found while it is lent says nothing of the devices of the files.
          return driver.open(settings, [], { ...context, report: () => {} }, opening);
        }, signal),
      ),
  };
}
