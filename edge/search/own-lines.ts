/** The lines of a search where no gateway runs: each is opened for it, and closed. */
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { Driver, DriverContext, Session } from "../../drivers/contract/index.ts";
import type { Hands, Opener } from "./line-search.ts";
import { timed } from "./timed.ts";

const openMs = 30_000;

export interface OwnLines {
  hands(link: LinkPlan): Hands;
  close(): Promise<void>;
}

export function ownLines(
  openDriver: (kind: string) => Promise<Driver>,
  contextOf: (link: LinkPlan) => DriverContext,
): OwnLines {
  const opened = new Map<string, Session>();
  const openAs =
    (link: LinkPlan): Opener =>
    async (settings, signal) =>
      (await openDriver(link.kind)).open(settings, [], contextOf(link), signal);
  const release = async (id: string) => {
    await opened.get(id)?.close();
    opened.delete(id);
  };
  return {
    hands: (link) => ({
      async turn(_line, deadlineMs, work) {
        const { clock } = contextOf(link);
        const session =
          opened.get(link.id) ??
          (await timed(clock, openMs, (signal) => openAs(link)(link.settings, signal)));
        opened.set(link.id, session);
        return timed(clock, deadlineMs, (signal) => work(session, signal));
      },
      async lend(work) {
        await release(link.id);
        return work(openAs(link), new AbortController().signal);
      },
    }),
    async close() {
      for (const id of [...opened.keys()]) await release(id);
    },
  };
}
