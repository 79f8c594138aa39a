/** What would change, in a calm list: counts first, then one line each, the rest as a number. Pure. */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";

export interface ShownChange {
  what: "question" | "stops" | "renamed" | "restarts" | "changes" | "starts";
  text: Text;
}

/** Lines told of many. */
const told = 20;

const words: Record<ShownChange["what"], Text & { sign: string }> = {
  question: { sign: "?", zh: "要确认", en: "to be sure of" },
  stops: { sign: "-", zh: "停止", en: "stop" },
  renamed: { sign: "=", zh: "改名", en: "renamed" },
  restarts: { sign: "*", zh: "重新打开", en: "open again" },
  changes: { sign: "~", zh: "改变", en: "change" },
  starts: { sign: "+", zh: "开始", en: "start" },
};

/** @param changes in the order in which they are shown */
export function changeLines(changes: readonly ShownChange[], lang: Language): string[] {
  if (changes.length === 0) return [];
  const counts = [...Map.groupBy(changes, ({ what }) => what)].map(
    ([what, { length }]) => `${words[what][lang]} ${length}`,
  );
  const lines = changes.slice(0, told).map(({ what, text }) => `  ${words[what].sign} ${text[lang]}`);
  const more = changes.length - told;
  if (more > 0)
    lines.push(
      {
        zh: `  另有 ${more} 处：campus-edge apply --dry-run --json 全部列出`,
        en: `  and ${more} more: campus-edge apply --dry-run --json lists them all`,
      }[lang],
    );
  const real = changes.filter(({ what }) => what !== "question").length;
  const head = {
    zh: `会变 ${real} 处：${counts.join("，")}`,
    en: `${real} differences: ${counts.join(", ")}`,
  };
  return [head[lang], ...lines];
}
