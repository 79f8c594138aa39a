/**
 * What feeds what: `power` names the meter or outlet in front of a device.
 */
import { circles } from "./circles.ts";
import type { Device } from "./device.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";

/** Tells each `power` that names nothing, itself, or leads back to it. */
export function checkPower(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  const { findings, incomplete } = loading;
  const place = ({ body, key }: Device) => placeOf(body, ["power"], key, findings);
  for (const device of devices.values()) {
    const power = device.common.value.power;
    if (power === undefined || devices.has(power) || incomplete.entries) continue;
    findings.error(
      "unknown-power",
      place(device),
      { zh: `没有设备 “${power}” 给它供电`, en: `there is no device "${power}" to feed it` },
      () =>
        suggest(
          power,
          [...devices.keys()].filter((id) => id !== device.id),
          { zh: "设备", en: "devices" },
        ),
    );
  }
  const feeder = ({ common }: Device) =>
    common.value.power === undefined ? undefined : devices.get(common.value.power);
  for (const circle of circles(devices.values(), feeder)) {
    const [first] = circle;
    if (first === undefined) continue;
    const path = [...circle, first].map(({ id }) => id).join(" → ");
    if (circle.length === 1)
      findings.error(
        "power-circle",
        place(first),
        { zh: `${first.id} 不能给自己供电`, en: `${first.id} cannot feed itself` },
        { zh: "写电表或插座的编号，或删掉 power", en: "name the meter or outlet, or remove power" },
      );
    else
      findings.error(
        "power-circle",
        place(first),
        { zh: `power 绕成了圈：${path}`, en: `power goes in a circle: ${path}` },
        { zh: "删掉其中一处 power", en: "remove one of them" },
      );
  }
}
