import { expect, it } from "vitest";
import { metered } from "./meter-profile.ts";
import { loadFiles, planOf } from "./school-folder.ts";

const ct = "with: { ct: 1 }";

it("keeps devices that are off out of the links and lists them, with what hangs on them", () => {
  const plan = planOf(
    metered(`  box: { profile: meter, via: rs1, unit: 1, ${ct}, space: 101, stage: off, why: 返厂, until: 2026-10-31 }
  behind: { profile: meter, via: box, unit: 2, ${ct} }
  far: { profile: meter, via: behind, unit: 3, ${ct}, stage: off, why: 装修 }
  runs: { profile: meter, via: rs1, unit: 4, ${ct} }
`),
  );
  expect(plan.links.map(({ devices }) => devices.map(({ id }) => id))).toEqual([["runs"]]);
  expect([...(plan.links[0]?.points.keys() ?? [])]).toEqual(["runs"]);
  expect(plan.off).toEqual([
    {
      device: "box",
      link: "rs1",
      address: { unit: 1 },
      profile: "meter",
      space: "2133000001-01-JX1-F01-101",
      why: "返厂",
      untilMs: Date.UTC(2026, 9, 30, 16),
    },
    {
      device: "behind",
      link: "rs1",
      address: { unit: 2 },
      profile: "meter",
      space: "",
      why: "返厂",
      untilMs: Date.UTC(2026, 9, 30, 16),
      behind: "box",
    },
    { device: "far", link: "rs1", address: { unit: 3 }, profile: "meter", space: "", why: "装修" },
  ]);
});

it("takes a whole link off the air with the device that carries it", () => {
  const plan = planOf(
    metered(
      `  ss1: { profile: meter, via: lan, unit: 1, host: 10.0.0.1, ${ct}, stage: off, why: 返厂 }
  m1: { profile: meter, via: rs1, unit: 1, ${ct} }
`,
      {
        "links.yaml":
          'links: { lan: { kind: fake-bus, port: /dev/ttyS1 }, rs1: { kind: fake-bus, port: "4001", via: ss1 } }\n',
      },
    ),
  );
  expect(plan.links.map(({ id, devices }) => [id, devices.length])).toEqual([
    ["lan", 0],
    ["rs1", 0],
  ]);
  expect(plan.off.map(({ device, behind }) => [device, behind])).toEqual([
    ["ss1", undefined],
    ["m1", "ss1"],
  ]);
});

it("reads what is off as strictly as what runs, and asks for no secret of it", () => {
  const off = `  m1: { profile: meter, via: rs1, unit: 1, pin: secret:nowhere, ${ct}, stage: off, why: 返厂`;
  expect(loadFiles(metered(`${off} }\n`)).plan?.off).toHaveLength(1);
  for (const [wrong, code] of [
    ["untl: 2026-10-31", "unknown-key"],
    ["space: 109", "unknown-space"],
    ["points: { enrgy: off }", "unknown-point"],
  ])
    expect(loadFiles(metered(`${off}, ${wrong} }\n`)).problems.map((problem) => problem.code)).toContain(
      code,
    );
});

it("gives a device what the technician noted of it", () => {
  const plan = planOf(
    metered(`  m1: { profile: meter, via: rs1, unit: 1, ${ct}, stage: trial, serial: 000021081234, mount: 后墙 1.5 m, note: 新装, power: m2 }
  m2: { profile: meter, via: rs1, unit: 2, ${ct} }
`),
  );
  expect(plan.links[0]?.points.get("m1")).toMatchObject({
    stage: "trial",
    serial: "000021081234",
    mount: "后墙 1.5 m",
    note: "新装",
    power: "m2",
  });
  expect(Object.keys(plan.links[0]?.points.get("m2") ?? {})).not.toContain("power");
});

it("takes the expected serial number as a map or as a plain text", () => {
  const plan = planOf(
    metered(`  m1: { profile: meter, via: rs1, unit: 1, ${ct}, expect: 000021081234 }
  m2: { profile: meter, via: rs1, unit: 2, ${ct}, expect: { serial: "0017" } }
  m3: { profile: meter, via: rs1, unit: 3, ${ct} }
`),
  );
  expect(plan.links[0]?.devices.map((device) => device.expect)).toEqual(["000021081234", "0017", undefined]);
});
