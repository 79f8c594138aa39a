import { afterEach, describe, expect, it } from "vitest";
import { type ModbusTcpOptions, ModbusTcpServer } from "../../../simulator/links/modbus-tcp.ts";
import type { SlaveFault } from "../../../simulator/modbus/faults.ts";
import { mbap } from "../../../simulator/modbus/mbap.ts";
import { FakeClock } from "../../fake-clock.ts";
import { Peer } from "./peers.ts";
import { bytes, hex, plainSlave } from "./rig.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serverOf(options: ModbusTcpOptions = {}): Promise<ModbusTcpServer> {
  const units = [1, 2, 200].map((unit) => plainSlave(unit, { turnaroundMs: 0 }));
  const server = new ModbusTcpServer({ units, ...options });
  await server.start();
  closing.push(() => server.stop());
  return server;
}

async function peerOf({ port }: { port: number }): Promise<Peer> {
  const peer = await Peer.tcp(port);
  closing.push(() => peer.close());
  return peer;
}

const frame = (transaction: number, unit: number, pdu: string, protocol = 0) =>
  mbap({ transaction, protocol, unit, pdu: bytes(pdu) });
const readOne = "03 00 00 00 01";
const good = "00 07 00 00 00 05 01 03 02 03 E8";

describe("a Modbus TCP server", () => {
  it("answers for each of its units, and in its name for those that are not there", async () => {
    const server = await serverOf();
    const peer = await peerOf(server);
    expect(await peer.exchange(frame(7, 1, readOne), 11)).toBe(good);
    expect(await peer.exchange(frame(8, 2, readOne), 11)).toBe("00 08 00 00 00 05 02 03 02 07 D0");
    expect(await peer.exchange(frame(9, 3, readOne), 9)).toBe("00 09 00 00 00 03 03 83 0B");
    expect(await peer.exchange(frame(10, 200, "06 00 01 12 34"), 12)).toBe(
      hex(frame(10, 200, "06 00 01 12 34")),
    );
    expect(server.units[2]?.bank.read("holding", 1, 1)).toEqual([0x1234]);
    expect(server.requests.map(({ transaction, unit }) => [transaction, unit])).toEqual([
      [7, 1],
      [8, 2],
      [9, 3],
      [10, 200],
    ]);
    expect(server.counts).toEqual({ requests: 4, pipelined: 0, foreign: 0 });
  });

  it("has a unit 0 like others, or none", async () => {
    const peer = await peerOf(
      await serverOf({ units: [plainSlave(0, { turnaroundMs: 0 })], absent: "gateway-path" }),
    );
    expect(await peer.exchange(frame(1, 0, readOne), 11)).toBe("00 01 00 00 00 05 00 03 02 00 00");
    expect(await peer.exchange(frame(2, 1, readOne), 9)).toBe("00 02 00 00 00 03 01 83 0A");
  });

  it("keeps silent for units that are not there, if it is one of those", async () => {
    const server = await serverOf({ absent: "silent" });
    const peer = await peerOf(server);
    peer.send(frame(1, 9, readOne));
    expect(await peer.exchange(frame(7, 1, readOne), 11)).toBe(good);
    expect(server.counts).toMatchObject({ requests: 2, pipelined: 0 });
  });

  it("reads frames from any pieces, passes over other protocols, and closes on a length that cannot be", async () => {
    const server = await serverOf();
    const peer = await peerOf(server);
    peer.send(frame(6, 1, readOne, 5));
    for (const byte of frame(7, 1, readOne)) peer.send(Uint8Array.of(byte));
    await peer.until(({ heard }) => heard.length >= 11);
    expect([peer.text, server.counts.foreign]).toEqual([good, 1]);
    peer.send(bytes("00 01 00 00 FF FF 01 03"));
    await peer.until(({ ended }) => ended);
  });

  it("counts what comes while something is unanswered, and answers a unit's questions in order", async () => {
    const clock = new FakeClock();
    const [slow, quick] = [plainSlave(1, { turnaroundMs: 50 }), plainSlave(2, { turnaroundMs: 10 })];
    const server = await serverOf({ units: [slow, quick], clock });
    const peer = await peerOf(server);
    peer.send(Buffer.concat([frame(1, 1, readOne), frame(2, 1, readOne), frame(3, 2, readOne)]));
    await server.until(({ counts }) => counts.requests === 3);
    expect(server.requests.map(({ unanswered }) => unanswered)).toEqual([0, 1, 2]);
    await clock.advance(10);
    await peer.until(({ heard }) => heard.length >= 11);
    await clock.advance(40);
    await peer.until(({ heard }) => heard.length >= 33);
    const order = [0, 11, 22].map((at) => peer.heard[at + 1]);
    expect([order, server.counts.pipelined]).toEqual([[3, 1, 2], 2]);
  });

  it.each<[string, SlaveFault, string]>([
    ["another transaction", { kind: "wrong-transaction", by: 1 }, "00 08 00 00 00 05 01 03 02 03 E8"],
    ["another protocol", { kind: "wrong-protocol", id: 1 }, "00 07 00 01 00 05 01 03 02 03 E8"],
    ["another unit", { kind: "wrong-unit", unit: 2 }, "00 07 00 00 00 05 02 03 02 03 E8"],
    ["another function", { kind: "wrong-function", fc: 4 }, "00 07 00 00 00 05 01 04 02 03 E8"],
    ["a wrong length", { kind: "wrong-length", by: 3 }, "00 07 00 00 00 08 01 03 02 03 E8"],
    ["a wrong byte count", { kind: "wrong-count", by: 1 }, "00 07 00 00 00 05 01 03 03 03 E8"],
    ["an exception", { kind: "lying", code: 6 }, "00 07 00 00 00 03 01 83 06"],
    ["two answers", { kind: "glued" }, `${good} ${good}`],
    ["its own question", { kind: "echo" }, "00 07 00 00 00 06 01 03 00 00 00 01"],
    ["half an answer", { kind: "short", bytes: 5 }, "00 07 00 00 00"],
    ["byte by byte", { kind: "slow", gapMs: 1 }, good],
  ])("may answer with %s", async (_name, fault, expected) => {
    const server = await serverOf();
    const peer = await peerOf(server);
    const back = server.units[0]?.faults.add(fault);
    expect(await peer.exchange(frame(7, 1, readOne), bytes(expected).length)).toBe(expected);
    back?.();
    expect(await peer.exchange(frame(7, 1, readOne), 11)).toBe(good);
  });

  it("may be silent, late, or hang up", async () => {
    const clock = new FakeClock();
    const server = await serverOf({ clock });
    const peer = await peerOf(server);
    server.units[0]?.faults.add({ kind: "silent", times: 1 });
    peer.send(frame(6, 1, readOne));
    server.units[0]?.faults.add({ kind: "late", byMs: 900, times: 1 });
    await server.until(({ counts }) => counts.requests === 1);
    peer.send(frame(7, 1, readOne));
    await server.until(({ counts }) => counts.requests === 2);
    await clock.advance(899);
    expect(peer.text).toBe("");
    await clock.advance(1);
    await peer.until(({ heard }) => heard.length >= 11);
    expect(peer.text).toBe(good);
    server.units[0]?.faults.add({ kind: "hang-up" });
    peer.send(frame(8, 1, readOne));
    await peer.until(({ ended }) => ended);
  });

  it("may never end, until the fault or the connection does", async () => {
    const clock = new FakeClock();
    const server = await serverOf({ clock });
    const peer = await peerOf(server);
    const back = server.units[0]?.faults.add({ kind: "endless" });
    peer.send(frame(7, 1, readOne));
    await server.until(({ counts }) => counts.requests === 1);
    await clock.advance(1000);
    await peer.until(({ heard }) => heard.length > 5000);
    back?.();
    await clock.advance(10);
    expect(clock.sleeping).toBe(0);
    server.units[0]?.faults.add({ kind: "endless" });
    peer.send(frame(7, 1, readOne));
    await server.until(({ counts }) => counts.requests === 2);
    peer.close();
    while (clock.sleeping > 0) await new Promise(setImmediate);
  });
});
