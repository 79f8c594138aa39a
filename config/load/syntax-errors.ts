/**
 * What the YAML parser found in one file: each mistake once, at the place where a person would mend it.
 *
 * Never happens: the lines that a fault of indentation throws into disorder are told as faults of their own.
 */
import { CST, Lexer, type ParsedNode, type YAMLError, type Document as YamlDocument } from "yaml";
import { type Complaint, spacedSecret } from "../schema/scalar.ts";
import type { Findings } from "./findings.ts";
import { lineText, position, type Source } from "./source.ts";
import {
  blankMissing,
  bracketOpen,
  chineseSign,
  disorder,
  firstIndented,
  noBraces,
  syntaxComplaint,
  unquoted,
} from "./syntax-complaint.ts";

const maxTold = 20;
const indentation = new Set(["TAB_AS_INDENT", "BAD_INDENT"]);
const missingBracket =
  /^Flow (?:map|sequence) in block collection must be|^Expected flow (?:map|sequence) to end/;
const missingQuote = /^Missing closing ["']/;
const spaced = /[:：][ \t]*["']?secret:[ \t]+(?=[^\s,}])/;
/** Signs that stand where YAML wants another one: a comment, a bracket behind a colon or at the end, a comma before a key. */
const strange = new RegExp(
  [
    "(?<=^[ \\t]*)(?:＃|//)",
    "(?<=[:：,，{[-][ \\t]*)[｛［【]",
    "[｝］】](?=[ \\t]*$)",
    "[;；](?=[ \\t]*[A-Za-z_-]+[ \\t]*[:：])",
  ].join("|"),
);
/** An IPv6 address with a port, or in a URL, which YAML takes for a list. */
const bracketed =
  /(?<=[:：][ \t]+)(?:[a-z]+:\/\/\[[0-9a-z:.%-]+\][^\s,}]*|\[[0-9a-z:.%-]*:[0-9a-z:.%-]*\]:\d{1,5})/i;
const unspaced = /^[ \t]*(?:- +)?[A-Za-z_][A-Za-z0-9_.-]*:(?=[^\s:/])/;

/** What was parsed: `text` may have other signs than the file, `original` gives the offset in the file. */
interface Parsed {
  source: Source;
  text: string;
  original(offset: number): number;
}

/** Tells the errors of all documents of a file; false: there are none. */
export function tellSyntax(
  documents: readonly YamlDocument.Parsed<ParsedNode>[],
  parsed: Parsed,
  findings: Findings,
): boolean {
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const lead = errors.length === 0 ? null : indentedStart(parsed.source);
  if (lead !== null) {
    const { what, fix } = firstIndented(position(parsed.source, lead).line);
    findings.error("syntax", { source: parsed.source, offset: lead }, what, fix);
    return true;
  }
  errors.sort((a, b) => a.pos[0] - b.pos[0]);
  const told = new Set<number>();
  let silentUntil = -1;
  for (const error of errors) {
    const from = parsed.original(error.pos[0]);
    if (from < silentUntil || told.size >= maxTold) continue;
    const { offset, complaint, spreads } = judge(error, from, errors, parsed);
    if (spreads) silentUntil = nextTopKey(parsed.source.text, Math.max(from, offset));
    const { line } = position(parsed.source, offset);
    if (told.has(line)) continue;
    told.add(line);
    findings.error("syntax", { source: parsed.source, offset }, complaint.what, complaint.fix);
  }
  return errors.length > 0;
}

/** Where the first line with content begins, if it stands further in than a later one; else null. */
function indentedStart({ text }: Source): number | null {
  const blanks = /^(?:[^\S\n]*(?:#[^\n]*)?\n)*( +)(?=[^\s#])/.exec(text);
  if (blanks === null || !/\n[^\s#\-\]}]/.test(text.slice(blanks[0].length))) return null;
  return blanks[0].length - (blanks[1] ?? "").length;
}

interface Judged {
  offset: number;
  complaint: Complaint;
  /** What follows it is out of order, up to the next section. */
  spreads: boolean;
}

function judge(error: YAMLError, offset: number, all: readonly YAMLError[], parsed: Parsed): Judged {
  const { source } = parsed;
  const plain = { offset, complaint: syntaxComplaint(error.code, error.message), spreads: false };
  if (missingQuote.test(error.message)) {
    const opening = openQuote(parsed.text, error.pos[0]);
    return { ...plain, offset: opening === null ? offset : parsed.original(opening), spreads: true };
  }
  if (missingBracket.test(error.message) && !/[\]}]/.test(parsed.text[error.pos[0]] ?? "")) {
    const opening = openBracket(parsed.text, error.pos[0]);
    if (opening !== null) return { offset: parsed.original(opening), complaint: bracketOpen, spreads: true };
  }
  if (indentation.has(error.code)) return { ...plain, spreads: true };
  if (parsed.text.startsWith("${", error.pos[0] - 1))
    return { offset: offset - 1, complaint: noBraces, spreads: true };
  if (/^Sequence item without/.test(error.message)) return { ...plain, complaint: disorder, spreads: true };
  const { line } = position(source, offset);
  const text = lineText(source, line);
  const start = source.lineStarts[line - 1] ?? 0;
  const blank = spaced.exec(text);
  if (blank !== null)
    return { ...plain, offset: start + blank.index + blank[0].trimEnd().length, complaint: spacedSecret };
  const address = bracketed.exec(text);
  if (address !== null)
    return {
      ...plain,
      offset: start + address.index,
      complaint: unquoted(address[0]),
      spreads: /\//.test(address[0]),
    };
  const colon = unspaced.exec(text);
  if (colon !== null)
    return { ...plain, offset: start + colon[0].length - 1, complaint: blankMissing, spreads: true };
  const sign = strange.exec(text);
  if (sign !== null) return { offset: start + sign.index, complaint: chineseSign(sign[0]), spreads: true };
  // A value that goes on as a mapping in the lines below it: those stand too far to the right.
  const twice = all.some(
    ({ code, pos }) => code === "MULTILINE_IMPLICIT_KEY" && code !== error.code && pos[0] === error.pos[0],
  );
  if (error.code !== "BLOCK_AS_IMPLICIT_KEY" || !twice) return plain;
  return { offset: nextContent(source.text, offset), complaint: disorder, spreads: true };
}

/** Where the quote opens that is still open at `end`; both in the same text. */
function openQuote(text: string, end: number): number | null {
  let found: number | null = null;
  for (const { lexeme, offset } of signs(text)) {
    if (offset > end) break;
    if (/^["']/.test(lexeme) && !closed(lexeme)) found = offset;
  }
  return found;
}

/** Where the bracket opens that is still open at `end`. */
function openBracket(text: string, end: number): number | null {
  const open: number[] = [];
  for (const { lexeme, offset } of signs(text)) {
    if (offset >= end) break;
    if (lexeme === "{" || lexeme === "[") open.push(offset);
    else if (lexeme === "}" || lexeme === "]") open.pop();
  }
  return open.at(-1) ?? null;
}

/** The pieces of a text that are not words without quotes. */
function* signs(text: string): Generator<{ lexeme: string; offset: number }> {
  let offset = 0;
  let plain = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (marks.has(lexeme)) {
      plain = lexeme === CST.SCALAR;
      continue;
    }
    if (!plain) yield { lexeme, offset };
    plain = false;
    offset += lexeme.length;
  }
}

/** What the lexer says between pieces of text. */
const marks = new Set<string>([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);
const closed = (quoted: string) => /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')$/su.test(quoted);

/** Offset of the next line that begins with a name in its first column; the end when there is none. */
function nextTopKey(text: string, from: number): number {
  const next = /\n(?=[^\s#\-\]}][^\n]*[:：])/g;
  next.lastIndex = from;
  const found = next.exec(text);
  return found === null ? text.length + 1 : found.index + 1;
}

/** The first character of the next line that holds any; `from` when there is none. */
function nextContent(text: string, from: number): number {
  const next = /\n[ \t]*(?=[^\s#])/g;
  next.lastIndex = from;
  const found = next.exec(text);
  return found === null ? from : found.index + found[0].length;
}
