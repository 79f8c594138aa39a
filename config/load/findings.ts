/**
 * Every problem of one load, collected while reading goes on.
 *
 * A mistake in a template is one problem at the template, with the rows that it touches; where only some rows
 * make it one, it is told at what they say.
 * Never happens: a message or an excerpt shows a secret's text; the list grows without bound.
 */
import type { Problem } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { nearestAll } from "./nearest.ts";
import type { Base, Made, Scalar } from "./node.ts";
import { clean, finish } from "./problem-text.ts";
import { type Place, position, type WholeFile } from "./source.ts";

/** Problems kept per load; what comes after is only counted. */
const maxProblems = 500;
/** Rows at which one mistake is told, where it depends on the row; beyond it is the template's. */
const maxToldRows = 20;
/** Rooms that a message names. */
const maxLabels = 3;

/** Nodes are places that know where they come from. */
type Spot = Place & Partial<Pick<Base, "layer" | "heading" | "made">>;

interface Entry {
  severity: Problem["severity"];
  code: string;
  place: Spot | WholeFile;
  what: Text;
  fix: () => Text;
  /** Of a template's words: each row that they are wrong for. */
  rows?: Map<Made["row"], Told | null>;
}

/** The same as it is for one row. */
interface Told {
  value: Scalar;
  what: Text;
  fix: () => Text;
}

