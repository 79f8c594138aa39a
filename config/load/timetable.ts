/**
 * The school's timetable, as far as this version needs it: whether there is a lesson.
 */
import type { TimetablePlan } from "../schema/plan.ts";
import { readWhole } from "./entry.ts";
import type { Loading } from "./loading.ts";
import type { Sections } from "./sections.ts";
import { timetableShape } from "./shape/timetable.ts";

/** undefined: there is none, or something is wrong with it, told. */
export function readTimetable(sections: Sections, loading: Loading): TimetablePlan | undefined {
  const entry = sections.single.get("timetable");
  if (entry?.value.type !== "mapping") {
    if (entry !== undefined && !loading.findings.silent(entry.value))
      loading.findings.error(
        "wrong-shape",
        entry.key,
        { zh: "timetable 后面应当是 名字: 内容", en: "name: content pairs must stand below timetable" },
        { zh: "检查缩进", en: "check the indentation" },
      );
    return undefined;
  }
  const named = { key: entry.key, body: entry.value };
  const { value, ok } = readWhole(timetableShape, ["terms", "periods"], named, loading.findings);
  loading.notYet.noteKeys("timetable", entry.value);
  if (!ok) return undefined;
  const { terms = {}, weekdays = [], periods = {}, off = [], on = [] } = value;
  return {
    terms: Object.values(terms),
    weekdays: [...new Set(weekdays.flat())],
    periods: Object.values(periods),
    off,
    on: new Map(on.map(({ day, as }) => [day, as])),
  };
}
