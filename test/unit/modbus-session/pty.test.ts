import { afterEach, describe, expect, it } from "vitest";
import type { Driver, Job, Session } from "../../../drivers/contract/index.ts";
import { modbusRtuDriver } from "../../../drivers/modbus/index.ts";
import { type ModbusSeek, modbusRtuKind } from "../../../drivers/modbus/schema.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { Pty, withoutSocat } from "../line/pty.ts";
import { answerOf, parse, wordOf } from "./slaves.ts";
import { rtuDevice, rtuJobs, world } from "./world.ts";

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
      const taken = parse(bytes);
      if (taken === null) return;
      // In two pieces, as adapters do.
      const answer = Uint8Array.from(answerOf(taken));
      socket.write(answer.subarray(0, 4));
      setImmediate(() => socket.write(answer.subarray(4)));
    };
    const driver: Driver = await openDriver("modbus-rtu");
    const context = { ...world().context, clock: systemClock() };
    const link = { device: port.path, baud: 115_200, format: "8E1" as const };
    const devices = [1, 2, 3].map((unit) =>
      rtuDevice(`air-${unit}`, { a: { address: "0" }, b: { address: "30" } }, { unit, answer: "5s" }),
    );
    // This line keeps the machine's time: where the machine is busy an answer may be torn, which says so; then it is asked again.
    const read = async (opened: Session, job: Job) => {
      for (let attempt = 1; ; attempt++) {
        const reading = (await opened.run?.(job, never))?.reading;
        const torn =
          reading?.faults.every(({ layer }) => layer === "line") === true && reading.samples.length === 0;
        if (!torn || attempt === 10) return reading;
      }
    };
    const readAll = async (opened: Session) => {
      for (const [index, job] of rtuJobs(link, devices).entries())
        expect(await read(opened, job)).toMatchObject({
          samples: [{ raw: wordOf(index + 1, 3, 0) }, { raw: wordOf(index + 1, 3, 30) }],
          faults: [],
        });
    };
    session = await driver.open(link, devices, context, never);
    for (let round = 0; round < 20; round++) await readAll(session);
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

  it("is searched: who answers is found, by an answer in pieces as well", async () => {
    const port = await Pty.create();
    pty = port;
    port.end.onData = (bytes, socket) => {
      const taken = parse(bytes);
      if (taken?.unit !== 2) return;
      const answer = Uint8Array.from(answerOf(taken));
      socket.write(answer.subarray(0, 4));
      setImmediate(() => socket.write(answer.subarray(4)));
    };
    const link = { device: port.path, baud: 9600, format: "8N1" } as const;
    session = await modbusRtuDriver.open(link, [], { ...world().context, clock: systemClock() }, never);
    const seeks = (modbusRtuKind.seeks?.(link, []) ?? []).slice(0, 3) as ModbusSeek[];
    const found: unknown[] = [];
    // Longer than usual: this machine may be busy.
    for (const seek of seeks)
      found.push(
        await session.seek?.({ ...seek, body: { ...seek.body, answerMs: 1000 } } as ModbusSeek, never),
      );
    expect(found).toEqual([[], [{ address: { unit: 2 }, told: {} }], []]);
  });
});
