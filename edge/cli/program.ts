/**
 * From the command line to a command: common options, help, and what is wrong with what was typed.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { nearest } from "../../config/load/nearest.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import manifest from "../../package.json" with { type: "json" };
import { overview, verbHelp } from "./help.ts";
import { exit, type Io, type Language, type Options, terminalLanguage } from "./io.ts";
import { type Verb, verbs } from "./verbs.ts";

const commonOptions = {
  config: { type: "string" },
  lang: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** No message moves a terminal's cursor. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
/** A word that was typed, as it may be shown. */
const shown = (word: string) => printable(word.slice(0, 40));

/** Standard streams, the environment, and a signal that aborts on SIGINT and SIGTERM. */
function terminal(): Io {
  const ending = new AbortController();
  // What a school says is for nobody else on this machine.
  process.umask(0o077);
  // Asked twice (a terminal signals the launcher and us), it still ends in good order.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => ending.abort(new Error(name)));
  }
  const unread = new AbortController();
  // A full disk costs the line, nothing else.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") unread.abort(error);
    });
  }
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
    signal: ending.signal,
    unread: unread.signal,
    ...(process.stdout.isTTY
      ? { screen: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }) }
      : {}),
  };
}

/**
 * Runs one command.
 * @param argv what was typed after the program's name
 * @returns exit code: 0 well, 1 something was found, 2 cannot run
 */
export async function program(argv: readonly string[], io: Io = terminal()): Promise<number> {
  const asked = /^(zh|en)$/.exec(argv[argv.indexOf("--lang") + 1] ?? "")?.[1] ?? lastLanguage(argv);
  const lang = (asked as Language | undefined) ?? terminalLanguage(io.env);
  const say = (text: Text) => text[lang ?? "zh"];
  const refuse = (what: Text, fix: Text) => {
    if (argv.includes("--json")) io.out(JSON.stringify({ error: { what, fix } }));
    io.err(`campus-edge: ${say(what)}${lang === "en" ? "; " : "；"}${say(fix)}`);
    return exit.cannot;
  };

  const [word, ...rest] = argv;
  if (word === undefined || word === "--help" || word === "-h" || word === "help") {
    const topic = verbs.find(({ name }) => name === rest[0] && word === "help");
    for (const line of topic ? verbHelp(topic, say) : overview(verbs, rest[0] === "all", say)) io.out(line);
    return exit.well;
  }
  if (word === "--version" || word === "version") {
    io.out(`campus-edge ${manifest.version}, Node ${process.versions.node}`);
    return exit.well;
  }
  const verb = verbs.find(({ name }) => name === word);
  if (verb === undefined && word.startsWith("-")) {
    return refuse(
      { zh: "动词写在最前面", en: "the verb comes first" },
      { zh: "例如 campus-edge check --config 文件夹", en: "for example campus-edge check --config DIR" },
    );
  }
  if (verb === undefined) {
    const near = nearest(
      word,
      verbs.map(({ name }) => name),
    );
    return refuse(
      { zh: `没有“${shown(word)}”这个动词`, en: `there is no verb "${shown(word)}"` },
      near === undefined
        ? { zh: "运行 campus-edge --help 看有哪些", en: "campus-edge --help lists them" }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
    );
  }

  const known = { ...commonOptions, ...optionsOf(verb) };
  let values: Options;
  try {
    const parsed = parseArgs({
      args: rest,
      options: known,
      strict: true,
      allowPositionals: verb.argument !== undefined,
    });
    const [argument, next, ...more] = parsed.positionals;
    const second = verb.second === undefined ? undefined : next;
    const much = verb.second === undefined ? next : more[0];
    if (much !== undefined && verb.rest === undefined) return refuse(...unexpected(much));
    values = {
      ...parsed.values,
      ...(argument === undefined ? {} : { argument }),
      ...(second === undefined ? {} : { second }),
      ...(more.length === 0 ? {} : { rest: more.join("\n") }),
    };
  } catch (error) {
    return refuse(...complaint(error as NodeJS.ErrnoException, rest, Object.keys(known), verb));
  }
  if (values.help === true) {
    for (const line of verbHelp(verb, say)) io.out(line);
    return exit.well;
  }
  if (values.lang !== undefined && values.lang !== "zh" && values.lang !== "en") {
    return refuse(
      {
        zh: `--lang 不能是“${shown(String(values.lang))}”`,
        en: `--lang cannot be "${shown(String(values.lang))}"`,
      },
      { zh: "写 zh 或 en", en: "write zh or en" },
    );
  }
  if (verb.load === undefined) {
    return refuse(
      { zh: `${verb.name} 在这一版还没有`, en: `${verb.name} is not in this version` },
      { zh: "campus-edge help all 列出了能用的", en: "campus-edge help all lists what works" },
    );
  }
  const { command } = await verb.load();
  const config = String(values.config || io.env.CAMPUS_EDGE_CONFIG || "/etc/campus-edge");
  if (isFile(config)) {
    const [file, folder] = [printable(config), printable(dirname(config))];
    return refuse(
      { zh: `--config 要的是文件夹，${file} 是文件`, en: `--config takes a folder, and ${file} is a file` },
      { zh: `写 --config ${folder}`, en: `write --config ${folder}` },
    );
  }
  try {
    return await command({ ...io, lang, json: values.json === true, config, say }, values);
  } catch (error) {
    return refuse(
      { zh: `出错了：${(error as Error).message}`, en: `it failed: ${(error as Error).message}` },
      { zh: "把这一行发给维护的人", en: "send this line to whoever maintains the gateway" },
    );
  }
}

