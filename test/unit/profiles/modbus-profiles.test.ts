/**
 * The built-in models of Modbus devices: complete in both languages, and honest about what is proven.
 */
import { describe, expect, it } from "vitest";
import type { Profile } from "../../../config/load/profile.ts";
import {
  byId,
  findings,
  foundAt,
  profiles,
  settingsOf,
  transformers,
  unitOf,
  variantsOf,
  wantedDevices,
  without,
} from "./modbus-units.ts";

/** A text, or the texts of a list. */
function textOf(profile: Profile, key: string): string {
  const node = profile.body.entries.get(key)?.value;
  if (node?.type === "list")
    return node.items.map((item) => (item.type === "scalar" ? item.text : "")).join(", ");
  return node?.type === "scalar" ? node.text : "";
}

it("are there, without any fault", () => {
  expect(profiles.length).toBeGreaterThan(15);
  expect(findings.list()).toEqual([]);
});

describe.each(profiles.map((profile) => [profile.id, profile] as const))("the model %s", (_, profile) => {
  it("says what a technician must know, in Chinese and then in English", () => {
    expect(textOf(profile, "products")).not.toBe("");
    const note = textOf(profile, "note");
    const english = note.search(/[A-Z][^\p{Script=Han}]{40,}$/u);
    expect(note).toMatch(/^\P{Script=Latin}*\p{Script=Han}/u);
    expect(english).toBeGreaterThan(0);
  });

  it("has two vectors or more, among them each variant and a value that is not usual", () => {
    expect(profile.vectors.length).toBeGreaterThanOrEqual(2);
    const shown = new Set(profile.vectors.map(({ values }) => values.get("variant")));
    expect(variantsOf(profile).filter((variant) => !shown.has(variant))).toEqual([]);
    const values = profile.vectors.flatMap(({ expect: expected }) => [...expected.values()]);
    expect(new Set(values).size).toBeGreaterThan(1);
  });

  it("claims no proof that it does not have", () => {
    expect(textOf(profile, "proof") === "simulated" || textOf(profile, "capture") !== "").toBe(true);
  });

  it("has no transformer ratio of its own: whoever installs it says it", () => {
    for (const name of ["ct", "pt"]) expect(profile.options.get(name)?.default).toBeUndefined();
  });

  it("multiplies by each transformer exactly what goes through it", () => {
    const ct = profile.options.has("ct") ? transformers.ct : 1;
    const pt = profile.options.has("pt") ? transformers.pt : 1;
    const both = ct * pt;
    const factors = { V: pt, A: ct, W: both, "V.A": both, "V.A{reactive}": both, "kW.h": both };
    for (const variant of variantsOf(profile)) {
      const plain = unitOf(profile.id, variant, without);
      const behind = unitOf(profile.id, variant, transformers);
      for (const id of profile.points.keys()) {
        const before = foundAt(plain, id);
        const unit = before?.point.unit ?? "";
        const factor = Object.hasOwn(factors, unit) ? factors[unit as keyof typeof factors] : 1;
        expect(foundAt(behind, id)?.scale, id).toBeCloseTo((before?.scale ?? Number.NaN) * factor, 12);
      }
    }
  });
});

describe("models that were written from manuals alone", () => {
  it.each([
    ["renke-ws-n01", "8", "humidity 0 uint16 0.1, temperature 1 int16 0.1"],
    ["renke-ws-n01", "TR", "humidity 1 uint16 0.1, temperature 0 int16 0.1"],
    ["sonbest-th", undefined, "temperature 0 int16 0.01, humidity 1 uint16 0.01"],
    ["adtek-co2", undefined, "temperature 0 int16 0.1, humidity 1 uint16 0.1, co2 5 uint16 1"],
  ])("%s %s reads %s", (id, variant, registers) => {
    const unit = unitOf(id, variant);
    const found = unit.device.points.map((point) => {
      const { address, type, scale, fc } = foundAt(unit, point.id) ?? { fc: 0 };
      expect(fc).toBe(3);
      return `${point.id} ${address} ${type} ${scale}`;
    });
    expect(found.join(", ")).toBe(registers);
  });

  it("the two probes of one name are delivered with other stop bits", () => {
    const format = (variant: string) => settingsOf(unitOf("renke-ws-n01", variant)).factory;
    expect(format("8")).toEqual({ unit: 1, baud: 4800, format: "8N1" });
    expect(format("TR")).toEqual({ unit: 1, baud: 4800, format: "8N2" });
  });
});

describe("the page of wanted devices", () => {
  it("says in both languages what is missing, and names nothing that is here", () => {
    const rows = wantedDevices();
    expect(rows.length).toBeGreaterThan(0);
    for (const { id, cells } of rows) {
      const [model = "", zh = "", en = ""] = cells;
      expect(cells).toHaveLength(3);
      expect(model, id).toContain("·");
      expect(zh, id).toMatch(/\p{Script=Han}/u);
      expect(en, id).toMatch(/^[\x20-\x7e]+$/);
      expect(byId.has(id), id).toBe(false);
    }
  });
});
