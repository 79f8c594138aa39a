/**
 * What the contact windows and the pace of an uplink mean, in plain words.
 */
import type { BacklogPlan, DailyRange, UplinkPlan } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { clockOf } from "./shape/contact-window.ts";

/** Null: it is used at any time, at the pace that holds when nothing is written. */
export function contactWords({ window, backlog }: Pick<UplinkPlan, "window" | "backlog">): Text | null {
  const parts: Text[] = [];
  if (window !== undefined) {
    const when = times(window);
    parts.push({
      zh: `每天只在 ${when.zh} 联系平台，报警随时送`,
      en: `in contact with the platform ${when.en} only, alarms at any time`,
    });
  }
  const pace = paceWords(backlog);
  const hours = backlog.window === undefined ? null : times(backlog.window);
  if (hours !== null || pace !== null)
    parts.push({
      zh: `断开时存下的旧数据${hours === null ? "" : ` ${hours.zh} `}补送${pace === null ? "" : `，${pace.zh}`}`,
      en: `records kept from before are sent${hours === null ? "" : ` ${hours.en}`}${pace === null ? "" : `, ${pace.en}`}`,
    });
  if (parts.length === 0) return null;
  return { zh: parts.map(({ zh }) => zh).join("；"), en: parts.map(({ en }) => en).join("; ") };
}

function times(window: readonly DailyRange[]): Text {
  const each = window.map(({ from, to }) => ({
    zh: `${clockOf(from)} 到${to > 1440 ? "次日 " : " "}${clockOf(to > 1440 ? to - 1440 : to)}`,
    en: `from ${clockOf(from)} to ${clockOf(to > 1440 ? to - 1440 : to)}${to > 1440 ? " the next day" : ""}`,
  }));
  return { zh: each.map(({ zh }) => zh).join("、"), en: each.map(({ en }) => en).join(" and ") };
}

/** The pace of who wrote none needs no words. */
export const defaultRecordsPerS = 1500;

function paceWords({ recordsPerS, bytesPerS }: BacklogPlan): Text | null {
  if (bytesPerS === undefined && recordsPerS === defaultRecordsPerS) return null;
  const caps: Text[] = [];
  if (bytesPerS !== undefined) {
    const line = lineRate(bytesPerS);
    caps.push({ zh: `最多占 ${line} 带宽`, en: `with at most ${line} of the line` });
  }
  if (recordsPerS !== undefined)
    caps.push({ zh: `每秒最多 ${recordsPerS} 条`, en: `at most ${recordsPerS} a second` });
  return { zh: caps.map(({ zh }) => zh).join("，"), en: caps.map(({ en }) => en).join(", ") };
}

function lineRate(bytesPerS: number): string {
  const kbit = bytesPerS / 125;
  const [value, unit] =
    kbit >= 1000 ? [kbit / 1000, "Mbit/s"] : kbit >= 1 ? [kbit, "kbit/s"] : [kbit * 1000, "bit/s"];
  return `${Number(value.toFixed(2))} ${unit}`;
}
