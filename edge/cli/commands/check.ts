/**
 * `check`: reads the configuration as `run` would and lists every problem. Changes nothing, opens nothing.
 */
import { loadPlan, printProblem } from "../../../config/load/index.ts";
import type { Plan, Problem } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { exit, type Language, type Setting } from "../io.ts";

export async function command(setting: Setting): Promise<number> {
  const { plan, problems, language } = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const code = problems.some(({ code }) => code === "no-folder")
    ? exit.cannot
    : plan === null
      ? exit.findings
      : exit.well;
  if (setting.json) {
    setting.out(JSON.stringify({ folder: setting.config, revision: plan?.revision ?? null, problems }));
    return code;
  }
  const lang = setting.lang ?? plan?.school.language ?? language ?? "zh";
  setting.out(
    { zh: `配置 ${setting.config}`, en: `configuration ${setting.config}` }[lang] +
      (plan === null ? "" : { zh: ` · 版本 ${plan.revision}`, en: ` · revision ${plan.revision}` }[lang]),
  );
  for (const problem of problems) setting.out(printProblem(problem, lang));
  setting.out(verdict(plan, problems, lang));
  return code;
}

/** The last line: what was found, and what to type next. */
export function verdict(plan: Plan | null, problems: readonly Problem[], lang: Language): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  if (plan === null) {
    return {
      zh: `✕ ${errors} 个错误，${warnings} 个提醒。改好后再运行 campus-edge check；正在运行的网关不受影响`,
      en: `✕ ${errors} errors, ${warnings} warnings. Mend them and run campus-edge check again; a running gateway is not affected`,
    }[lang];
  }
  const devices = plan.links.reduce((sum, link) => sum + link.points.size, 0);
  return {
    zh: `✓ 配置可用：${plan.links.length} 条线路，${devices} 台设备，${plan.uplinks.length} 个上行，${warnings} 个提醒。下一步：campus-edge run`,
    en: `✓ usable: ${plan.links.length} links, ${devices} devices, ${plan.uplinks.length} uplinks, ${warnings} warnings. Next: campus-edge run`,
  }[lang];
}
