/**
 * Recorded frames of real sensors, through the built-in models: each gives what its recorder read, or is refused where
 * it is marked as wrong. The collection that they are from may lie beside the project; then nothing of it is missing.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kinds } from "../../../drivers/registry.ts";
import type { SerialDevice } from "../../../drivers/serial/fields.ts";
import { judgeAll } from "../../../drivers/serial/frame.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { nowMs } from "../config/school-folder.ts";
import { hangings, planUnits } from "../profiles/school-of-units.ts";
import { bytes } from "./sensors.ts";

/** Ours and theirs, by point. */
const models: Readonly<Record<string, { file: string; points: Readonly<Record<string, string>> }>> = {
  "plantower-pms5003": {
    file: "serial_pmsx003",
    points: { pm1: "pm1_atm", pm25: "pm2_5_atm", pm10: "pm10_atm" },
  },
  "plantower-pms7003": {
    file: "serial_pmsx003",
    points: { pm1: "pm1_atm", pm25: "pm2_5_atm", pm10: "pm10_atm" },
  },
  sds011: { file: "serial_sds011", points: { pm25: "pm2_5", pm10: "pm10" } },
  "mh-z19b": { file: "serial_mhz19b", points: { co2: "co2_ppm", device_temperature: "temperature_c" } },
};

interface Item {
  id: string;
  hex: string;
  valid: boolean;
  decoded: Record<string, number>;
}

const folder = new URL("../../../../shared/captures/", import.meta.url);
const itemsOf = (file: string): Item[] => {
  const path = new URL(`${file}.json`, folder);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { items: Item[] }).items : [];
};

const units = new Map(
  planUnits(
    Object.keys(models).map((profile) => ({ profile, values: [] })),
    hangings.serial,
    kinds,
  ).map((unit, index) => [Object.keys(models)[index], unit] as const),
);

function valuesOf(model: string, frame: Uint8Array) {
  const unit = units.get(model);
  const kind = kinds.find(({ driver }) => driver === "serial");
  if (unit === undefined || kind?.readVector === undefined) throw new Error(`no ${model}`);
  const { samples, faults, problem } = kind.readVector(unit.device, { said: frame });
  expect([faults, problem]).toEqual([[], undefined]);
  const { records } = createNormalizer(unit.points).normalize(
    { device: unit.device.id, samples, faults: [] },
    { wallMs: nowMs, monotonicMs: 0 },
  );
  return Object.fromEntries(records.map(({ series, value }) => [series.point, value]));
}

const cases = Object.entries(models).flatMap(([model, { file, points }]) =>
  itemsOf(file).map((item) => [model, item.id, item, points] as const),
);

describe.skipIf(!existsSync(folder))("of the collection beside the project", () => {
  it("there are frames of each model", () => {
    for (const model of Object.keys(models))
      expect(cases.filter(([of]) => of === model).length, model).toBeGreaterThanOrEqual(10);
  });

  it.each(cases)("%s reads %s as it is marked", (model, _, { hex, valid, decoded }, points) => {
    const wanted = Object.fromEntries(Object.entries(points).map(([own, theirs]) => [own, decoded[theirs]]));
    if (valid) expect(valuesOf(model, bytes(hex))).toEqual(wanted);
    const shape = (units.get(model)?.device as SerialDevice | undefined)?.profile.shape;
    if (shape === undefined) throw new Error(model);
    // And each of its bytes matters, but for those that no model reads.
    const broken = bytes(hex);
    if (valid) broken[7] = (broken[7] ?? 0) ^ 1;
    expect(judgeAll(shape, new Uint8Array(), broken)).toEqual({ fault: "serial.checksum" });
  });
});
