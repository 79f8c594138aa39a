/**
 * Our Modbus driver against slaves made by pymodbus: every type in every order, over a pseudo-terminal and over TCP.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Kind } from "../../config/schema/kind.ts";
import type { Job, Sample, Session } from "../../drivers/contract/index.ts";
import { kinds, openDriver } from "../../drivers/registry.ts";
import { systemClock } from "../../edge/agent/system-clock.ts";
import { driverContext } from "../driver-context.ts";
import { hasPymodbus, type Laid, type PymodbusSlave, startPymodbus } from "../peers/pymodbus.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Source = Record<string, string>;

const kindOf = (name: string): Kind => kinds.find(({ kind }) => kind === name) as Kind;

/** Reads these points once, as they are planned, and what takes their place when the device refuses a part. */
async function read(
  kindName: string,
  link: Record<string, string>,
  address: Record<string, string>,
  sources: Record<string, Source>,
): Promise<{ samples: Map<string, Sample["raw"]>; faults: string[]; requests: number }> {
  const kind = kindOf(kindName);
  const settings = kind.link.parse(link);
  const device = {
    id: "peer",
    address: kind.address.parse(address),
    profile: kind.profile.parse({ answer: "2s" }),
    simulated: true,
    points: Object.entries(sources).map(([id, source]) => ({
      id,
      source: kind.source.parse(source),
      everyMs: 1000,
    })),
    actions: {},
  };
  const jobs: Job[] = kind.plan(settings, [device]);
  const context = driverContext(systemClock());
  const driver = await openDriver(kindName);
  const { signal } = new AbortController();
  const session: Session = await driver.open(settings, [device], context, signal);
  undo.push(() => session.close());
  const samples = new Map<string, Sample["raw"]>();
  const faults: string[] = [];
  let requests = 0;
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    requests += 1;
    const { reading, instead = [] } = (await session.run?.(job, signal)) ?? { reading: null };
    jobs.push(...instead);
    for (const { point, raw } of reading?.samples ?? []) samples.set(point, raw);
    for (const { code, point } of reading?.faults ?? []) faults.push(`${point ?? job.points} ${code}`);
  }
  return { samples, faults, requests };
}

const shortOrder: Record<string, string> = { ABCD: "AB", CDAB: "AB", BADC: "BA", DCBA: "BA" };

function sourceOf({ address, type, order, value }: Laid): Source {
  if (type === "text") return { address: String(address), type, length: String(value.length / 2) };
  return { address: String(address), type, order: type.endsWith("16") ? (shortOrder[order] ?? "") : order };
}

const nameOf = ({ type, order }: Laid) => `${type} ${order}`;

async function expectAll(slave: PymodbusSlave, kindName: string, link: Source, address: Source) {
  const laid = Object.fromEntries(slave.points.map((point) => [nameOf(point), sourceOf(point)]));
  const bits = Object.fromEntries(
    slave.coils.flatMap((_, n): [string, Source][] => [
      [`coil ${n}`, { address: String(n), fc: "1", type: "bool" }],
      [`input ${n}`, { address: String(n), fc: "2", type: "bool" }],
    ]),
  );
  const reversed = { [`register ${slave.registers - 1}`]: { address: "0", fc: "4", type: "int16" } };
  const nothing = { beyond: { address: String(slave.registers + 40), type: "uint16" } };
  const { samples, faults, requests } = await read(kindName, link, address, {
    ...laid,
    ...bits,
    ...reversed,
    ...nothing,
  });
  expect(faults).toEqual(["beyond modbus.illegal-address"]);
  for (const point of slave.points) {
    const raw = samples.get(nameOf(point));
    const said = typeof raw === "bigint" ? raw.toString() : String(raw);
    expect(`${nameOf(point)} ${said}`).toBe(`${nameOf(point)} ${point.value}`);
  }
  for (const [n, on] of slave.coils.entries()) {
    expect(samples.get(`coil ${n}`)).toBe(on);
    expect(samples.get(`input ${n}`)).toBe(!on);
  }
  expect(samples.size).toBe(slave.points.length + 2 * slave.coils.length + 1);
  return requests;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = dial(port, "127.0.0.1");
    const came = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (came) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A pair of pseudo-terminals. */
async function ptyPair(): Promise<[string, string]> {
  const folder = mkdtempSync(join(tmpdir(), "ce-peer-"));
  const ends: [string, string] = [join(folder, "a"), join(folder, "b")];
  const child: ChildProcess = spawn(
    "socat",
    ends.map((path) => `pty,raw,echo=0,link=${path}`),
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  undo.push(async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  while (!ends.every((path) => existsSync(path))) await new Promise((resolve) => setTimeout(resolve, 10));
  return ends;
}

describe.runIf(hasPymodbus)("slaves made by pymodbus", () => {
  it("are read over TCP, every type in every order", async () => {
    const port = await freePort();
    const slave = await startPymodbus("tcp", "127.0.0.1", String(port));
    undo.push(() => slave.stop());
    await accepts(port);
    const address = { host: "127.0.0.1", port: String(port), unit: String(slave.unit) };
    const requests = await expectAll(slave, "modbus-tcp", {}, address);
    console.log(
      `pymodbus over TCP: ${slave.points.length} values of every type and order in ${requests} requests`,
    );
  });

  it("are read as RTU over a pseudo-terminal, every type in every order", async () => {
    const [theirs, ours] = await ptyPair();
    const slave = await startPymodbus("rtu", theirs, "19200");
    undo.push(() => slave.stop());
    const link = { device: ours, baud: "19200", format: "8N1" };
    const address = { unit: String(slave.unit) };
    // It opens its port only after it has said what lies where; until then nobody answers.
    for (;;) {
      const { samples } = await read("modbus-rtu", link, address, { first: { address: "0" } });
      await undo.pop()?.();
      if (samples.size > 0) break;
    }
    const requests = await expectAll(slave, "modbus-rtu", link, address);
    console.log(
      `pymodbus over a pty: ${slave.points.length} values of every type and order in ${requests} requests`,
    );
  });
});
