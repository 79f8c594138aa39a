import { describe, expect, it } from "vitest";
import { meter } from "./meter-profile.ts";
import { brief, loadFiles, placeIn, planOf, school } from "./school-folder.ts";

const device = (id: string, unit: number, via = "rs1") =>
  `  ${id}: { profile: meter, via: ${via}, unit: ${unit}, with: { ct: 1 } }\n`;
const errorsOf = (files: Record<string, string>) =>
  loadFiles({ "profiles/meter.yaml": meter, ...files }).problems.filter(
    ({ severity }) => severity === "error",
  );

describe("the files of a folder", () => {
  it("are one configuration: what is keyed by id merges, lists join, whatever the files are called", () => {
    const plan = planOf({
      "profiles/meter.yaml": meter,
      "z.yaml": `links:\n  rs1: { kind: fake-bus, port: /dev/ttyS1 }\ndevices:\n${device("m1", 1)}${device("m3", 1, "rs2")}`,
      "a.yaml": `devices:\n${device("m2", 2)}spaces:\n  - { building: JX1, floor: F02, rooms: 201 }\n`,
      "中文.yaml":
        "links:\n  rs2: { kind: fake-bus, port: /dev/ttyS2 }\nuplinks:\n  one: { kind: post, url: x }\nspares:\n  - { profile: meter }\n",
      "b.yaml": "uplinks:\n  two: { kind: post, url: x }\nspares:\n  - { profile: meter, serial: 0017 }\n",
      "empty.yaml": "# nothing\n",
    });
    const members = plan.links.map(({ id, devices }) => [id, devices.map((each) => each.id).sort()]);
    expect(Object.fromEntries(members)).toEqual({ rs1: ["m1", "m2"], rs2: ["m3"] });
    expect(plan.uplinks.map(({ id }) => id).sort()).toEqual(["one", "two"]);
    expect([...plan.spaces.keys()].sort()).toEqual(["101", "102", "103", "201"]);
    expect(plan.spares).toHaveLength(2);
  });

  it.each([
    ["school", "{ id: 2133000001, gateway: gw1, name: x }"],
    ["version", "1"],
    ["defaults", "{ period: 60s }"],
    ["buffer", "{ quota: 6GB }"],
    ["status", '{ listen: "127.0.0.1:8080" }'],
  ])("have %s once; a second one is told with the place of the first", (name, content) => {
    const text = `${name}: ${content}\n`;
    const errors = errorsOf({ "a.yaml": text, "b.yaml": `# second\n${text}` });
    const twice = errors.filter(({ code }) => code === "section-twice");
    const first = school.includes(`${name}:`) ? undefined : "a.yaml:1";
    expect(brief(twice)).toContain("section-twice b.yaml:2:1");
    for (const { what } of twice)
      if (first !== undefined) {
        expect(what.en).toContain(first);
        expect(what.zh).toContain(first);
      }
  });

  const entries = {
    links: "{ kind: fake-bus, port: /dev/ttyS7 }",
    devices: "{ profile: meter, via: rs1, unit: 7, with: { ct: 1 } }",
    uplinks: "{ kind: post, url: x }",
  };
  const kinds = Object.keys(entries) as (keyof typeof entries)[];
  it.each(kinds.flatMap((first) => kinds.map((second) => [first, second] as const)))(
    "have an id once: one of %s and one of %s with the same are told, naming both places",
    (first, second) => {
      const links = "links: { rs1: { kind: fake-bus, port: /dev/ttyS1 } }\n";
      const a = `${first}:\n  same: ${entries[first]}\n`;
      const b = `# more\n${second}:\n  same: ${entries[second]}\n`;
      const errors = errorsOf({ "0.yaml": links, "a.yaml": a, "b.yaml": b });
      expect(brief(errors)).toEqual([`duplicate-id b.yaml:${placeIn(b, "same")}`]);
      expect(errors[0]?.what.zh).toContain("a.yaml:2");
      expect(errors[0]?.what.en).toContain("a.yaml:2");
    },
  );

  it("have an id once also among the profiles, and a profile may be called like a device", () => {
    const errors = errorsOf({ "profiles/other.yaml": meter });
    expect(errors.map(({ code }) => code)).toEqual(["duplicate-id"]);
    const plan = planOf({
      "profiles/meter.yaml": meter,
      "d.yaml": `links:\n  rs1: { kind: fake-bus, port: /dev/ttyS1 }\ndevices:\n${device("meter", 1)}`,
    });
    expect(plan.links[0]?.devices.map(({ id }) => id)).toEqual(["meter"]);
  });
});
