/** The lines of a search where no gateway runs: each is opened for it, and closed. */
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { Driver, DriverContext, Session } from "../../drivers/contract/index.ts";
import type { Hands, Opener } from "./line-search.ts";
import { closeIn, openIn, timed } from "./timed.ts";

export interface OwnLines {
  hands(link: LinkPlan): Hands;
  close(): Promise<void>;
}

export function ownLines(
  openDriver: (kind: string) => Promise<Driver>,
  contextOf: (link: LinkPlan) => DriverContext,
): OwnLines {
  const opened = new Map<LinkPlan, Session>();
  const openAs =
    (link: LinkPlan): Opener =>
    async (settings, signal) =>
      (await openDriver(link.kind)).open(settings, [], contextOf(link), signal);
  const release = async (link: LinkPlan) => {
    const session = opened.get(link);
    opened.delete(link);
    if (session !== undefined) await closeIn(contextOf(link).clock, session);
  };
  return {
    hands: (link) => ({
      async turn(_line, deadlineMs, work) {
        const { clock } = contextOf(link);
        const session =
          opened.get(link) ?? (await openIn(clock, (signal) => openAs(link)(link.settings, signal)));
        opened.set(link, session);
        return timed(clock, deadlineMs, (signal) => work(session, signal));
      },
      async lend(work) {
        await release(link);
        return work(openAs(link), new AbortController().signal);
      },
    }),
    async close() {
      for (const link of [...opened.keys()]) await release(link);
    },
  };
}
