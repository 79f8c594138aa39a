/**
 * A school whose devices are at a broker of its own (mosquitto), with a disk of 60 ms per fsync at the gateway; gateway
 * and broker are killed again and again. The devices' log says what the broker acknowledged to them; a witness on the
 * wire says what the broker sent and what the gateway acknowledged; the broker's file says what it had.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import type { Emission } from "../../simulator/devices/saying.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { slowed } from "../bench/syncs.ts";
import { schoolFolder, schoolSection } from "../scenario/school-folder.ts";
import { seeded } from "../unit/journal/model.ts";
import { Mosquitto } from "../unit/simulator/mosquitto.ts";
import { BrokerWitness } from "./broker-witness.ts";

export type Victim = "gateway" | "broker" | "both";

export interface ExternalOptions {
  version: 4 | 5;
  /** Who is killed, one after the other. */
  kills: readonly Victim[];
  /** Time between two kills, at random up to twice this, ms. */
  lifeMs: number;
  seed: number;
}

export interface ExternalVerdict {
  emitted: number;
  /** By the broker, to the devices. */
  acknowledged: number;
  perSecond: number;
  received: number;
  /** Acknowledged by the gateway to the broker, and no record. */
  lostByUs: number;
  /** Acknowledged by the broker to the device, never by the gateway to the broker, and no record. */
  lostByBroker: number;
  /** Of those: what its file had when it was killed. */
  lostFromItsFile: number;
  /** Emissions with more records than they were put on the wire to the gateway as new messages. */
  doubledByUs: number;
  /** Put on the wire to the gateway as a new message more often than the device sent it so. */
  doubledByBroker: number;
  /** With a key of the device, and two records. */
  doubledKeyed: number;
  phantoms: number;
  /** Sent again by the broker with the mark. */
  repeats: number;
  mostOnTheWire: number;
  outOfOrder: number;
}

const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;
const devicesCount = 25;
const perDevice = 20;
/** With more values on their way, devices are silent. */
const mostBehind = 6000;
/** Values are unique over all devices: device × this + number. */
const range = 1_000_000;

const profile = (name: string, identity: string) => `profile: ${name}
text: { zh: 计数, en: Counts }
proof: simulated
driver: mqtt
topic: "old/{device}/state"
${identity}
points: { energy: { path: p.energy, type: number } }
`;

const energyIn = (payload: string): number | null => {
  const [, digits] = /"energy":(\d+)/.exec(payload) ?? [];
  return digits === undefined ? null : Number(digits);
};

/** mosquitto that writes its file after every change, as far as it can promise anything. */
const promising = [
  "autosave_on_changes true",
  "autosave_interval 1",
  "max_queued_messages 0",
  "max_inflight_messages 200",
];

