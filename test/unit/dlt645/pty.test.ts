import { afterEach, describe, expect, it } from "vitest";
import type { Driver, Job, Session } from "../../../drivers/contract/index.ts";
import type { DltLink } from "../../../drivers/dlt645/schema.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { Pty, withoutSocat } from "../line/pty.ts";
import { answer, device, energy, jobsOf, parse, voltage, wake, world } from "./meters.ts";

const never = new AbortController().signal;
let pty: Pty | null = null;
let session: Session | null = null;
afterEach(async () => {
  await session?.close();
  await pty?.remove();
});

describe.skipIf(withoutSocat)("a serial port (needs socat)", () => {
  it("is read, has ended when it is unplugged, and is read again when it is back", async () => {
    const port = await Pty.create();
    pty = port;
    port.end.onData = (bytes, socket) => {
      const asked = parse(bytes);
      if (asked === null) return;
      const value = asked.di === "00010000" ? "00123456" : "2205";
      // In two pieces, as adapters do.
      const said = Uint8Array.from([...wake, ...answer(asked.di, [value], asked.meter)]);
      socket.write(said.subarray(0, 9));
      setImmediate(() => socket.write(said.subarray(9)));
    };
    const driver: Driver = await openDriver("dlt645");
    const context = { ...world().context, clock: systemClock() };
    const link: DltLink = { device: port.path, baud: 9600, format: "8E1" };
    const devices = ["000021081234", "000021081301"].map((meter, at) =>
      device(`m${at}`, { voltage, energy }, { meter, answer: "5s" }),
    );
    const readAll = async (opened: Session) => {
      for (const job of jobsOf(devices, link) as Job[])
        expect((await opened.run?.(job, never))?.reading).toMatchObject({
          samples: [{ raw: job.points[0] === "energy" ? 1234.56 : 220.5 }],
          faults: [],
        });
    };
    session = await driver.open(link, devices, context, never);
    for (let round = 0; round < 3; round++) await readAll(session);
    await port.unplug();
    expect(await session.ended).toMatchObject({ code: "line.gone", layer: "port", retry: "later" });
    await expect(driver.open(link, devices, context, never)).rejects.toMatchObject({
      fault: { code: "line.absent" },
    });
    await port.plugIn();
    session = await driver.open(link, devices, context, never);
    await readAll(session);
    await session.close();
    expect(await session.ended).toBeNull();
  });
});
