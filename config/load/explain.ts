/**
 * One device's effective values, each with who wrote it. Worked out only when somebody asks.
 *
 * Never happens: a value is shown that the Plan does not have (both come from the same computation);
 * a secret's text is shown.
 */
import type { Kind, UplinkKind } from "../schema/kind.ts";
import type { LoadResult, Problem } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { concerns } from "./explain-place.ts";
import type { Shown } from "./explain-shown.ts";
import { effectiveValues } from "./explain-values.ts";
import { suggest } from "./findings.ts";
import { planDevice } from "./link-plans.ts";
import { type LoadOptions, loadPlan, type Parts } from "./load-plan.ts";
import { optionValues } from "./options.ts";

export interface DeviceCheck {
  /** The whole folder, as loadPlan gives it. */
  result: LoadResult;
  /** No such device (in what could be read of the folder): what was probably meant. */
  unknown?: Text;
  /** Those that stand where something about the device is written. */
  problems: readonly Problem[];
  /** Absent: unknown, or an error about it is in the way. */
  values?: readonly Shown[];
}

/**
 * Reads a folder as loadPlan does and explains one device of it; errors elsewhere do not matter.
 * @param id of a device, as it stands in the files or is made by a template
 */
export function checkDevice(
  folder: string,
  id: string,
  kinds: readonly Kind[],
  uplinkKinds: readonly UplinkKind[],
  options: LoadOptions = {},
): DeviceCheck {
  let parts: Parts | undefined;
  const result = loadPlan(folder, kinds, uplinkKinds, options, (seen) => {
    parts = seen;
  });
  if (parts === undefined) return { result, problems: result.problems };
  const { devices, spaces, defaults, loading } = parts;
  const device = devices.get(id);
  if (device === undefined)
    return { result, problems: [], unknown: suggest(id, [...devices.keys()], { zh: "设备", en: "devices" }) };
  // Planned once more: what is told again at the same place has been listed.
  const planned = planDevice(device, spaces, defaults, loading);
  const problems = result.problems.filter(concerns(device, defaults));
  const { profile, body, key, common } = device;
  const chosen = profile && optionValues(profile, common.value.with ?? {}, body, key, loading);
  if (planned === null || profile === undefined || chosen == null) return { result, problems };
  const { plan, points } = planned;
  const space = [...spaces.values()].find(({ code }) => code === points.space);
  const known = { device, profile, plan, options: chosen, stage: points.stage, defaults };
  return { result, problems, values: effectiveValues(space === undefined ? known : { ...known, space }) };
}
