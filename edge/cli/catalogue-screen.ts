/**
 * The catalogue as people read it: what can be measured, and what can be wrong. Pure.
 */
import type { Limit } from "../../config/catalogue/point.ts";
import { type CataloguePoint, cataloguePoints } from "../../config/catalogue/points.ts";
import { type ReasonRow, reasonRows } from "../../config/catalogue/reasons.ts";
import { spoken } from "../../config/load/shape/measure.ts";
import type { Language } from "./io.ts";

export function catalogueScreen(lang: Language): string[] {
  const points = [...cataloguePoints.values()];
  return [
    { zh: `测点（${points.length} 个）`, en: `points (${points.length})` }[lang],
    ...points.flatMap((point) => ["", ...pointLines(point, lang)]),
    "",
    { zh: `原因（${reasonRows.length} 条）`, en: `reasons (${reasonRows.length})` }[lang],
    ...reasonRows.flatMap((row) => ["", ...reasonLines(row, lang)]),
  ];
}

function pointLines(point: CataloguePoint, lang: Language): string[] {
  const { id, text, type, display, range, level, deadband, maxSilenceMs, identity, limits = [] } = point;
  const say = (zh: string, en: string) => (lang === "zh" ? zh : en);
  const shown = (value: number) => Number((value * (display?.factor ?? 1)).toPrecision(12));
  const unit = display === undefined ? "" : ` ${display.unit}`;
  const types = {
    number: say("数值", "number"),
    boolean: say("是/否", "true or false"),
    text: say("文字", "text"),
  };
  const band = (size: NonNullable<CataloguePoint["deadband"]>) =>
    "abs" in size
      ? say(`死区 ${shown(size.abs)}${unit}`, `dead band ${shown(size.abs)}${unit}`)
      : say(`死区为值的 ${percent(size.share)}`, `dead band ${percent(size.share)} of the value`);
  const facts = [
    types[type],
    ...(range === undefined ? [] : [`${say("范围", "range")} ${shown(range[0])}..${shown(range[1])}${unit}`]),
    say(`数据级别 ${level}`, `data level ${level}`),
    ...(deadband === undefined || type !== "number" ? [] : [band(deadband)]),
    ...(maxSilenceMs === undefined
      ? []
      : [say(`最长 ${spoken(maxSilenceMs)} 存一次`, `stored at least every ${spoken(maxSilenceMs)}`)]),
    ...(identity === true ? [say("只以摘要离开驱动", "leaves the driver as a digest only")] : []),
  ];
  const bound = ({ above, below }: Limit) =>
    [
      ...(above === undefined ? [] : [`> ${shown(above)}${unit}`]),
      ...(below === undefined ? [] : [`< ${shown(below)}${unit}`]),
    ].join(say(" 或 ", " or "));
  return [
    `${id}  ${text.zh} · ${text.en}`,
    `  ${facts.join(" · ")}`,
    ...limits.map(
      (limit) =>
        `  ▲ ${limit.text[lang]} ${bound(limit)} (${limit.standard}${limit.verified ? "" : say("，待核对", ", to be checked")})`,
    ),
  ];
}

const percent = (share: number) => `${Number((share * 100).toPrecision(12))}%`;

function reasonLines({ code, cause, next }: ReasonRow, lang: Language): string[] {
  return [`${code}  ${plainly(cause[lang])}`, `  → ${plainly(next[lang])}`];
}

/** A sentence without what only a case fills in: pieces in square brackets go, facts become their name. */
const plainly = (template: string) =>
  template.replace(/\[[^[\]]*\]/g, "").replace(/\{(\w+)\}/g, (_, name: string) => `<${name}>`);
