/**
 * The actions of one device model: what is said of them to everybody, checked against its points, and what its driver
 * needs; and the same as they are for one device.
 */
import type { Kind } from "../schema/kind.ts";
import type { ActionPlan, ArgumentPlan, PointPlan } from "../schema/plan.ts";
import type { Text, Value } from "../schema/vocabulary.ts";
import { readCommon, readRest } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import { present } from "./present.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import { type ActionShape, type ArgumentShape, actionShape } from "./shape/action.ts";
import { idPattern } from "./shape/identifier.ts";
import type { Mapping, Scalar } from "./tree.ts";

/** As the profile has it. */
export interface ProfileAction {
  said: Partial<ActionShape>;
  /** What the kind's `action` schema gave. */
  body: unknown;
}

type Points = ReadonlyMap<string, ProfilePointPlan>;
type Actions = Map<string, ProfileAction>;

/**
 * @param settings what the kind's `profile` schema gave; undefined: it could not be read
 * @returns null: something is wrong, told
 */
export function readActions(
  profile: Mapping,
  kind: Kind,
  { settings, points }: { settings: unknown; points: { points: Points; ok: boolean } },
  loading: Loading,
): Actions | null {
  const content = profile.entries.get("actions")?.value;
  const actions: Actions = new Map();
  if (content === undefined) return actions;
  if (content.type !== "mapping") return null;
  let ok = true;
  for (const [id, { key, value }] of content.entries) {
    if (!isId(id, key, loading) || value.type !== "mapping") {
      ok = false;
      if (value.type !== "mapping" && !loading.findings.silent(value))
        loading.findings.error(
          "wrong-shape",
          key,
          { zh: `“${id}” 后面应当是 { 名字: 内容 }`, en: `name: content pairs must stand behind "${id}"` },
          { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
        );
      continue;
    }
    const named = { key, body: value };
    const common = readCommon(actionShape, [], named, [kind.action], loading.findings);
    const rest = readRest(kind.action, actionShape, named, loading.findings);
    const names = rest === null ? [] : (kind.argumentsOf?.(rest.value) ?? []);
    if (!common.ok || rest === null || !fits(common.value, names, named, points, loading)) ok = false;
    else if (!suits(rest.value, common.value, kind, settings, named, loading)) ok = false;
    else actions.set(id, { said: common.value, body: rest.value });
  }
  return ok ? actions : null;
}

/** What its kind says of it as a whole. */
function suits(
  body: unknown,
  { args = {} }: Partial<ActionShape>,
  kind: Kind,
  settings: unknown,
  { key, body: written }: { key: Scalar; body: Mapping },
  { findings }: Loading,
): boolean {
  if (settings === undefined || kind.checkAction === undefined) return true;
  const problems = kind.checkAction(body, settings, Object.keys(args));
  for (const { key: name, what, fix } of problems)
    findings.error(
      "kind-check",
      placeOf(written, name === undefined ? [] : [name], key, findings),
      what,
      fix,
    );
  return problems.length === 0;
}

function isId(id: string, key: Scalar, { findings }: Loading): boolean {
  if (idPattern.test(id)) return true;
  if (!findings.silent(key))
    findings.error(
      "bad-id",
      key,
      { zh: `“${id}” 不能作动作的名字`, en: `"${id}" cannot be the name of an action` },
      {
        zh: "用小写字母、数字和 -，例如 power-on",
        en: "use lower-case letters, digits and -, such as power-on",
      },
    );
  return false;
}

/**
 * What it says of points and arguments is true of them.
 * @param named arguments that its driver's part names
 */
function fits(
  { args = {}, confirm = {} }: Partial<ActionShape>,
  named: readonly string[],
  { key, body }: { key: Scalar; body: Mapping },
  { points, ok: whole }: { points: Points; ok: boolean },
  loading: Loading,
): boolean {
  const { findings } = loading;
  let ok = true;
  const tell = (code: string, path: string[], what: Text, fix: Text | (() => Text)) => {
    ok = false;
    // What a point is to be is told at its name.
    const isName = code === "unknown-point" && path[0] === "confirm";
    const place = isName ? locate(body, path, key, findings).holder : placeOf(body, path, key, findings);
    if (!findings.silent(place)) findings.error(code, place, what, fix);
  };
  for (const name of named)
    if (!Object.hasOwn(args, name))
      tell(
        "unknown-argument",
        ["arg"],
        { zh: `这个动作没有参数 “${name}”`, en: `this action has no argument "${name}"` },
        () => suggest(name, Object.keys(args), { zh: "参数", en: "arguments" }),
      );
  const known = (id: string, path: string[]) => {
    const point = points.get(id);
    // Beside points that could not be read it cannot be said which one is meant.
    if (point === undefined && !whole) ok = false;
    else if (point === undefined)
      tell(
        "unknown-point",
        path,
        { zh: `这个型号没有测点 “${id}”`, en: `this profile has no point "${id}"` },
        () => suggest(id, [...points.keys()], { zh: "测点", en: "points" }),
      );
    return point;
  };
  for (const [name, { point: id, range, step }] of Object.entries(args)) {
    if (id === undefined) continue;
    const point = known(id, ["args", name, "point"]);
    if (
      point !== undefined &&
      point.catalogue.type !== "number" &&
      (range !== undefined || step !== undefined)
    )
      tell(
        "not-a-number-point",
        ["args", name],
        { zh: `${id} 不是数值，不能有 range 和 step`, en: `${id} is no number: it has no range and no step` },
        { zh: "删掉它们", en: "remove them" },
      );
    if (point?.catalogue.type === "text" && point.enum === undefined)
      tell(
        "no-words",
        ["args", name],
        { zh: `${id} 没有列出可选的词`, en: `${id} does not list the words that it may be` },
        { zh: `给 ${id} 写 enum，或在这里写 choices`, en: `give ${id} an enum, or write choices here` },
      );
  }
  for (const [id, wanted] of Object.entries(confirm)) {
    const point = known(id, ["confirm", id]);
    if (typeof wanted !== "string") {
      if (!Object.hasOwn(args, wanted.arg))
        tell(
          "unknown-argument",
          ["confirm", id, "arg"],
          { zh: `这个动作没有参数 “${wanted.arg}”`, en: `this action has no argument "${wanted.arg}"` },
          () => suggest(wanted.arg, Object.keys(args), { zh: "参数", en: "arguments" }),
        );
    } else if (point !== undefined && meantBy(wanted, point) === undefined)
      tell(
        "unfit-value",
        ["confirm", id],
        { zh: `${id} 不会是 “${wanted}”`, en: `${id} is never "${wanted}"` },
        {
          zh: `写 ${id} 的值：${valuesOf(point, "zh")}`,
          en: `write a value of ${id}: ${valuesOf(point, "en")}`,
        },
      );
  }
  return ok;
}

/** What a word of the files is as a value of a point; undefined: it is none. */
function meantBy(word: string, { catalogue, enum: words }: ProfilePointPlan): Value | undefined {
  if (catalogue.type === "boolean") return word === "true" || word === "false" ? word === "true" : undefined;
  if (catalogue.type === "number") return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(word) ? Number(word) : undefined;
  return words === undefined || [...words.values()].includes(word) ? word : undefined;
}

function valuesOf({ catalogue, enum: words }: ProfilePointPlan, language: "zh" | "en"): string {
  if (catalogue.type === "boolean") return "true, false";
  if (catalogue.type === "number") return language === "zh" ? "数" : "a number";
  return [...new Set(words?.values())].join(", ");
}

/**
 * As they are for one device. An action is left out where the point that an argument of it is a value of is off there.
 * @param off points of the profile that are off at this device
 */
export function planActions(
  actions: ReadonlyMap<string, ProfileAction>,
  points: ReadonlyMap<string, PointPlan>,
  profilePoints: Points,
): Map<string, ActionPlan> {
  const planned = new Map<string, ActionPlan>();
  for (const [id, { said }] of actions) {
    const written = Object.entries(said.args ?? {});
    const args = written.flatMap(([name, argument]): [string, ArgumentPlan][] => {
      const plan = planArgument(argument, points);
      return plan === null ? [] : [[name, plan]];
    });
    if (args.length < written.length) continue;
    const confirm = Object.entries(said.confirm ?? {}).flatMap(
      ([point, wanted]): [string, Value | { arg: string }][] => {
        const from = profilePoints.get(point);
        const value =
          typeof wanted !== "string" ? wanted : from === undefined ? undefined : meantBy(wanted, from);
        return points.has(point) && value !== undefined ? [[point, value]] : [];
      },
    );
    planned.set(id, {
      id,
      ...present({ text: said.text, notDuring: said.notDuring }),
      args: new Map(args),
      confirm: new Map(confirm),
      tolerance: said.tolerance ?? 0,
      withinMs: said.within ?? 10_000,
      restMs: said.rest ?? 0,
      everyMs: said.every ?? 0,
    });
  }
  return planned;
}

/** null: the point that it is a value of is off. */
function planArgument(
  { text, point: id, range, step, choices }: ArgumentShape,
  points: ReadonlyMap<string, PointPlan>,
): ArgumentPlan | null {
  const common = present({ text, point: id });
  if (choices !== undefined) {
    const words = Array.isArray(choices)
      ? choices.map((word) => [word, word] as const)
      : Object.entries(choices);
    return { ...common, type: "choice", choices: new Map(words.map(([word, raw]) => [word, rawOf(raw)])) };
  }
  const point = id === undefined ? undefined : points.get(id);
  if (id !== undefined && point === undefined) return null;
  if (point?.enum !== undefined)
    return {
      ...common,
      type: "choice",
      // Of several raw values that mean the same, the first.
      choices: new Map([...point.enum].reverse().map(([raw, word]) => [String(word), rawOf(raw)])),
    };
  if (point?.type === "boolean")
    return {
      ...common,
      type: "choice",
      choices: new Map<string, Value>([
        ["true", true],
        ["false", false],
      ]),
    };
  const [low, high] = point?.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const [min, max] = range ?? [low, high];
  return {
    ...common,
    ...present({ step: step === 0 ? undefined : step, unit: point?.unit }),
    type: "number",
    min: Math.max(min, low),
    max: Math.min(max, high),
    scale: point?.scale ?? 1,
    offset: point?.offset ?? 0,
  };
}

/** A raw value as a driver gives it: a number where it looks like one. */
const rawOf = (word: string): Value =>
  word === "true" || word === "false"
    ? word === "true"
    : /^-?\d{1,15}(\.\d+)?$/.test(word)
      ? Number(word)
      : word;
