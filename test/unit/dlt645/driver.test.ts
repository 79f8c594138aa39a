import { connect } from "node:net";
import { expect, it } from "vitest";
import type { Driver } from "../../../drivers/contract/index.ts";
import type { DltLink } from "../../../drivers/dlt645/schema.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { polledDriverSuite } from "../../suites/polled-driver.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { answer, device, jobsOf, parse, phase, world } from "./meters.ts";

const marker = "Li Lei";
type Does = "answer" | "garble" | "nothing";

/** Whether somebody is connected, once all who came and went have been seen. */
async function holds(end: FarEnd): Promise<boolean> {
  const knock = connect({ host: "127.0.0.1", port: end.port });
  await until(() => knock.readyState === "open");
  const { localPort } = knock;
  const seen = () => [...end.sockets].some(({ remotePort }) => remotePort === localPort);
  await until(seen);
  knock.destroy();
  await until(() => !seen());
  return end.sockets.size > 0;
}

polledDriverSuite("dlt645", "DL/T 645 behind a serial server", async () => {
  const driver: Driver = await openDriver("dlt645");
  const { clock, context, facts } = world();
  const end = await FarEnd.listen();
  const linkTo = (port: number): DltLink => ({ host: "127.0.0.1", port, baud: 9600, format: "8E1" });
  const devices = [device("main", { a: phase(1), b: phase(2) }, { answer: "100ms" })];
  const [job] = jobsOf(devices, linkTo(end.port));
  if (job === undefined) throw new Error("no job");
  let does: Does = "answer";
  end.onData = (bytes, socket) => {
    const asked = parse(bytes);
    if (asked === null) return;
    if (does === "answer") socket.write(Uint8Array.from(answer(asked.di, ["2205", "2301", "FFFF"])));
    if (does === "garble") socket.write(marker);
  };
  return {
    driver,
    clock,
    facts,
    marker,
    job,
    open: (signal) => driver.open(linkTo(end.port), devices, context, signal),
    openBroken: async (signal) => driver.open(linkTo(await freePort()), devices, context, signal),
    held: () => holds(end),
    remove: () => end.close(),
    device: (now) => {
      does = now;
    },
  };
});

it("is listed for its kind of link", async () => {
  const own = kinds.filter(({ driver }) => driver === "dlt645").map(({ kind }) => kind);
  expect(own).toEqual(["dlt645"]);
  expect((await openDriver("dlt645")).kind.kind).toBe("dlt645");
});
