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
import { exit, type Options, type Setting } from "../io.ts";
import { statusScreen } from "../screen.ts";

const defaultData = "/var/lib/campus-edge";
const patienceMs = 5000;

export async function command(setting: Setting, options: Options): Promise<number> {
  const { plan } = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const folder = options.data === undefined ? (plan?.buffer.folder ?? defaultData) : String(options.data);
  const socket = join(folder, socketName);
  let answer: unknown;
  try {
    answer = await fetchStatus(socket, AbortSignal.any([setting.signal, AbortSignal.timeout(patienceMs)]));
  } catch (error) {
    const { code = (error as Error).message } = error as { code?: string };
    const lang = setting.lang ?? plan?.school.language ?? "zh";
    if (setting.json) setting.out(JSON.stringify({ error: { code, socket } }));
    setting.err(
      {
        zh: `这里没有正在运行的网关（${socket}：${code}）。运行 campus-edge run；数据在别处时用 --data 指定；没有权限（not-allowed）时用 sudo`,
        en: `no gateway is running here (${socket}: ${code}). Start it with campus-edge run; name its data folder with --data if it is elsewhere; use sudo after not-allowed`,
      }[lang],
    );
    return exit.cannot;
  }
  const read = statusSchema.safeParse(answer);
  if (!read.success) {
    setting.err(
      setting.say({
        zh: "网关的回答看不懂：它和这个程序的版本不一样。重启网关：campus-edge run",
        en: "the gateway's answer is not understood: it runs another version. Restart it: campus-edge run",
      }),
    );
    return exit.cannot;
  }
  const status = read.data;
  if (setting.json) setting.out(JSON.stringify(status));
  else
    for (const line of statusScreen(status, setting.lang ?? plan?.school.language ?? "zh")) setting.out(line);
  return status.state === "ok" ? exit.well : exit.findings;
}
