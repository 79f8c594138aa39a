/**
 * One row of `rooms`: a value for every parameter, and what is different in that room.
 */

import { hide } from "../clear-secret.ts";
import { suggest } from "../findings.ts";
import type { Loading } from "../loading.ts";
import { nearest } from "../nearest.ts";
import type { Entry, Made, Mapping, Scalar } from "../node.ts";
import { soundsSecret } from "../secret-line.ts";
import { placeText } from "../tree.ts";
import { rowKeys } from "./shape.ts";
import type { Param, Template } from "./template.ts";

/** Longest value of a parameter. */
const maxValue = 200;

export interface RoomRow {
  made: Made["row"];
  /** Value of each parameter; of one that misses (told) an empty text. */
  values: ReadonlyMap<string, Scalar>;
  /** Those of them that the row gives itself. */
  given: ReadonlySet<Scalar>;
  /** By their key in the template; `off` takes one away. */
  devices: ReadonlyMap<string, Entry>;
  /** For all devices of the row that say nothing themselves. */
  shared: ReadonlyMap<(typeof rowKeys)[number], Entry>;
  /** The room's value; absent: broken, told. */
  room?: Scalar;
}

export interface Links {
  /** Id and kind, as written. */
  kinds: ReadonlyMap<string, string | undefined>;
}

export function readRow(row: Mapping, template: Template, links: Links, loading: Loading): RoomRow {
  const { findings } = loading;
  const meant = tellUnknown(row, template, loading);
  const values = new Map<string, Scalar>();
  const given = new Set<Scalar>();
  for (const param of template.params.values()) {
    const entry = row.entries.get(param.name);
    const written = entry?.value;
    const empty = written?.type === "scalar" && written.text === "" && !findings.silent(written);
    if (written === undefined || (empty && param.fallback !== undefined)) {
      if (param.fallback !== undefined) values.set(param.name, param.fallback);
      else
        values.set(param.name, missing(param, row, param.broken === true || meant.has(param.name), loading));
      continue;
    }
    const value: Scalar = written.type === "scalar" ? written : { ...(entry?.key ?? param.key), text: "" };
    if (written.type !== "scalar") notAValue(entry?.key ?? row, value, findings.silent(written), loading);
    else if (empty && param.broken === true) findings.silence(written);
    else if (empty) tellEmpty(param, written, loading);
    else checkValue(param, written, links, loading);
    values.set(param.name, value);
    given.add(value);
  }
  const room = values.get(template.room);
  const label = room === undefined || room.text === "" ? placeText(row) : room.text;
  /** A key whose misspelling has been told: not missing, and nothing is said of its value. */
  const misspelt = (name: string): Entry | undefined => {
    if (!meant.has(name)) return undefined;
    const nothing = nothingIn(row);
    findings.silence(nothing);
    return { key: nothing, value: nothing };
  };
  const result: RoomRow = {
    made: { label: label.slice(0, 24), source: row.source },
    values,
    given,
    devices: devicesOf(row, loading),
    shared: new Map(
      rowKeys.flatMap((name) => {
        const entry = name === "devices" ? undefined : (row.entries.get(name) ?? misspelt(name));
        return entry === undefined ? [] : [[name, entry] as const];
      }),
    ),
  };
  if (room !== undefined && !findings.silent(room)) result.room = room;
  return result;
}

/** Tells keys that are no parameter; gives the parameters that they were probably meant to be. */
function tellUnknown(row: Mapping, template: Template, { findings }: Loading): Set<string> {
  const known = [...template.params.keys(), ...rowKeys];
  const meant = new Set<string>();
  for (const [name, { key, value }] of row.entries) {
    if (known.includes(name)) continue;
    if (soundsSecret(name)) hide(value);
    const near = nearest(
      name,
      known.filter((other) => !row.entries.has(other)),
    );
    if (near !== undefined) meant.add(near);
    const byText = [...template.params.values()].find(({ text }) => text === name);
    if (byText !== undefined) meant.add(byText.name);
    if (findings.silent(key)) continue;
    findings.error(
      "unknown-key",
      key,
      { zh: `不认识 “${name}”`, en: `"${name}" is not known here` },
      byText === undefined
        ? suggest(
            name,
            known,
            { zh: `名字（模板 ${template.id}）`, en: `keys (template ${template.id})` },
            row.entries,
          )
        : { zh: `写成 ${byText.name}`, en: `write ${byText.name}` },
    );
  }
  return meant;
}

