import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSource, position } from "../../../config/load/source.ts";
import { exampleFiles, exampleFolder, exampleNames, loadExample } from "./example-files.ts";
import { brief, folderOf } from "./school-folder.ts";

/** Keys that a whole school has and this version does not act on; everything else is no problem. */
const notYet: Record<string, readonly string[]> = { "primary-24": ["power"] };

describe.each(exampleNames)("the example school %s", (name) => {
  it("loads once its secrets are there, and is told only of keys that wait for a later version", () => {
    const folder = exampleFolder(exampleFiles(name));
    const { plan, problems } = loadExample(folder);
    const keys = (notYet[name] ?? []).map((key) => expect.stringContaining(`"${key}" is accepted`));
    expect(problems.map(({ code, what }) => `${code} ${what.en}`).sort()).toEqual(
      expect.arrayContaining(keys),
    );
    expect(problems.map(({ code }) => code)).toEqual(keys.map(() => "not-yet"));
    expect(plan?.links.flatMap(({ devices }) => devices).length).toBeGreaterThan(0);
  });

  it("holds no secret itself: each is asked for at every place where it is used, all at once", () => {
    const files = exampleFiles(name);
    const uses = Object.entries(files).flatMap(([file, text]) =>
      [...text.matchAll(/secret:[A-Za-z0-9.$_-]+/g)].map(({ index }) => {
        const { line, column } = position(createSource(file, text), index);
        return `secret-missing ${file}:${line}:${column}`;
      }),
    );
    const { plan, problems } = loadExample(folderOf(files));
    expect(plan).toBeNull();
    const missing = problems.filter(({ code }) => code === "secret-missing");
    expect(brief(missing).sort()).toEqual(uses.sort());
    expect(uses.length).toBeGreaterThan(0);
  });
});

it("gives the small school three devices in two rooms", () => {
  const { plan } = loadExample(exampleFolder(exampleFiles("small")));
  const [link] = plan?.links ?? [];
  expect(
    [...(link?.points.values() ?? [])].map(({ device, space, stage }) => [device, space, stage]),
  ).toEqual([
    ["101-air", "2133000001-01-JX1-F01-101", "on"],
    ["102-air", "2133000001-01-JX1-F01-102", "on"],
    ["102-air-window", "2133000001-01-JX1-F01-102", "trial"],
  ]);
  expect(link?.devices.map(({ address }) => (address as { user: string }).user)).toEqual([
    "101-air",
    "102-air",
    "102-air-window",
  ]);
});

it("gives the wireless school a bridge with devices behind it, a device of two channels, and cards that stay here", () => {
  const { plan } = loadExample(exampleFolder(exampleFiles("wireless")));
  const [link] = plan?.links ?? [];
  const behind = (id: string) => link?.devices.filter(({ via }) => via === id).map((device) => device.id);
  expect(behind("z2m")).toHaveLength(7);
  expect(behind("lights-1")).toEqual(["lights-2"]);
  const [uplink] = plan?.uplinks ?? [];
  const card = link?.points.get("gate-card")?.points.get("card");
  expect(card?.level).toBe(4);
  expect(uplink?.send.levels).not.toContain(card?.level);
});

it("gives the primary school its rooms by table and by list, exceptions and all", () => {
  const { plan } = loadExample(exampleFolder(exampleFiles("primary-24")));
  const [link] = plan?.links ?? [];
  const points = link?.points;
  const profileOf = (id: string) => points?.get(id)?.profile;
  expect(points?.size).toBe(29);
  expect(points?.has("105-air")).toBe(false);
  const lines = plan?.links.slice(1).map(({ id, devices }) => [id, devices.map((device) => device.id)]);
  expect(Object.fromEntries(lines ?? [])).toEqual({
    rs1: [101, 102, 103, 104, 105, 106, 107, 108].map((room) => `${room}-meter`),
    rs2: [201, 202, 203, 204, 205, 206, 207, 208].map((room) => `${room}-meter`),
    rs3: [301, 302, 303, 304, 305, 306].map((room) => `${room}-meter`),
    mbtcp: ["meter-f1", "meter-f2", "meter-f3"],
  });
  expect(plan?.links[1]).toMatchObject({
    via: "ss1",
    settings: { host: "fd12:10::21", port: 4001, baud: 9600 },
    chain: ["101", "102", "103", "104", "105", "106", "107", "108"],
  });
  expect(profileOf("104-air")).toBe("mqtt-senml-air");
  expect(profileOf("306-air")).toBe("mqtt-esphome-air");
  expect(points?.get("302-air")?.points.get("co2")?.offset).toBe(-35);
  expect(points?.get("302-air")?.points.has("tvoc")).toBe(false);
  expect(points?.get("207-air")?.stage).toBe("trial");
  expect(points?.get("304-window")?.stage).toBe("trial");
  expect(points?.get("101-desk")?.space).toBe("2133000018-01-JX1-F01-101");
  expect(link?.devices.find(({ id }) => id === "101-desk")?.via).toBe("lora-1");
  expect(plan?.off.map(({ device, why }) => `${device} ${why}`)).toEqual([
    "307-air 装修, 寒假后装机",
    "307-meter 装修, 寒假后装机",
    "308-meter 送检",
  ]);
  expect(plan?.spares).toHaveLength(1);
});

it("knows every built-in profile by its file's name", () => {
  const folder = join(import.meta.dirname, "../../../config/profiles");
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file), "utf8").split("\n")[0]).toBe(
      `profile: ${file.replace(".yaml", "")}`,
    );
});
