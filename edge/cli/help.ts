import type { Text } from "../../config/schema/vocabulary.ts";
import type { Verb, VerbOption } from "./verbs.ts";

const common: readonly VerbOption[] = [
  {
    name: "config",
    value: "DIR",
    text: {
      zh: "配置文件夹（默认 $CAMPUS_EDGE_CONFIG，再默认 /etc/campus-edge）",
      en: "configuration folder (default $CAMPUS_EDGE_CONFIG, else /etc/campus-edge)",
    },
  },
  { name: "lang", value: "zh|en", text: { zh: "输出语言", en: "language of the output" } },
  { name: "json", text: { zh: "输出 JSON，给程序读", en: "write JSON, for programs" } },
  { name: "help", text: { zh: "显示帮助", en: "show this help" } },
];

type Say = (text: Text) => string;

function optionLines(options: readonly VerbOption[], say: Say): string[] {
  return options.map(({ name, value, text }) => {
    const left = `--${name}${value === undefined ? "" : ` ${value}`}`;
    return `  ${left.padEnd(20)}${say(text)}`;
  });
}

/** The overview: the verbs of the first screen, or all of them. */
export function overview(verbs: readonly Verb[], all: boolean, say: Say): string[] {
  const line = ({ name, text, load }: Verb) =>
    `  ${name.padEnd(10)}${say(text)}${load === undefined ? say({ zh: "（这一版还没有）", en: " (not in this version)" }) : ""}`;
  return [
    say({
      zh: "campus-edge：学校网关。设备说的每一条都先存本机，平台确认后才放手。",
      en: "campus-edge: a school's gateway. What devices say is kept on disk until the platform confirms it.",
    }),
    "",
    say({ zh: "用法：campus-edge 动词 [选项]", en: "usage: campus-edge VERB [options]" }),
    "",
    ...verbs.filter((verb) => all || verb.first).map(line),
    "",
    ...optionLines(common, say),
    "",
    all
      ? say({ zh: "某个动词的帮助：campus-edge 动词 --help", en: "help on a verb: campus-edge VERB --help" })
      : say({
          zh: "另有 run、demo 等：campus-edge help all。没有设备也能试：campus-edge demo",
          en: "more (run, demo, …): campus-edge help all. Try it without any device: campus-edge demo",
        }),
  ];
}

/** One verb's own help. */
export function verbHelp(verb: Verb, say: Say): string[] {
  const words = [verb.argument, verb.second, verb.rest].flatMap((word) => word ?? []);
  return [
    `campus-edge ${verb.name}${words.map(({ name }) => ` [${name}]`).join("")}：${say(verb.text)}`,
    "",
    ...words.map(({ name, text }) => `  ${name.padEnd(20)}${say(text)}`),
    ...optionLines([...verb.options, ...common], say),
    "",
    say({
      zh: "退出码：0 正常，1 发现问题，2 无法运行",
      en: "exit codes: 0 well, 1 something was found, 2 cannot run",
    }),
  ];
}
