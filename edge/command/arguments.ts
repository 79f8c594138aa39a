/**
 * The arguments of a command against what its action takes. Pure.
 */
import type { ActionPlan, ArgumentPlan } from "../../config/schema/plan.ts";
import type { Text, Value } from "../../config/schema/vocabulary.ts";

/** `raw`: as the driver wants them. `problem`: every thing wrong with them. */
export type Arguments = { raw: Record<string, Value> } | { problem: Text };

const tooFine = 1e-6;

/** @param given by name, in the units of the catalogue; a word of a choice */
export function convertArguments(action: ActionPlan, given: Readonly<Record<string, Value>>): Arguments {
  const raw: Record<string, Value> = {};
  const problems: Text[] = [];
  for (const [name, plan] of action.args) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      problems.push({
        zh: `缺少参数 ${name}（${allowed(plan, "zh")}）`,
        en: `the argument ${name} is missing (${allowed(plan, "en")})`,
      });
      continue;
    }
    const converted = convert(plan, value);
    if (converted === undefined)
      problems.push({
        zh: `参数 ${name} 不能是 ${shown(value)}：${allowed(plan, "zh")}`,
        en: `the argument ${name} cannot be ${shown(value)}: ${allowed(plan, "en")}`,
      });
    else Object.defineProperty(raw, name, { value: converted, enumerable: true });
  }
  const known = [...action.args.keys()];
  for (const name of Object.keys(given))
    if (!action.args.has(name))
      problems.push({
        zh: `没有参数“${name.slice(0, 32)}”，可以写 ${known.join("、") || "（没有参数）"}`,
        en: `there is no argument "${name.slice(0, 32)}": ${known.join(", ") || "it takes none"}`,
      });
  if (problems.length === 0) return { raw };
  const all = (language: "zh" | "en", between: string) =>
    problems.map((each) => each[language]).join(between);
  return { problem: { zh: all("zh", "；"), en: all("en", "; ") } };
}

function convert(plan: ArgumentPlan, value: Value): Value | undefined {
  if (plan.type === "choice") return plan.choices.get(String(value));
  if (typeof value !== "number" || !Number.isFinite(value) || value < plan.min || value > plan.max)
    return undefined;
  const { step, scale, offset } = plan;
  if (step !== undefined && Math.abs(value / step - Math.round(value / step)) > tooFine) return undefined;
  const raw = (value - offset) / scale;
  // What a device counts in whole steps is whole.
  return Math.abs(raw - Math.round(raw)) < tooFine ? Math.round(raw) : raw;
}

/** What an argument may be, for people. */
export function allowed(plan: ArgumentPlan, language: "zh" | "en"): string {
  if (plan.type === "choice") return [...plan.choices.keys()].join(language === "zh" ? "、" : ", ");
  const { min, max, step, unit } = plan;
  const range =
    Number.isFinite(min) && Number.isFinite(max) ? `${min}..${max}` : { zh: "数", en: "a number" }[language];
  const by = step === undefined ? "" : { zh: `，每 ${step} 一档`, en: ` in steps of ${step}` }[language];
  return `${range}${unit === undefined || unit === "1" ? "" : ` ${unit}`}${by}`;
}

const shown = (value: Value): string => JSON.stringify(value).slice(0, 40);
