/**
 * A table of rooms in a .csv file, as rows like those written in YAML.
 *
 * Never happens: a column or a cell is passed over without a word; a file outside the folder is read.
 */
import { hide } from "../clear-secret.ts";
import { type Findings, suggest } from "../findings.ts";
import type { Tables } from "../folder.ts";
import type { Loading } from "../loading.ts";
import type { Entry, Mapping, Scalar } from "../node.ts";
import { soundsSecret } from "../secret-line.ts";
import type { Source } from "../source.ts";
import { onlyVisible } from "../visible.ts";
import { judgeCell } from "./cell.ts";
import { type Column, type Columns, readHeadings } from "./columns.ts";
import { type Cell, delimiterOf, readRecords, scalarOf } from "./csv.ts";
import type { Template } from "./template.ts";

/** Rows of the file that `rows` names; null: it cannot be used, told. */
export function tableRows(
  written: Scalar,
  template: Template,
  tables: Tables,
  maxRows: number,
  loading: Loading,
): Mapping[] | null {
  const source = tableNamed(written, tables, loading.findings);
  if (source === null || !onlyVisible(source, loading.findings)) return null;
  const rows: Mapping[] = [];
  const trimmed: Scalar[] = [];
  let columns: Columns | undefined;
  for (const cells of readRecords(source, delimiterOf(source.text), loading.findings)) {
    if (cells === null) {
      if (rows.length === 0) return null;
      loading.incomplete.entries = true;
      break;
    }
    if (rows.length > maxRows) break;
    if (cells.every(({ text }) => text.trim() === "")) continue;
    if (columns === undefined) {
      const read = readHeadings(cells, template, source, loading.findings);
      if (read === null) return null;
      columns = read;
    } else rows.push(rowOf(cells, columns, source, trimmed, loading.findings));
  }
  tellTrimmed(trimmed, loading.findings);
  return rows;
}

function tableNamed(written: Scalar, tables: Tables, findings: Findings): Source | null {
  const name = written.text;
  if (findings.silent(written)) return null;
  if (tables.names.includes(name)) return tables.read(name);
  const [what, fix] = /[/\\]/.test(name)
    ? [
        { zh: `“${name}” 不在配置文件夹里`, en: `"${name}" is not in the configuration folder` },
        {
          zh: "把表格放进配置文件夹，只写文件名",
          en: "put the table into the folder itself and write its name alone",
        },
      ]
    : /\.(?:xlsx?|et|ods|numbers)$/i.test(name)
      ? [
          { zh: "表格要存成 .csv 才能读", en: "a table is read from a .csv file only" },
          { zh: "在表格软件里另存为 “CSV UTF-8”", en: "save it as “CSV UTF-8” in your spreadsheet" },
        ]
      : [
          { zh: `没有表格文件 “${name}”`, en: `there is no table "${name}"` },
          suggest(name, tables.names, { zh: " .csv 文件", en: ".csv files" }),
        ];
  findings.error("unknown-table", written, what, fix);
  return null;
}

function rowOf(
  cells: readonly Cell[],
  { columns, headings, absent }: Columns,
  source: Source,
  trimmed: Scalar[],
  findings: Findings,
): Mapping {
  const [first] = cells;
  const last = cells.at(-1);
  const entries = new Map<string, Entry>();
  const place = { source, offset: first?.offset ?? 0, end: last?.end ?? 0 };
  for (const [index, heading] of headings.entries()) {
    const cell = cells[index] ?? { text: "", offset: place.end, end: place.end };
    const value = scalarOf(cell, source, heading.text);
    const column = columns[index];
    if (soundsSecret(heading.text)) hide(value);
    if (value.text !== cell.text) trimmed.push(value);
    if (column === null || column === undefined) {
      if (heading.text === "" && value.text !== "") tellNoHeading(heading, findings);
    } else if (value.text !== "" || column.needed) addCell(entries, column, value, findings);
  }
  const extra = cells.slice(headings.length).find(({ text }) => text.trim() !== "");
  if (extra !== undefined) tellExtra(scalarOf(extra, source), headings.length, findings);
  for (const name of absent) {
    const nothing: Scalar = { type: "scalar", text: "", plain: true, ...place };
    findings.silence(nothing);
    entries.set(name, { key: nothing, value: nothing });
  }
  return { type: "mapping", entries, ...place };
}

function addCell(
  entries: Map<string, Entry>,
  { key, heading, use }: Column,
  value: Scalar,
  findings: Findings,
): void {
  const judged = judgeCell(value.text, use);
  if ("complaint" in judged) {
    findings.error(judged.code, value, judged.complaint.what, judged.complaint.fix);
    findings.silence(value);
    if (use === "keys") return;
  }
  const content: Scalar = "text" in judged ? { ...value, text: judged.text } : value;
  if (use === "keys") entries.set("devices", { key: heading, value: removed(content) });
  else entries.set(key, { key: { ...heading, text: key }, value: content });
}

/** `panel, cam` → `{ panel: off, cam: off }`. */
function removed(value: Scalar): Mapping {
  const entries = new Map<string, Entry>();
  for (const { 0: word, index } of value.text.matchAll(/[^\s;；、,，]+/g)) {
    const offset = value.source.text.startsWith(word, value.offset + index)
      ? value.offset + index
      : value.offset;
    const key: Scalar = { ...value, text: word, offset };
    entries.set(word, { key, value: { ...key, text: "off" } });
  }
  return { ...value, type: "mapping", entries };
}

function tellNoHeading(heading: Scalar, findings: Findings): void {
  findings.error(
    "no-heading",
    heading,
    { zh: "这一列有内容，却没有列名", en: "this column has content and no heading" },
    { zh: "写上列名，或删掉整列", en: "give it a heading, or remove the column" },
  );
}

function tellExtra(cell: Scalar, columns: number, findings: Findings): void {
  findings.error(
    "extra-cell",
    cell,
    {
      zh: `“${cell.text.slice(0, 40)}” 多出一格：只有 ${columns} 列`,
      en: `"${cell.text.slice(0, 40)}" is one cell too many: there are ${columns} columns`,
    },
    {
      zh: '含逗号的文字两头加英文引号 "…"，或删掉多余的格',
      en: 'put quotes "…" around a text with a comma, or remove the cell',
    },
  );
}

function tellTrimmed(cells: readonly Scalar[], findings: Findings): void {
  const [first] = cells;
  if (first === undefined) return;
  findings.warning(
    "blank-around",
    { source: first.source, offset: first.offset },
    {
      zh: `有 ${cells.length} 格的前后有空格，已忽略`,
      en: `blanks around ${cells.length === 1 ? "a cell" : `${cells.length} cells`} are ignored`,
    },
    { zh: "可以留着；在表格里删掉更好", en: "they may stay; better remove them in the spreadsheet" },
  );
}
