import { expect, it } from "vitest";
import { meter, metered } from "./meter-profile.ts";
import { brief, loadFiles, planOf } from "./school-folder.ts";

const device = (swapped: string, id = "m1", unit = 1) =>
  `  ${id}: { profile: meter, via: rs1, unit: ${unit}, with: { ct: 1 }, swapped: ${swapped} }\n`;
const swap = (last: string, first: string, at = "2026-10-01T15:20") =>
  `{ at: ${at}, why: 烧毁, old: { unit: 9, serial: X1, last: ${last} }, new: { first: ${first} } }`;
const swapsOf = (swapped: string) =>
  planOf(metered(device(swapped))).links[0]?.points.get("m1")?.swapped ?? [];

it("gives each replacement with its readings in the catalogue's unit", () => {
  expect(
    swapsOf(
      `[${swap("{ energy: 10234.56kWh }", "{ energy: 0.00kWh }", "2026-09-01")}, ${swap("{ energy: 20 kW.h }", "{ energy: 5kWh }")}]`,
    ),
  ).toEqual([
    {
      atMs: Date.UTC(2026, 7, 31, 16),
      why: "烧毁",
      last: new Map([["energy", 10_234.56]]),
      first: new Map([["energy", 0]]),
    },
    {
      atMs: Date.UTC(2026, 9, 1, 7, 20),
      why: "烧毁",
      last: new Map([["energy", 20]]),
      first: new Map([["energy", 5]]),
    },
  ]);
});

it("needs no readings of a model without counters", () => {
  const plain = meter.replace(
    "  energy: { register: 0, scale: 0.01*$ct }\n",
    "  power: { register: 0, scale: $ct }\n",
  );
  const plan = planOf(
    metered(device("[{ at: 2026-10-01, why: 坏了, old: { serial: X1 } }]"), { "profiles/meter.yaml": plain }),
  );
  expect(plan.links[0]?.points.get("m1")?.swapped).toEqual([
    { atMs: Date.UTC(2026, 8, 30, 16), why: "坏了", last: new Map(), first: new Map() },
  ]);
});

it("tells every wrong replacement at once, each at its place", () => {
  const { problems } = loadFiles(
    metered(
      device(`[${swap("{ energy: 1kWh }", "{}")}]`) +
        device(`[${swap("{ energy: 1MWh }", "{ energy: -1kWh }")}]`, "m2", 2) +
        device(`[{ at: 2026-10-01 }, ${swap("{ voltage: 220V }", "{ energie: 0kWh }")}]`, "m3", 3),
    ),
  );
  const errors = problems.filter(({ severity }) => severity === "error");
  expect(brief(errors).map((problem) => problem.replace(/:\d+$/, ""))).toEqual([
    "reading-missing devices.yaml:2",
    "bad-value devices.yaml:3",
    "bad-value devices.yaml:3",
    "missing-key devices.yaml:4",
    "not-a-counter devices.yaml:4",
    "unknown-point devices.yaml:4",
  ]);
});

it("never shows a password that was written down with the old unit", () => {
  const { problems } = loadFiles(metered(device("[{ at: 2026-10-01, why: x, old: { pin: hunter2 } }]")));
  expect(problems.some(({ code }) => code === "unknown-key")).toBe(true);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

it("starts all the same when the clock of the machine is years behind", () => {
  const files = metered(device(`[${swap("{ energy: 1kWh }", "{ energy: 0kWh }")}]`));
  const { plan, problems } = loadFiles(files, { nowMs: 0 });
  expect(plan).not.toBeNull();
  expect(problems.map(({ code }) => code)).toContain("swap-to-come");
});
