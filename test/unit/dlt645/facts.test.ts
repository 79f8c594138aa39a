/**
 * The built-in meter is what is publicly known of DL/T 645-2007, where that collection lies beside the project: every
 * identifier, format and unit, and how the line is set.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Kind } from "../../../config/schema/kind.ts";
import { spokenFormat } from "../../../drivers/dlt645/scalars.ts";
import { type DltSource, dltKind, dltLinkSchema } from "../../../drivers/dlt645/schema.ts";
import { hangings, planUnits } from "../profiles/school-of-units.ts";

const shared = join(import.meta.dirname, "../../../../shared");
const file = join(shared, "devices/dlt645-2007-meter.json");
interface Facts {
  line: { baud: number; parity: string; dataBits: number; stopBits: number };
  identifiers: { di: string; key: string; format: string; unit: string }[];
}
const facts = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Facts) : null;

const named: Readonly<Record<string, string>> = {
  energy_combined_total: "energy_total",
  energy_import_total: "energy",
  energy_export_total: "energy_export",
  power_total: "power",
  reactive_power_total: "power_reactive",
  power_factor_total: "power_factor",
};
/** Not points of a room: a clock that nobody reads, and the number, which is for expect. */
const others = new Set(["date_weekday", "time", "meter_address"]);
/** The catalogue's unit of each unit, and what one of it is in that. */
const units: Readonly<Record<string, readonly [ucum: string, factor: number]>> = {
  kWh: ["kW.h", 1],
  V: ["V", 1],
  A: ["A", 1],
  kW: ["W", 1000],
  kvar: ["V.A{reactive}", 1000],
  Hz: ["Hz", 1],
  "": ["1", 1],
};

const variants = ["three", "blocks", "single"];
const unitOf = (variant: string, ct = "1", pt = "1") => {
  const values = Object.entries({ ct, pt, variant });
  const [unit] = planUnits([{ profile: "dlt645-2007-meter", values }], hangings.dlt645, [
    dltKind,
  ] as unknown as Kind[]);
  if (unit === undefined) throw new Error(`no unit of ${variant}`);
  return unit;
};
const sourceOf = (variant: string, id: string) =>
  unitOf(variant).device.points.find((point) => point.id === id)?.source as DltSource | undefined;

it("is compared where the collection is there", () => expect(facts !== null).toBe(existsSync(shared)));

describe.skipIf(facts === null)("compared with what is publicly known", () => {
  const measured = facts?.identifiers.filter(({ key }) => !others.has(key)) ?? [];

  it.each(measured)("has $key as $di", ({ di, key, format, unit }) => {
    const id = named[key] ?? key;
    const source = sourceOf("three", id);
    const [ucum, factor] = units[unit] ?? ["unknown", 0];
    const point = unitOf("three").points.points.get(id);
    expect({ di: source?.di, format: source && spokenFormat(source.format) }).toEqual({ di, format });
    expect({ unit: point?.unit, scale: point?.scale }).toEqual({ unit: ucum, scale: factor });
  });

  it("has the line as meters are delivered", () => {
    const { baud, parity, dataBits, stopBits } = facts?.line ?? {
      baud: 0,
      parity: "",
      dataBits: 0,
      stopBits: 0,
    };
    const link = dltLinkSchema.parse({ device: "/dev/ttyS4" });
    expect(link).toMatchObject({ baud, format: `${dataBits}${parity[0]?.toUpperCase()}${stopBits}` });
  });
});

describe("the meter's variants", () => {
  it("read the same values in blocks as one by one, in the same formats", () => {
    for (const { id, source } of unitOf("three").device.points) {
      const single = source as DltSource;
      const block = sourceOf("blocks", id);
      expect({ ...block?.format, signed: block?.signed }, id).toEqual({
        ...single.format,
        signed: single.signed,
      });
      if (block?.item === undefined) continue;
      // Totals stand in front of the phases, where there is one (02 03 00 00).
      const first = single.di.startsWith("0203") ? 0 : 1;
      expect(single.di, id).toBe(block.di.replace("FF", String(block.item - 1 + first).padStart(2, "0")));
    }
  });

  it.each(variants)("multiply by the transformers what these divide: %s", (variant) => {
    const plain = unitOf(variant).points.points;
    for (const [id, { scale }] of unitOf(variant, "2", "3").points.points) {
      const by = /^(energy|power(?!_factor))/.test(id)
        ? 6
        : /^current/.test(id)
          ? 2
          : /^voltage/.test(id)
            ? 3
            : 1;
      expect(scale / (plain.get(id)?.scale ?? 0), id).toBe(by);
    }
  });

  it("have a sign wherever something may flow back, and only there", () => {
    for (const variant of variants)
      for (const { id, source } of unitOf(variant).device.points)
        expect((source as DltSource).signed, id).toBe(/^(power|current|energy_total)/.test(id));
  });
});
