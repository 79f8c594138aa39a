/**
 * A whole school in virtual time: simulated devices over real sockets and paced lines, the real agent with its real
 * store, and a platform that knows what it was told. Nothing waits for the clock of this machine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loadPlan } from "../../config/load/index.ts";
import { ownAddress, withPort } from "../../config/schema/address.ts";
import type { Plan } from "../../config/schema/plan.ts";
import { kinds } from "../../drivers/registry.ts";
import { type Agent, startAgent } from "../../edge/agent/index.ts";
import { saveConfiguration } from "../../edge/cli/save-configuration.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { Troubles } from "../../simulator/faults/troubles.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { configurationOf } from "../../simulator/scenes/configuration.ts";
import { roomWorld } from "../../simulator/scenes/room-world.ts";
import type { SceneFile } from "../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../simulator/scenes/simulated-school.ts";
import type { World } from "../../simulator/scenes/world.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { memoryFolder } from "../memory-folder.ts";
import { becomeStill } from "./still.ts";

export class VirtualSchool {
  readonly clock: FakeClock;
  readonly school: SimulatedSchool;
  readonly log = recordingLog();
  agent!: Agent;
  plan!: Plan;
  platform!: Platform;
  troubles!: Troubles;
  readonly #still = becomeStill();
  readonly #root = mkdtempSync(join(memoryFolder, "ce-virtual-"));
  readonly #host = ownAddress();
  readonly #files: Readonly<Record<string, string>>;
  readonly #edit: (name: string, text: string) => string;
  #steppedMs = 0;

  /** @param fromMs wall ms UTC at the start. @param files more of the school's configuration, by name.
   * @param edit what a technician made of the school's own files */
  constructor(
    scene: SceneFile,
    fromMs: number,
    world?: (scene: SceneFile, clock: FakeClock) => World,
    files: Readonly<Record<string, string>> = {},
    edit: (name: string, text: string) => string = (_, text) => text,
  ) {
    this.#files = files;
    this.#edit = edit;
    this.clock = new FakeClock(fromMs);
    const { clock } = this;
    this.school = new SimulatedSchool(scene, (world ?? roomWorld)(scene, clock), {
      host: this.#host,
      clock,
      handOverMs: 60,
    });
  }

  /** Everything runs; the MQTT devices have begun to connect. */
  async start(): Promise<void> {
    const { clock, school } = this;
    const { id, gateway } = school.scene.school;
    const user = `${id}-${gateway}`;
    const host = this.#host;
    const platform = await startPlatform({ host, port: 0, users: { [user]: "demo" }, clock });
    this.platform = platform;
    await school.start();
    const words = {
      broker: withPort(host, 0),
      dataFolder: join(this.#root, "data"),
      platform: { url: platform.url, user, password: "demo" },
    };
    const files = configurationOf(school.scene, school.reached, words).map((file) => ({
      ...file,
      text: this.#edit(file.name, file.text),
    }));
    const more = Object.entries(this.#files).map(([name, text]) => ({
      ...{ name, text },
      isSecret: name.startsWith("secrets/"),
    }));
    saveConfiguration(this.#root, [...files, ...more]);
    const { plan, problems } = loadPlan(this.#root, kinds, uplinkKinds, { env: {}, nowMs: clock.wallMs() });
    if (plan === null) throw new Error(problems.map(({ what }) => what.en).join("; "));
    this.plan = plan;
    const listening = Promise.withResolvers<number>();
    const stepped = {
      bootId: clock.bootId,
      wallMs: () => clock.wallMs() + this.#steppedMs,
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal),
    };
    this.agent = await startAgent(plan, {
      clock: stepped,
      log: this.log,
      random: () => 0.5,
      synchronised: async () => "yes",
      onFact: (_, fact) => fact.what === "listening" && listening.resolve(fact.port),
    });
    this.troubles = new Troubles(
      school,
      {
        stepClock: (byMs) => {
          this.#steppedMs += byMs;
        },
        platformDown: async () => {
          await platform.down();
          return () => platform.up();
        },
      },
      clock,
    );
    if (plan.links.some(({ kind }) => kind === "mqtt-broker"))
      school.connect({ host, port: await listening.promise });
    await this.#still();
  }

  /** Lets virtual time pass, and everything happen that waits for no clock. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms, this.#still);
  }

  /** Lets time pass until it is so; looks once in `everyMs`. false: it never was, within `mostMs`. */
  async until(isSo: () => boolean, mostMs: number, everyMs = 1000): Promise<boolean> {
    for (let passed = 0; passed <= mostMs; passed += everyMs) {
      if (isSo()) return true;
      await this.advance(everyMs);
    }
    return isSo();
  }

  async stop(): Promise<void> {
    const stopping = (async () => {
      await this.school.stop();
      await this.agent.stop();
      await this.platform.stop();
    })();
    // What it waits for at its end is time, too.
    const ended = stopping.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([ended, this.advance(500).then(() => false)])));
    await stopping;
    rmSync(this.#root, { recursive: true, force: true });
  }
}
