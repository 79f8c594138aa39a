/**
 * Signs of a Chinese keyboard that look like YAML and are not: ： ， “ ” and the full-width blank.
 *
 * They are told at their place and read as what was meant, so that the rest of the file can still be checked.
 * Inside quotes, comments, block texts and running Chinese text they are left alone.
 */
import { CST, Lexer } from "yaml";
import type { Findings } from "./findings.ts";
import { createSource, type Source } from "./source.ts";

interface Repair {
  offset: number;
  /** Always one character is replaced. */
  by: string;
}

export interface Repaired {
  text: string;
  /** Offset in the file as it is, of an offset in `text`. */
  original(offset: number): number;
}

const word = "[A-Za-z0-9_.$-]+";
const colonAtKey = new RegExp(`^[ \\t]*["“]?${word}["”]?[ \\t]*：`);
const commaBeforeKey = new RegExp(`，[ \\t\\u3000]*["“]?${word}["”]?[ \\t]*(：|$)`, "g");
const asciiList = /^[\x21-\x7e]+(?:，[ ]*[\x21-\x7e]+)+$/;
/** Full-width and no-break blanks. */
const blank = /[\u3000\u00a0]/;

/** Tells every such sign and gives the text as it was probably meant. */
export function repairPunctuation(source: Source, findings: Findings): Repaired {
  if (!/[：，“”\u3000\u00a0]/.test(source.text)) return { text: source.text, original: (offset) => offset };
  const repairs: Repair[] = [];
  let text = source.text;
  // A repaired sign makes the signs behind it visible (“a：1，b：2” is one word at first): a few rounds find them all.
  for (let round = 0; round < 8; round += 1) {
    const found = scan(text);
    if (found.length === 0) break;
    const original = shifter(repairs);
    for (const { offset, by } of found) repairs.push({ offset: original(offset), by });
    text = apply(source.text, repairs);
  }
  for (const { offset } of repairs) tell(source, offset, findings);
  return { text, original: shifter(repairs) };
}

/** A repaired file as a source of its own, for places that are found in the repaired text. */
export function repairedSource(source: Source, repaired: Repaired): Source {
  return repaired.text === source.text ? source : createSource(source.file, repaired.text);
}

function scan(text: string): Repair[] {
  const repairs = new Map<number, Repair>();
  const add = (offset: number, by: string) => repairs.set(offset, { offset, by });
  const lexemes = [...new Lexer().lex(text)];
  let offset = 0;
  let atKey = true;
  let flow = 0;
  let scalarNext = false;
  let blockNext = false;
  for (let index = 0; index < lexemes.length; index += 1) {
    const lexeme = lexemes[index] ?? "";
    if (lexeme === CST.SCALAR) {
      scalarNext = true;
      continue;
    }
    if (lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END || lexeme === CST.BOM) continue;
    if (scalarNext) {
      scalarNext = false;
      if (!blockNext) {
        const followed = lexemes.slice(index + 1, index + 3).find((next) => next.trim() !== "");
        plain(lexeme, offset, { atKey, inFlow: flow > 0, colonFollows: followed === ":" }, add);
      }
      blockNext = false;
    } else {
      const type = CST.tokenType(lexeme);
      if (type === "block-scalar-header") blockNext = true;
      else if (type === "flow-map-start" || type === "flow-seq-start") flow += 1;
      else if (type === "flow-map-end" || type === "flow-seq-end") flow = Math.max(0, flow - 1);
      if (type === "map-value-ind") atKey = false;
      else if (type === "newline" || type === "comma" || type === "flow-map-start" || type === "seq-item-ind")
        atKey = true;
    }
    offset += lexeme.length;
  }
  return [...repairs.values()].sort((a, b) => a.offset - b.offset);
}

interface Around {
  atKey: boolean;
  inFlow: boolean;
  colonFollows: boolean;
}

