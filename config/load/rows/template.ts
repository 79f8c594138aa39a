/**
 * Templates: parameters, and devices whose texts may refer to them.
 *
 * Never happens: an unknown `$name` goes on as text; a mistake in a template is told once for every row.
 */
import { type Named, readWhole } from "../entry.ts";
import { suggest } from "../findings.ts";
import type { Loading } from "../loading.ts";
import type { Entry, Mapping, Node, Scalar } from "../node.ts";
import { idComplaint, pointPattern } from "../shape/identifier.ts";
import { fixedHeadings, headingOf } from "./heading.ts";
import { checkReferences } from "./references.ts";
import { rowKeys, templateShape } from "./shape.ts";

export interface Param {
  name: string;
  key: Scalar;
  text?: string;
  range?: readonly [min: number, max: number];
  /** Kind of the link that it names. */
  kind?: string;
  /** Value for rows that give none. */
  fallback?: Scalar;
  /** Its definition is wrong, told: nothing more is said of what it lacks. */
  broken?: true;
}

export interface Template {
  id: string;
  key: Scalar;
  params: ReadonlyMap<string, Param>;
  /** Name of the parameter that is the room: the first in `space`, else the first of all. */
  room: string;
  space?: Entry;
  devices: ReadonlyMap<string, Entry & { value: Mapping }>;
  /** Parameters that some text refers to. */
  used: Set<string>;
  /** For how many rows each text with parameters was used. */
  uses: Map<Scalar, { count: number }>;
}

/** null: so broken that no row can use it, told. */
export function readTemplates(entries: readonly Named[], loading: Loading): Map<string, Template | null> {
  return new Map(entries.map((named) => [named.id, readTemplate(named, loading)]));
}

function readTemplate(named: Named, loading: Loading): Template | null {
  const { key, body, id } = named;
  const { value, meant } = readWhole(templateShape, ["params", "devices"], named, loading.findings);
  if (meant.has("params") || meant.has("devices")) return null;
  const params = readParams(body.entries.get("params")?.value, value.params ?? {}, loading);
  const devices = readDeviceKeys(body.entries.get("devices")?.value, loading);
  const used = new Set<string>();
  const space = body.entries.get("space");
  const inSpace = space === undefined ? [] : checkReferences(space.value, params, loading.findings);
  const [room = [...params.keys()][0]] = inSpace;
  for (const name of inSpace) used.add(name);
  for (const device of devices.values())
    for (const name of checkReferences(device.value, params, loading.findings)) used.add(name);
  if (room === undefined) {
    const list = body.entries.get("params");
    if (list?.value.type === "mapping" && list.value.entries.size === 0)
      loading.findings.error(
        "no-params",
        list.key,
        { zh: "模板至少要有一个参数：房间", en: "a template needs at least one parameter: the room" },
        { zh: "写 params: { room: { text: 房间 } }", en: "write params: { room: { text: room } }" },
      );
    return null;
  }
  used.add(room);
  const template: Template = { id, key, params, room, devices, used, uses: new Map() };
  if (space !== undefined) template.space = space;
  return template;
}

/** Also a parameter whose definition is broken is known by its name. */
function readParams(
  node: Node | undefined,
  values: Record<string, { range?: Param["range"] | undefined; kind?: string | undefined }>,
  loading: Loading,
): Map<string, Param> {
  const params = new Map<string, Param>();
  if (node?.type !== "mapping") return params;
  const headings = new Map<string, string>(fixedHeadings);
  for (const [name, { key, value }] of node.entries) {
    tellName(name, key, loading);
    const param: Param = { name, key };
    const said = Object.hasOwn(values, name) ? values[name] : undefined;
    if (said === undefined) param.broken = true;
    if (said?.range !== undefined) param.range = said.range;
    if (said?.kind !== undefined) param.kind = said.kind;
    const { text, default: fallback } = value.type === "mapping" ? scalarsOf(value) : {};
    if (fallback !== undefined) param.fallback = fallback;
    if (text !== undefined && text.text !== "") {
      param.text = text.text;
      tellHeading(headings, param, text, loading);
    }
    params.set(name, param);
  }
  return params;
}

