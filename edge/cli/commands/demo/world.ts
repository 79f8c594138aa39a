/**
 * Everything that the demo runs, on this machine alone: a simulated school, the gateway, a stand-in platform.
 *
 * Holds: what was started is stopped in reverse, also when starting fails halfway; nothing stays on the disk.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPlan, printProblem } from "../../../../config/load/index.ts";
import { withPort } from "../../../../config/schema/address.ts";
import { kinds } from "../../../../drivers/registry.ts";
import { uplinkKinds } from "../../../../gateway/uplink/registry.ts";
import { openDoor } from "../../../../simulator/faults/door.ts";
import { HandMade } from "../../../../simulator/faults/hand-made.ts";
import { type Episode, FaultScript } from "../../../../simulator/faults/script.ts";
import { Troubles } from "../../../../simulator/faults/troubles.ts";
import { startPlatform } from "../../../../simulator/platform/platform.ts";
import { configurationOf } from "../../../../simulator/scenes/configuration.ts";
import { roomWorld } from "../../../../simulator/scenes/room-world.ts";
import type { SceneFile } from "../../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../../simulator/scenes/simulated-school.ts";
import { type Agent, createLog, startAgent, systemClock } from "../../../agent/index.ts";
import { saveConfiguration } from "../../save-configuration.ts";

const prefix = "campus-edge-demo-";

/** What a demo left that was killed: its process is gone. */
function tidy(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^campus-edge-demo-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Somebody else's.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

export interface DemoWorld {
  agent: Agent;
  /** Wall ms of the simulated rooms. */
  schoolMs(): number;
  stop(): Promise<void>;
}

export interface DemoOptions {
  scene: SceneFile;
  /** Address of this machine. */
  host: string;
  /** `host:port` of the page. */
  listen: string;
  /** How much faster the rooms live than the gateway measures, and when their time begins, ms UTC. */
  speed: number;
  fromMs: number;
  /** Where another terminal may ask for faults. */
  door: string;
  /** Hears of faults that come and go. */
  tell(episode: Episode): void;
}

/** @throws when something refuses to start; then nothing stays */
export async function startDemo({
  scene,
  host,
  listen,
  speed,
  fromMs,
  door,
  tell,
}: DemoOptions): Promise<DemoWorld> {
  tidy();
  const root = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const stops: (() => unknown)[] = [() => rmSync(root, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const real = systemClock();
    let steppedMs = 0;
    const clock = { ...real, wallMs: () => real.wallMs() + steppedMs };
    const startedMs = real.monotonicMs();
    const schoolMs = () => fromMs + (real.monotonicMs() - startedMs) * speed;

    const user = `${scene.school.id}-${scene.school.gateway}`;
    const platform = await startPlatform({ host, port: 0, users: { [user]: "demo" } });
    stops.push(() => platform.stop());
    const school = new SimulatedSchool(scene, roomWorld(scene, { wallMs: schoolMs }), { host });
    stops.push(() => school.stop());
    await school.start();

    const listening = Promise.withResolvers<number>();
    const words = {
      broker: withPort(host, 0),
      status: listen,
      dataFolder: join(root, "data"),
      platform: { url: platform.url, user, password: "demo" },
    };
    saveConfiguration(root, configurationOf(scene, school.reached, words));
    const { plan, problems } = loadPlan(root, kinds, uplinkKinds, { env: {} });
    if (plan === null) throw new Error(problems.map((problem) => printProblem(problem, "en")).join("\n"));
    const agent = await startAgent(plan, {
      clock,
      log: createLog("error"),
      onFact: (_link, fact) => fact.what === "listening" && listening.resolve(fact.port),
    });
    stops.push(() => agent.stop());
    if (school.devices.some(({ password }) => password !== undefined))
      school.connect({ host, port: await listening.promise });

    const troubles = new Troubles(school, {
      stepClock(byMs) {
        steppedMs += byMs;
      },
      async platformDown() {
        await platform.down();
        return () => platform.up();
      },
    });
    const byHand = new HandMade(troubles, real, tell);
    stops.push(() => byHand.stop());
    await openDoor(door, (question) => byHand.answer(question)).then(
      (shut) => stops.push(shut),
      // Another school has it: then nobody makes faults here by hand.
      () => {},
    );
    const script = new FaultScript(scene.faults, troubles, real, tell);
    stops.push(() => script.stop());
    script.start();
    return { agent, schoolMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
