/**
 * Points that are inferred from the power of what feeds their device: who measures it, and where nobody can tell.
 */
import type { DevicePoints, PointPlan } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import type { Device } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { present } from "./present.ts";

interface Planned {
  device: Device;
  points: DevicePoints;
}

/** The catalogue's active power, in W. */
const powerPoint = "power";

/**
 * Says of each inferred point who measures the power, and tells where that cannot be said: nothing feeds the device,
 * or what feeds it does not measure, or feeds others as well.
 * @returns ids of what feeds a device with such a point
 */
export function inferPoints(
  planned: ReadonlyMap<Device, Planned>,
  devices: ReadonlyMap<string, Device>,
  loading: Loading,
): ReadonlySet<string> {
  const fed = Map.groupBy(devices.values(), ({ common }) => common.value.power);
  const feeding = new Set<string>();
  for (const { device, points } of planned.values()) {
    const inferred = [...points.points.values()].filter((point) => point.inferred !== undefined);
    if (inferred.length === 0) continue;
    const { power } = device.common.value;
    if (power !== undefined) feeding.add(power);
    const meter = devices.get(power ?? "");
    const measured = meter === undefined ? undefined : planned.get(meter);
    // What feeds it is not known, or something is wrong with it: told.
    if (power !== undefined && measured === undefined) continue;
    const names = inferred.map(({ id }) => id).join(", ");
    const others = (fed.get(power) ?? []).filter((other) => other !== device);
    const why = untold(device.id, names, measured, others);
    if (why !== null) {
      if (!device.off)
        loading.findings.warning(
          why.code,
          placeOf(device.body, ["power"], device.key, loading.findings),
          why.what,
          why.fix,
        );
      if (why.code !== "power-not-on") continue;
    }
    const source = measured?.points.points.get(powerPoint);
    if (measured === undefined || source === undefined) continue;
    for (const point of inferred) Object.assign(point, toldBy(point, source, measured.points));
  }
  return feeding;
}

/** As alive as what it is inferred from. */
function toldBy(point: PointPlan, source: PointPlan, meter: DevicePoints): Partial<PointPlan> {
  return {
    everyMs: Math.max(point.everyMs, source.everyMs),
    ...present({ onChange: source.onChange }),
    ...(point.inferred === undefined
      ? {}
      : {
          inferred: {
            ...point.inferred,
            from: { device: meter.device, point: source.id },
            ...(meter.simulated ? { simulated: true as const } : {}),
          },
        }),
  };
}

/** Why nobody can tell; null: it can be told. */
function untold(
  id: string,
  names: string,
  meter: Planned | undefined,
  others: readonly Device[],
): { code: string; what: Text; fix: Text } | null {
  if (meter === undefined)
    return {
      code: "power-missing",
      what: {
        zh: `${id} 的 ${names} 由电表推断，却没有写哪只电表给它供电：没有值`,
        en: `${names} of ${id} is inferred from the meter that feeds it, and nothing says which: it has no value`,
      },
      fix: { zh: "加上 power: 电表或插座的编号", en: "add power: METER, the meter or plug in front of it" },
    };
  const { device, points } = meter;
  if (points.points.get(powerPoint)?.type !== "number")
    return {
      code: "power-not-measured",
      what: {
        zh: `${device.id} 没有测点 ${powerPoint}：${id} 的 ${names} 没有值`,
        en: `${device.id} has no point ${powerPoint}: ${names} of ${id} has no value`,
      },
      fix: {
        zh: "power 写测功率的电表或插座",
        en: "let power name a meter or plug that measures active power",
      },
    };
  const [other] = others;
  if (other !== undefined)
    return {
      code: "power-shared",
      what: {
        zh: `${device.id} 还给 ${other.id} 供电，分不清是谁在用电：${id} 的 ${names} 没有值`,
        en: `${device.id} feeds ${other.id}, too, and cannot tell them apart: ${names} of ${id} has no value`,
      },
      fix: {
        zh: "一只电表只推断一台设备：给它单独装插座电表，或删掉不由它供电的那台的 power",
        en: "a meter tells of one device alone: give it a plug of its own, or remove power where it is wrong",
      },
    };
  if (device.off || points.stage === "trial") {
    const [zh, en] = device.off ? ["停用", "off"] : ["在试用", "on trial"];
    return {
      code: "power-not-on",
      what: {
        zh: `${device.id} ${zh}：这段时间 ${id} 的 ${names} 没有值`,
        en: `${device.id} is ${en}: ${names} of ${id} has no value meanwhile`,
      },
      fix: { zh: "电表正式启用后就有了", en: "it has one once the meter is on" },
    };
  }
  return null;
}