function plain(
  scalar: string,
  start: number,
  around: Around,
  add: (offset: number, by: string) => void,
): void {
  let lineStart = 0;
  for (const line of scalar.split("\n")) {
    if (around.atKey || lineStart > 0) {
      const key = colonAtKey.exec(line.replace(/[\u3000\u00a0]/g, " "));
      if (key !== null) {
        const at = start + lineStart + key[0].length - 1;
        const next = line[key[0].length];
        add(at, next === undefined || /[\s\u3000\u00a0]/.test(next) ? ":" : ": ");
      }
      const broken = /^[ \t]*[A-Za-z0-9_.$-]+[ \t]*:[\u3000\u00a0]/.exec(line);
      if (broken !== null) add(start + lineStart + broken[0].length - 1, " ");
    }
    const lead = /^[ \t]*([\u3000\u00a0]+)/.exec(line);
    if (lead !== null) {
      const from = lead[0].length - (lead[1]?.length ?? 0);
      for (let i = from; i < lead[0].length; i += 1) add(start + lineStart + i, " ");
    }
    const tail = /([\u3000\u00a0]+)[ \t]*$/.exec(line);
    if (tail !== null && blank.test(line))
      for (let i = tail.index; i < tail.index + (tail[1]?.length ?? 0); i += 1)
        add(start + lineStart + i, " ");
    lineStart += line.length + 1;
  }
  if (around.inFlow) {
    if (asciiList.test(scalar) && !around.colonFollows)
      for (let i = scalar.indexOf("，"); i !== -1; i = scalar.indexOf("，", i + 1)) add(start + i, ", ");
    for (const match of scalar.matchAll(commaBeforeKey))
      if (match[1] === "：" || around.colonFollows) add(start + match.index, ", ");
  }
  const trimmed = scalar.trim();
  if (/^[“”][^“”]*[“”]$/.test(trimmed)) {
    add(start + scalar.indexOf(trimmed), '"');
    add(start + scalar.indexOf(trimmed) + trimmed.length - 1, '"');
  }
}

function apply(text: string, repairs: Repair[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { offset, by } of [...repairs].sort((a, b) => a.offset - b.offset)) {
    parts.push(text.slice(from, offset), by);
    from = offset + 1;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** Repairs replace one character by one or two: each longer one shifts what follows by one. */
function shifter(repairs: readonly Repair[]): (offset: number) => number {
  const longer = repairs
    .filter(({ by }) => by.length > 1)
    .map(({ offset }) => offset)
    .sort((a, b) => a - b);
  const shifted = longer.map((offset, index) => offset + index + 1);
  return (offset) => {
    let low = 0;
    let high = shifted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((shifted[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offset - low;
  };
}

function tell(source: Source, offset: number, findings: Findings): void {
  const sign = source.text[offset] ?? "";
  const place = { source, offset };
  if (sign === "：")
    findings.error(
      "full-width-colon",
      place,
      { zh: "这里是中文冒号“：”", en: "this is a full-width colon “：”" },
      { zh: "改成英文 : 加一个空格", en: "write an ASCII : and a blank" },
    );
  else if (sign === "，")
    findings.error(
      "full-width-comma",
      place,
      { zh: "这里是中文逗号“，”", en: "this is a full-width comma “，”" },
      { zh: "改成英文 , 加一个空格", en: "write an ASCII , and a blank" },
    );
  else if (sign === "“" || sign === "”")
    findings.error(
      "full-width-quote",
      place,
      { zh: `这里是中文引号“${sign}”`, en: `this is a curly quote “${sign}”` },
      { zh: '改成英文引号 "，或去掉', en: 'write the ASCII quote ", or leave it out' },
    );
  else
    findings.error(
      "full-width-blank",
      place,
      { zh: "这里是全角空格（或不换行空格）", en: "this is a full-width (or no-break) blank" },
      { zh: "改成普通空格", en: "write an ordinary blank" },
    );
}