export async function externalSchool(options: ExternalOptions): Promise<ExternalVerdict> {
  const random = seeded(options.seed);
  const platform = await startPlatform({
    host: "127.0.0.1",
    port: 0,
    users: { gw: "north" },
    seed: options.seed,
  });
  const broker = await Mosquitto.start(promising);
  const witness = new BrokerWitness(options.version, broker.port, energyIn);
  await witness.listen();
  const names = Array.from({ length: devicesCount }, (_, n) => `d${n + 1}`);
  const isKeyed = (n: number) => n % 2 === 0;
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { energy: { deadband: off } } }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { old: { kind: mqtt-external, url: "mqtt://127.0.0.1:${witness.port}", version: ${options.version === 5 ? "5" : "3.1.1"}, keepAlive: 10s } }
devices:
${names.map((id, n) => `  ${id}: { profile: counts${isKeyed(n) ? "-keyed" : ""}, via: old, space: 101 }`).join("\n")}
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
`,
      "profiles/counts.yaml": profile("counts", ""),
      "profiles/counts-keyed.yaml": profile("counts-keyed", "identity: { epoch: ep, seq: seq }"),
    },
    { north: "north" },
  );
  const devices = names.map(
    (id, n) =>
      new MqttDevice({
        ...{ id, host: "127.0.0.1", port: broker.port, topic: `old/${id}/state`, clean: false },
        ...{ ownKey: isKeyed(n), backoff: { minMs: 30, maxMs: 200 }, seed: options.seed + n },
      }),
  );
  const compiled = mkdtempSync(join(tmpdir(), "ce-compiled-"));
  let gateway: ChildProcess | null = null;
  const start = () => {
    const [strace = "", ...traced] = slowed(60);
    // -D: the gateway is our own child, and the tracer goes with it.
    const args = ["-D", ...traced, process.execPath, program, "run", "--json", "--config", folder.config];
    gateway = spawn(strace, args, {
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
  };
  const kill = async (signal: NodeJS.Signals) => {
    const child = gateway;
    gateway = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  /** What the broker had on disk whenever it was killed. */
  const onDisk = new Set<number>();
  const killBroker = async () => {
    await broker.end("SIGKILL");
    const text = (await broker.file()).toString("latin1");
    for (const [, digits] of text.matchAll(/"energy":(\d+)/g)) onDisk.add(Number(digits));
    await broker.begin();
  };
  const emitted = () => devices.reduce((sum, device) => sum + device.emissions.length, 0);
  const emissions = () => devices.flatMap((device) => device.emissions);
  const ended = new AbortController();
  try {
    start();
    await Promise.all(devices.map((device) => device.start()));
    // The broker keeps for the gateway only what comes after its first login.
    await until(async () => {
      devices[0]?.emit({ energy: range + (devices[0]?.emissions.length ?? 0) + 1 });
      await wait(100);
      return [...witness.passed.values()].some(({ acknowledged }) => acknowledged);
    });
    const excused = new Set(emissions().map(({ values }) => values.energy as number));
    const begun = performance.now();
    const talking = (async () => {
      for (let tick = 1; !ended.signal.aborted; tick++) {
        // A broker that falls ever further behind is another test: what it may have in flight is bounded by no memory.
        const isBehind = emitted() - witness.acknowledged > mostBehind;
        for (const [n, device] of devices.entries())
          if (!isBehind && device.unacked < 200)
            device.emit({ energy: (n + 1) * range + device.emissions.length + 1 });
        // At an even pace, whatever the last round took.
        await wait(Math.max(0, begun + (tick * 1000) / perDevice - performance.now()));
      }
    })();
    for (const victim of options.kills) {
      await wait(options.lifeMs * 2 * random());
      if (victim !== "broker") await kill("SIGKILL");
      if (victim !== "gateway") await killBroker();
      if (victim !== "broker") start();
    }
    await wait(options.lifeMs);
    ended.abort();
    await talking;
    const tookMs = performance.now() - begun;
    await Promise.all(devices.map((device) => device.idle()));
    // Quiet: the broker has nothing left to send, and the platform has all of it.
    await until(async () => {
      const before = platform.count;
      await wait(1500);
      return (
        Date.now() - witness.lastMs > 3000 && platform.count === before && platform.missing().length === 0
      );
    });
    return verdictOf(emissions(), platform.records(), { witness, onDisk, excused, tookMs });
  } finally {
    ended.abort();
    await Promise.all(devices.map((device) => device.stop({ abrupt: true })));
    await kill("SIGTERM");
    await witness.close();
    await broker.remove();
    await platform.stop();
    folder.remove();
    rmSync(compiled, { recursive: true, force: true });
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

interface Seen {
  witness: BrokerWitness;
  onDisk: ReadonlySet<number>;
  /** Values from before the gateway's first subscription. */
  excused: ReadonlySet<number>;
  tookMs: number;
}

function verdictOf(
  emissions: readonly Emission[],
  records: readonly { point: string; value: unknown; epoch: string; seq: number }[],
  { witness, onDisk, excused, tookMs }: Seen,
): ExternalVerdict {
  const keys = new Map<number, Set<string>>();
  for (const { point, value, epoch, seq } of records) {
    if (point !== "energy" || typeof value !== "number") continue;
    keys.set(value, (keys.get(value) ?? new Set()).add(`${epoch}/${seq}`));
  }
  const valued = emissions.map((emission) => ({ emission, value: emission.values.energy as number }));
  const having = (value: number) => keys.get(value)?.size ?? 0;
  const missing = valued.filter(
    ({ emission, value }) => emission.ackedMs !== null && having(value) === 0 && !excused.has(value),
  );
  const isAcked = (value: number) => witness.passed.get(value)?.acknowledged === true;
  const fresh = (value: number) => witness.passed.get(value)?.fresh ?? 0;
  const lostByBroker = missing.filter(({ value }) => !isAcked(value));
  const emitted = new Set(valued.map(({ value }) => value));
  const sent = (emission: Emission) => emission.wire.filter(({ dup }) => !dup).length;
  const count = (of: typeof valued) => of.length;
  return {
    emitted: emissions.length,
    acknowledged: emissions.filter(({ ackedMs }) => ackedMs !== null).length,
    perSecond: Math.round(emissions.length / (tookMs / 1000)),
    received: keys.size,
    lostByUs: [...witness.passed].filter(([value, { acknowledged }]) => acknowledged && having(value) === 0)
      .length,
    lostByBroker: count(lostByBroker),
    lostFromItsFile: count(lostByBroker.filter(({ value }) => onDisk.has(value))),
    doubledByUs: count(valued.filter(({ value }) => having(value) > Math.max(1, fresh(value)))),
    doubledByBroker: count(valued.filter(({ emission, value }) => fresh(value) > sent(emission))),
    doubledKeyed: count(valued.filter(({ emission, value }) => emission.ownKey && having(value) > 1)),
    phantoms: [...keys.keys()].filter((value) => !emitted.has(value)).length,
    repeats: [...witness.passed.values()].reduce((sum, { again }) => sum + again, 0),
    mostOnTheWire: witness.mostOnTheWire,
    outOfOrder: witness.outOfOrder,
  };
}
