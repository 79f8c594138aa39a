/**
 * Where a device is now.
 */
import type { SpacePlan } from "../schema/plan.ts";
import type { Device } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { knownSpace } from "./spaces.ts";

/** Less than this no clock shows that was ever set. */
const neverSet = Date.UTC(2025, 0, 1);

/** Long code of the space bound at the load's time; empty without a space; null: wrong, told. */
export function placement(
  { key, body, common }: Device,
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): string | null {
  const { findings } = loading;
  const space = common.value.space;
  if (space === undefined) return body.entries.has("space") ? null : "";
  const known = (id: string, path: string[]) =>
    knownSpace(id, placeOf(body, path, key, findings), spaces, loading);
  if (typeof space === "string") return known(space, ["space"]) ? (spaces.get(space)?.code ?? null) : null;
  let right = true;
  for (const [index, move] of space.entries()) {
    right = known(move.in, ["space", String(index), "in"]) && right;
    const before = space[index - 1];
    if (before === undefined || before.from < move.from) continue;
    right = false;
    findings.error(
      "moves-in-order",
      placeOf(body, ["space", String(index), "from"], key, findings),
      { zh: "搬动要按时间先后写", en: "moves are listed in the order of time" },
      { zh: "早的在前", en: "put the earlier one first" },
    );
  }
  if (!right) return null;
  // A machine whose clock was never set says nothing about moves: most lie in the past.
  const nowMs = loading.nowMs < neverSet ? Number.POSITIVE_INFINITY : loading.nowMs;
  const now = space.findLast(({ from }) => from <= nowMs);
  const at = now?.in ?? "";
  const code = now === undefined ? "" : (spaces.get(now.in)?.code ?? null);
  const next = space.find(({ from }) => from > nowMs);
  if (next === undefined) return code;
  findings.warning(
    "placed-now",
    body.entries.get("space")?.key ?? key,
    {
      zh: at === "" ? "还没到第一次搬入的日期，暂不属于任何房间" : `按现在的日期，它在 ${at}`,
      en:
        at === ""
          ? "the first move is still to come: it belongs to no room yet"
          : `by today's date it is in ${at}`,
    },
    { zh: "到下一次搬动的日期后要再 apply 一次", en: "apply again after the date of the next move" },
  );
  return code;
}
