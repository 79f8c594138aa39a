import type { Text } from "../../config/schema/vocabulary.ts";

export type Language = "zh" | "en";

/** What a command may touch of the terminal; tests hand in their own. */
export interface Io {
  /** Standard output: what the command was asked for. */
  out(line: string): void;
  /** Standard error: what went wrong. */
  err(line: string): void;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user or the system wants the program to end. */
  signal: AbortSignal;
  /** Aborts when nobody reads the output any more (`| head`): the end for a show, nothing for a gateway. */
  unread?: AbortSignal;
  /** Size of the terminal, in characters; absent: the output is no terminal. */
  screen?: () => { columns: number; rows: number };
}

/** A command's surroundings after the common options are read. */
export interface Setting extends Io {
  /** `--lang`, or what the environment says; undefined: the school's own language. */
  lang: Language | undefined;
  json: boolean;
  /** Configuration folder. */
  config: string;
  say(text: Text): string;
}

/** A verb's own options as typed. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** Exit codes: all well, something was found, cannot run. */
export const exit = { well: 0, findings: 1, cannot: 2 } as const;

/** The language of the terminal: Chinese, another one (then English), or none set. */
export function terminalLanguage(env: Io["env"]): Language | undefined {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  if (/^zh/i.test(locale)) return "zh";
  return locale === "" || /^(C|POSIX)\b/.test(locale) ? undefined : "en";
}
