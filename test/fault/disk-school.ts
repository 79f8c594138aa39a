/**
 * A small school on a disk of its own: two devices that talk all the time, a platform, the real gateway as a process in
 * its own mount namespace. What is done to the disk ends with the process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fetchStatus } from "../../gateway/status/client.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { judge } from "../../simulator/verdict.ts";
import { freePort, schoolFolder, schoolSection } from "../scenario/school-folder.ts";

const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;
const point = "energy";

/** Only root may give a process a disk of its own. */
export const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

export interface DiskVerdict {
  emitted: number;
  acknowledged: number;
  received: number;
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
}

export interface DiskSchool {
  platform: Platform;
  gateway: ChildProcess;
  /** The gateway's data folder, as seen from here. */
  data: string;
  /** Of its broker. */
  port: number;
  journal(): Promise<{ state: string; fault?: string; full: boolean }>;
  /** Emissions that were acknowledged to devices. */
  acked(): number;
  /** Resolves once something that is said from now on was acknowledged; to the ms that took. */
  accepts(): Promise<number>;
  /** Resolves once the platform has more than `count` records. */
  arrives(count: number): Promise<void>;
  /** Resolves once the gateway says that its journal does not write, or refuses measurements. */
  refuses(): Promise<void>;
  /** Silence, until the platform has everything that was acknowledged, or a minute has passed. */
  verdict(): Promise<DiskVerdict>;
  stop(): Promise<void>;
}

export interface DiskSchoolOptions {
  /** Shell commands before the gateway starts, in its namespace; `$DATA` is its data folder. */
  before?: string;
  /** Lays a line to the platform's port; gives the port at which the gateway finds it. */
  line?: (port: number) => Promise<number>;
}

export async function diskSchool(options: DiskSchoolOptions = {}): Promise<DiskSchool> {
  const { before = "true", line } = options;
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  const url = new URL(platform.url);
  if (line !== undefined) url.port = `${await line(Number(url.port))}`;
  const port = await freePort();
  const ids = ["first", "second"] as const;
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { energy: { deadband: off } } }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:${port}" } }
devices:
${ids.map((id) => `  ${id}: { profile: counts, via: broker, user: ${id}, password: secret:one, space: 101 }`).join("\n")}
uplinks: { province: { kind: mqtt, url: "${url.href}", user: gw, password: secret:north } }
`,
      "profiles/counts.yaml": `profile: counts
text: { zh: 计数, en: Counts }
proof: simulated
driver: mqtt
points: { energy: { path: p.energy, type: number } }
`,
    },
    { one: "one", north: "north" },
  );
  const gateway = spawn(
    "unshare",
    [
      "-m",
      "sh",
      "-c",
      `${before} && exec "$@"`,
      "sh",
      process.execPath,
      program,
      "run",
      "--json",
      "--config",
      folder.config,
    ],
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, DATA: folder.data } },
  );
  let words = "";
  gateway.stderr.on("data", (piece) => {
    words = `${words}${piece}`.slice(-4000);
  });
  const data = `/proc/${gateway.pid}/root${folder.data}`;
  const died = once(gateway, "exit").then(() => {
    throw new Error(`the gateway ended by itself: ${words}`);
  });
  died.catch(() => {});
  const alive = <T>(done: Promise<T>): Promise<T> => Promise.race([died, done]);
  const devices = ids.map(
    (id) =>
      new MqttDevice({
        id,
        host: "127.0.0.1",
        port,
        user: id,
        password: "one",
        qos: id === "first" ? 1 : 2,
        backoff: { minMs: 50, maxMs: 200 },
      }),
  );
  const silent = new AbortController();
  const talking = (async () => {
    for (let n = 1; !silent.signal.aborted; n++) {
      for (const device of devices) if (device.unacked < 100) device.emit({ [point]: n });
      await wait(10);
    }
  })();
  const emissions = () => devices.flatMap((device) => device.emissions);
  const acked = () => emissions().filter(({ ackedMs }) => ackedMs !== null).length;
  const school: DiskSchool = {
    platform,
    gateway,
    data,
    port,
    acked,
    async journal() {
      const status = await fetchStatus(join(data, "agent.sock"), AbortSignal.timeout(5000));
      return (status as { journal: { state: string; full: boolean } }).journal;
    },
    async accepts() {
      const begun = performance.now();
      const before = devices.map((device) => device.emissions.length);
      // Each of them: one alone may have been let in before.
      await alive(
        Promise.all(
          devices.map((device, index) =>
            device.until(() => device.emissions.slice(before[index]).some(({ ackedMs }) => ackedMs !== null)),
          ),
        ),
      );
      return performance.now() - begun;
    },
    arrives: (count) => alive(platform.until((one) => one.count > count)),
    async refuses() {
      for (;;) {
        const { state, full } = await alive(school.journal());
        if (state !== "open" || full) return;
        await alive(wait(20));
      }
    },
    async verdict() {
      silent.abort();
      await talking;
      await alive(Promise.all(devices.map((device) => device.idle())));
      const lost = () =>
        devices.flatMap((device) => judge(device.id, point, device.emissions, platform.records()).lostAcked);
      const complete = platform.until((one) => one.missing().length === 0 && lost().length === 0);
      await alive(Promise.race([complete, wait(60_000)]));
      const verdicts = devices.map((device) => judge(device.id, point, device.emissions, platform.records()));
      const sum = (of: (verdict: (typeof verdicts)[number]) => number) =>
        verdicts.reduce((all, verdict) => all + of(verdict), 0);
      return {
        emitted: emissions().length,
        acknowledged: acked(),
        received: sum(({ received }) => received),
        lostAcked: sum(({ lostAcked }) => lostAcked.length),
        duplicates: sum(({ duplicates }) => duplicates.length),
        phantoms: sum(({ phantoms }) => phantoms.length),
        falseGaps: platform.counters.falseGaps,
      };
    },
    async stop() {
      silent.abort();
      await talking;
      await Promise.all(devices.map((device) => device.stop({ abrupt: true })));
      if (gateway.exitCode === null && gateway.signalCode === null) {
        const gone = once(gateway, "exit");
        gateway.kill("SIGTERM");
        await gone;
      }
      await platform.stop();
      folder.remove();
    },
  };
  try {
    await alive(Promise.all(devices.map((device) => device.start())));
    await school.accepts();
    return school;
  } catch (error) {
    await school.stop();
    throw error;
  }
}

/** Every write to the journal's files is refused with `error` from now on, until the returned function is called. */
export async function refuseWrites(school: DiskSchool, error: string): Promise<() => Promise<void>> {
  const folder = school.data.slice(school.data.indexOf("/root") + "/root".length);
  const names = [
    "",
    "/journal.sqlite",
    "/journal.sqlite-wal",
    "/journal.sqlite-journal",
    "/journal.generation.new",
  ];
  const calls = "openat,pwrite64,write,ftruncate,unlink,rename,fsync";
  const log = join(folder, "..", "refused");
  const strace = spawn(
    "/usr/bin/strace",
    [
      ...["-f", "-qq", "-s", "0", "-o", log, "-p", `${school.gateway.pid}`],
      ...["-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`],
      ...names.flatMap((name) => ["-P", `${folder}${name}`]),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const seen = () => existsSync(log) && readFileSync(log, "latin1").includes("(INJECTED)");
  while (!seen()) {
    if (strace.exitCode !== null) throw new Error("strace cannot attach to the gateway");
    await wait(20);
  }
  return async () => {
    const gone = once(strace, "exit");
    strace.kill("SIGTERM");
    await gone;
  };
}
