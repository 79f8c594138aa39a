/**
 * A problem's texts as they may be shown: short, printable, and without any secret.
 */
import type { Problem } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { mayHoldSecret } from "./secret-line.ts";
import { lineText, type Source } from "./source.ts";

/** Longest message and excerpt, in UTF-16 units. */
const maxText = 400;
const maxExcerpt = 300;

/** @param others further files that the texts may be of */
export function finish(problem: Problem, source: Source, others: Iterable<Source>): Problem {
  const line = lineText(source, problem.line);
  const clear = new Set([...source.clear, ...[...others].flatMap((other) => [...other.clear])]);
  const blots = [...clear].filter((secret) => secret.length >= 4);
  const blotted = blots.filter((secret) => !sentenceWords.has(secret.toLowerCase()));
  const closed = source.guarded && source.unread;
  const hidden =
    closed ||
    source.hidden.has(problem.line) ||
    blots.some((secret) => line.includes(secret)) ||
    mayHoldSecret(source, problem.line, aboutSyntax.has(problem.code));
  const blot = (text: Text): Text => {
    let { zh, en } = text;
    for (const secret of blotted) {
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

/** Words of our own sentences, whatever a file has as a password. */
const sentenceWords = new Set(["secret", "secrets", "chmod"]);

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
export function clean(text: Text): Text {
  const one = (raw: string) => {
    const safe = printable(raw.replace(/:\/\/[^\s/@]*@/g, "://***@"));
    return safe.length > maxText ? `${safe.slice(0, maxText)}…` : safe;
  };
  return { zh: one(text.zh), en: one(text.en) };
}

function printable(text: string): string {
  return text.replace(/\t/g, " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
}
