/**
 * The stage of a device: on, on trial, or off; and what a device that is off takes with it.
 */
import type { DevicePoints, OffDevice } from "../schema/plan.ts";
import { type Device, trailOf } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { present } from "./present.ts";
import { spoken } from "./shape/measure.ts";

const day = 86_400_000;

/** Tells an `off` without its reason, a date that has passed, and one that nothing waits for. */
export function checkStage({ key, body, common }: Device, loading: Loading): void {
  const { stage, why, until } = common.value;
  // In a table these are columns.
  const table = ["stage", "until"].some((name) => body.entries.get(name)?.value.heading !== undefined);
  if (stage === "off" && why === undefined && !body.entries.has("why") && !common.meant.has("why"))
    loading.findings.error(
      "missing-why",
      placeOf(body, ["stage"], key, loading.findings),
      { zh: "停用要写原因", en: "a device that is off needs a reason" },
      table
        ? { zh: "在“原因”列写上原因", en: "write the reason in the column 原因 (or why)" }
        : { zh: "加上 why: 原因", en: "add why: REASON" },
    );
  const written = body.entries.get("stage")?.value;
  const running =
    written === undefined ? !common.meant.has("stage") : written.type === "scalar" && written.text === "on";
  if (running && until !== undefined)
    loading.findings.warning(
      "until-without-stage",
      placeOf(body, ["until"], key, loading.findings),
      {
        zh: "恢复日期没有作用：这台没有停用，也没有试用",
        en: "the date of return has no effect: the device is neither off nor on trial",
      },
      table
        ? {
            zh: "在“状态”列写 off 或 trial，或清空“到期”",
            en: "write off or trial in the column 状态 (or stage), or empty 到期 (until)",
          }
        : {
            zh: "加上 stage: off 或 stage: trial，或删掉 until",
            en: "add stage: off or stage: trial, or remove until",
          },
    );
  if (stage !== "on" && until !== undefined && until < loading.nowMs)
    loading.findings.warning(
      "until-passed",
      placeOf(body, ["until"], key, loading.findings),
      {
        zh: `应恢复的日期已过去 ${spoken(Math.floor((loading.nowMs - until) / day) * day)}`,
        en: "the date by which it should be back has passed",
      },
      table
        ? {
            zh: "装好后清空“状态”，或改“到期”",
            en: "empty 状态 (stage) when it is back, or change 到期 (until)",
          }
        : { zh: "装好后删掉 stage，或改 until", en: "remove stage when it is back, or move until" },
    );
}

/** The first that is off of a device and what stands in front of it. */
export const offBy = (device: Device): Device | undefined =>
  trailOf(device).find(({ common }) => common.value.stage === "off");

/** Tells a device that is off and has others behind it that do not say so. */
export function checkSilentlyOff(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  const behind = new Map<Device, number>();
  for (const device of devices.values()) {
    const cause = offBy(device);
    if (cause !== undefined && cause !== device) behind.set(cause, (behind.get(cause) ?? 0) + 1);
  }
  for (const [{ body, key, id }, count] of behind)
    loading.findings.warning(
      "off-behind",
      placeOf(body, ["stage"], key, loading.findings),
      {
        zh: `${id} 停用，挂在它后面的 ${count} 台也停`,
        en: `${id} is off, and so is what hangs on it (${count})`,
      },
      { zh: "如果不对，把它们的 via 改到别处", en: "if that is wrong, let their via name something else" },
    );
}

/** As the Plan lists a device that is off; null: it runs. */
export function planOff(
  device: Device,
  address: unknown,
  { profile, space }: DevicePoints,
): OffDevice | null {
  const cause = offBy(device);
  if (cause === undefined) return null;
  const { why = "", until } = cause.common.value;
  return present({
    device: device.id,
    link: device.link?.id,
    address,
    profile,
    space,
    why,
    untilMs: until,
    behind: cause === device ? undefined : cause.id,
  });
}
