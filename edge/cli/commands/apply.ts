/**
 * `apply`: what the changed files would do to the running gateway, and, when that is wanted, does it. The gateway
 * reads the files itself and takes only the revision that was shown.
 *
 * Never happens: something changes without `--yes` or a "yes" at a terminal. Where nothing changes, what refused us or is
 * not there is tried again without it.
 */
import { loadPlan, printProblem } from "../../../config/load/index.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { kinds } from "../../../drivers/registry.ts";
import { fetchChanges, postApply } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { appliedSchema, type Preview, previewSchema, refusalSchema } from "../../agent/index.ts";
import { changeLines } from "../change-lines.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { atTerminal, isYes, type Question } from "../question.ts";
import { meaningOf } from "../vector-meaning.ts";
import { verdict } from "./check.ts";
import { ask, type Door, findDoor, refused } from "./status.ts";

export async function command(
  setting: Setting,
  options: Options,
  question: Question = atTerminal,
): Promise<number> {
  const { plan, problems, language } = loadPlan(setting.config, kinds, uplinkKinds, {
    env: setting.env,
    meaning: meaningOf,
  });
  const lang = setting.lang ?? plan?.school.language ?? language ?? "zh";
  const dry = options["dry-run"] === true;
  const yes = options.yes === true;
  if (dry && yes) return refused(setting, lang, ...bothAsked);
  if (plan === null) {
    if (setting.json) setting.out(JSON.stringify({ applied: false, folder: setting.config, problems }));
    else {
      for (const problem of problems) setting.out(printProblem(problem, lang));
      setting.out(verdict(plan, problems, lang));
    }
    return problems.some(({ code }) => code === "no-folder") ? exit.cannot : exit.findings;
  }
  const door = { ...findDoor(setting, options), lang };
  const answer = await ask(setting, door, fetchChanges, previewSchema.or(refusalSchema));
  if (answer === null) return exit.cannot;
  if ("error" in answer) {
    refused(setting, lang, answer.error.what, answer.error.fix);
    return answer.error.code === "mistakes" ? exit.findings : exit.cannot;
  }
  if (answer.files !== plan.revision)
    return refused(setting, lang, ...otherFiles(answer.files, plan.revision));

  const show = (applied: boolean, { running }: { running: string } = answer) => {
    const { files, changes, restart } = answer;
    setting.out(JSON.stringify({ applied, folder: plan.folder, running, files, changes, restart }));
  };
  const say = (text: Text) => {
    if (!setting.json) setting.out(text[lang]);
  };
  if (!setting.json)
    for (const line of preview(answer, plan.folder, problems.length, lang)) setting.out(line);
  if (answer.restart.length > 0) {
    if (setting.json) show(false);
    return exit.cannot;
  }
  if (answer.changes.length === 0 && answer.running === answer.files) {
    if (!dry) {
      // A person says that something was mended elsewhere.
      const post = (socket: string) => postApply(socket, answer.files, setting.signal);
      const again = await ask(setting, door, post, appliedSchema.or(refusalSchema));
      if (again === null) return exit.cannot;
      if ("error" in again) return refused(setting, lang, again.error.what, again.error.fix);
      say({
        zh: "登录被拒的、连不上的再试一次：campus-edge status",
        en: "those that refused us or are not there are tried again: campus-edge status",
      });
    }
    if (setting.json) show(false);
    return exit.well;
  }
  if (dry) {
    if (setting.json) show(false);
    say({ zh: "什么也没动。下一步：campus-edge apply", en: "nothing was touched. Next: campus-edge apply" });
    return exit.well;
  }
  if (!yes) {
    const asked = setting.json
      ? null
      : question({ zh: "现在生效吗？[y/N] ", en: "put it to work now? [y/N] " }[lang], setting.signal);
    if (asked === null) return refused(setting, lang, ...nobodyToAsk);
    if (!isYes(await asked)) {
      say({ zh: "没有动。旧配置仍在运行", en: "nothing was touched. The old configuration runs on" });
      return exit.well;
    }
  }
  return put(setting, door, answer, lang, show);
}

/** Puts the revision that was shown to work. */
async function put(
  setting: Setting,
  door: Door,
  { files }: Preview,
  lang: Language,
  show: (applied: boolean, now: { running: string }) => void,
): Promise<number> {
  // The gateway closes and opens connections meanwhile: longer than a question takes.
  const post = (socket: string) => postApply(socket, files, setting.signal);
  const done = await ask(setting, door, post, appliedSchema.or(refusalSchema));
  if (done === null) return exit.cannot;
  if ("error" in done) return refused(setting, lang, done.error.what, done.error.fix);
  if (setting.json) show(true, done);
  else
    setting.out(
      {
        zh: `✓ 运行版本 ${done.running}。下一步：campus-edge status`,
        en: `✓ revision ${done.running} runs. Next: campus-edge status`,
      }[lang],
    );
  return exit.well;
}

function preview(
  { running, files, changes, restart }: Preview,
  folder: string,
  warnings: number,
  lang: Language,
): string[] {
  const zh = lang === "zh";
  const lines = [
    zh
      ? `配置 ${folder} · 运行版本 ${running} · 文件版本 ${files}`
      : `configuration ${folder} · revision ${running} runs · files are ${files}`,
  ];
  if (warnings > 0)
    lines.push(zh ? `${warnings} 个提醒：campus-edge check` : `${warnings} warnings: campus-edge check`);
  if (changes.length > 0) lines.push(...changeLines(changes, lang));
  else if (restart.length === 0 && running !== files)
    lines.push(
      zh ? "只有说明文字或版本号不同，什么也不会停" : "only comments or the revision differ; nothing stops",
    );
  else if (restart.length === 0)
    lines.push(zh ? "运行的就是这些文件，没有要换的" : "these files run already; there is nothing to change");
  if (restart.length > 0) {
    lines.push(
      zh
        ? "✕ 下面这些要重启网关才能生效，这次什么也没动："
        : "✕ these take effect only when the gateway is restarted, so nothing was touched:",
      ...restart.map((text) => `  ! ${text[lang]}`),
      zh
        ? "下一步：停下网关再启动（systemctl restart campus-edge）"
        : "Next: stop the gateway and start it again (systemctl restart campus-edge)",
    );
  }
  return lines;
}

const bothAsked: [what: Text, fix: Text] = [
  { zh: "--dry-run 和 --yes 不能一起用", en: "--dry-run and --yes exclude each other" },
  { zh: "只看用 --dry-run，直接生效用 --yes", en: "--dry-run only looks, --yes puts it to work unasked" },
];

const nobodyToAsk: [what: Text, fix: Text] = [
  { zh: "没有终端可以问一句", en: "there is no terminal to ask at" },
  {
    zh: "确认要换就加 --yes，只看就加 --dry-run",
    en: "add --yes if it is wanted, --dry-run to look only",
  },
];

const otherFiles = (theirs: string, ours: string): [what: Text, fix: Text] => [
  {
    zh: `网关读到的文件是版本 ${theirs}，这里的是 ${ours}`,
    en: `the gateway reads files of revision ${theirs}, these are ${ours}`,
  },
  {
    zh: "文件刚被改过就再来一次；否则用 --config 指它用的文件夹",
    en: "if they were being edited, do it again; else name its own folder with --config",
  },
];
