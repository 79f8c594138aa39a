/**
 * A whole simulated school and the platform above it, in a process of their own: everything that a gateway talks to.
 * Nothing goes wrong in it: the scene's faults are left out. Its rooms live in the same lesson each time, so that their
 * values move alike whenever somebody measures.
 */
import { ownAddress, withPort } from "../../config/schema/address.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { type ConfigurationFile, configurationOf } from "../../simulator/scenes/configuration.ts";
import { roomWorld } from "../../simulator/scenes/room-world.ts";
import { SimulatedSchool } from "../../simulator/scenes/simulated-school.ts";
import { sceneNamed } from "../scenario/scene-named.ts";
import { serve } from "./calls.ts";
import { now } from "./moment.ts";

/** Five past nine on a Tuesday in the first term, in China. */
const lessonMs = Date.UTC(2026, 8, 15, 1, 5);
const password = "bench";
const host = ownAddress();
let platform: Platform | null = null;
let school: SimulatedSchool | null = null;

const calls = {
  /** Starts platform, lines and boxes. @returns the configuration of a gateway that listens at `broker` */
  async open(of: { scene: string; broker: number; dataFolder: string }): Promise<ConfigurationFile[]> {
    const scene = sceneNamed(of.scene);
    const user = `${scene.school.id}-${scene.school.gateway}`;
    platform = await startPlatform({ host, port: 0, users: { [user]: password } });
    const begun = now();
    const world = roomWorld(scene, { wallMs: () => lessonMs + now() - begun });
    school = new SimulatedSchool(scene, world, { host });
    await school.start();
    return configurationOf(scene, school.reached, {
      broker: withPort(host, of.broker),
      dataFolder: of.dataFolder,
      platform: { url: platform.url, user, password },
    });
  },
  /** The MQTT devices begin to connect. */
  connect({ port }: { port: number }): void {
    school?.connect({ host, port });
  },
  /** Records that the platform has. */
  arrived: (): number => platform?.count ?? 0,
};
export type SceneCalls = typeof calls;

serve(calls, async () => {
  await school?.stop();
  await platform?.stop();
});
