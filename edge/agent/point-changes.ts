/** What becomes different in the points of one device, in words. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { PointPlan } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";

/** Names told of many. */
const told = 4;

type Points = ReadonlyMap<string, PointPlan>;

export function pointChanges(before: Points, after: Points): Text[] {
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const come = [...after.keys()].filter((id) => !before.has(id));
  const both = [...after].flatMap(([id, now]) => {
    const was = before.get(id);
    return was === undefined || isDeepStrictEqual(was, now) ? [] : [{ id, was, now }];
  });
  const where = (differs: (was: PointPlan, now: PointPlan) => boolean) =>
    both.filter(({ was, now }) => differs(was, now)).map(({ id }) => id);
  const unit = where((was, now) => was.unit !== now.unit || was.kind !== now.kind || was.type !== now.type);
  const stored = where((was, now) => !isDeepStrictEqual(storing(was), storing(now)));
  const period = where((was, now) => was.everyMs !== now.everyMs);
  const meant = where((was, now) => !isDeepStrictEqual(meaning(was), meaning(now))).filter(
    (id) => !unit.includes(id),
  );
  const parts: Text[] = [];
  const add = (ids: readonly string[], zh: string, en: string) => {
    if (ids.length === 0) return;
    const names = ids.slice(0, told).join(", ");
    const more = ids.length - told;
    parts.push({
      zh: `${names}${more > 0 ? ` 等 ${ids.length} 个` : ""} ${zh}`,
      en: `${names}${more > 0 ? ` and ${more} more` : ""} ${en}`,
    });
  };
  add(gone, "关闭，历史到此为止", "off: history ends here");
  add(come, "新增", "new");
  add(unit, "单位或类型变了，另起一条历史", "unit or type changed: another history begins");
  add(meant, "换算变了，以前存的不改", "converted differently; what is stored stays as it is");
  add(period, "周期变了", "period changed");
  add(stored, "存储规则变了", "stored by another rule");
  return parts;
}

const storing = ({ deadband, maxSilenceMs }: PointPlan) => [deadband, maxSilenceMs];

/** All that is neither rule nor period. */
function meaning({ deadband: _d, maxSilenceMs: _m, everyMs: _e, ...rest }: PointPlan) {
  return rest;
}
