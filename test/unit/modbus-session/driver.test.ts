import { expect, it } from "vitest";
import type { Driver } from "../../../drivers/contract/index.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { polledDriverSuite } from "../../suites/polled-driver.ts";
import { FarEnd, freePort } from "../line/far-end.ts";
import { holds } from "../line/holds.ts";
import { networkWorld } from "../line/network-world.ts";
import { answerOf, dataOf, parse } from "./slaves.ts";
import { passing, rtuDevice, rtuJobs, tcpDevice, tcpJobs, world } from "./world.ts";

const marker = "Li Lei";
const points = { a: { address: "0" }, b: { address: "3" } };
type Does = "answer" | "garble" | "nothing";

polledDriverSuite("modbus-rtu", "Modbus RTU behind a serial server", async () => {
  const driver: Driver = await openDriver("modbus-rtu");
  const { clock, context, facts } = world();
  const end = await FarEnd.listen();
  const linkTo = (port: number) => ({ host: "127.0.0.1", port, baud: 9600, format: "8N1" as const });
  const devices = [rtuDevice("air", points, { unit: 7 })];
  const [job] = rtuJobs(linkTo(end.port), devices);
  if (job === undefined) throw new Error("no job");
  let does: Does = "answer";
  end.onData = (bytes, socket) => {
    const taken = parse(bytes);
    if (taken === null) return;
    if (does === "answer") socket.write(Uint8Array.from(answerOf(taken)));
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

/** What a device answers to a read of holding registers. */
function tcpAnswerOf(asked: Uint8Array): Uint8Array | null {
  if (asked.length !== 12) return null;
  const view = new DataView(asked.buffer, asked.byteOffset);
  const taken = {
    ...{ unit: view.getUint8(6), fc: view.getUint8(7) },
    ...{ address: view.getUint16(8), count: view.getUint16(10) },
  };
  const data = dataOf(taken);
  return Uint8Array.of(
    ...asked.subarray(0, 4),
    0,
    data.length + 3,
    taken.unit,
    taken.fc,
    data.length,
    ...data,
  );
}

polledDriverSuite("modbus-tcp", "Modbus TCP", () =>
  networkWorld("modbus-tcp", world(), (port) => tcpDevice("air", port, points), tcpAnswerOf),
);

it("is listed for both kinds of link, and one driver serves both", async () => {
  const own = kinds.filter(({ driver }) => driver === "modbus").map(({ kind }) => kind);
  expect(own).toEqual(["modbus-rtu", "modbus-tcp"]);
  for (const kind of own) expect((await openDriver(kind)).kind.kind).toBe(kind);
});

it("opens a link of Modbus TCP without a host there, and refuses for a signal that is aborted", async () => {
  const driver: Driver = await openDriver("modbus-tcp");
  const { clock, context } = world();
  const devices = [tcpDevice("air", await freePort(), points)];
  await expect(driver.open({ port: 502 }, devices, context, AbortSignal.abort())).rejects.toThrow();
  const session = await driver.open({ port: 502 }, devices, context, new AbortController().signal);
  const [job] = tcpJobs({ port: 502 }, devices);
  if (job === undefined || session.run === undefined) throw new Error("nothing to run");
  const ran = session.run(job, new AbortController().signal);
  await expect(passing(clock, ran)).rejects.toMatchObject({ fault: { code: "line.refused" } });
  await session.close();
  expect(await session.ended).toBeNull();
});
