/**
 * One YAML file that is no part of a configuration folder, read by a schema with the same patience: every mistake at its
 * place, in both languages, all at once.
 */
import { basename } from "node:path";
import type { z } from "zod";
import type { Problem } from "../schema/plan.ts";
import { decode } from "./encoding.ts";
import { read } from "./entry.ts";
import { Findings } from "./findings.ts";
import { codeOf, readBounded } from "./read-bounded.ts";
import { createSource } from "./source.ts";
import { parseTree } from "./tree.ts";

const maxBytes = 1_000_000;

/**
 * @param path of the file; only its name is shown
 * @returns its content, or null with at least one error among the problems
 */
export function readOneFile<T>(
  path: string,
  schema: z.ZodType<T>,
): { value: T | null; problems: readonly Problem[] } {
  const findings = new Findings();
  const file = basename(path);
  const cannot = (zh: string, en: string) => {
    findings.error(
      "no-file",
      { file },
      { zh, en },
      { zh: "检查路径和权限", en: "check path and permissions" },
    );
    return { value: null, problems: findings.list() };
  };
  let found: ReturnType<typeof readBounded>;
  try {
    found = readBounded(path, maxBytes);
  } catch (error) {
    return cannot(`${file} 打不开（${codeOf(error)}）`, `${file} cannot be opened (${codeOf(error)})`);
  }
  const { bytes } = found;
  if (bytes === null) return cannot(`${file} 不是普通文件`, `${file} is no regular file`);
  if (bytes === "too-large") return cannot(`${file} 超过 1 MB`, `${file} is larger than 1 MB`);
  const decoded = decode(bytes);
  if ("code" in decoded) {
    findings.error(decoded.code, { file }, decoded.complaint.what, decoded.complaint.fix);
    return { value: null, problems: findings.list() };
  }
  const tree = parseTree(createSource(file, decoded.text), findings);
  if (tree === null) return { value: null, problems: findings.list() };
  const result = read(schema, tree, tree, findings);
  return { value: findings.hasError ? null : (result?.value ?? null), problems: findings.list() };
}

/**
 * Words that were typed one by one, such as options of a command.
 * @returns what is wrong with them, in both languages; none: they are right
 */
export function readWords(words: Readonly<Record<string, string>>, schema: z.ZodType): readonly Problem[] {
  const findings = new Findings();
  const lines = Object.entries(words).map(([name, text]) => `${name}: ${JSON.stringify(text)}`);
  const tree = parseTree(createSource("", `${lines.join("\n")}\n`), findings);
  if (tree !== null) read(schema, tree, tree, findings);
  return findings.list();
}
