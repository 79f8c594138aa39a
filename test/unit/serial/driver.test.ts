import { expect, it } from "vitest";
import type { Driver } from "../../../drivers/contract/index.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import type { SerialDevice } from "../../../drivers/serial/fields.ts";
import { polledDriverSuite } from "../../suites/polled-driver.ts";
import { FarEnd, freePort } from "../line/far-end.ts";
import { holds } from "../line/holds.ts";
import { world } from "../modbus-session/world.ts";
import { jobOf, mhz, pms, sds, sensor } from "./sensors.ts";
import { linkTo, never } from "./world.ts";

const marker = "Li Lei";

/** @param speaks every so many ms by itself; absent: when it is asked */
async function sensorWorld(device: SerialDevice, good: Uint8Array, speaks?: number) {
  const driver: Driver = await openDriver("serial");
  const { clock, context, facts } = world();
  const end = await FarEnd.listen();
  const job = jobOf(device, linkTo(end.port));
  let does: "answer" | "garble" | "nothing" = "answer";
  const stop = new AbortController();
  const say = () => {
    if (does !== "nothing") end.say(does === "answer" ? good : Buffer.from(marker));
  };
  if (speaks === undefined) end.onData = say;
  const speak = async () => {
    while (!stop.signal.aborted) {
      // Not for ever as soon as nobody waits any more: the suite counts who sleeps.
      await new Promise((resolve) => setTimeout(resolve, speaks));
      say();
    }
  };
  if (speaks !== undefined) void speak();
  return {
    ...{ driver, clock, facts, marker, job },
    open: (signal: AbortSignal) => driver.open(linkTo(end.port), [device], context, signal),
    openBroken: async (signal: AbortSignal) =>
      driver.open(linkTo(await freePort()), [device], context, signal),
    held: () => holds(end),
    async remove() {
      stop.abort();
      await end.close();
    },
    device(now: typeof does) {
      does = now;
    },
  };
}

polledDriverSuite("serial", "a serial sensor that is asked", () => sensorWorld(sensor("mhz"), mhz(636)));
polledDriverSuite("serial", "a serial sensor that speaks by itself", () =>
  sensorWorld(sensor("pms"), pms(1, 2, 3, 4, 5, 6), 15),
);
polledDriverSuite("serial", "another that does, with its low bytes first", () =>
  sensorWorld(sensor("sds"), sds(7, 8), 15),
);

it("is listed, and opens nothing for a signal that is aborted", async () => {
  expect(kinds.map(({ kind }) => kind)).toContain("serial");
  const driver = await openDriver("serial");
  const { context } = world();
  const broken = driver.open(linkTo(await freePort()), [sensor("mhz")], context, AbortSignal.abort());
  await expect(broken).rejects.toThrow();
  expect(never.aborted).toBe(false);
});
