/**
 * In which order the gateway's system calls happen, as the kernel sees them: the row goes to the disk, the disk
 * is told to keep it, and only then the device is answered. Order, not time: fsync is slowed down on purpose.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { fetchStatus } from "../../gateway/status/client.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { freePort, type SchoolFolder, schoolFolder, schoolSection } from "../scenario/school-folder.ts";

const strace = "/usr/bin/strace";
const can = existsSync(strace) || process.env.CE_CI === "1";
const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface World {
  folder: SchoolFolder;
  devices: MqttDevice[];
  trace: string;
  gateway: ChildProcess;
  stop(): Promise<void>;
}

/** A gateway under strace with these injections, and devices at QoS 1 and 2. */
async function world(inject: string[]): Promise<World> {
  const port = await freePort();
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { energy: { deadband: off } } }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:${port}" } }
devices:
  first: { profile: counts, via: broker, user: first, password: secret:one, space: 101 }
  second: { profile: counts, via: broker, user: second, password: secret:one, space: 101 }
`,
      "profiles/counts.yaml": `profile: counts
text: { zh: 计数, en: Counts }
proof: simulated
driver: mqtt
points: { energy: { path: p.energy, type: number } }
`,
    },
    { one: "one" },
  );
  undo.push(() => folder.remove());
  const trace = join(folder.data, "trace");
  const calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendmsg";
  const options = [
    "-f",
    "-qq",
    "-y",
    "-xx",
    "-s",
    "16384",
    "-o",
    trace,
    "-e",
    calls,
    ...inject.flatMap((one) => ["-e", one]),
  ];
  const gateway = spawn(
    strace,
    [...options, process.execPath, program, "run", "--json", "--config", folder.config],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const stop = async () => {
    if (gateway.exitCode !== null || gateway.signalCode !== null) return;
    const gone = once(gateway, "exit");
    // strace lets no signal pass: the gateway itself is told to end.
    const children = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8")
      .trim()
      .split(" ");
    for (const pid of children) process.kill(Number(pid), "SIGTERM");
    await gone;
  };
  undo.push(stop);
  const devices = (["first", "second"] as const).map(
    (id) =>
      new MqttDevice({
        id,
        host: "127.0.0.1",
        port,
        user: id,
        password: "one",
        qos: id === "first" ? 1 : 2,
        backoff: { minMs: 50, maxMs: 100 },
      }),
  );
  undo.push(() => Promise.all(devices.map((device) => device.stop({ abrupt: true }))));
  await Promise.all(devices.map((device) => device.start()));
  return { folder, devices, trace, gateway, stop };
}

type Call = { what: "row" | "sync-begin" | "sync-end" | "answer"; text: string };

/** What matters of a trace, in order. A call counts as done when it has returned. */
function callsOf(trace: string): Call[] {
  const found: Call[] = [];
  const open = new Map<string, string>();
  const plain = (hex: string) => Buffer.from(hex.replaceAll("\\x", ""), "hex").toString("latin1");
  const bytesOf = (line: string) =>
    Buffer.concat(
      [...line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) =>
        Buffer.from(hex.replaceAll("\\x", ""), "hex"),
      ),
    );
  for (const line of readFileSync(trace, "latin1").split("\n")) {
    const [, thread = "", hexed = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const rest = hexed.replace(/<((?:\\x[0-9a-f]{2})+)>/, (_, hex: string) => `<${plain(hex)}>`);
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest);
    const whole = resumed === null ? rest : `${open.get(thread) ?? ""}${rest}`;
    const unfinished = rest.endsWith("<unfinished ...>");
    const wal = whole.includes("journal.sqlite-wal");
    if (unfinished) open.set(thread, rest);
    if (/^f(data)?sync\(/.test(whole) && wal) {
      if (resumed === null) found.push({ what: "sync-begin", text: "" });
      if (!unfinished && / = 0/.test(rest)) found.push({ what: "sync-end", text: "" });
    } else if (/^pwrite64\(/.test(whole) && wal && !unfinished) {
      for (const [row] of bytesOf(whole)
        .toString("latin1")
        .matchAll(/7\d{6}(?=,)/g))
        found.push({ what: "row", text: row });
    } else if (/^(write|writev|sendmsg)\(\d+<(socket|TCP)/.test(whole) && resumed === null) {
      // The moment the call begins: nothing may leave earlier.
      const bytes = bytesOf(whole);
      for (let at = 0; at + 4 <= bytes.length; ) {
        const type = bytes[at] as number;
        const length = bytes[at + 1] as number;
        if (type === 0x40 || type === 0x50)
          found.push({ what: "answer", text: `${type >> 4}/${bytes.readUInt16BE(at + 2)}` });
        at += 2 + length;
      }
    }
  }
  return found;
}

it.runIf(can)(
  "writes the row, waits for the disk, and only then answers: QoS 1 and 2, in order of arrival",
  async () => {
    const { devices, trace, stop } = await world(["inject=fsync:delay_enter=20000"]);
    for (let n = 0; n < 40; n++)
      for (const [index, device] of devices.entries())
        device.emit({ energy: 7_000_000 + 100_000 * index + n });
    await Promise.all(devices.map((device) => device.idle()));
    await stop();
    const calls = callsOf(trace);
    for (const [index, device] of devices.entries()) {
      const answers: number[] = [];
      for (const { n, wire } of device.emissions) {
        const row = calls.findIndex(
          (call) => call.what === "row" && call.text === String(7_000_000 + 100_000 * index + n - 1),
        );
        const begun = calls.findIndex((call, at) => call.what === "sync-begin" && at > row);
        const synced = calls.findIndex((call, at) => call.what === "sync-end" && at > begun);
        const answer = calls.findIndex(
          (call) => call.what === "answer" && call.text === `${index === 0 ? 4 : 5}/${wire[0]?.packetId}`,
        );
        expect(row, `row of ${n}`).toBeGreaterThanOrEqual(0);
        expect(begun, `sync of ${n}`).toBeGreaterThan(row);
        expect(synced, `end of the sync of ${n}`).toBeGreaterThan(begun);
        expect(answer, `answer to ${n}`).toBeGreaterThan(synced);
        answers.push(answer);
      }
      expect(answers).toHaveLength(40);
      expect(answers).toEqual([...answers].sort((a, b) => a - b));
    }
  },
);

it.runIf(can)("answers nobody once the disk refuses to keep, stays alive and says so", async () => {
  const { devices, folder, trace, gateway, stop } = await world(["inject=fsync:error=EIO:when=60+"]);
  const acked = () =>
    devices.flatMap((device) => device.emissions).filter(({ ackedMs }) => ackedMs !== null).length;
  const status = () =>
    fetchStatus(join(folder.data, "agent.sock"), AbortSignal.timeout(5000)) as Promise<{
      journal: { state: string; fault?: string };
    }>;
  // Devices may be in before the door for questions is open.
  const down = async () => (await status().catch(() => null))?.journal.state === "store-down";
  for (let n = 0; !(await down()); n++) {
    for (const [index, device] of devices.entries())
      if (device.unacked < 20) device.emit({ energy: 7_000_000 + 100_000 * index + n });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // What was answered before it refused may still be on its way to the devices.
  let before = -1;
  while (before !== acked()) {
    before = acked();
    for (let look = 0; look < 5; look++) await status();
  }
  for (const [index, device] of devices.entries()) device.emit({ energy: 7_050_000 + 100_000 * index });
  for (let look = 0; look < 20; look++) await status();
  expect(acked()).toBe(before);
  expect((await status()).journal).toMatchObject({ state: "store-down" });
  expect(gateway.exitCode).toBeNull();
  await stop();
  const calls = callsOf(trace);
  const lastSync = calls.findLastIndex(({ what }) => what === "sync-end");
  const rows = new Set(calls.slice(0, lastSync).flatMap(({ what, text }) => (what === "row" ? [text] : [])));
  for (const [index, device] of devices.entries()) {
    for (const { n, ackedMs, values } of device.emissions) {
      if (ackedMs !== null) expect(rows.has(String(values.energy)), `${index}/${n} was answered`).toBe(true);
    }
  }
  expect(before).toBeGreaterThan(0);
});
