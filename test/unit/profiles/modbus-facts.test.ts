/**
 * The built-in models of Modbus devices are what is publicly known of each device, where that collection lies beside
 * the project: every address, type, scale, word order, code and setting, compared one by one.
 */
import { describe, expect, it } from "vitest";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { readVector } from "../../../drivers/modbus/vector.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import {
  captured,
  type DeviceFacts,
  isGuessed,
  modbusFacts,
  type PointFacts,
  pointsOf,
  present,
  settings,
  unexplained,
  units,
} from "./device-facts.ts";
import { byId, foundAt, settingsOf, unitOf, variantsOf, wantedDevices } from "./modbus-units.ts";

/** Which variant of a profile the facts of a device are about, where they do not say it by the point. */
const variantOf: Readonly<Record<string, string>> = { "chint-dtsu666": "101E", "xy-md02": "x10" };

function variantFor(device: string, { key }: PointFacts): string | undefined {
  const [, byKey] = /^illuminance_(.*)$/.exec(key) ?? [];
  if (byKey !== undefined) return byKey;
  return variantOf[device] ?? byId.get(device)?.options.get("variant")?.choices?.[0];
}

const shipped = modbusFacts.filter(({ verified }) => verified !== "recalled");
const measured = shipped.flatMap((facts) =>
  facts.points
    .filter(({ key }) => !settings.has(key) && !unexplained.has(`${facts.id} ${key}`))
    .map((point) => ({ id: facts.id, key: point.key, facts, point })),
);

const formatOf = ({ line }: DeviceFacts) =>
  `${line.dataBits}${{ none: "N", even: "E", odd: "O" }[line.parity]}${line.stopBits}`;

