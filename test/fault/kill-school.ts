/**
 * A school whose gateway is killed again and again: devices with and without keys, a platform of ever other moods,
 * a real process, a real disk. The witness is the simulator; the verdict is four numbers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import type { Moods } from "../../simulator/platform/moods.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { judge } from "../../simulator/verdict.ts";
import { freePort, schoolFolder, schoolSection } from "../scenario/school-folder.ts";
import { seeded } from "../unit/journal/model.ts";

const point = "energy";
const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;

const profile = (name: string, identity: string) => `profile: ${name}
text: { zh: 计数, en: Counts }
proof: simulated
driver: mqtt
${identity}
points: { energy: { path: p.energy, type: number } }
`;

const users = {
  keyed: { profile: "counts-keyed", qos: 1, clean: false },
  plain: { profile: "counts", qos: 1, clean: false },
  second: { profile: "counts", qos: 2, clean: false },
  forgetful: { profile: "counts", qos: 1, clean: true },
} as const;

/** What the platform always does to receipts, and what it does besides during one life of the gateway. */
const unreliable: Partial<Moods> = { loseReceipts: 0.3, doubleReceipts: 0.1, reorderReceipts: 0.1 };
const hostile: Readonly<Record<string, Partial<Moods>>> = {
  unreliable: {},
  failing: { refuse: { share: 0.7, kinds: ["error", "unavailable"] } },
  busy: { refuse: { share: 0.7, kinds: ["busy"] }, pauseMs: 200 },
  "not answering": { refuse: { share: 0.7, kinds: ["nothing"] } },
  silent: { silent: true },
  slow: { slowMs: 150 },
  late: { lateReceipts: { share: 0.5, ms: 400 } },
  "a black hole": { blackHole: true },
};

export interface KillVerdict {
  kills: number;
  /** Lives of the gateway under each mood of the platform. */
  moods: Record<string, number>;
  /** Batches that were not taken, receipts that were not sent. */
  turnedAway: number;
  lostReceipts: number;
  /** PUBACKs and PUBCOMPs that devices saw before the last start. */
  acknowledgedBetween: number;
  emitted: number;
  acknowledged: number;
  received: number;
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
  /** Reject code `conflict`: one key, two values. */
  conflicts: number;
}

/** Resolves once no record has come for a minute. */
async function nothingComes(platform: Platform): Promise<void> {
  for (let count = -1; platform.count !== count; await wait(60_000, null, { ref: false }))
    count = platform.count;
}

/**
 * A life ends at a random instant within twice the time that a first start needs to its first acknowledgement; of
 * many every fifth within six times, so that the platform's mood is felt.
 */
