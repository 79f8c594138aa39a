/**
 * `demo`: a small simulated school, a gateway and a stand-in platform, all on loopback. Leaves nothing behind.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPlan, printProblem } from "../../../config/load/index.ts";
import { ownAddress, withPort } from "../../../config/schema/address.ts";
import type { Status } from "../../../config/schema/status.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { startPlatform } from "../../../simulator/platform/platform.ts";
import { type Scene, smallSchool } from "../../../simulator/scenes/small-school.ts";
import { createLog, startAgent, systemClock } from "../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { clockTime } from "../screen.ts";

const defaultPort = 8080;
const lineMs = 1000;
/** Sensors of the demo speak oftener than real ones, so that there is something to see. */
const readingMs = 2000;

export async function command(setting: Setting, options: Options): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  const say = (zh: string, en: string) => setting.out(lang === "zh" ? zh : en);
  const rooms = whole(options.rooms, 6, 1, 60);
  const seconds = whole(options.seconds, Number.POSITIVE_INFINITY, 1, 86_400);
  if (rooms === null || seconds === null) {
    setting.err(
      setting.say({
        zh: "--rooms 写 1 到 60 的整数，--seconds 写 1 到 86400 的整数",
        en: "--rooms takes a whole number from 1 to 60, --seconds one from 1 to 86400",
      }),
    );
    return exit.cannot;
  }

  const scene = smallSchool({ rooms });
  const host = ownAddress();
  const root = mkdtempSync(join(tmpdir(), "campus-edge-demo-"));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const user = `${scene.school}-${scene.gateway}`;
    const platform = await startPlatform({ host, port: 0, users: { [user]: "demo" } });
    stops.push(() => platform.stop());
    const listening = Promise.withResolvers<number>();
    const listen = options.listen ?? withPort(host, (await isFree(host, defaultPort)) ? defaultPort : 0);
    writeSchool(root, scene, { url: platform.url, user, listen: String(listen), broker: withPort(host, 0) });
    const { plan, problems } = loadPlan(root, kinds, uplinkKinds, { env: {} });
    if (plan === null) {
      for (const problem of problems) setting.err(printProblem(problem, lang));
      return exit.cannot;
    }
    const agent = await startAgent(plan, {
      clock: systemClock(),
      log: createLog("error"),
      onFact: (_link, fact) => fact.what === "listening" && listening.resolve(fact.port),
    });
    stops.push(() => agent.stop());
    const school = await scene.start({ host, port: await listening.promise, everyMs: readingMs });
    stops.push(() => school.stop());

    const address = agent.page();
    const page = address === null ? null : `http://${withPort(address.host, address.port)}`;
    if (!setting.json) {
      say(
        `演示学校：${rooms} 间教室，每间一个空气探头，平台是模拟的；一切只在本机，停止后不留下任何东西。Ctrl-C 停止`,
        `a school of ${rooms} rooms with an air sensor each, and a stand-in platform; all on this machine, nothing stays behind. Ctrl-C stops it`,
      );
      say(
        "测得的值有变化才存（存储规则），所以“已存”比“测得”少",
        "a value is stored when it changed (the storing rule), so fewer are stored than measured",
      );
      if (page === null) say("状态页打不开，其余照常", "the status page cannot open; the rest goes on");
      else
        say(
          `状态 ${page}/status.json  ${page}/healthz  ${page}/readyz`,
          `status at ${page}/status.json  ${page}/healthz  ${page}/readyz`,
        );
    }
    const clock = systemClock();
    const ended = AbortSignal.any([
      setting.signal,
      ...(setting.unread === undefined ? [] : [setting.unread]),
    ]);
    for (let second = 0; second < seconds && !ended.aborted; second++) {
      await clock.sleep(lineMs, ended).catch(() => {});
      const flow = flowOf(agent.status());
      setting.out(setting.json ? JSON.stringify({ at: Date.now(), page, ...flow }) : flowLine(flow, lang));
    }
    return agent.status().uplinks.some(({ delivered }) => delivered > 0) ? exit.well : exit.findings;
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Nobody listens there. */
function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

interface Flow {
  up: number;
  devices: number;
  measured: number;
  stored: number;
  confirmed: number;
  waiting: number;
}

function flowOf({ counts, counters, uplinks }: Status): Flow {
  const sum = (of: "delivered" | "waiting") => uplinks.reduce((all, uplink) => all + uplink[of], 0);
  return {
    up: counts.devices.ok + counts.devices.degraded,
    devices: counts.devices.total,
    measured: counters.measured,
    stored: counters.stored,
    confirmed: sum("delivered"),
    waiting: sum("waiting"),
  };
}

function flowLine({ up, devices, measured, stored, confirmed, waiting }: Flow, lang: Language): string {
  const time = clockTime(Date.now());
  return {
    zh: `${time}  设备 ${up}/${devices} 在线 · 测得 ${measured} · 已存 ${stored} · 平台已确认 ${confirmed} · 等待 ${waiting}`,
    en: `${time}  devices ${up}/${devices} up · measured ${measured} · stored ${stored} · confirmed ${confirmed} · waiting ${waiting}`,
  }[lang];
}

/** A whole number of an option; null when it is none. */
function whole(value: Options[string], otherwise: number, min: number, max: number): number | null {
  if (value === undefined) return otherwise;
  const number = /^\d{1,6}$/.test(String(value)) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : null;
}

/** The configuration of the simulated school, as a technician would write it. */
function writeSchool(
  root: string,
  scene: Scene,
  { url, user, listen, broker }: Record<"url" | "user" | "listen" | "broker", string>,
): void {
  const secret = (name: string, value: string) =>
    writeFileSync(join(root, "secrets", name), value, { mode: 0o600 });
  mkdirSync(join(root, "secrets"), { recursive: true, mode: 0o700 });
  secret("platform", "demo");
  for (const device of scene.devices) secret(device.id, device.password);
  const rooms = scene.devices.map(({ space }) => space);
  const floors = [...new Set(rooms.map((room) => room.slice(0, -2)))];
  writeFileSync(
    join(root, "school.yaml"),
    [
      "version: 1",
      "school:",
      `  id: "${scene.school}"`,
      `  gateway: ${scene.gateway}`,
      "  name: 演示小学",
      "  clock: trusted",
      `  status: { listen: "${listen}" }`,
      "spaces:",
      ...floors.map((floor) => {
        const own = rooms.filter((room) => room.slice(0, -2) === floor);
        return `  - { building: JX1, floor: F${floor.padStart(2, "0")}, rooms: ${own[0]}..${own.at(-1)}, kind: classroom }`;
      }),
      `buffer: { folder: "${join(root, "data")}", quota: 1GB, diskFloor: 100MB }`,
      "uplinks:",
      `  province: { kind: mqtt, url: "${url}", user: ${user}, password: secret:platform, accepts: simulated }`,
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(root, "devices.yaml"),
    [
      "links:",
      `  broker: { kind: mqtt-broker, listen: "${broker}", simulated: true }`,
      "devices:",
      ...scene.devices.map(
        ({ id, space, user }) =>
          `  ${id}: { profile: mqtt-air-json, via: broker, user: ${user}, password: secret:${id}, space: ${space}, period: 10s }`,
      ),
      "",
    ].join("\n"),
  );
}
