/**
 * A whole school on a machine whose only address is ::1: gateway, devices, platform and every verb, in one run.
 * Started by ipv6-only.ts in a network of its own; prints a verdict as JSON.
 *
 * Never happens: anything here is looked for at an IPv4 address.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { Status } from "../../config/schema/status.ts";
import { fetchStatus } from "../../gateway/status/client.ts";
import { AirSensor } from "../../simulator/devices/air-sensor.ts";
import { modbusAir } from "../../simulator/devices/modbus-air.ts";
import { onePhaseMeter } from "../../simulator/devices/modbus-meters.ts";
import { SimulatedLine } from "../../simulator/links/line.ts";
import { ModbusTcpServer } from "../../simulator/links/modbus-tcp.ts";
import { SerialServer } from "../../simulator/links/serial-server.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { freePort, schoolFolder, schoolSection } from "../scenario/school-folder.ts";

interface Said {
  code: number;
  out: string;
}

export interface Ipv6Verdict {
  /** Devices whose records the platform has, and the gateway. */
  delivered: string[];
  /** Where the status says that devices connect. */
  listening: string[];
  ports: { broker: number; other: number; page: number };
  /** Codes of the page's answers to its own name, to that of a tunnel's other end, and to another machine's. */
  page: { own: number; tunnel: number; rebound: number };
  status: Said;
  why: Said;
  demo: { code: number; said: { page: string; up: number; devices: number; confirmed: number } };
  checks: Said[];
}

const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;
/** Folders of the example schools, with their secrets. */
const examples = process.argv.slice(2);
const host = "::1";
/** Known to the file of names with an address of IPv6 alone. */
const onlyAaaa = "box.school.test";
const ended = AbortSignal.timeout(50_000);
const devices = ["101-air", "102-air", "103-air", "meter"];
const stops: (() => Promise<unknown> | unknown)[] = [];

const meter = onePhaseMeter(
  "eastron-sdm120",
  () => ({ voltage: 230, current: 1, power: 230, powerFactor: 1, frequency: 50, energyImport: 98_000 }),
  { unit: 1 },
);
const air = modbusAir("renke-ws-n01-8", () => ({ temperature: 21.5, humidity: 46 }), { unit: 2 });

/** The code of what happens there: `listening`, `connected`, or the system's. */
function attempt(how: "bind" | "reach", address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const failed = ({ code = "failed" }: NodeJS.ErrnoException) => resolve(code);
    if (how === "bind") {
      const server = createServer().on("error", failed);
      server.listen(port, address, () => server.close(() => resolve("listening")));
    } else {
      const socket = connect(port, address).on("error", failed);
      socket.on("connect", () => void socket.destroy().on("close", () => resolve("connected")));
    }
  });
}

/** The exit code of a verb, and what it printed. */
function verb(...words: string[]): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { signal: ended }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out: `${out}${err}` }),
    );
  });
}

/** The code of the page's answer to this name, and its body. */
function page(port: number, path: string, name?: string): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = name === undefined ? {} : { host: name };
    get({ host, port, path, headers, agent: false, signal: ended }, (answer) => {
      let body = "";
      answer.on("data", (piece) => {
        body += piece;
      });
      answer.on("end", () => resolve({ code: answer.statusCode ?? 0, body }));
    }).on("error", reject);
  });
}