export class Findings {
  #entries: Entry[] = [];
  #seen = new Set<string>();
  /** Entries of templates by code and place. */
  #ofTemplates = new Map<string, Entry[]>();
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
    if (this.#told.has(node)) return true;
    return "made" in node && ((node as Spot).made?.of.some((piece) => this.#told.has(piece)) ?? false);
  }

  /** All problems, sorted by place, without any secret's text. */
  list(): Problem[] {
    const words = new Set<string>();
    const entries = ofTemplate(this.#entries.flatMap(byRow)).filter(({ code, place }) => {
      // A value of a row is told once, however many texts it is a part of.
      if (!("source" in place) || place.made?.words === undefined) return true;
      const identity = identityOf(code, place);
      return !words.has(identity) && words.add(identity);
    });
    const dropped = this.#dropped + Math.max(0, entries.length - maxProblems);
    const problems = entries.slice(0, maxProblems).map(finished);
    problems.sort(
      (a, b) =>
        (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
        a.line - b.line ||
        a.column - b.column ||
        (a.code < b.code ? -1 : 1),
    );
    if (dropped > 0)
      problems.push({
        code: "too-many-problems",
        severity: this.#hasError ? "error" : "warning",
        file: "",
        line: 0,
        column: 0,
        what: {
          zh: `还有 ${dropped} 个问题没有列出`,
          en: `${dropped} more problems are not listed`,
        },
        fix: { zh: "先改好上面的，再检查一次", en: "mend those above, then check again" },
      });
    return problems;
  }

  #add(
    severity: Problem["severity"],
    code: string,
    place: Spot | WholeFile,
    what: Text,
    fix: Text | (() => Text),
  ): void {
    const entry: Entry = { severity, code, place, what, fix: typeof fix === "function" ? fix : () => fix };
    const { made, layer } = "source" in place ? place : {};
    if (made?.of.some((piece) => this.#told.has(piece)) === true) return;
    if (made !== undefined && layer === "template") this.#addToTemplate(entry, made);
    else this.#keep(entry, identityOf(code, place, made?.words === undefined ? what : undefined));
  }

  /** The same mistake for another row, or for another device of the same row, is no other mistake. */
  #addToTemplate(entry: Entry, { row, varying }: Made): void {
    const { code, place, what, fix } = entry;
    const identity = identityOf(code, place);
    const others = this.#ofTemplates.get(identity) ?? [];
    const same =
      others.find((other) => other.what.en === what.en) ??
      others.find(({ rows }) => rows?.has(row) === false);
    const kept = same ?? (this.#keep({ ...entry, rows: new Map() }) as Entry | undefined);
    if (kept?.rows === undefined) return;
    if (same === undefined) this.#ofTemplates.set(identity, [...others, kept]);
    if (kept.rows.has(row)) return;
    const detailed = varying !== undefined && kept.rows.size < maxToldRows;
    kept.rows.set(row, detailed ? { value: varying.value, what, fix } : null);
  }

  /** @param identity absent: it is new */
  #keep(entry: Entry, identity?: string): Entry | undefined {
    if (identity !== undefined && this.#seen.has(identity)) return undefined;
    if (this.#entries.length >= maxProblems) {
      this.#dropped += 1;
      return undefined;
    }
    if (identity !== undefined) this.#seen.add(identity);
    this.#entries.push(entry);
    return entry;
  }
}

function identityOf(code: string, place: Place | WholeFile, what?: Text): string {
  const [file, at] = "source" in place ? [place.source.file, place.offset] : [place.file, -1];
  return JSON.stringify([code, file, at, what?.en ?? null]);
}

/** A template's problem, or one for each row where it depends on the row. */
function byRow(entry: Entry): Entry[] {
  const { place, rows } = entry;
  if (rows === undefined || !("source" in place)) return [entry];
  const told = [...rows.values()].filter((row) => row !== null);
  const uses = place.made?.varying?.uses.count ?? 0;
  if (told.length < rows.size || rows.size >= uses) return [entry];
  const words: Scalar = { type: "scalar", text: "", plain: true, end: place.offset, ...place };
  return told.map(({ value, what, fix }) => {
    const at: Spot = { ...value, made: { row: { label: "", source: place.source }, of: [], words } };
    return { severity: entry.severity, code: entry.code, place: at, what, fix };
  });
}

/**
 * What devices do to each other in most rows of a template is not the doing of each row: one problem at the template's
 * words, with the rows.
 */
function ofTemplate(entries: readonly Entry[]): Entry[] {
  const groups = new Map<Scalar, Entry[]>();
  for (const entry of entries) {
    const made = "source" in entry.place ? entry.place.made : undefined;
    if (entry.code !== "kind-check" || made?.words === undefined || made.uses === undefined) continue;
    groups.set(made.words, [...(groups.get(made.words) ?? []), entry]);
  }
  const merged = new Map<Entry, Entry | null>();
  for (const [words, group] of groups) {
    const [first] = group;
    const rows = new Map(
      group.flatMap(({ place }) =>
        "source" in place && place.made ? [[place.made.row, null] as const] : [],
      ),
    );
    const all = first !== undefined && "source" in first.place ? (first.place.made?.uses?.count ?? 0) : 0;
    if (first === undefined || rows.size < 3 || 2 * rows.size <= all) continue;
    for (const entry of group) merged.set(entry, null);
    merged.set(first, { ...first, place: words, rows });
  }
  return entries.flatMap((entry) => (merged.has(entry) ? (merged.get(entry) ?? []) : entry));
}

function finished(entry: Entry): Problem {
  const { severity, code, place, what, fix } = entry;
  if (!("source" in place))
    return { code, severity, file: place.file, line: 0, column: 0, what: clean(what), fix: clean(fix()) };
  const { source, offset, made } = place;
  const { line, column } = position(source, offset);
  const problem = {
    code,
    severity,
    file: source.file,
    line,
    column,
    what: withOrigin(what, entry),
    fix: fix(),
  };
  const rows = [...(entry.rows?.keys() ?? [])].slice(0, maxLabels);
  const others = [...(made?.of ?? []), ...rows].map((piece) => piece.source);
  return finish(problem, source, others);
}

/** What a technician needs beside the place: which rows of a template, which column of a table. */
function withOrigin(what: Text, { place, rows }: Entry): Text {
  if (!("source" in place)) return what;
  const parts: Text[] = [];
  if (place.heading !== undefined) parts.push({ zh: `${place.heading} 列`, en: `column ${place.heading}` });
  const words = place.made?.words;
  if (words !== undefined) {
    const at = `${words.source.file}:${position(words.source, words.offset).line}`;
    parts.push({ zh: `用在 ${at}`, en: `used at ${at}` });
  }
  if (rows !== undefined) {
    const labels = [...rows.keys()].slice(0, maxLabels).map(({ label }) => label);
    const list = `${labels.join(", ")}${rows.size > maxLabels ? ", …" : ""}`;
    parts.push({
      zh: `影响 ${rows.size} 行：${list}`,
      en: `${rows.size} ${rows.size === 1 ? "row" : "rows"}: ${list}`,
    });
  }
  if (parts.length === 0) return what;
  const zh = parts.map((part) => part.zh).join("；");
  const en = parts.map((part) => part.en).join("; ");
  return { zh: `${what.zh}（${zh}）`, en: `${what.en} (${en})` };
}

/**
 * "是不是 …？" with the nearest known word, else the list of what is known.
 * @param taken words that stand already where `word` does: meant only when nothing else is near
 * @param listed what is named when nothing is near, in its order
 */
export function suggest(
  word: string,
  known: readonly string[],
  noun: Text,
  taken?: { has(word: string): boolean },
  listed: readonly string[] = [...new Set(known)].sort(),
): Text {
  const free = taken === undefined ? known : known.filter((other) => !taken.has(other));
  const found = nearestAll(word, free);
  const near = [...new Set(found.length > 0 ? found : nearestAll(word, known))].slice(0, 3);
  if (near.length > 0) return didYouMean(near);
  if (listed.length === 0) return { zh: `还没有任何${noun.zh}`, en: `there are no ${noun.en} yet` };
  const some = listed.slice(0, 24);
  const more = listed.length > some.length ? ", …" : "";
  return {
    zh: `可用的${noun.zh}：${some.join(", ")}${more}`,
    en: `known ${noun.en}: ${some.join(", ")}${more}`,
  };
}

export const didYouMean = (words: readonly string[]): Text => ({
  zh: `是不是 ${words.map((one) => `“${one}”`).join(" 或 ")}？`,
  en: `did you mean ${words.map((one) => `"${one}"`).join(" or ")}?`,
});
