/** A simulated school and its platform, running until somebody ends it, with the configuration of its gateway. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ownAddress, withPort } from "../../../../config/schema/address.ts";
import { DoorTaken, doorPath, openDoor } from "../../../../simulator/faults/door.ts";
import { faultText } from "../../../../simulator/faults/fault-text.ts";
import { HandMade } from "../../../../simulator/faults/hand-made.ts";
import { type Episode, FaultScript } from "../../../../simulator/faults/script.ts";
import { Troubles } from "../../../../simulator/faults/troubles.ts";
import { startPlatform } from "../../../../simulator/platform/platform.ts";
import { configurationOf } from "../../../../simulator/scenes/configuration.ts";
import { roomWorld } from "../../../../simulator/scenes/room-world.ts";
import type { SceneFile } from "../../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../../simulator/scenes/simulated-school.ts";
import { systemClock } from "../../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../../io.ts";
import { clockTime } from "../../moment.ts";
import { saveConfiguration } from "../../save-configuration.ts";
import { refused } from "./refused.ts";

/** Ports of a school that runs by itself: the broker of its gateway, the platform, then its lines and boxes. */
const ports = { broker: 18_830, platform: 18_840, page: 18_080, first: 18_900 };
const password = "demo";
const notYet = { ok: false, text: { zh: "学校还在启动", en: "the school is still starting" } };

/** What a simulation leaves in its folder. */
const ours = new Set(["school.yaml", "links.yaml", "devices.yaml", "secrets", "data"]);

/** @returns where the configuration goes; null: it cannot, which is told */
export function folderFor(setting: Setting, options: Options): string | null {
  const into = resolve(String(options.into ?? "simulated-school"));
  if (existsSync(into) && readdirSync(into).some((file) => !ours.has(file))) {
    refused(
      setting,
      { zh: `${into} 里已有别的文件`, en: `there are other files in ${into}` },
      { zh: "用 --into 写一个空文件夹", en: "name an empty folder with --into" },
    );
    return null;
  }
  if (!existsSync(dirname(into))) {
    refused(
      setting,
      { zh: `没有文件夹 ${dirname(into)}`, en: `there is no folder ${dirname(into)}` },
      { zh: "先建好它，或用 --into 写别的", en: "make it first, or name another with --into" },
    );
    return null;
  }
  return into;
}

/** @param into folder for the gateway's configuration @returns the exit code, when it was ended */
export async function runSchool(setting: Setting, scene: SceneFile, into: string): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  const host = ownAddress();
  const clock = systemClock();
  const stops: (() => unknown)[] = [];
  const tell = ({ fault, isOn, refused: why }: Episode) => {
    const text = faultText(fault)[lang];
    const over = { zh: "恢复：", en: "over: " }[lang];
    const not = { zh: "没能发生：", en: "could not happen: " }[lang];
    setting.out(`${clockTime(clock.wallMs())} ${why !== undefined ? not : isOn ? "" : over}${text}`);
  };
  try {
    let byHand: HandMade | null = null;
    // First of all: it tells whether one runs already.
    stops.push(
      await openDoor(doorPath(setting.env), async (question) => (await byHand?.answer(question)) ?? notYet),
    );
    const user = `${scene.school.id}-${scene.school.gateway}`;
    const platform = await startPlatform({ host, port: ports.platform, users: { [user]: password } });
    stops.push(() => platform.stop());
    const school = new SimulatedSchool(scene, roomWorld(scene, clock), { host, firstPort: ports.first });
    stops.push(() => school.stop());
    await school.start();
    for (const text of school.notFound) setting.out(text[lang]);
    const words = {
      broker: withPort(host, ports.broker),
      status: withPort(host, ports.page),
      dataFolder: join(into, "data"),
      platform: { url: platform.url, user, password },
    };
    saveConfiguration(into, configurationOf(scene, school.reached, words));
    const troubles = new Troubles(school, {
      async platformDown() {
        await platform.down();
        return () => platform.up();
      },
    });
    const hand = new HandMade(troubles, clock, tell);
    stops.push(() => hand.stop());
    byHand = hand;
    school.connect({ host, port: ports.broker });
    const script = new FaultScript(scene.faults, troubles, clock, tell);
    stops.push(() => script.stop());
    script.start();
    const counts = {
      rooms: scene.floors.flatMap(({ rooms }) => rooms).length,
      devices: school.devices.length,
    };
    setting.out(
      {
        zh: `${scene.school.name}：${counts.rooms} 间教室，${counts.devices} 台设备，等网关来。Ctrl-C 停止`,
        en: `${scene.school.name}: ${counts.rooms} rooms, ${counts.devices} devices, waiting for a gateway. Ctrl-C stops it`,
      }[lang],
    );
    setting.out({ zh: "在另一个终端：", en: "in another terminal:" }[lang]);
    setting.out(`  campus-edge run --config ${into}`);
    setting.out(`  campus-edge simulate fault cable-cut --room ${scene.floors[0]?.rooms[1]} --for 2min`);
    await new Promise<void>((end) => {
      if (setting.signal.aborted) end();
      else setting.signal.addEventListener("abort", () => end(), { once: true });
    });
    return exit.well;
  } catch (error) {
    if (error instanceof DoorTaken)
      return refused(
        setting,
        { zh: "已经有一所模拟学校在运行", en: "a simulated school is running already" },
        { zh: "先停掉它", en: "stop that one first" },
      );
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return refused(
      setting,
      { zh: `端口被占用：${(error as Error).message}`, en: `a port is taken: ${(error as Error).message}` },
      { zh: "先停掉占用它的程序", en: "stop the program that has it" },
    );
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
