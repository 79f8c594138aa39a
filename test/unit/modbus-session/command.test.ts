/** Commands through the sessions: what a device is told, when, and what is said of it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Done, Session } from "../../../drivers/contract/index.ts";
import { modbusRtuDriver, modbusTcpDriver } from "../../../drivers/modbus/index.ts";
import { actionSchema, type ModbusAction, type ModbusDevice } from "../../../drivers/modbus/schema.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { answerOf, parse } from "./slaves.ts";
import { passing, rtuDevice, tcpDevice, type World, world } from "./world.ts";

const never = new AbortController().signal;
const points = { a: { address: "0" }, b: { address: "3" } };
const actions: Record<string, ModbusAction> = {
  on: actionSchema.parse({ write: { address: "2", fc: "5", arg: "on" } }),
  all: actionSchema.parse({
    write: [
      { address: "1", arg: "mode" },
      { address: "2", arg: "t" },
    ],
  }),
};
const order = (action: string, args = {}, device = "air") => ({ req: "r1", device, action, args });

let w: World;
let end: FarEnd;
let session: Session | null;
beforeEach(async () => {
  w = world();
  end = await FarEnd.listen();
  session = null;
});
afterEach(async () => {
  if (session !== null) await passing(w.clock, session.close(), 50);
  await end.close();
  expect(w.clock.sleeping).toBe(0);
});

const command = (...given: Parameters<typeof order>): Promise<Done> => {
  if (session?.command === undefined) throw new Error("it takes no commands");
  return passing(w.clock, session.command(order(...given), never), 2);
};
const told = () => end.received.map((bytes) => Buffer.from(bytes).toString("hex"));

describe("Modbus TCP", () => {
  const device = (more = {}) =>
    ({ ...tcpDevice("air", end.port, points, more), actions }) as ModbusDevice<never>;
  const open = async (devices = [device()]) => {
    session = await modbusTcpDriver.open({ port: 502 }, devices, w.context, never);
  };
  /** Header and PDU of what comes. */
  const answering = (pdu: (asked: Uint8Array, nth: number) => number[] | null) => {
    let nth = 0;
    end.onData = (bytes, socket) => {
      const said = pdu(bytes.subarray(7), nth++);
      if (said === null) return;
      const [t0 = 0, t1 = 0] = bytes;
      socket.write(Uint8Array.from([t0, t1, 0, 0, 0, said.length + 1, bytes[6] ?? 0, ...said]));
    };
  };
  const repeat = (asked: Uint8Array) => [...asked.subarray(0, 5)];

  it("writes what the arguments say, and is done when the device repeats it", async () => {
    answering(repeat);
    await open();
    expect(await command("on", { on: true })).toEqual({ state: "done", readBack: [] });
    expect(await command("on", { on: false })).toEqual({ state: "done", readBack: [] });
    expect(told()).toEqual(["0001000000060105" + "0002ff00", "0002000000060105" + "00020000"]);
  });

  it("writes several one after the other, with the device's rest between, and stops at a refusal", async () => {
    answering(repeat);
    await open([device({ pause: "300ms" })]);
    const times: number[] = [];
    const { onData } = end;
    end.onData = (bytes, socket) => {
      times.push(w.clock.monotonicMs());
      onData(bytes, socket);
    };
    expect(await command("all", { mode: 3, t: 26 })).toEqual({ state: "done", readBack: [] });
    expect(told()).toEqual(["000100000006010600010003", "00020000000601060002001a"]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(300);

    end.received = [];
    answering((asked, nth) => (nth === 0 ? [0x86, 3] : repeat(asked)));
    expect(await command("all", { mode: 9, t: 26 })).toMatchObject({
      state: "failed",
      fault: { code: "modbus.illegal-value", facts: { unit: 1 } },
    });
    expect(told()).toHaveLength(1);

    answering((asked, nth) => (nth === 1 ? [0x86, 2] : repeat(asked)));
    expect(await command("all", { mode: 3, t: 99 })).toMatchObject({
      state: "unknown",
      fault: { code: "modbus.illegal-address" },
    });
  });

  it("takes a device's word that it needs time for done, and a gateway's that nobody answered for nothing", async () => {
    await open();
    answering(() => [0x85, 5]);
    expect(await command("on", { on: true })).toEqual({ state: "done", readBack: [] });
    answering(() => [0x85, 11]);
    expect(await command("on", { on: true })).toMatchObject({
      state: "unknown",
      fault: { code: "modbus.gateway-target" },
    });
    answering(() => [0x85, 10]);
    expect(await command("on", { on: true })).toMatchObject({ state: "failed" });
  });

  it.each<[string, (asked: Uint8Array) => number[] | null]>([
    ["nothing", () => null],
    ["what was not asked", () => [5, 0, 9, 0xff, 0]],
    ["too little", () => [5, 0, 2]],
    ["an answer to something else", () => [3, 2, 0, 1]],
  ])("is not known to be done after %s, is not sent again, and the next is right", async (_, wrong) => {
    answering(wrong);
    await open();
    expect(await command("on", { on: true })).toMatchObject({ state: "unknown", readBack: [] });
    expect(told()).toHaveLength(1);
    answering(repeat);
    expect(await command("on", { on: false })).toEqual({ state: "done", readBack: [] });
    expect(end.connections).toBe(2);
  });

  it("is not sent again when the socket closes under it", async () => {
    answering(repeat);
    await open();
    await command("on", { on: true });
    end.received = [];
    end.onData = (_, socket) => void socket.destroy();
    expect(await command("on", { on: false })).toMatchObject({
      state: "unknown",
      fault: { code: "line.gone" },
    });
    await w.clock.advance(60_000);
    expect(told()).toHaveLength(1);
  });

  it("has failed when there is no connection: nothing was sent", async () => {
    const gone = { ...tcpDevice("air", await freePort(), points), actions } as ModbusDevice<never>;
    await open([gone]);
    expect(await command("on", { on: true })).toMatchObject({
      state: "failed",
      fault: { code: "line.refused" },
    });
  });

  it.each<[string, Parameters<typeof order>, string]>([
    ["an action that the model has not", ["off", {}], "modbus.no-action"],
    ["one of every object", ["constructor", {}], "modbus.no-action"],
    ["a device that is not there", ["on", { on: true }, "water"], "modbus.no-action"],
    ["a value that does not fit", ["all", { mode: 3, t: 70_000 }], "modbus.unfit"],
    ["an argument that is missing", ["all", { mode: 3 }], "modbus.unfit"],
  ])("refuses %s before anything is sent", async (_, given, code) => {
    answering(repeat);
    await open();
    expect(await command(...given)).toMatchObject({ state: "failed", readBack: [], fault: { code } });
    expect(end.received).toEqual([]);
  });

  it("goes by the newest plan", async () => {
    answering(repeat);
    await open();
    await session?.update?.([{ ...device(), actions: {} }], never);
    expect(await command("on", { on: true })).toMatchObject({ state: "failed" });
  });
});

