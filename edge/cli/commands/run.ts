/**
 * `run`: the gateway, until it is told to stop. Refuses a configuration with errors whole.
 */
import { loadPlan, printProblem } from "../../../config/load/index.ts";
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
  const { plan, problems } = load();
  const lang: Language = setting.lang ?? plan?.school.language ?? "zh";
  if (plan === null) {
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
  let agent: Agent;
  try {
    agent = await startAgent(plan, {
      clock: systemClock(),
      log: createLog(),
      files: watchFiles(plan.folder, plan.revision, load),
    });
  } catch (error) {
    setting.err(cannotStart(error as NodeJS.ErrnoException, plan.buffer.folder, lang));
    return exit.cannot;
  }
  try {
    if (setting.json)
      setting.out(JSON.stringify({ running: plan.revision, page: agent.page, socket: agent.socket }));
    else {
      if (agent.page !== null) {
        const host = agent.page.host.includes(":") ? `[${agent.page.host}]` : agent.page.host;
        say(`状态页 http://${host}:${agent.page.port}/`, `status page http://${host}:${agent.page.port}/`);
      }
      await progress(agent, say, signal);
    }
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
  } finally {
    await agent.stop();
  }
  if (!setting.json) say("已停止；已应答的都在硬盘上", "stopped; everything acknowledged is on disk");
  return exit.well;
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
  return {
    zh: `网关启动不了：${error.message}${code === "" ? "" : `（${code}）`}`,
    en: `the gateway cannot start: ${error.message}${code === "" ? "" : ` (${code})`}`,
  }[lang];
}
