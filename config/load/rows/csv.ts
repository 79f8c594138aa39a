/**
 * Comma-separated texts by RFC 4180, also with tab or semicolon, read record by record.
 *
 * Never happens: more than `maxCells` cells of one record are held; a quote that is not closed swallows lines unseen.
 */
import type { Findings } from "../findings.ts";
import type { Scalar } from "../node.ts";
import type { Source } from "../source.ts";

export interface Cell {
  text: string;
  /** In the file, quotes included. */
  offset: number;
  end: number;
}

export const maxCells = 100;

/** What separates cells: the commonest of comma, tab and semicolon outside quotes in the first line. */
export function delimiterOf(text: string): "," | "\t" | ";" {
  const first = (/^[^\n]*/.exec(text.slice(0, 10_000))?.[0] ?? "").replace(/"[^"]*"/g, "");
  const count = (sign: string) => first.split(sign).length;
  return ([",", "\t", ";"] as const).reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** Records from the first line on; where the text is no table any more (told), null is the last of them. */
export function* readRecords(
  source: Source,
  delimiter: string,
  findings: Findings,
): Generator<Cell[] | null> {
  const { text } = source;
  let cells: Cell[] = [];
  for (let at = 0; at < text.length || (at === text.length && cells.length > 0); ) {
    const cell =
      text[at] === '"' ? quoted(source, at, delimiter, findings) : bare(source, at, delimiter, findings);
    if (cell === null) {
      yield null;
      return;
    }
    cells.push(cell);
    at = cell.end;
    if (text[at] === delimiter) {
      at += 1;
      if (cells.length < maxCells) continue;
      findings.error(
        "too-many-columns",
        { source, offset: at },
        { zh: `一行超过 ${maxCells} 列`, en: `a row has more than ${maxCells} columns` },
        { zh: "检查是不是放错了文件", en: "check that it is the right file" },
      );
      yield null;
      return;
    }
    yield cells;
    cells = [];
    at += text[at] === "\r" ? 2 : 1;
  }
}

function endOf(text: string, from: number, delimiter: string): number {
  let at = from;
  while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return at;
}

function bare(source: Source, offset: number, delimiter: string, findings: Findings): Cell | null {
  const end = endOf(source.text, offset, delimiter);
  const text = source.text.slice(offset, end);
  const lead = /^\s+"/.exec(text);
  if (lead === null) return { text, offset, end };
  findings.error(
    "table-quote",
    { source, offset: offset + lead[0].length - 1 },
    { zh: "引号前面多了空格，引号不起作用", en: "a blank before the quote makes it an ordinary sign" },
    { zh: "去掉引号前面的空格", en: "remove the blank before the quote" },
  );
  return null;
}

function quoted(source: Source, offset: number, delimiter: string, findings: Findings): Cell | null {
  const { text } = source;
  const parts: string[] = [];
  let at = offset + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close === -1) {
      findings.error(
        "table-quote",
        { source, offset },
        {
          zh: "这个引号没有结束，后面的行都读不出来",
          en: "this quote is not closed: the lines behind it cannot be read",
        },
        { zh: '在这一格末尾补上 "', en: 'put a " at the end of this cell' },
      );
      return null;
    }
    parts.push(text.slice(at, close));
    if (text[close + 1] === '"') {
      parts.push('"');
      at = close + 2;
      continue;
    }
    const end = endOf(text, close + 1, delimiter);
    if (text.slice(close + 1, end).trim() === "") return { text: parts.join(""), offset, end };
    findings.error(
      "table-quote",
      { source, offset: close },
      { zh: "引号后面还有文字", en: "text follows the closing quote" },
      { zh: '格子里的引号写成两个 ""，整格前后各一个', en: 'inside a quoted cell write a quote twice ("")' },
    );
    return null;
  }
}

/** The cell, blanks around it taken off. */
export function scalarOf({ text, offset, end }: Cell, source: Source, heading?: string): Scalar {
  const plain = source.text[offset] !== '"';
  const lead = plain ? text.length - text.trimStart().length : 0;
  const scalar: Scalar = { type: "scalar", text: text.trim(), plain, source, offset: offset + lead, end };
  return heading === undefined ? scalar : { ...scalar, heading };
}
