/**
 * Lines that fit a terminal or a phone, also in Chinese. Pure.
 *
 * Marks such as ■ and ▲ are one column wide on some terminals and two on others: counted as two, so that a
 * line never runs over.
 */
import { columns } from "../../config/load/print-problem.ts";

export const narrowest = 40;
export const widest = 80;

const marks = /[·–—…→●■▲◆◇□✕×≠“”‘’℃µ³²]/gu;

/** Columns that a text takes at most. */
export const columnsAtMost = (text: string): number => columns(text) + (text.match(marks)?.length ?? 0);

/** A line may end after blanks, after a word, and after a wide character with the signs that close it. */
const pieces =
  /\s+|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][,.;:!?)\]，。；：！？、）】”’》%]*|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+/gu;

/** @param width columns of a line. @param indent blanks before the second and later lines */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  const fits = (more: string) => columnsAtMost(line + more) <= width;
  const end = () => {
    lines.push(line.trimEnd());
    line = " ".repeat(indent);
  };
  for (const piece of text.match(pieces) ?? []) {
    if (fits(piece)) {
      line += piece;
      continue;
    }
    if (line.trim() !== "") end();
    if (/^\s/.test(piece)) continue;
    // Longer than a line: cut where it must be.
    for (const character of piece) {
      if (!fits(character)) end();
      line += character;
    }
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}