/** The demo until its platform has confirmed what devices measured: what it said then, and its exit code once it is stopped. */
async function demo(): Promise<Ipv6Verdict["demo"]> {
  const child = spawn(process.execPath, [program, "demo", "--rooms", "2", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  stops.push(() => stopped(child));
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as Ipv6Verdict["demo"]["said"];
    // One record is the gateway's own.
    if (said.up < said.devices || said.confirmed <= said.devices) continue;
    await stopped(child);
    return { code: child.exitCode ?? -1, said };
  }
  throw new Error("the demo ended by itself");
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function school(): Promise<Ipv6Verdict> {
  const [broker, other, statusPort] = [await freePort(host), await freePort(host), await freePort(host)];
  const platform = await startPlatform({ host, users: { gw: "north" } });
  stops.push(() => platform.stop());
  const tcp = new ModbusTcpServer({ host, units: [meter] });
  const line = new SimulatedLine({ baud: 9600, slaves: [air] });
  const box = new SerialServer(line, { host });
  stops.push(() => line.close());
  for (const server of [tcp, box]) {
    await server.start();
    stops.push(() => server.stop());
  }
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection.replace("clock: trusted", `clock: trusted, status: { listen: "localhost:${statusPort}" }`)}
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links:
  broker: { kind: mqtt-broker, listen: "[::1]:${broker}", networks: "::1/128" }
  other: { kind: mqtt-broker, listen: "localhost:${other}" }
  tcp: { kind: modbus-tcp, port: ${tcp.port} }
  rs1: { kind: modbus-rtu, host: ${onlyAaaa}, port: ${box.port}, baud: 9600, format: 8N1 }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: air, password: secret:air, space: 101 }
  102-air: { profile: mqtt-air-json, via: other, user: air, password: secret:air, space: 102 }
  meter: { profile: eastron-sdm120, via: tcp, host: ::1, unit: 1, space: 101, period: 2s }
  103-air: { profile: renke-ws-n01, via: rs1, unit: 2, space: 103, period: 2s, with: { variant: "8" } }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
`,
    },
    { north: "north", air: "open sesame" },
  );
  stops.push(() => folder.remove());
  const gateway = spawn(process.execPath, [program, "run", "--json", "--config", folder.config], {
    // Its log is shown when there is no verdict.
    stdio: ["ignore", 2, 2],
  });
  stops.push(() => stopped(gateway));
  const sensors = [broker, other].map(
    (port, n) =>
      new AirSensor({
        id: `${101 + n}-air`,
        ...{ host, port, user: "air", password: "open sesame", everyMs: 500 },
        backoff: { minMs: 50, maxMs: 100 },
        source: () => ({ co2: 612, temperature: 21.5 }),
      }),
  );
  for (const sensor of sensors) {
    await sensor.start();
    stops.push(() => sensor.stop());
  }
  const showing = demo();
  showing.catch(() => {});
  const delivered = () => new Set(platform.records().map(({ device }) => device));
  await platform.until(() => devices.every((id) => delivered().has(id)), ended);

  let status = {} as Status;
  do {
    await wait(50, undefined, { signal: ended });
    const { code, body } = await page(statusPort, "/status.json");
    if (code === 200) status = JSON.parse(body) as Status;
  } while (status.counts?.devices.ok !== devices.length || status.uplinks[0]?.delivered === 0);
  const at = ["--config", folder.config];
  const { links } = (await fetchStatus(join(folder.data, "agent.sock"), ended)) as Status;
  const [asked, why, shown, ...checks] = await Promise.all([
    verb("status", "meter", "--lang", "en", ...at),
    verb("why", "meter", "--lang", "en", ...at),
    showing,
    ...examples.map((folder) => verb("check", "--lang", "en", "--config", folder)),
  ]);
  return {
    delivered: [...delivered()],
    listening: links.flatMap(({ listening = [] }) => listening),
    ports: { broker, other, page: statusPort },
    page: {
      own: (await page(statusPort, "/healthz")).code,
      tunnel: (await page(statusPort, "/healthz", "127.0.0.1:8080")).code,
      rebound: (await page(statusPort, "/healthz", `[fd12::1]:${statusPort}`)).code,
    },
    status: asked,
    why,
    demo: shown,
    checks,
  };
}

const late = new Promise<never>((_, reject) => {
  ended.addEventListener("abort", () => reject(ended.reason));
});
try {
  const port = await freePort(host);
  const open = createServer().listen(port, "::");
  await once(open, "listening");
  const ipv4 = {
    bind: await attempt("bind", "127.0.0.1", 0),
    reach: await attempt("reach", "127.0.0.1", port),
  };
  const ipv6 = { bind: await attempt("bind", host, 0), reach: await attempt("reach", host, port) };
  open.close();
  // Where IPv4 works nothing would be proven, and this machine's own gateway might be met.
  if (ipv4.bind === "listening" || ipv4.reach === "connected")
    throw new Error("there is an IPv4 loopback here");
  console.log(JSON.stringify({ ipv4, ipv6, ...(await Promise.race([school(), late])) }));
} finally {
  for (const stop of stops.reverse()) await stop();
}
