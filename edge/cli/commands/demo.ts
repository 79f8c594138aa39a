/**
 * `demo`: a whole simulated school, a gateway and a stand-in platform, all on loopback, with faults that come and go.
 * Leaves nothing behind.
 */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { printProblem } from "../../../config/load/index.ts";
import { readOneFile } from "../../../config/load/one-file.ts";
import { ownAddress, withPort } from "../../../config/schema/address.ts";
import { endpoint } from "../../../config/schema/scalar.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { doorPath } from "../../../simulator/faults/door.ts";
import { sceneOfRooms } from "../../../simulator/scenes/cut.ts";
import { type SceneFile, sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { systemClock } from "../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { narrowest, widest } from "../wrap.ts";
import { demoScreen, flowLine, flowOf, newsLine, pageLine } from "./demo/lines.ts";
import { News } from "./demo/news.ts";
import { startDemo } from "./demo/world.ts";

const defaultPort = 8080;
const lineMs = 1000;
/** Without a screen the numbers are told once in so many seconds; what happens is told at once. */
const quietS = 10;
const mostRooms = 120;
/** Clears the terminal from its first line on. */
const home = "\u001b[H\u001b[J";

export async function command(setting: Setting, options: Options): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  const wrong: Text[] = [];
  const number = (name: string, otherwise: number, min: number, max: number) => {
    const value = whole(options[name], otherwise, min, max);
    if (value === null)
      wrong.push({
        zh: `--${name} 写 ${min} 到 ${max} 的整数`,
        en: `--${name} takes a whole number from ${min} to ${max}`,
      });
    return value ?? otherwise;
  };
  const rooms = number("rooms", 40, 1, mostRooms);
  const seconds = number("seconds", Number.POSITIVE_INFINITY, 1, 86_400);
  const seed = number("seed", 1, 0, 999_999);
  const speed = number("speed", 10, 1, 3600);
  if (options.listen !== undefined && !endpoint.safeParse(options.listen).success)
    wrong.push({
      zh: "--listen 写 地址:端口，例如 127.0.0.1:8080",
      en: "--listen takes address:port, such as 127.0.0.1:8080",
    });
  if (wrong.length > 0) {
    for (const text of wrong) setting.err(setting.say(text));
    return exit.cannot;
  }
  const scene = sceneFor(rooms, seed, setting, lang);
  if (scene === null) return exit.cannot;

  const host = ownAddress();
  const listen = options.listen ?? withPort(host, (await isFree(host, defaultPort)) ? defaultPort : 0);
  const news = new News(lang);
  const clock = systemClock();
  const plain = setting.json || setting.screen === undefined;
  const print = (items: readonly { text: string }[]) => {
    if (plain && !setting.json) for (const item of items) setting.out(newsLine(item as never, lang));
  };
  const world = await startDemo({
    scene,
    host,
    listen: String(listen),
    speed,
    fromMs: schoolMorning(clock.wallMs()),
    door: doorPath(setting.env),
    tell: (episode) => print(news.fault(episode, clock.wallMs())),
  });
  try {
    let page: string | null = null;
    if (plain && !setting.json)
      setting.out(
        {
          zh: `演示学校：${rooms} 间教室，平台是模拟的；一切只在本机，停止后不留下任何东西。Ctrl-C 停止`,
          en: `a school of ${rooms} rooms and a stand-in platform; all on this machine, nothing stays behind. Ctrl-C stops it`,
        }[lang],
      );
    const unread = setting.unread === undefined ? [] : [setting.unread];
    const ended = AbortSignal.any([setting.signal, ...unread]);
    for (let second = 0; second < seconds && !ended.aborted; second++) {
      await clock.sleep(lineMs, ended).catch(() => {});
      const status = world.agent.status();
      const address = world.agent.page();
      if (address !== null && page === null) {
        page = `http://${withPort(address.host, address.port)}`;
        if (plain && !setting.json) setting.out(pageLine(page, lang));
      }
      print(news.seen(status));
      const flow = flowOf(status);
      if (setting.json)
        setting.out(JSON.stringify({ at: Date.now(), page, ...flow, now: [...news.now.values()] }));
      else if (setting.screen !== undefined) {
        const { columns, rows } = setting.screen();
        const width = Math.min(widest, Math.max(narrowest, columns));
        const lines = demoScreen({ status, news, schoolMs: world.schoolMs(), page }, lang, width, rows);
        setting.out(home + lines.join("\n"));
      } else if (second % quietS === 0) setting.out(flowLine(flow, lang));
    }
    return world.agent.status().uplinks.some(({ delivered }) => delivered > 0) ? exit.well : exit.findings;
  } finally {
    await world.stop();
  }
}

/** The scene that comes along with enough rooms, cut to as many as were asked for. */
function sceneFor(rooms: number, seed: number, setting: Setting, lang: Language): SceneFile | null {
  const file = rooms <= 40 ? "primary-40.yaml" : "junior-120.yaml";
  const path = fileURLToPath(new URL(`../../../simulator/scenes/files/${file}`, import.meta.url));
  const { value, problems } = readOneFile(path, sceneSchema);
  for (const problem of problems) setting.err(printProblem(problem, lang));
  return value === null ? null : sceneOfRooms({ ...value, school: { ...value.school, seed } }, rooms);
}

const dayMs = 86_400_000;
const zoneMs = 8 * 3_600_000;
/** Before the first lesson: something is about to happen. */
const morningMs = 7.75 * 3_600_000;

/** The morning of the last school day, ms UTC, in China's time. */
function schoolMorning(wallMs: number): number {
  let day = Math.floor((wallMs + zoneMs) / dayMs);
  // Day 0 of the epoch was a Thursday.
  while ((day + 3) % 7 >= 5) day -= 1;
  return day * dayMs + morningMs - zoneMs;
}

/** Nobody listens there. */
function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** A whole number of an option; null when it is none. */
function whole(value: Options[string], otherwise: number, min: number, max: number): number | null {
  if (value === undefined) return otherwise;
  const number = /^\d{1,6}$/.test(String(value)) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : null;
}