const isFile = (path: string) => {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

function lastLanguage(argv: readonly string[]): string | undefined {
  return argv.findLast((word) => /^--lang=(zh|en)$/.test(word))?.slice(7);
}

function optionsOf(verb: Verb): Record<string, { type: "string" | "boolean" }> {
  return Object.fromEntries(
    verb.options.map(({ name, value }) => [name, { type: value === undefined ? "boolean" : "string" }]),
  );
}

function complaint(
  error: NodeJS.ErrnoException,
  typed: readonly string[],
  known: readonly string[],
  verb: Verb,
): [what: Text, fix: Text] {
  const help = {
    zh: `campus-edge ${verb.name} --help 列出了选项`,
    en: `campus-edge ${verb.name} --help lists the options`,
  };
  const wrong = typed.find((word) =>
    word.startsWith("--")
      ? !known.includes(word.slice(2).split("=")[0] ?? "")
      : /^-[^-]/.test(word) && word !== "-h",
  );
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" && wrong !== undefined) {
    const near = wrong.startsWith("--") ? nearest(wrong.slice(2).split("=")[0] ?? "", known) : undefined;
    return [
      { zh: `没有选项 ${shown(wrong)}`, en: `there is no option ${shown(wrong)}` },
      near === undefined ? help : { zh: `是不是 --${near}？`, en: `did you mean --${near}?` },
    ];
  }
  if (error.code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
    const option = /'(?:-\w, )?--([a-z]+)/.exec(error.message)?.[1] ?? "";
    const dashed = typed[typed.indexOf(`--${option}`) + 1] ?? "";
    const joined = `--${option}=${shown(dashed)}`;
    return [
      { zh: `选项 --${option} 的值不对`, en: `option --${option} has no usable value` },
      /^-\d/.test(dashed) ? { zh: `连着写 ${joined}`, en: `write ${joined}, in one piece` } : help,
    ];
  }
  return unexpected(typed.find((word) => !word.startsWith("-")) ?? "", help);
}

function unexpected(word: string, fix = { zh: "去掉它", en: "leave it out" }): [what: Text, fix: Text] {
  return [{ zh: `多了“${shown(word)}”`, en: `"${shown(word)}" is not expected here` }, fix];
}
