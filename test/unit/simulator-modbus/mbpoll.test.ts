/** A master that nobody here wrote reads and writes the simulated slaves. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { modbusAir } from "../../../simulator/devices/modbus-air.ts";
import { onePhaseMeter } from "../../../simulator/devices/modbus-meters.ts";
import { relayBoard } from "../../../simulator/devices/modbus-relays.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { ModbusTcpServer } from "../../../simulator/links/modbus-tcp.ts";
import { Pty } from "../../../simulator/links/pty.ts";
import { SerialServer } from "../../../simulator/links/serial-server.ts";

const withoutMbpoll =
  process.env.CE_CI !== "1" && !["/usr/bin/mbpoll", "/usr/bin/socat"].every((path) => existsSync(path));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What it printed of each reference, and its exit code. */
function mbpoll(...args: string[]): Promise<{ code: number | null; values: string[]; output: string }> {
  const child = spawn("mbpoll", ["-1", "-0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const values = [...output.matchAll(/^\[\d+\]:\s*(\S+)/gm)].map(([, value = ""]) => value);
      resolve({ code, values, output });
    });
  });
}

function schoolroom() {
  const air = modbusAir("renke-ws-n01-tr", () => ({ temperature: 27.1, humidity: 49.5 }), { unit: 1 });
  const meter = onePhaseMeter(
    "eastron-sdm120",
    () => ({ voltage: 230.5, current: 2, power: 461, powerFactor: 1, frequency: 50, energyImport: 1500 }),
    { unit: 2 },
  );
  const board = relayBoard("waveshare-8", { unit: 3 });
  return { slaves: [air, meter, board.slave], relays: board.relays };
}

describe.skipIf(withoutMbpoll)("mbpoll (needs mbpoll and socat)", () => {
  it("reads, writes and is refused over a pseudo-terminal", async () => {
    const { slaves, relays } = schoolroom();
    const line = new SimulatedLine({ baud: 9600, slaves });
    closing.push(() => line.close());
    const pty = await Pty.open(line);
    closing.push(() => pty.close());
    const poll = (...args: string[]) => mbpoll("-m", "rtu", "-b", "9600", "-P", "none", ...args);
    expect((await poll("-a", "1", "-t", "4", "-r", "0", "-c", "2", pty.path)).values).toEqual(["271", "495"]);
    const volts = await poll("-a", "2", "-t", "3:float", "-B", "-r", "0", "-c", "1", pty.path);
    expect(volts.values).toEqual(["230.5"]);
    const written = await poll("-a", "3", "-t", "0", "-r", "1", pty.path, "1", "0", "1");
    expect([written.code, relays.slice(0, 5)]).toEqual([0, [false, true, false, true, false]]);
    expect((await poll("-a", "3", "-t", "0", "-r", "0", "-c", "5", pty.path)).values).toEqual([
      "0",
      "1",
      "0",
      "1",
      "0",
    ]);
    const refused = await poll("-a", "1", "-t", "4", "-r", "77", pty.path);
    expect(refused.output).toContain("Illegal data address");
    const silent = await poll("-a", "9", "-o", "0.1", "-t", "4", "-r", "0", pty.path);
    expect(silent.output).toContain("timed out");
    slaves[0]?.faults.add({ kind: "corrupt", flips: 1 });
    const corrupt = await poll("-a", "1", "-t", "4", "-r", "0", "-c", "2", pty.path);
    expect([corrupt.code === 0, corrupt.values]).toEqual([false, []]);
    expect(line.counts).toMatchObject({ requests: 7, badCrc: 0, torn: 0 });
  });

  it("reads many units over Modbus TCP, and a line through a gateway", async () => {
    const { slaves } = schoolroom();
    const server = new ModbusTcpServer({ units: slaves });
    await server.start();
    closing.push(() => server.stop());
    const poll = (port: number, ...args: string[]) =>
      mbpoll("-m", "tcp", "-p", `${port}`, ...args, "127.0.0.1");
    const read = ["-t", "4", "-r", "0", "-c", "2"];
    expect((await poll(server.port, "-a", "1", ...read)).values).toEqual(["271", "495"]);
    expect((await poll(server.port, "-a", "9", ...read)).output).toMatch(/target device failed to respond/i);
    const line = new SimulatedLine({ baud: 19_200, slaves: schoolroom().slaves });
    closing.push(() => line.close());
    const gateway = new SerialServer(line, { mode: "modbus-gateway", gatewayTimeoutMs: 50 });
    await gateway.start();
    closing.push(() => gateway.stop());
    const both = await poll(gateway.port, "-a", "1,9,1", ...read);
    expect(both.values).toEqual(["271", "495", "271", "495"]);
    expect(line.counts).toMatchObject({ requests: 3, early: 0 });
  });
});
