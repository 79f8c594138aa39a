/**
 * `check`: reads the configuration as `run` would and lists every problem; with a device, explains its values.
 * Changes nothing, opens nothing.
 */
import { contactWords } from "../../../config/load/contact-words.ts";
import { checkDevice, type DeviceCheck, loadPlan, printProblem } from "../../../config/load/index.ts";
import type { LoadResult, Plan, Problem } from "../../../config/schema/plan.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { deviceScreen } from "../device-screen.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { meaningOf } from "../vector-meaning.ts";

export async function command(setting: Setting, options: Options): Promise<number> {
  const { argument } = options;
  if (typeof argument === "string") return checkOne(setting, argument);
  const result = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env, meaning: meaningOf });
  const { plan, problems } = result;
  const code = exitCode(result);
  if (setting.json) {
    setting.out(JSON.stringify({ folder: setting.config, revision: plan?.revision ?? null, problems }));
    return code;
  }
  const lang = languageOf(setting, result);
  setting.out(heading(setting, plan, lang));
  for (const problem of problems) setting.out(printProblem(problem, lang));
  for (const line of contacts(plan, lang)) setting.out(line);
  setting.out(verdict(plan, problems, lang));
  return code;
}

const exitCode = ({ plan, problems }: LoadResult) =>
  problems.some(({ code }) => code === "no-folder") ? exit.cannot : plan === null ? exit.findings : exit.well;

const languageOf = (setting: Setting, { plan, language }: LoadResult): Language =>
  setting.lang ?? plan?.school.language ?? language ?? "zh";

function heading(setting: Setting, plan: Plan | null, lang: Language): string {
  const folder = { zh: `配置 ${setting.config}`, en: `configuration ${setting.config}` }[lang];
  if (plan === null) return folder;
  return folder + { zh: ` · 版本 ${plan.revision}`, en: ` · revision ${plan.revision}` }[lang];
}

/** What was written of when and how fast the uplinks send, as it will be understood. */
const contacts = (plan: Plan | null, lang: Language) =>
  (plan?.uplinks ?? []).flatMap((uplink) => {
    const words = contactWords(uplink);
    return words === null ? [] : `${uplink.id}${lang === "zh" ? "：" : ": "}${words[lang]}`;
  });

/** One device: what is wrong with it, its effective values, and whether anything is wrong elsewhere. */
function checkOne(setting: Setting, id: string): number {
  const found = checkDevice(setting.config, id, kinds, uplinkKinds, {
    env: setting.env,
    meaning: meaningOf,
  });
  const { result, values } = found;
  const lang = languageOf(setting, result);
  if (found.unknown !== undefined) return unknownDevice(setting, id, found, found.unknown, lang);
  const problems = values === undefined ? inTheWay(found) : found.problems;
  const elsewhere = errorsOf(result.problems) - errorsOf(problems);
  if (setting.json) {
    const revision = result.plan?.revision ?? null;
    const shown = { folder: setting.config, revision, device: id, values: values ?? null };
    setting.out(JSON.stringify({ ...shown, problems, errorsElsewhere: elsewhere }));
    return exitCode(result);
  }
  setting.out(heading(setting, result.plan, lang));
  for (const problem of problems) setting.out(printProblem(problem, lang));
  if (values !== undefined) for (const line of deviceScreen(values, lang)) setting.out(line);
  setting.out(last(id, { known: values !== undefined, own: errorsOf(problems), elsewhere })[lang]);
  return exitCode(result);
}

const errorsOf = (problems: readonly Problem[]) =>
  problems.filter(({ severity }) => severity === "error").length;

/** Without an error at the device itself it is an unreadable file, or the folder: then all errors. */
function inTheWay({ problems, result }: DeviceCheck): readonly Problem[] {
  if (errorsOf(problems) > 0) return problems;
  return result.problems.filter(({ severity }) => severity === "error");
}

function unknownDevice(
  setting: Setting,
  id: string,
  { result }: DeviceCheck,
  fix: Text,
  lang: Language,
): number {
  const name = id.slice(0, 64).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
  const what = { zh: `没有设备“${name}”`, en: `there is no device "${name}"` };
  if (setting.json) setting.out(JSON.stringify({ error: { what, fix } }));
  setting.err(`campus-edge: ${what[lang]}${lang === "en" ? "; " : "；"}${fix[lang]}`);
  const errors = errorsOf(result.problems);
  if (errors > 0)
    setting.err(
      {
        zh: `配置有 ${errors} 个错误，它可能因此没有读到：campus-edge check`,
        en: `the configuration has ${errors} errors; it may be missing because of them: campus-edge check`,
      }[lang],
    );
  return exit.cannot;
}

/** What was found of one device, and what to type next. */
function last(
  id: string,
  { known, own, elsewhere }: { known: boolean; own: number; elsewhere: number },
): Text {
  if (!known)
    return {
      zh: `✕ 上面的错误改好后，才能看 ${id} 的值：campus-edge check ${id}`,
      en: `✕ the values of ${id} can be shown once the errors above are mended: campus-edge check ${id}`,
    };
  if (own > 0)
    return {
      zh: `✕ ${id} 有 ${own} 个错误，别处 ${elsewhere} 个。改好后再运行 campus-edge check ${id}`,
      en: `✕ ${id} has ${own} errors, ${elsewhere} are elsewhere. Mend them and run campus-edge check ${id} again`,
    };
  if (elsewhere > 0)
    return {
      zh: `✓ ${id} 没有错误；别处有 ${elsewhere} 个，配置还不能用。下一步：campus-edge check`,
      en: `✓ ${id} has no error; ${elsewhere} elsewhere keep the configuration from use. Next: campus-edge check`,
    };
  return {
    zh: `✓ ${id} 没有错误，整个配置可用。下一步：campus-edge check`,
    en: `✓ ${id} has no error, and the configuration is usable. Next: campus-edge check`,
  };
}

/** The last line: what was found, and what to type next. */
export function verdict(plan: Plan | null, problems: readonly Problem[], lang: Language): string {
  const errors = errorsOf(problems);
  const warnings = problems.length - errors;
  if (plan === null) {
    return {
      zh: `✕ ${errors} 个错误，${warnings} 个提醒。改好后再运行 campus-edge check；正在运行的网关不受影响`,
      en: `✕ ${errors} errors, ${warnings} warnings. Mend them and run campus-edge check again; a running gateway is not affected`,
    }[lang];
  }
  const devices = plan.links.reduce((sum, link) => sum + link.points.size, 0);
  return {
    zh: `✓ 配置可用：${plan.links.length} 条线路，${devices} 台设备，${plan.uplinks.length} 个上行，${warnings} 个提醒。下一步：campus-edge run；网关已在运行：campus-edge apply`,
    en: `✓ usable: ${plan.links.length} links, ${devices} devices, ${plan.uplinks.length} uplinks, ${warnings} warnings. Next: campus-edge run, or campus-edge apply if the gateway runs`,
  }[lang];
}