const named = ({ name, text }: Param) =>
  text === undefined
    ? { zh: `“${name}”`, en: `"${name}"` }
    : { zh: `“${name}”（${text}）`, en: `"${name}" (${text})` };

const nothingIn = ({ source, offset }: Mapping): Scalar => ({
  type: "scalar",
  text: "",
  plain: true,
  source,
  offset,
  end: offset,
});

function missing(param: Param, row: Mapping, told: boolean, { findings }: Loading): Scalar {
  const nothing = nothingIn(row);
  const name = named(param);
  if (!told && !findings.silent(row))
    findings.error(
      "missing-key",
      row,
      { zh: `缺少 ${name.zh}`, en: `${name.en} is missing` },
      { zh: `在这一行加上 ${param.name}: …`, en: `add ${param.name}: … to this row` },
    );
  findings.silence(nothing);
  return nothing;
}

function tellEmpty(param: Param, value: Scalar, { findings }: Loading): void {
  const name = named(param);
  findings.error(
    "empty-value",
    value,
    { zh: `${name.zh} 没有填`, en: `${name.en} is empty` },
    { zh: "填上内容", en: "fill it in" },
  );
  findings.silence(value);
}

function notAValue(place: Scalar | Mapping, value: Scalar, told: boolean, { findings }: Loading): void {
  if (!told)
    findings.error(
      "wrong-shape",
      place,
      { zh: "这里要写一个值", en: "a single value is needed here" },
      { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
    );
  findings.silence(value);
}

/** Tells a value that the parameter does not allow. */
export function checkValue(param: Param, value: Scalar, links: Links, loading: Loading): void {
  const { findings } = loading;
  if (findings.silent(value)) return;
  const { text } = value;
  const name = named(param);
  const wrong = (code: string, what: { zh: string; en: string }, fix: () => { zh: string; en: string }) => {
    findings.error(code, value, what, fix);
    findings.silence(value);
  };
  if (text.length > maxValue)
    wrong(
      "bad-size",
      { zh: `${name.zh} 超过 ${maxValue} 个字符`, en: `${name.en} is longer than ${maxValue} characters` },
      () => ({ zh: "缩短", en: "shorten it" }),
    );
  else if (param.range !== undefined && !inRange(text, param.range)) {
    const [low, high] = param.range;
    wrong(
      "bad-value",
      {
        zh: `“${text}” 不是 ${low} 到 ${high} 的整数，${param.text ?? param.name} 只能在这个范围`,
        en: `"${text}" is not a whole number from ${low} to ${high}, as ${param.name} must be`,
      },
      () => ({
        zh: `写 ${low} 到 ${high}；范围本身不对就改模板 ${placeText(param.key)}`,
        en: `write ${low} to ${high}; if the range is wrong, change it in the template at ${placeText(param.key)}`,
      }),
    );
  } else if (param.kind !== undefined && links.kinds.get(text) !== param.kind) {
    const kind = param.kind;
    const other = links.kinds.get(text);
    const fitting = [...links.kinds].flatMap(([id, has]) => (has === kind ? [id] : []));
    const fix = () => suggest(text, fitting, { zh: ` ${kind} 线路`, en: `links of kind ${kind}` });
    if (links.kinds.has(text)) {
      if (other !== undefined)
        wrong(
          "other-kind",
          {
            zh: `“${text}” 是 ${other} 线路，这里要 ${kind}`,
            en: `"${text}" is a link of kind ${other}; ${kind} is needed here`,
          },
          fix,
        );
    } else if (!loading.incomplete.entries)
      wrong("unknown-link", { zh: `没有线路 “${text}”`, en: `there is no link "${text}"` }, fix);
  }
}

const inRange = (text: string, [low, high]: readonly [number, number]) =>
  /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high;

function devicesOf(row: Mapping, { findings }: Loading): Map<string, Entry> {
  const entry = row.entries.get("devices");
  if (entry === undefined) return new Map();
  if (entry.value.type === "mapping") return entry.value.entries;
  if (!findings.silent(entry.value))
    findings.error(
      "wrong-shape",
      entry.key,
      { zh: "“devices” 后面应当是 { 设备: { … } }", en: 'device: { … } pairs must stand behind "devices"' },
      { zh: "例如 devices: { panel: off }", en: "for example devices: { panel: off }" },
    );
  return new Map();
}
