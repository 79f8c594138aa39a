/** What keeps a device from being set before anything was done, and what to do about it. */
import type { AssignRefusal } from "../../../../config/schema/assign.ts";
import type { LinkPlan } from "../../../../config/schema/plan.ts";
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { kinds } from "../../../../drivers/registry.ts";
import { exit, type Language, type Options, type Setting } from "../../io.ts";
import { refused } from "../status.ts";

interface Problem {
  what: Text;
  fix: Text;
}

/** What has to be typed and was not; who types a stranger's name is told what becomes of strangers. */
export function missingIn({ argument, profile, to }: Options, links: readonly LinkPlan[]): Problem[] {
  const able = links.filter(({ kind }) => kinds.find((one) => one.kind === kind)?.assignment !== undefined);
  const names = able.map(({ id }) => id);
  const isLink = links.some(({ id }) => id === argument);
  if (typeof argument === "string" && !isLink && profile === undefined && to === undefined)
    return [
      {
        what: {
          zh: `“${argument.slice(0, 64)}” 不是线路。assign 只给 RS-485 设备写地址；MQTT 的陌生设备不用认领`,
          en: `"${argument.slice(0, 64)}" is no link. assign sets RS-485 devices; strangers on MQTT are adopted in the files`,
        },
        fix: {
          zh: "campus-edge scan mqtt 给出要抄进文件的几行，再 campus-edge apply",
          en: "campus-edge scan mqtt gives the lines to paste; then campus-edge apply",
        },
      },
    ];
  return [
    ...(typeof argument === "string"
      ? []
      : [
          {
            what: { zh: "没有写哪条线路", en: "it does not say on which link" },
            fix:
              names.length === 0
                ? { zh: "先把 RS-485 线路写进 links", en: "write the RS-485 line into links first" }
                : { zh: `写 ${names.join(" 或 ")}`, en: `write ${names.join(" or ")}` },
          },
        ]),
    ...(typeof profile === "string"
      ? []
      : [
          {
            what: { zh: "没有写型号", en: "it does not say which profile" },
            fix: {
              zh: "加上 --profile 型号；不知道就 campus-edge scan modbus",
              en: "add --profile PROFILE; campus-edge scan modbus finds it out",
            },
          },
        ]),
    ...(typeof to === "string"
      ? []
      : [
          {
            what: { zh: "没有写改成什么", en: "it does not say what it shall become" },
            fix: { zh: "加上 --to 12@9600 这样的一项", en: "add --to, such as 12@9600" },
          },
        ]),
  ];
}

export function problemsOf({ code, problems }: AssignRefusal): Problem[] {
  if (code === "mistakes") return problems;
  if (code === "busy")
    return [
      {
        what: { zh: "网关正在替别人设一台设备", en: "the gateway is setting a device for somebody else" },
        fix: { zh: "等它做完再试", en: "try again when that has ended" },
      },
    ];
  if (code === "gone")
    return [
      {
        what: {
          zh: "网关中途不再做了，不知道做到哪里",
          en: "the gateway does not know of it any more, and nobody how far it was",
        },
        fix: { zh: "campus-edge report audit 看记到哪里", en: "campus-edge report audit has what was begun" },
      },
    ];
  return [
    {
      what: { zh: "正在运行的网关看不懂", en: "the running gateway does not understand it" },
      fix: { zh: "它和这个程序版本不同：重启它", en: "it is of another version: restart it" },
    },
  ];
}

/** Says all of them; one is told as by every verb. */
export function mistakes(setting: Setting, lang: Language, problems: readonly Problem[]): number {
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return refused(setting, lang, first.what, first.fix);
  if (setting.json) setting.out(JSON.stringify({ error: { problems } }));
  for (const { what, fix } of problems)
    setting.err(`campus-edge: ${what[lang]}${lang === "en" ? "; " : "；"}${fix[lang]}`);
  return exit.cannot;
}

export const nobodyToAsk: [what: Text, fix: Text] = [
  { zh: "没有人可以问，什么也没写", en: "there is nobody to ask: nothing was written" },
  { zh: "确认要写就加 --yes", en: "add --yes if it is wanted" },
];
