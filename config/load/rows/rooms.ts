/**
 * Rooms made from templates: each row's devices, as if they stood below `devices:`.
 *
 * Never happens: a row is left out without a word; more is made than a school can have.
 */
import { type Named, readWhole } from "../entry.ts";
import type { Tables } from "../folder.ts";
import { tellTable } from "../forgotten.ts";
import type { Loading } from "../loading.ts";
import type { Entry, Mapping, Node, Scalar } from "../node.ts";
import type { Sections } from "../sections.ts";
import { type Expansion, makeRoom } from "./room.ts";
import { checkValue, readRow } from "./row.ts";
import { roomsShape } from "./shape.ts";
import { tableRows } from "./table.ts";
import { readTemplates, type Template, tellUnused, tellUnusedTemplate, templateNamed } from "./template.ts";

const maxRows = 5000;
/** Values that all rooms together may have: 5,000 rows of eight devices. */
const maxValues = 2_000_000;

/** Adds to `sections.merged.devices` what templates and rooms make. */
export function expandRooms(sections: Sections, tables: Tables, loading: Loading): void {
  const templates = readTemplates(sections.merged.templates, loading);
  const section = sections.single.get("rooms");
  const expansion: Expansion = {
    sections,
    links: { kinds: new Map(sections.merged.links.map((link) => [link.id, kindOf(link)])) },
    loading,
    budget: { left: maxValues },
    rows: 0,
    owners: new Map(),
  };
  const used = new Set<Template>();
  const forgotten = new Set(loading.incomplete.entries ? [] : tables.names);
  for (const block of section === undefined ? [] : blocksOf(section, loading)) {
    const { value } = readWhole(roomsShape, ["use", "rows"], block, loading.findings);
    const written = block.body.entries.get("rows");
    const name = block.body.entries.get("use")?.value;
    const template =
      value.use === undefined || name?.type !== "scalar"
        ? null
        : templateNamed(value.use, name, templates, loading);
    if (written?.value.type === "scalar") forgotten.delete(written.value.text);
    if (template == null || written === undefined) {
      loading.incomplete.entries = true;
      continue;
    }
    if (!used.has(template)) checkDefaults(template, expansion);
    used.add(template);
    makeBlock(template, written, tables, expansion);
  }
  for (const file of forgotten) tellTable(file, loading.findings);
  for (const template of used) tellUnused(template, loading);
  if (loading.incomplete.entries) return;
  for (const named of sections.merged.templates) {
    const template = templates.get(named.id);
    if (template != null && !used.has(template)) tellUnusedTemplate(named, loading);
  }
}

const kindOf = ({ body }: Named): string | undefined => {
  const kind = body.entries.get("kind")?.value;
  return kind?.type === "scalar" && kind.text !== "" ? kind.text : undefined;
};

/** One mapping, or a list of them. */
function blocksOf({ key, value }: Entry, loading: Loading): { key: Scalar; body: Mapping }[] {
  const nodes = value.type === "list" ? value.items : [value];
  return nodes.flatMap((node) => {
    if (node.type === "mapping") return { key: value.type === "list" ? anchorOf(node) : key, body: node };
    loading.incomplete.entries = true;
    if (!loading.findings.silent(node))
      loading.findings.error(
        "wrong-shape",
        value.type === "list" ? node : key,
        { zh: "这里应当是 use: 模板 和 rows: […]", en: "use: TEMPLATE and rows: […] must stand here" },
        { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
      );
    return [];
  });
}

const anchorOf = (node: Mapping): Scalar => ({ ...node, type: "scalar", text: "", plain: true });

/** A default that its own parameter does not allow. */
function checkDefaults(template: Template, { links, loading }: Expansion): void {
  for (const param of template.params.values())
    if (param.fallback !== undefined) checkValue(param, param.fallback, links, loading);
}

function makeBlock(template: Template, written: Entry, tables: Tables, expansion: Expansion): void {
  const { loading } = expansion;
  const left = maxRows - expansion.rows;
  const rows =
    written.value.type === "scalar"
      ? tableRows(written.value, template, tables, left, loading)
      : rowsOf(written, loading);
  if (rows === null) {
    loading.incomplete.entries = true;
    return;
  }
  if (rows.length === 0)
    loading.findings.warning(
      "no-rows",
      written.value.type === "scalar" ? written.value : written.key,
      { zh: "一行也没有：不产生设备", en: "there is no row: no devices are made" },
      { zh: "每间房写一行", en: "write one row for each room" },
    );
  for (const row of rows) {
    if (expansion.rows >= maxRows || expansion.budget.left < 0) {
      tooMuch(row, expansion);
      return;
    }
    expansion.rows += 1;
    makeRoom(readRow(row, template, expansion.links, loading), template, row, expansion);
  }
}

function tooMuch(row: Mapping, { rows, loading }: Expansion): void {
  loading.incomplete.entries = true;
  const many = rows >= maxRows;
  loading.findings.error(
    "too-many-rows",
    row,
    many
      ? { zh: `所有 rooms 合起来超过 ${maxRows} 行`, en: `all rooms together have more than ${maxRows} rows` }
      : { zh: "从这一行起，模板产生的内容太多", en: "from this row on, the templates make too much" },
    {
      zh: "检查是不是放错了表，或模板太大",
      en: "check that it is the right table and that the template is not too large",
    },
  );
}

function rowsOf({ key, value }: Entry, loading: Loading): Mapping[] | null {
  const { findings } = loading;
  if (value.type !== "list") {
    if (!findings.silent(value))
      findings.error(
        "wrong-shape",
        key,
        {
          zh: "rows 后面应当是列表，每间房一行，或 .csv 文件名",
          en: "rows is a list, one row for each room, or the name of a .csv file",
        },
        { zh: "每行以 - 开头，例如 - { room: 101 }", en: "begin each row with -, such as - { room: 101 }" },
      );
    return null;
  }
  return value.items.flatMap((item: Node) => {
    if (item.type === "mapping") return item;
    loading.incomplete.entries = true;
    if (!findings.silent(item))
      findings.error(
        "wrong-shape",
        item,
        { zh: "一行应当是 { 参数: 值 }", en: "a row is { parameter: value }" },
        { zh: "例如 - { room: 101 }", en: "for example - { room: 101 }" },
      );
    return [];
  });
}
