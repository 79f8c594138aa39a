/**
 * `run`: the gateway, until it is told to stop. Refuses a configuration with errors whole. SIGHUP puts the files
 * to work (`systemctl reload`), unless it is the terminal that went away.
 */
import { loadPlan, printProblem } from "../../../config/load/index.ts";
import { withPort } from "../../../config/schema/address.ts";
import type { Log } from "../../../config/schema/context.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { type Agent, createLog, startAgent, systemClock } from "../../agent/index.ts";
import { watchFiles } from "../files-watch.ts";
import { exit, type Language, type Setting } from "../io.ts";
import { verdict } from "./check.ts";

const progressMs = 1000;

export async function command(setting: Setting): Promise<number> {
  const { signal } = setting;
  const load = () => loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const files = watchFiles(setting.config, load);
  const { plan, problems, language } = files.first;
  const lang: Language = setting.lang ?? plan?.school.language ?? language ?? "zh";
  if (plan === null) {
    if (setting.json) setting.out(JSON.stringify({ running: null, problems }));
    for (const problem of problems) setting.err(printProblem(problem, lang));
    setting.err(verdict(plan, problems, lang));
    return exit.cannot;
  }
  const say = (zh: string, en: string) => setting.out(lang === "zh" ? zh : en);
  if (!setting.json) {
    say(
      `配置 ${plan.folder} · 版本 ${plan.revision}`,
      `configuration ${plan.folder} · revision ${plan.revision}`,
    );
    for (const problem of problems) setting.out(printProblem(problem, lang));
  }
  const log = createLog();
  let agent: Agent;
  try {
    agent = await startAgent(plan, {
      clock: systemClock(),
      log,
      files: (running) => files.look(running),
      load,
    });
  } catch (error) {
    setting.err(cannotStart(error as NodeJS.ErrnoException, plan.buffer.folder, lang));
    return exit.cannot;
  }
  const release = process.stdin.isTTY ? () => {} : onHangUp(() => void reload(agent, log));
  try {
    if (setting.json)
      setting.out(
        JSON.stringify({ running: plan.revision, page: plan.status ?? null, socket: agent.socket }),
      );
    else {
      if (plan.status !== undefined) await tellPage(agent, plan.status, say, signal);
      await progress(agent, say, signal);
    }
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
  } finally {
    await agent.stop();
    release();
  }
  if (!setting.json) say("已停止；已应答的都在硬盘上", "stopped; everything acknowledged is on disk");
  return exit.well;
}

/** What is refused is told in the log; the configuration that runs, runs on. */
async function reload(agent: Agent, log: Log): Promise<void> {
  try {
    await agent.applyFiles();
  } catch (error) {
    const { code = "failed" } = error as { code?: string };
    log.error(
      { code, error: (error as Error).message },
      "the files were not put to work; the old ones run on",
    );
  }
}

/** Takes the place of whoever listens to SIGHUP, until it is released. */
function onHangUp(heard: () => void): () => void {
  const others = process.listeners("SIGHUP");
  process.removeAllListeners("SIGHUP");
  process.on("SIGHUP", heard);
  return () => {
    for (const other of others) process.on("SIGHUP", other);
    process.off("SIGHUP", heard);
  };
}

/** Where the page is, or that its port is taken; it is waited for a second. */
async function tellPage(
  agent: Agent,
  wanted: { host: string; port: number },
  say: (zh: string, en: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock();
  for (let tries = 0; tries < 20 && agent.page() === null && !signal.aborted; tries++)
    await clock.sleep(50, signal).catch(() => {});
  const { host, port } = agent.page() ?? wanted;
  const url = `http://${withPort(host, port)}/`;
  if (agent.page() !== null) say(`状态页 ${url}`, `status page ${url}`);
  else
    say(
      `状态页 ${url} 打不开（多半端口被占用：ss -ltnp），其余照常`,
      `the status page ${url} cannot open (its port is probably taken: ss -ltnp); the rest goes on`,
    );
}

/** One line a link whenever its count changes, until all devices are up. */
async function progress(
  agent: Agent,
  say: (zh: string, en: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const told = new Map<string, string>();
  const clock = systemClock();
  while (!signal.aborted) {
    const { links } = agent.status();
    for (const { id, devices } of links) {
      const up = devices.ok + devices.degraded;
      const count = `${up}/${devices.total}`;
      if (told.get(id) === count) continue;
      told.set(id, count);
      say(`${id} 已通 ${count}`, `${id} up ${count}`);
    }
    if (links.every(({ devices }) => devices.ok + devices.degraded === devices.total)) {
      say("全部已通。下一步：campus-edge status", "all are up. Next: campus-edge status");
      return;
    }
    await clock.sleep(progressMs, signal).catch(() => {});
  }
}

/** Why the local door in the data folder cannot open. */
const localDoor: Record<string, Text> = {
  "already-running": {
    zh: "数据文件夹里已有一个网关在运行；停掉它，或用另一份配置",
    en: "a gateway is running in this data folder already; stop it, or use another configuration",
  },
  "folder-open": {
    zh: "数据文件夹别人也能写；运行 chmod 750 后再启动",
    en: "others can write into the data folder; chmod 750 it and start again",
  },
  "not-a-socket": {
    zh: "数据文件夹里的 agent.sock 不是我们的；看看是什么，移走它",
    en: "agent.sock in the data folder is not ours; look what it is and move it away",
  },
  "path-too-long": {
    zh: "数据文件夹的路径太长（最多约 90 个字符）；换一个短的",
    en: "the path of the data folder is too long (about 90 characters at most); choose a shorter one",
  },
  SQLITE_NOTADB: {
    zh: "journal.sqlite 不是网关的数据文件；把它移走（别删），再启动",
    en: "journal.sqlite is no file of the gateway; move it away (do not delete it) and start again",
  },
  ENOTDIR: {
    zh: "数据文件夹的路径上有一个文件挡着",
    en: "a file is in the way on the path of the data folder",
  },
  EEXIST: { zh: "数据文件夹的位置上是一个文件", en: "there is a file where the data folder should be" },
  ENOSPC: { zh: "硬盘满了；先腾出空间（df -h）", en: "the disk is full; make room first (df -h)" },
};

function cannotStart(error: NodeJS.ErrnoException, folder: string, lang: Language): string {
  const code = error.code ?? "";
  if (code === "SQLITE_BUSY") {
    return {
      zh: `数据文件夹 ${folder} 正被另一个网关使用。停掉那一个，或用另一份配置`,
      en: `the data folder ${folder} is in use by another gateway. Stop that one, or use another configuration`,
    }[lang];
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return {
      zh: `数据文件夹 ${folder} 不能写（${code}）。建好它并交给运行网关的用户，或在 buffer: 里写 folder:`,
      en: `the data folder ${folder} cannot be written (${code}). Make it and give it to the user that runs the gateway, or set folder: in buffer:`,
    }[lang];
  }
  const local = localDoor[code];
  if (local !== undefined) return `${local[lang]} (${folder})`;
  return {
    zh: `网关启动不了：${error.message}${code === "" ? "" : `（${code}）`}`,
    en: `the gateway cannot start: ${error.message}${code === "" ? "" : ` (${code})`}`,
  }[lang];
}