describe.skipIf(!present)("compared with what is publicly known", () => {
  it("every device has a model, or a line about what is missing", () => {
    const wanted = wantedDevices().map(({ id }) => id);
    expect(modbusFacts.length).toBeGreaterThan(15);
    for (const { id, verified } of modbusFacts) {
      expect(byId.has(id), id).toBe(verified !== "recalled");
      expect(wanted.includes(id), id).toBe(verified === "recalled");
    }
  });

  it.each(measured)("$id has $key where it is, as it is", ({ id, key, point }) => {
    const unit = unitOf(id, variantFor(id, point));
    const [unitName, factor] = units[point.unit] ?? [`unknown unit ${point.unit}`, 1];
    for (const name of pointsOf(key)) {
      const found = foundAt(unit, name);
      const single = found?.count === 1;
      expect({
        address: found?.address,
        fc: found?.fc,
        type: found?.type,
        order: single ? undefined : found?.order,
        scale: found?.scale,
        offset: found?.offset,
      }).toEqual({
        address: point.address,
        fc: point.fc,
        type: point.type === "coil" ? "bool" : point.type,
        order: point.wordOrder === undefined ? undefined : point.wordOrder === "high-first" ? "ABCD" : "CDAB",
        scale: Number((point.scale * factor).toPrecision(15)),
        offset: 0,
      });
      if (found?.point.type === "number") expect(found.point.unit).toBe(unitName ?? "1");
      if (point.range !== undefined) expect(found?.point.range).toEqual(point.range);
    }
  });

  it("no model has a point that nothing tells of", () => {
    for (const { id, points } of shipped) {
      const known = points.flatMap(({ key }) => pointsOf(key));
      expect(
        [...(byId.get(id)?.points.keys() ?? [])].filter((name) => !known.includes(name)),
        id,
      ).toEqual([]);
    }
  });

  it("every key that is left out is still there somewhere", () => {
    const keys = shipped.flatMap(({ id, points }) => points.map(({ key }) => ({ id, key })));
    for (const name of settings)
      expect(
        keys.some(({ key }) => key === name),
        name,
      ).toBe(true);
    for (const name of unexplained)
      expect(
        keys.some(({ id, key }) => `${id} ${key}` === name),
        name,
      ).toBe(true);
  });

  it.each(
    shipped.flatMap(({ id, points }) =>
      points.flatMap((point) =>
        point.enum === undefined || settings.has(point.key)
          ? []
          : [{ id, key: point.key, words: point.enum }],
      ),
    ),
  )("$id means by the numbers of $key what they mean", ({ id, key, words }) => {
    const [name = ""] = pointsOf(key);
    expect(Object.fromEntries(foundAt(unitOf(id), name)?.point.enum ?? [])).toEqual(words);
  });

  it.each(shipped.map((facts) => [facts.id, facts] as const))("%s is delivered as it says", (id, facts) => {
    expect(facts.line.addressBase).toBe(0);
    const { defaultUnitId: unit, baud } = facts.line;
    const { factory } = settingsOf(unitOf(id, variantsOf(byId.get(id))[0]));
    const said = !isGuessed(facts);
    expect(factory).toEqual(said ? { unit, baud, format: formatOf(facts) } : undefined);
  });

  it.each(shipped.map((facts) => [facts.id, facts] as const))(
    "%s is given its number where it takes it",
    (id, { points }) => {
      const { assign } = settingsOf(unitOf(id, variantsOf(byId.get(id))[0]));
      const both = points.find(({ key }) => key === "address_and_baud");
      expect(assign?.both?.address).toBe(both?.address);
      if (both !== undefined) {
        const codes = Object.entries(assign?.both?.values ?? {}).map(([baud, code]) => `${code}=${baud}`);
        expect(codes.sort().join(" ")).toBe(/(\d=\d+ ?)+/.exec(both.note ?? "")?.[0]);
        return;
      }
      const unit = points.find(({ key }) => key === "device_address" || key === "unit_id");
      const functions = unit?.writeFc ?? (unit?.access === "w" ? [unit.fc] : []);
      // That one has what its maker's other devices have, and its note says so.
      if (id === "renke-rs-gzws-n01") {
        expect(unit).toBeUndefined();
        const note = byId.get(id)?.body.entries.get("note")?.value;
        expect(note?.type === "scalar" && note.text).toContain("没有在这个型号上证实");
        return;
      }
      // Without a function that is known to write it, nothing is offered.
      expect(assign?.unit?.address).toBe(functions.length === 0 ? undefined : unit?.address);
      if (assign !== undefined) expect(functions).toContain(assign.unit?.fc);
      if (assign?.baud === undefined) return;
      const speeds = points.find(({ address }) => address === assign.baud?.address);
      expect(speeds?.fc).toBe(assign.baud.fc);
      expect(
        Object.entries(assign.baud.values)
          .map(([baud, code]) => [String(code), Number(baud)])
          .sort(),
      ).toEqual(Object.entries(speeds?.enum ?? {}).sort());
    },
  );

  it("every device whose values are before its transformers asks for their ratios", () => {
    for (const { id, quirks } of shipped) {
      const said = quirks.join("\n");
      expect(byId.get(id)?.options.has("ct"), id).toBe(/\bCT\b|current transformer/.test(said));
      expect(byId.get(id)?.options.has("pt"), id).toBe(/\b[PV]T\b/.test(said));
    }
  });

  it("the batches of one meter have their energies elsewhere", () => {
    const quirk = modbusFacts
      .find(({ id }) => id === "chint-dtsu666")
      ?.quirks.find((each) => each.includes("0x401E"));
    const [, early, , late] = /(0x101E).*?(against) (0x401E)/.exec(quirk ?? "") ?? [];
    const [, earlyExport, lateExport] = /export (0x\w+) against (0x\w+)/.exec(quirk ?? "") ?? [];
    const at = (variant: string, point: string) => foundAt(unitOf("chint-dtsu666", variant), point)?.address;
    expect([at("101E", "energy"), at("101E", "energy_export")]).toEqual([Number(early), Number(earlyExport)]);
    expect([at("401E", "energy"), at("401E", "energy_export")]).toEqual([Number(late), Number(lateExport)]);
  });

  it("the same probe that counts otherwise has the scales of its sister", () => {
    for (const { key, scale } of modbusFacts.find(({ id }) => id === "md02-x100")?.points.slice(0, 2) ?? [])
      expect(foundAt(unitOf("xy-md02", "x100"), key)?.scale).toBe(scale);
  });

  it.each([
    ["xymd02-01", "-x10", "xy-md02", "x10"],
    ["xymd02-01", "-x100", "xy-md02", "x100"],
    ["xymd02-02", "-x10", "xy-md02", "x10"],
    ["xymd02-02", "-x100", "xy-md02", "x100"],
    ["xymd02-03", "", "xy-md02", "x10"],
    ["relay8-02", "", "waveshare-relay-8", undefined],
  ] as const)("published frames mean what was published: %s%s", (name, suffix, id, variant) => {
    const frame = (item: string) => captured.find((each) => each.id === item);
    const [asked, said] = [frame(`${name}q`), frame(`${name}r${suffix}`)];
    const unit = unitOf(id, variant);
    const reading = readVector(unit.device as Parameters<typeof readVector>[0], {
      asked: Buffer.from(asked?.hex.replaceAll(" ", "") ?? "", "hex"),
      said: Buffer.from(said?.hex.replaceAll(" ", "") ?? "", "hex"),
    });
    expect(reading.faults).toEqual([]);
    const { records } = createNormalizer(unit.points).normalize(reading, { wallMs: 0, monotonicMs: 0 });
    const values = Object.fromEntries(records.map(({ series, value }) => [series.point, value]));
    expect(values).toEqual(inOurWords(said?.decoded ?? {}));
  });
});

const captureWords: Readonly<Record<string, string>> = {
  temperature_c: "temperature",
  humidity_pct: "humidity",
};

function inOurWords(decoded: Record<string, number | boolean | number[]>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(decoded).flatMap(([key, value]): [string, Value][] =>
      Array.isArray(value)
        ? value.map((bit, index) => [`switch_${index + 1}`, bit === 1])
        : [[captureWords[key] ?? key, value]],
    ),
  );
}
