/**
 * Every built-in device model shows what it says with bytes: each vector goes through its driver and normalising,
 * and gives exactly the values that stand beside it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Findings } from "../../../config/load/findings.ts";
import { loadPlan } from "../../../config/load/index.ts";
import { NotYet } from "../../../config/load/not-yet.ts";
import { readProfiles } from "../../../config/load/profiles.ts";
import { SecretStore } from "../../../config/load/secrets.ts";
import type { Vector } from "../../../config/load/vectors.ts";
import type { DevicePlan } from "../../../config/schema/kind.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Reading } from "../../../drivers/contract/index.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { kinds } from "../../../drivers/registry.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { folderOf, nowMs, school } from "./school-folder.ts";

const folder = join(import.meta.dirname, "../../../config/profiles");

/** How a device of a driver hangs in a school, and how its driver reads what it says. */
interface Witness {
  link: string;
  /** What a device says beside its profile. */
  device(id: string): string;
  read(device: DevicePlan, vector: Vector): Reading[];
}

const witnesses: Record<string, Witness> = {
  mqtt: {
    link: '{ kind: mqtt-broker, listen: "127.0.0.1:1883" }',
    device: (id) => `user: ${id}, password: secret:x`,
    read(device, { said, topic }) {
      const mqtt = device as unknown as MqttDevice;
      return decode(said, [mqtt], {
        topic: (topic ?? mqtt.profile.topic?.[0] ?? "").replaceAll("{device}", device.id),
        wallMs: nowMs,
        digest: (identity) => `<${identity.length}>`,
      }).readings;
    },
  },
};

const findings = new Findings();
const profiles = [
  ...readProfiles([], folder, {
    findings,
    notYet: new NotYet(findings),
    secrets: new SecretStore(folder, {}),
    kinds,
    uplinkKinds: [],
    nowMs,
    incomplete: { entries: false, spaces: false, profiles: false },
  }).values(),
];

/** What one unit of the model says of itself when it says this. */
function valuesOf(profile: { id: string; driver: string }, vector: Vector): Record<string, Value> {
  const witness = witnesses[profile.driver];
  if (witness === undefined) throw new Error(`tell here how ${profile.driver} reads a vector`);
  const given = JSON.stringify(Object.fromEntries(vector.values));
  const files = {
    "school.yaml": school,
    "link.yaml": `links: { line: ${witness.link} }\n`,
    "device.yaml": `devices: { unit: { profile: ${profile.id}, via: line, ${witness.device("unit")}, with: ${given} } }\n`,
  };
  const { plan, problems } = loadPlan(folderOf(files), kinds, [], { env: { CE_SECRET_X: "x" }, nowMs });
  const [link] = plan?.links ?? [];
  const [device] = link?.devices ?? [];
  const points = link?.points.get("unit");
  if (device === undefined || points === undefined) throw new Error(JSON.stringify(problems));
  const normalizer = createNormalizer(points);
  const values: Record<string, Value> = {};
  for (const reading of witness.read(device, vector)) {
    expect(reading.faults).toEqual([]);
    const { records } = normalizer.normalize(reading, { wallMs: nowMs, monotonicMs: 0 });
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
      expect(existsSync(join(folder, "../..", word("capture")))).toBe(true);
    });
  },
);
