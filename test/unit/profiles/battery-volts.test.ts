/** Zigbee2MQTT's `voltage` is in mV where a battery is, and in V at mains; some converters write V for both. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { Quality } from "../../../config/schema/vocabulary.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { kinds } from "../../../drivers/registry.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";
import { builtInProfiles } from "./school-of-units.ts";

const point = "battery_voltage";
const models = builtInProfiles(kinds)
  .profiles.filter(({ id, points }) => id.startsWith("zigbee2mqtt-") && points.has(point))
  .map(({ id }) => id);

/** What becomes of a `voltage` that a device of this model says. @param more of its entry */
function heard(profile: string, voltage: number, more = "") {
  const { plan, problems } = loadPlan(
    folderOf({
      "school.yaml": school,
      "link.yaml": 'links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" } }\n',
      "devices.yaml":
        "devices:\n  z2m: { profile: zigbee2mqtt-bridge, via: broker, user: z2m, password: secret:x }\n" +
        `  it: { profile: ${profile}, via: z2m${more} }\n`,
    }),
    kinds,
    [],
    { env: { CE_SECRET_X: "x" }, nowMs },
  );
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const link = plan?.links[0];
  const devices = (link?.devices ?? []) as readonly MqttDevice[];
  const device = devices.find(({ id }) => id === "it");
  const points = link?.points.get("it");
  if (device === undefined || points === undefined) throw new Error("the device is not planned");
  const context = { topic: "zigbee2mqtt/it", wallMs: nowMs, digest: String };
  const [reading] = decode(Buffer.from(JSON.stringify({ voltage })), [device], context).readings;
  if (reading === undefined) throw new Error("nothing was understood");
  const [record] = createNormalizer(points).normalize(reading, { wallMs: nowMs, monotonicMs: 0 }).records;
  return record;
}

it("there are built-in models of Zigbee devices with a battery", () => {
  expect(models.length).toBeGreaterThanOrEqual(6);
});

describe.each(models)("%s", (model) => {
  it.each([
    ["a button cell", 3015, 3.015],
    ["one alkaline cell, nearly empty", 900, 0.9],
    ["a lead battery", 13_800, 13.8],
  ])("takes the millivolts of %s", (_, said, volts) => {
    expect(heard(model, said)).toMatchObject({ value: volts, quality: Quality.good });
  });

  it.each([0.9, 3, 12.6, 48])("never takes %d V for so many mV", (said) => {
    expect(heard(model, said)).toMatchObject({ quality: Quality.outOfRange });
  });

  it("takes the volts of a device whose entry says so, and then no millivolts", () => {
    const volts = `, points: { ${point}: { scale: 1000, why: 转换器写 V } }`;
    expect(heard(model, 3, volts)).toMatchObject({ value: 3, quality: Quality.good });
    expect(heard(model, 3015, volts)).toMatchObject({ quality: Quality.outOfRange });
  });
});

it("a plug takes no millivolts for volts", () => {
  const of = (said: number) => {
    const record = heard("zigbee2mqtt-plug", said);
    return [record?.series.point, record?.quality];
  };
  expect(of(229.4)).toEqual(["voltage", Quality.good]);
  expect(of(3015)).toEqual(["voltage", Quality.outOfRange]);
  expect(of(229_400)).toEqual(["voltage", Quality.outOfRange]);
});