export async function killSchool(
  kills: number,
  seed: number,
  say: (progress: string) => void = () => {},
): Promise<KillVerdict> {
  const random = seeded(seed);
  const platform = await startPlatform({
    host: "127.0.0.1",
    port: 0,
    users: { gw: "north" },
    moods: unreliable,
    seed,
  });
  const moods = Object.fromEntries(Object.keys(hostile).map((name) => [name, 0]));
  const changeMood = () => {
    const [name = "", mood] =
      Object.entries(hostile)[Math.floor(random() * Object.keys(hostile).length)] ?? [];
    moods[name] = (moods[name] ?? 0) + 1;
    platform.calm();
    platform.mood({ ...unreliable, ...mood });
  };
  const port = await freePort();
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { energy: { deadband: off } } }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:${port}" } }
devices:
${Object.entries(users)
  .map(
    ([id, { profile }]) =>
      `  ${id}: { profile: ${profile}, via: broker, user: ${id}, password: secret:${id}, space: 101 }`,
  )
  .join("\n")}
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
`,
      "profiles/counts.yaml": profile("counts", ""),
      "profiles/counts-keyed.yaml": profile("counts-keyed", "identity: { epoch: ep, seq: seq }"),
    },
    { north: "north", ...Object.fromEntries(Object.keys(users).map((id) => [id, `of-${id}`])) },
  );
  const devices = Object.entries(users).map(
    ([id, { qos, clean, profile }]) =>
      new MqttDevice({
        id,
        host: "127.0.0.1",
        port,
        user: id,
        password: `of-${id}`,
        qos,
        clean,
        ownKey: profile === "counts-keyed",
        backoff: { minMs: 30, maxMs: 100 },
        seed,
      }),
  );
  const acknowledged = () =>
    devices.flatMap((device) => device.emissions).filter(({ ackedMs }) => ackedMs !== null).length;
  const ended = new AbortController();
  const compiled = mkdtempSync(join(tmpdir(), "ce-compiled-"));
  let gateway: ChildProcess | null = null;
  const start = () => {
    gateway = spawn(process.execPath, [program, "run", "--json", "--config", folder.config], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
    return gateway;
  };
  const acknowledges = () =>
    Promise.race(
      devices.map((device) => device.until(() => device.emissions.some((one) => one.ackedMs !== null))),
    );
  try {
    for (const device of devices) void device.start();
    const talking = (async () => {
      for (let n = 1; !ended.signal.aborted; n++) {
        for (const device of devices) if (device.unacked < 200) device.emit({ [point]: n });
        // Of many lives the records of the last are not to take longer than the lives.
        await wait(kills > 100 ? 40 : 10);
      }
    })();
    const kill = async (child: ChildProcess) => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    };
    // One that ends in peace leaves what it has compiled.
    const zeroth = start();
    await acknowledges();
    zeroth.kill("SIGTERM");
    await once(zeroth, "exit");
    const acknowledgedBefore = acknowledged();

    const first = start();
    const begun = performance.now();
    await Promise.race(devices.map((device) => device.until(() => acknowledged() > acknowledgedBefore)));
    const startMs = performance.now() - begun;
    await kill(first);
    for (let life = 1; life < kills; life++) {
      changeMood();
      const child = start();
      await wait(random() * startMs * (kills > 100 && life % 5 === 0 ? 6 : 2));
      await kill(child);
      if (life % 100 === 0) say(`killed ${life} times, ${Math.round((performance.now() - begun) / 1000)} s`);
    }
    ended.abort();
    await talking;
    const acknowledgedBetween = acknowledged();

    platform.calm();
    const last = start();
    const died = once(last, "exit").then(() => {
      throw new Error("the gateway ended by itself");
    });
    died.catch(() => {});
    await Promise.race([died, Promise.all(devices.map((device) => device.idle()))]);
    say(`killed ${kills} times; ${platform.count} records are there, the others follow`);
    const complete = platform.until(
      (one) =>
        one.missing().length === 0 &&
        devices.every((device) => {
          const { lostAcked } = judge(device.id, point, device.emissions, one.records());
          return lostAcked.length === 0;
        }),
    );
    // A loss never completes: then nothing comes any more, and the verdict below tells it.
    await Promise.race([died, complete, nothingComes(platform)]);
    const verdicts = devices.map((device) => judge(device.id, point, device.emissions, platform.records()));
    const sum = (of: (verdict: (typeof verdicts)[number]) => number) =>
      verdicts.reduce((all, verdict) => all + of(verdict), 0);
    const emissions = devices.flatMap((device) => device.emissions);
    return {
      kills,
      moods,
      turnedAway: platform.counters.turnedAway,
      lostReceipts: platform.counters.receiptsLost,
      acknowledgedBetween,
      emitted: emissions.length,
      acknowledged: acknowledged(),
      received: sum(({ received }) => received),
      lostAcked: sum(({ lostAcked }) => lostAcked.length),
      duplicates: sum(({ duplicates }) => duplicates.length),
      phantoms: sum(({ phantoms }) => phantoms.length),
      falseGaps: platform.counters.falseGaps,
      conflicts: platform.counters.conflicts,
    };
  } finally {
    ended.abort();
    await Promise.all(devices.map((device) => device.stop({ abrupt: true })));
    const child = gateway as ChildProcess | null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
    await platform.stop();
    folder.remove();
    rmSync(compiled, { recursive: true, force: true });
  }
}
