import { expect, it } from "vitest";
import { Findings } from "../../../config/load/findings.ts";
import { NotYet } from "../../../config/load/not-yet.ts";
import type { Profile } from "../../../config/load/profile.ts";
import { readProfiles } from "../../../config/load/profiles.ts";
import { SecretStore } from "../../../config/load/secrets.ts";
import { createSource } from "../../../config/load/source.ts";
import { meter } from "./meter-profile.ts";
import { folderOf, kinds, nowMs } from "./school-folder.ts";

/** The meter with these vectors, and what is wrong with them. */
function read(vectors: string): { profile: Profile | undefined; told: string[] } {
  const findings = new Findings();
  const folder = folderOf({});
  const profiles = readProfiles([createSource("meter.yaml", `${meter}vectors:\n${vectors}`)], folder, {
    findings,
    notYet: new NotYet(findings),
    secrets: new SecretStore(folder, {}),
    kinds,
    uplinkKinds: [],
    nowMs,
    incomplete: { entries: false, spaces: false, profiles: false },
  });
  return { profile: profiles.get("meter"), told: findings.list().map(({ code }) => code) };
}

it("gives what is said as bytes, and the values by their type, with all options", () => {
  const { profile, told } =
    read(`  - { payload: "612 ppm", with: { ct: 40 }, topic: a/b, expect: { energy: -1.5 } }
  - { name: 表, bytes: "01 03 0264", with: { ct: 1, table: "104" }, expect: { energy: null } }
`);
  expect(told).toEqual([]);
  expect(profile?.ok).toBe(true);
  expect(profile?.vectors).toEqual([
    {
      name: "1",
      values: new Map([
        ["ct", "40"],
        ["table", "4"],
      ]),
      topic: "a/b",
      said: new TextEncoder().encode("612 ppm"),
      expect: new Map([["energy", -1.5]]),
    },
    {
      name: "表",
      values: new Map([
        ["ct", "1"],
        ["table", "104"],
      ]),
      said: Uint8Array.of(1, 3, 2, 0x64),
      expect: new Map([["energy", null]]),
    },
  ]);
});

it("gives what a unit was asked, where it answers", () => {
  const { profile, told } = read(
    '  - { asked: "01 03 0000 0001 840A", bytes: "01 03 02 0264 B96F", with: { ct: 1 }, expect: { energy: 612 } }\n',
  );
  expect(told).toEqual([]);
  expect(profile?.vectors).toMatchObject([
    { asked: Uint8Array.of(1, 3, 0, 0, 0, 1, 0x84, 0x0a), said: Uint8Array.of(1, 3, 2, 2, 0x64, 0xb9, 0x6f) },
  ]);
});

it("makes a profile unfit when one of its vectors is wrong", () => {
  for (const [vector, code] of [
    ["{ payload: x, expect: { energy: 1 } }", "missing-option"],
    ["{ payload: x, with: { ct: 1 }, expect: { enery: 1 } }", "unknown-point"],
    ["{ payload: x, with: { ct: 1 }, expect: { energy: 1kWh } }", "bad-value"],
    ["{ with: { ct: 1 }, expect: { energy: 1 } }", "vector-says"],
    ["{ payload: x, with: { ct: 1 } }", "missing-key"],
    ['{ asked: "01", payload: x, with: { ct: 1 }, expect: { energy: 1 } }', "vector-says"],
    ['{ asked: "01", with: { ct: 1 }, expect: { energy: 1 } }', "vector-says"],
    ['{ asked: "0", bytes: "01", with: { ct: 1 }, expect: { energy: 1 } }', "bad-value"],
    ['{ bytes: "0", with: { ct: 1 }, expect: {} }', "bad-value"],
    ["x", "wrong-shape"],
  ]) {
    const { profile, told } = read(`  - ${vector}\n`);
    expect(told, vector).toEqual([code]);
    expect(profile?.ok, vector).toBe(false);
  }
});