function scalarsOf(mapping: Mapping): Record<string, Scalar> {
  const found: Record<string, Scalar> = {};
  for (const [name, { value }] of mapping.entries) if (value.type === "scalar") found[name] = value;
  return found;
}

function tellName(name: string, key: Scalar, { findings }: Loading): void {
  const reserved = [...rowKeys, ...fixedHeadings.map(([, own]) => own)].includes(name);
  if (findings.silent(key) || (!reserved && pointPattern.test(name))) return;
  findings.error(
    "param-name",
    key,
    reserved
      ? {
          zh: `“${name}” 是每一行自己的设置，不能作参数名`,
          en: `"${name}" is a setting of every row, not a name for a parameter`,
        }
      : { zh: `“${name}” 不能作参数名`, en: `"${name}" cannot name a parameter` },
    {
      zh: "用小写字母、数字和 _，字母开头，例如 room；中文写在 text 里",
      en: "use lower-case letters, digits and _, a letter first, such as room",
    },
  );
  findings.silence(key);
}

/** A column must not have two meanings. */
function tellHeading(
  headings: Map<string, string>,
  { name, text = "" }: Param,
  place: Scalar,
  loading: Loading,
): void {
  const heading = headingOf(text);
  const owner = headings.get(heading);
  headings.set(heading, owner ?? name);
  if (owner !== undefined)
    loading.findings.error(
      "text-twice",
      place,
      {
        zh: `“${text}” 已经是 ${owner} 的名称，表格里会分不清`,
        en: `"${text}" already means ${owner}: a table could not tell them apart`,
      },
      { zh: "换一个名称", en: "choose another text" },
    );
}

function readDeviceKeys(node: Node | undefined, loading: Loading): Template["devices"] {
  const devices = new Map<string, Entry & { value: Mapping }>();
  const { findings } = loading;
  if (node?.type !== "mapping") return devices;
  if (node.entries.size === 0) findings.silence(node);
  for (const [name, { key, value }] of node.entries) {
    const complaint = idComplaint(name, "air");
    if (complaint !== null) {
      loading.incomplete.entries = true;
      if (!findings.silent(key)) findings.error("bad-id", key, complaint.what, complaint.fix);
      continue;
    }
    if (value.type === "mapping") devices.set(name, { key, value });
    else {
      loading.incomplete.entries = true;
      if (!findings.silent(value) && !findings.silent(key))
        findings.error(
          "wrong-shape",
          key,
          {
            zh: `“${name}” 后面应当是 { 名字: 内容 }`,
            en: `name: content pairs must stand behind "${name}"`,
          },
          {
            zh: "检查缩进和括号；不要的设备直接删掉",
            en: "check indentation and brackets; remove a device that is not wanted",
          },
        );
    }
  }
  return devices;
}

/** Parameters that nothing refers to, and templates that no rooms use. */
export function tellUnused(template: Template, { findings }: Loading): void {
  for (const { name, key } of template.params.values())
    if (!template.used.has(name) && !findings.silent(key))
      findings.warning(
        "unused-param",
        key,
        { zh: `模板里没有用到参数 “${name}”`, en: `the template does not use its parameter "${name}"` },
        { zh: `在用它的地方写 $${name}，或删掉`, en: `write $${name} where it belongs, or remove it` },
      );
}

export function tellUnusedTemplate({ id, key }: Named, { findings }: Loading): void {
  findings.warning(
    "unused-template",
    key,
    {
      zh: `没有 rooms 使用模板 “${id}”，它不产生设备`,
      en: `no rooms use the template "${id}": it makes no devices`,
    },
    { zh: `在 rooms 里写 use: ${id}，或删掉模板`, en: `write use: ${id} in rooms, or remove it` },
  );
}

/** The template that `use` names; undefined: unknown, told. */
export function templateNamed(
  use: string,
  place: Scalar,
  templates: ReadonlyMap<string, Template | null>,
  loading: Loading,
): Template | null | undefined {
  const template = templates.get(use);
  if (template === undefined && !loading.incomplete.entries)
    loading.findings.error(
      "unknown-template",
      place,
      { zh: `没有模板 “${use}”`, en: `there is no template "${use}"` },
      suggest(use, [...templates.keys()], { zh: "模板", en: "templates" }),
    );
  return template;
}
