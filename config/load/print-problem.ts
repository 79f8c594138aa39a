/**
 * One problem as a person reads it in a terminal.
 */
import type { Problem } from "../schema/plan.ts";

const words = {
  zh: { error: "错误", warning: "注意", fix: "→", folder: "（配置文件夹）" },
  en: { error: "error", warning: "warning", fix: "→", folder: "(configuration folder)" },
};

/** `file:line:column severity: message`, the line with a caret below, and what to do. No line end behind it. */
export function printProblem(problem: Problem, language: "zh" | "en"): string {
  const { file, line, column, severity, excerpt } = problem;
  const word = words[language];
  const place = file === "" ? word.folder : line === 0 ? file : `${file}:${line}:${column}`;
  const lines = [`${place} ${word[severity]}: ${problem.what[language]}`];
  if (excerpt !== undefined) lines.push(`  ${excerpt}`, `  ${blanks(excerpt.slice(0, column - 1))}^`);
  lines.push(`  ${word.fix} ${problem.fix[language]}`);
  return lines.join("\n");
}

const blanks = (text: string) => " ".repeat(columns(text));

/** How many columns a text takes in a terminal: a wide character (Chinese, full-width) takes two. */
export function columns(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
