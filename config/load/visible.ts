/**
 * Characters that nobody sees have no place in a configuration.
 */
import type { Findings } from "./findings.ts";
import type { Source } from "./source.ts";

/** Control characters and invisible direction marks make a file look like something that it is not. */
export function onlyVisible(source: Source, findings: Findings): boolean {
  const found = /(?![\t\n\r])[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\r(?!\n)/u.exec(
    source.text,
  );
  if (found === null) return true;
  const code = found[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  findings.error(
    "invisible-character",
    { source, offset: found.index },
    { zh: `这里有一个看不见的字符 U+${code}`, en: `there is an invisible character U+${code} here` },
    { zh: "删掉它，重新敲这一行", en: "remove it: type this line again" },
  );
  return false;
}
