/**
 * `simulate`: the devices of a school and a stand-in platform on this machine, for a gateway that is run beside it; and
 * what goes wrong in it, by hand.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printProblem } from "../../../config/load/index.ts";
import { nearest } from "../../../config/load/nearest.ts";
import { readOneFile, readWords } from "../../../config/load/one-file.ts";
import { ownAddress, withPort } from "../../../config/schema/address.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { askDoor, DoorTaken, doorPath, openDoor, type Question } from "../../../simulator/faults/door.ts";
import { faultKinds, faultSchema } from "../../../simulator/faults/fault-schema.ts";
import { faultText } from "../../../simulator/faults/fault-text.ts";
import { HandMade } from "../../../simulator/faults/hand-made.ts";
import { type Episode, FaultScript } from "../../../simulator/faults/script.ts";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { startPlatform } from "../../../simulator/platform/platform.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import { systemClock } from "../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { clockTime } from "../moment.ts";
import { saveConfiguration } from "../save-configuration.ts";

const scenes = fileURLToPath(new URL("../../../simulator/scenes/files/", import.meta.url));
/** Ports of a school that runs by itself: the broker of its gateway, the platform, then its lines and boxes. */
const ports = { broker: 18_830, platform: 18_840, page: 18_080, first: 18_900 };
const password = "demo";

export async function command(setting: Setting, options: Options): Promise<number> {
  const { argument, second } = options;
  if (argument === "fault") return makeFault(setting, options, second);
  if (typeof argument !== "string") {
    for (const name of known()) setting.out(name);
    setting.out(
      setting.say({
        zh: "campus-edge simulate 名字（或自己的 .yaml 文件）开始；--into 写配置的文件夹",
        en: "campus-edge simulate NAME (or a .yaml file of your own) starts one; --into is the folder for its configuration",
      }),
    );
    return exit.well;
  }
  return run(setting, options, argument);
}

const known = () =>
  readdirSync(scenes)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => basename(name, ".yaml"))
    .sort();

function refused(setting: Setting, what: Text, fix: Text): number {
  const lang = setting.lang ?? "zh";
  if (setting.json) setting.out(JSON.stringify({ error: { what, fix } }));
  setting.err(`${what[lang]}${lang === "zh" ? "；" : "; "}${fix[lang]}`);
  return exit.cannot;
}

async function run(setting: Setting, options: Options, name: string): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  const own = existsSync(name);
  if (!own && !known().includes(name)) {
    const near = nearest(name, known());
    return refused(
      setting,
      { zh: `没有场景“${name.slice(0, 60)}”`, en: `there is no scene "${name.slice(0, 60)}"` },
      near === undefined
        ? { zh: `可用的：${known().join(", ")}`, en: `there are ${known().join(", ")}` }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
    );
  }
  const { value: scene, problems } = readOneFile(
    own ? resolve(name) : join(scenes, `${name}.yaml`),
    sceneSchema,
  );
  for (const problem of problems) setting.err(printProblem(problem, lang));
  if (scene === null) return exit.cannot;

  const into = resolve(String(options.into ?? "simulated-school"));
  if (existsSync(into) && readdirSync(into).some((file) => !ours.has(file)))
    return refused(
      setting,
      { zh: `${into} 里已有别的文件`, en: `there are other files in ${into}` },
      { zh: "用 --into 写一个空文件夹", en: "name an empty folder with --into" },
    );
  if (!existsSync(dirname(into)))
    return refused(
      setting,
      { zh: `没有文件夹 ${dirname(into)}`, en: `there is no folder ${dirname(into)}` },
      { zh: "先建好它，或用 --into 写别的", en: "make it first, or name another with --into" },
    );
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

const notYet = { ok: false, text: { zh: "学校还在启动", en: "the school is still starting" } };

/** What a simulation leaves in its folder. */
const ours = new Set(["school.yaml", "links.yaml", "devices.yaml", "secrets", "data"]);

const faultWords = ["room", "floor", "device", "rate", "count", "by", "for"] as const;

async function makeFault(setting: Setting, options: Options, what: unknown): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  if (typeof what !== "string") {
    for (const kind of faultKinds) setting.out(kind);
    setting.out(
      setting.say({
        zh: "campus-edge simulate fault 名字 --room、--floor 或 --device …；--for 多久；名字写 none 取消全部",
        en: "campus-edge simulate fault NAME with --room, --floor or --device; --for how long; NAME none takes all back",
      }),
    );
    return exit.well;
  }
  let question: Question = { allWell: true };
  if (what !== "none") {
    const words = Object.fromEntries(
      faultWords.flatMap((word) => (typeof options[word] === "string" ? [[word, options[word]]] : [])),
    );
    question = { fault: { what, ...words } };
    const problems = readWords(question.fault, faultSchema);
    for (const problem of problems)
      setting.err(`${problem.what[lang]}${lang === "zh" ? "；" : "; "}${problem.fix[lang]}`);
    if (problems.length > 0) return exit.cannot;
  }
  const answer = await askDoor(doorPath(setting.env), question);
  if (answer === null)
    return refused(
      setting,
      { zh: "没有正在运行的模拟学校", en: "no simulated school is running" },
      {
        zh: "先运行 campus-edge simulate 名字，或 demo",
        en: "start one with campus-edge simulate NAME, or demo",
      },
    );
  if (setting.json) setting.out(JSON.stringify(answer));
  else if (answer.ok) setting.out(answer.text[lang]);
  else setting.err(answer.text[lang]);
  return answer.ok ? exit.well : exit.findings;
}
