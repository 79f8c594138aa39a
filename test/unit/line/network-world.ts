/** A polled driver whose devices are each connected to over the network when they are asked, for its suite. */
import type { DevicePlan, DriverContext, DriverFact, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import type { FakeClock } from "../../fake-clock.ts";
import { never, pass } from "../../suites/driver-opening.ts";
import type { PolledWorld } from "../../suites/polled-driver.ts";
import { FarEnd, freePort } from "./far-end.ts";
import { holds } from "./holds.ts";

const marker = "Li Lei";

export async function networkWorld(
  kind: string,
  { clock, context, facts }: { clock: FakeClock; context: DriverContext; facts: DriverFact[] },
  deviceAt: (port: number) => DevicePlan,
  answer: (asked: Uint8Array) => Uint8Array | null,
): Promise<PolledWorld> {
  const driver = await openDriver(kind);
  const end = await FarEnd.listen();
  let does: "answer" | "garble" | "nothing" = "answer";
  end.onData = (asked, socket) => {
    const said = answer(asked);
    if (said === null) return;
    if (does === "answer") socket.write(said);
    if (does === "garble") socket.write(marker);
  };
  const planned = (port: number) => {
    const devices = [deviceAt(port)];
    const [job, ...others] = driver.kind.plan({ port }, devices);
    if (job === undefined || others.length > 0) throw new Error("one job was expected");
    return { devices, job };
  };
  const openAt = async (port: number, signal: AbortSignal) =>
    driver.open({ port }, planned(port).devices, context, signal);
  /** Its lines are held while its session is open, connected or not. */
  let open: Session | null = null;
  return {
    ...{ driver, clock, facts, marker },
    job: planned(end.port).job,
    async open(signal) {
      const session = await openAt(end.port, signal);
      open = session;
      void session.ended.then(() => {
        open = null;
      });
      return session;
    },
    // Whether a host is there shows when it is asked.
    async openBroken(signal) {
      const port = await freePort();
      const session = await openAt(port, signal);
      try {
        if (session.run !== undefined) await pass(clock, session.run(planned(port).job, never()), 5);
        return session;
      } finally {
        await session.close();
      }
    },
    held: async () => (await holds(end)) || open !== null,
    remove: () => end.close(),
    device(now) {
      does = now;
    },
  };
}