describe("Modbus RTU", () => {
  const link = () => ({ host: "127.0.0.1", port: end.port, baud: 9600, format: "8N1" as const });
  const device = (more = {}) =>
    ({ ...rtuDevice("air", points, { unit: 7, ...more }), actions }) as ModbusDevice<never>;
  const open = async (more = {}) => {
    session = await modbusRtuDriver.open(link(), [device(more)], w.context, never);
  };
  const run = async () => {
    const [job] = modbusRtuDriver.kind.plan(link(), [device()]);
    if (job === undefined || session?.run === undefined) throw new Error("nothing to run");
    return passing(w.clock, session.run(job, never), 4);
  };
  /** Reads are answered, and writes are repeated. */
  const well = (bytes: Uint8Array, socket: { write(bytes: Uint8Array): unknown }) => {
    const taken = bytes[1] === 3 ? parse(bytes) : null;
    socket.write(taken === null ? bytes : Uint8Array.from(answerOf(taken)));
  };

  it("writes between two polls, and is done when the device repeats it", async () => {
    end.onData = well;
    await open();
    await run();
    await run();
    end.received = [];
    expect(await command("all", { mode: 3, t: 26 })).toEqual({ state: "done", readBack: [] });
    const expected = [
      [7, 6, 0, 1, 0, 3],
      [7, 6, 0, 2, 0, 26],
    ].map((frame) => Buffer.from(withCrc16(Uint8Array.from(frame))).toString("hex"));
    expect(told()).toEqual(expected);
  });

  it("keeps the device's rest, before and after", async () => {
    const times: number[] = [];
    end.onData = (bytes, socket) => {
      times.push(w.clock.monotonicMs());
      well(bytes, socket);
    };
    await open({ pause: "3s" });
    await command("on", { on: true });
    await command("on", { on: true });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3000);
  });

  it("tells nothing to a serial server that was set to gateway meanwhile", async () => {
    await open();
    await run();
    await w.clock.advance(30_000);
    await run();
    await w.clock.advance(30_000);
    await run();
    await until(() => end.connections === 2);
    end.received = [];
    // It speaks Modbus TCP now.
    end.onData = (bytes, socket) => {
      if (bytes[2] !== 0 || bytes[3] !== 0) return;
      const [t0 = 0, t1 = 0] = bytes;
      socket.write(Uint8Array.from([t0, t1, 0, 0, 0, 5, bytes[6] ?? 0, 3, 2, 0, 1]));
    };
    expect(await command("on", { on: true })).toMatchObject({
      state: "failed",
      fault: { code: "line.gateway" },
    });
    const written = Buffer.from(withCrc16(Uint8Array.of(7, 5, 0, 2, 0xff, 0))).toString("hex");
    expect(told()).not.toContain(written);
    expect(told().length).toBeGreaterThan(0);
  });

  it("is not known to be done when the line is lost under it", async () => {
    await open();
    end.onData = () => end.hangUp();
    expect(await command("on", { on: true })).toMatchObject({
      state: "unknown",
      fault: { code: "line.gone" },
    });
    expect(await session?.ended).toMatchObject({ code: "line.gone" });
  });
});
