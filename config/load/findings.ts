/**
 * Every problem of one load, collected while reading goes on.
 *
 * Never happens: a message or an excerpt shows a secret's text; the list grows without bound.
 */
import type { Problem } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { nearest } from "./nearest.ts";
import { mayHoldSecret } from "./secret-line.ts";
import { lineText, type Place, position, type Source, type WholeFile } from "./source.ts";

/** Problems kept per load; what comes after is only counted. */
const maxProblems = 500;
/** Longest message and excerpt, in UTF-16 units. */
const maxText = 400;
const maxExcerpt = 300;

interface Entry {
  problem: Problem;
  source?: Source;
}

export class Findings {
  #entries: Entry[] = [];
  #seen = new Set<string>();
  #dropped = 0;
  #hasError = false;
  #told = new WeakSet<object>();

  get hasError(): boolean {
    return this.#hasError;
  }

  /** Adds one error; the same code at the same place is told once. A costly `fix` is worked out only if it is shown. */
  error(code: string, place: Place | WholeFile, what: Text, fix: Text | (() => Text)): void {
    this.#hasError = true;
    this.#add("error", code, place, what, fix);
  }

  warning(code: string, place: Place | WholeFile, what: Text, fix: Text): void {
    this.#add("warning", code, place, what, fix);
  }

  /** This node's trouble has been told: nothing more about it. */
  silence(node: object): void {
    this.#told.add(node);
  }

  silent(node: object): boolean {
    return this.#told.has(node);
  }

  /** All problems, sorted by place, without any secret's text. */
  list(): Problem[] {
    const problems = this.#entries.map(({ problem, source }) => finish(problem, source));
    problems.sort(
      (a, b) =>
        (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
        a.line - b.line ||
        a.column - b.column ||
        (a.code < b.code ? -1 : 1),
    );
    if (this.#dropped > 0)
      problems.push({
        code: "too-many-problems",
        severity: this.#hasError ? "error" : "warning",
        file: "",
        line: 0,
        column: 0,
        what: {
          zh: `还有 ${this.#dropped} 个问题没有列出`,
          en: `${this.#dropped} more problems are not listed`,
        },
        fix: { zh: "先改好上面的，再检查一次", en: "mend those above, then check again" },
      });
    return problems;
  }

  #add(
    severity: Problem["severity"],
    code: string,
    place: Place | WholeFile,
    what: Text,
    fix: Text | (() => Text),
  ): void {
    const source = "source" in place ? place.source : undefined;
    const at = "source" in place ? position(place.source, place.offset) : { line: 0, column: 0 };
    const file = "source" in place ? place.source.file : place.file;
    const identity = JSON.stringify([code, file, at.line, at.column, what.en]);
    if (this.#seen.has(identity)) return;
    if (this.#entries.length >= maxProblems) {
      this.#dropped += 1;
      return;
    }
    this.#seen.add(identity);
    const problem: Problem = {
      code,
      severity,
      file,
      line: at.line,
      column: at.column,
      what,
      fix: typeof fix === "function" ? fix() : fix,
    };
    this.#entries.push(source === undefined ? { problem } : { problem, source });
  }
}

function finish(problem: Problem, source: Source | undefined): Problem {
  if (source === undefined) return { ...problem, what: clean(problem.what), fix: clean(problem.fix) };
  const line = lineText(source, problem.line);
  const blots = [...source.clear].filter((secret) => secret.length >= 4);
  const closed = source.guarded && source.unread;
  const hidden =
    closed ||
    source.hidden.has(problem.line) ||
    blots.some((secret) => line.includes(secret)) ||
    mayHoldSecret(source, problem.line, aboutSyntax.has(problem.code));
  const blot = (text: Text): Text => {
    let { zh, en } = text;
    for (const secret of blots) {
      zh = zh.replaceAll(secret, "***");
      en = en.replaceAll(secret, "***");
    }
    return clean({ zh, en });
  };
  const what =
    closed || (hidden && !quotesKeys.has(problem.code)) ? withoutQuotes(problem.what) : problem.what;
  const told = { ...problem, what: blot(what), fix: blot(problem.fix) };
  if (hidden || line.length > maxExcerpt || line.trim() === "") return told;
  return { ...told, excerpt: printable(line) };
}

/** What these tell of may be a piece of a value that was cut in two. */
const aboutSyntax = new Set(["syntax", "no-colon", "no-blank", "duplicate-key"]);

/** What these quote is the name of a key. */
const quotesKeys = new Set(["unknown-key", "missing-key", "unknown-section", "not-yet", "section-twice"]);

/** Where a line may hold a secret, what a message quotes may be a piece of it. */
const withoutQuotes = ({ zh, en }: Text): Text => ({
  zh: zh.replace(/“(.*)”/gs, (all, quoted: string) => (ownWords.has(quoted) ? all : "“***”")),
  en: en.replace(/".*"/gs, '"***"'),
});

/** Quoted words of our own sentences; a quote is taken as long as it can be, so nothing else stands beside them. */
const ownWords = new Set(["名字: 内容", "：", "，", "“", "”"]);

/** Credentials inside an address are never shown, and no message grows without bound or moves a terminal's cursor. */
function clean(text: Text): Text {
  const one = (raw: string) => {
    const safe = printable(raw.replace(/:\/\/[^\s/@]*@/g, "://***@"));
    return safe.length > maxText ? `${safe.slice(0, maxText)}…` : safe;
  };
  return { zh: one(text.zh), en: one(text.en) };
}

function printable(text: string): string {
  return text.replace(/\t/g, " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
}

/**
 * "是不是 …？" with the nearest known word, else the list of what is known.
 * @param taken words that stand already where `word` does: meant only when nothing else is near
 */
export function suggest(
  word: string,
  known: readonly string[],
  noun: Text,
  taken?: { has(word: string): boolean },
): Text {
  const free = taken === undefined ? known : known.filter((other) => !taken.has(other));
  const near = nearest(word, free) ?? nearest(word, known);
  if (near !== undefined) return { zh: `是不是 “${near}”？`, en: `did you mean "${near}"?` };
  if (known.length === 0) return { zh: `还没有任何${noun.zh}`, en: `there are no ${noun.en} yet` };
  const some = [...new Set(known)].sort().slice(0, 24);
  const more = known.length > some.length ? ", …" : "";
  return {
    zh: `可用的${noun.zh}：${some.join(", ")}${more}`,
    en: `known ${noun.en}: ${some.join(", ")}${more}`,
  };
}
