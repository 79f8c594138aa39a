/**
 * The first line of a table: what each of its columns holds.
 */
import { type Findings, suggest } from "../findings.ts";
import { nearest } from "../nearest.ts";
import type { Scalar } from "../node.ts";
import type { Source } from "../source.ts";
import type { Use } from "./cell.ts";
import { type Cell, scalarOf } from "./csv.ts";
import { customaryHeadings, fixedHeadings, headingOf } from "./heading.ts";
import type { Template } from "./template.ts";

export interface Column {
  /** Name of the parameter, or key of the row. */
  key: string;
  heading: Scalar;
  use: Use;
  /** Every row needs a value there. */
  needed: boolean;
}

const uses: Record<string, Use> = { remove: "keys", stage: "value", why: "words", until: "date" };

export interface Columns {
  /** By their position; null: its heading is unknown (told) or empty. */
  columns: readonly (Column | null)[];
  headings: readonly Scalar[];
  /** Parameters that have no column (told). */
  absent: readonly string[];
}

/** null: the first line has no headings, told. A column whose heading is unknown is told and left out. */
export function readHeadings(
  cells: readonly Cell[],
  template: Template,
  source: Source,
  findings: Findings,
): Columns | null {
  const params = [...template.params.values()];
  const customary = params.flatMap(({ name }) =>
    (Object.hasOwn(customaryHeadings, name) ? (customaryHeadings[name] ?? []) : []).map(
      (heading) => [heading, name] as const,
    ),
  );
  const known = new Map<string, string>([...customary, ...fixedHeadings]);
  for (const { name, text = name } of params) known.set(headingOf(text), name).set(headingOf(name), name);
  const names = [
    ...params.map(({ name, text }) => text ?? name),
    ...fixedHeadings.flatMap(([heading]) => (/^[a-z]/.test(heading) ? [] : [heading])),
  ];
  const headings = cells.map((cell) => scalarOf(cell, source));
  const broken = params.some((param) => param.broken === true);
  if (!headings.some(({ text }) => known.has(headingOf(text)))) {
    tellNoHeadings(headings[0], names, source, findings);
    return null;
  }
  const first = new Map<string, Scalar>();
  const near = new Set<string>();
  const columns = headings.map((heading): Column | null => {
    const key = known.get(headingOf(heading.text));
    const before = key === undefined ? undefined : first.get(key);
    // Of a parameter whose definition is wrong the heading is not known.
    if (key === undefined && broken) findings.silence(heading);
    else if (key === undefined) tellHeading(heading, names, known, near, findings);
    else if (before !== undefined) tellTwice(heading, before, findings);
    else {
      first.set(key, heading);
      const param = template.params.get(key);
      return {
        key,
        heading,
        use: param === undefined ? (uses[key] ?? "value") : "value",
        needed: param !== undefined && param.fallback === undefined && param.broken !== true,
      };
    }
    return null;
  });
  const absent = params.filter(({ name, fallback }) => !first.has(name) && fallback === undefined);
  for (const { name, text: heading = name } of absent)
    if (!near.has(name) && template.params.get(name)?.broken !== true)
      findings.error(
        "missing-column",
        { source, offset: headings[0]?.offset ?? 0 },
        { zh: `缺少 “${heading}” 列`, en: `the column "${heading}" is missing` },
        { zh: `加一列，列名 ${heading}`, en: `add a column with the heading ${heading}` },
      );
  return { columns, headings, absent: absent.map(({ name }) => name) };
}

function tellNoHeadings(
  first: Scalar | undefined,
  names: readonly string[],
  source: Source,
  findings: Findings,
): void {
  const wide = /[，；]/.exec(first?.text ?? "");
  if (wide === null)
    findings.error(
      "table-heading",
      { source, offset: first?.offset ?? 0 },
      { zh: "第一行不是列名", en: "the first line has no headings" },
      { zh: `第一行写列名：${names.join(",")}`, en: `begin with a line of headings: ${names.join(",")}` },
    );
  else
    findings.error(
      "table-heading",
      { source, offset: (first?.offset ?? 0) + wide.index },
      {
        zh: `列之间用了中文符号 “${wide[0]}”`,
        en: `the full-width sign "${wide[0]}" stands between columns`,
      },
      {
        zh: "列之间用英文逗号；或用表格软件另存为 CSV",
        en: "separate columns by ASCII commas, or save the CSV in a spreadsheet",
      },
    );
}

function tellHeading(
  heading: Scalar,
  names: readonly string[],
  known: ReadonlyMap<string, string>,
  near: Set<string>,
  findings: Findings,
): void {
  if (heading.text === "") return;
  const meant = nearest(headingOf(heading.text), known.keys());
  if (meant !== undefined) near.add(known.get(meant) ?? meant);
  findings.error(
    "unknown-heading",
    heading,
    { zh: `不认识 “${heading.text}” 列`, en: `the column "${heading.text}" is not known` },
    suggest(heading.text, names, { zh: "列", en: "columns" }),
  );
}

function tellTwice(heading: Scalar, before: Scalar, findings: Findings): void {
  findings.error(
    "column-twice",
    heading,
    {
      zh: `“${heading.text}” 和前面的 “${before.text}” 是同一列`,
      en: `"${heading.text}" is the same column as "${before.text}" before it`,
    },
    { zh: "删掉一列", en: "remove one of them" },
  );
}
