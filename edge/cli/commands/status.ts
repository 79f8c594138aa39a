/**
 * `status`: asks the running agent through its local door. Opens no file of the agent's.
 */
import { join } from "node:path";
import { loadPlan } from "../../../config/load/index.ts";
import { statusSchema } from "../../../config/schema/status.ts";
import { kinds } from "../../../drivers/registry.ts";
import { fetchStatus } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { socketName } from "../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { statusScreen } from "../screen.ts";

const defaultData = "/var/lib/campus-edge";
const patienceMs = 5000;

export async function command(setting: Setting, options: Options): Promise<number> {
  // Also with mistakes in the files: a running gateway has its data where they say.
  const loaded = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const known = loaded.plan === null ? loaded.dataFolder : loaded.plan.buffer.folder;
  const folder = options.data === undefined ? (known ?? defaultData) : String(options.data);
  const lang = setting.lang ?? (loaded.plan === null ? loaded.language : loaded.plan.school.language) ?? "zh";
  const socket = join(folder, socketName);
  let answer: unknown;
  try {
    answer = await fetchStatus(socket, AbortSignal.any([setting.signal, AbortSignal.timeout(patienceMs)]));
  } catch (error) {
    const { code = (error as Error).message } = error as { code?: string };
    if (setting.json) setting.out(JSON.stringify({ error: { code, socket } }));
    setting.err(unanswered(code, socket, lang));
    return exit.cannot;
  }
  const read = statusSchema.safeParse(answer);
  if (!read.success) {
    setting.err(
      {
        zh: "网关的回答看不懂：它和这个程序的版本不一样。重启网关：campus-edge run",
        en: "the gateway's answer is not understood: it runs another version. Restart it: campus-edge run",
      }[lang],
    );
    return exit.cannot;
  }
  const status = read.data;
  if (setting.json) setting.out(JSON.stringify(status));
  else for (const line of statusScreen(status, lang)) setting.out(line);
  return status.state === "ok" ? exit.well : exit.findings;
}

/** Why nobody answered, and what to do. */
function unanswered(code: string, socket: string, lang: Language): string {
  if (code === "not-allowed") {
    return {
      zh: `网关在运行，但你没有权限问它（${socket}）。用运行网关的用户，或加 sudo`,
      en: `a gateway is there, but you may not ask it (${socket}). Be the user that runs it, or use sudo`,
    }[lang];
  }
  if (code === "not-running") {
    return {
      zh: `这里没有正在运行的网关（${socket}）。运行 campus-edge run；数据在别处时用 --data 指定`,
      en: `no gateway is running here (${socket}). Start it with campus-edge run; name its data folder with --data if it is elsewhere`,
    }[lang];
  }
  return {
    zh: `网关没有回答（${socket}：${code}）。过一会儿再试；一直这样就重启它`,
    en: `the gateway does not answer (${socket}: ${code}). Try again in a while; if it stays so, restart it`,
  }[lang];
}
