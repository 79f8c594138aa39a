/**
 * Every built-in device model shows what it says with bytes: each vector goes through its driver and normalising,
 * and gives exactly the values that stand beside it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Vector } from "../../../config/load/vectors.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Reading } from "../../../drivers/contract/index.ts";
import { readVector as readMeter } from "../../../drivers/dlt645/vector.ts";
import { readVector } from "../../../drivers/modbus/vector.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { fillTopic } from "../../../drivers/mqtt/topics.ts";
import { kinds } from "../../../drivers/registry.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { builtInProfiles, hangings, type Planned, planUnits } from "../profiles/school-of-units.ts";
import { nowMs } from "./school-folder.ts";

/** How a driver reads what one of its devices says. */
const readers: Readonly<Record<string, (device: Planned["device"], vector: Vector) => Reading[]>> = {
  mqtt(device, { said, topic }) {
    const mqtt = device as unknown as MqttDevice;
    return decode(said, [mqtt], {
      topic: fillTopic(topic ?? mqtt.profile.topic[0] ?? "", device.id, undefined) ?? "",
      wallMs: nowMs,
      digest: (identity) => `<${identity.length}>`,
    }).readings;
  },
  modbus: (device, { asked, said }) => {
    if (asked === undefined)
      throw new Error("what a Modbus device says means nothing without what it was asked");
    return [readVector(device as Parameters<typeof readVector>[0], { asked, said })];
  },
  dlt645: (device, { asked, said }) => [
    readMeter(device as Parameters<typeof readMeter>[0], { said, ...(asked === undefined ? {} : { asked }) }),
  ],
};

/** As `check` reads them: for the drivers that say all of it there. */
function byKind({ driver }: { driver: string }, device: Planned["device"], vector: Vector): Reading[] {
  const readVector = kinds.find(
    (kind) => kind.driver === driver && kind.readVector !== undefined,
  )?.readVector;
  if (readVector === undefined) throw new Error(`tell here how ${driver} reads a vector`);
  const { samples, faults, problem } = readVector(device, vector);
  expect({ faults, problem }).toEqual({ faults: [], problem: undefined });
  return [{ device: device.id, samples, faults: [] }];
}

const { profiles, findings } = builtInProfiles(kinds);

/** The unit of each vector, on one line for each driver. */
const units = new Map(
  [...new Set(profiles.map(({ driver }) => driver))].flatMap((driver) => {
    const vectors = profiles
      .filter((profile) => profile.driver === driver)
      .flatMap(({ id, vectors }) => vectors.map((vector) => ({ profile: id, vector })));
    const hanging = Object.entries(hangings).find(([name]) => name === driver)?.[1];
    if (hanging === undefined) throw new Error(`nothing says how devices of ${driver} hang`);
    // Those with the same options are one unit: some models have a topic that only one unit may have.
    const nameOf = (profile: string, { values }: Vector) => JSON.stringify([profile, ...values]);
    const wanted = new Map(
      vectors.map(({ profile, vector }) => [nameOf(profile, vector), { profile, values: vector.values }]),
    );
    const planned = planUnits([...wanted.values()], hanging, kinds);
    const names = [...wanted.keys()];
    return vectors.map(
      ({ profile, vector }) => [vector, planned[names.indexOf(nameOf(profile, vector))]] as const,
    );
  }),
);

/** What one unit of the model says of itself when it says this. */
function valuesOf({ driver }: { driver: string }, vector: Vector): Record<string, Value> {
  const read = readers[driver] ?? ((device, said) => byKind({ driver }, device, said));
  const unit = units.get(vector);
  if (unit === undefined) throw new Error(`no unit of ${driver} says this`);
  const normalizer = createNormalizer(unit.points);
  const values: Record<string, Value> = {};
  for (const reading of read(unit.device, vector)) {
    expect(reading.faults).toEqual([]);
    const { records, faults } = normalizer.normalize(reading, { wallMs: nowMs, monotonicMs: 0 });
    expect(faults).toEqual([]);
    // What is bad is no value, whatever stands in the record.
    for (const { series, value, quality } of records) values[series.point] = quality < 32 ? value : null;
  }
  return values;
}

describe.each(profiles.map((profile) => [profile.id, profile] as const))(
  "the device model %s",
  (_, profile) => {
    it("is without fault and has a vector", () => {
      expect(findings.list().filter(({ file }) => file === profile.key.source.file)).toEqual([]);
      expect(profile.ok).toBe(true);
      expect(profile.vectors.length).toBeGreaterThan(0);
    });

    it("shows each of its points in some vector", () => {
      const shown = new Set(profile.vectors.flatMap(({ expect: values }) => [...values.keys()]));
      expect([...profile.points.keys()].filter((point) => !shown.has(point))).toEqual([]);
    });

    it.each(profile.vectors.map((vector) => [vector.name, vector] as const))(
      "means what it says: %s",
      (_, vector) => {
        expect(valuesOf(profile, vector)).toEqual(Object.fromEntries(vector.expect));
      },
    );

    it("claims no grade of proof without what shows it", () => {
      const word = (key: string) => {
        const node = profile.body.entries.get(key)?.value;
        return node?.type === "scalar" ? node.text : "";
      };
      if (word("proof") !== "bench") return;
      expect(existsSync(join(import.meta.dirname, "../../..", word("capture")))).toBe(true);
    });
  },
);
