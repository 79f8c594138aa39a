/**
 * One device explained: what is shown is what the Plan has, with the line where it stands.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDevice, type DeviceCheck, type Shown } from "../../../config/load/index.ts";
import { deadband, period } from "../../../config/load/shape/measure.ts";
import type { DevicePoints, PointPlan } from "../../../config/schema/plan.ts";
import { kinds as registered } from "../../../drivers/registry.ts";
import { mqttUplinkKind } from "../../../gateway/uplink/mqtt/schema.ts";
import { exampleFiles, exampleFolder, exampleNames, loadExample } from "./example-files.ts";
import { brief, folderOf, kinds, load, nowMs, school, uplinkKinds } from "./school-folder.ts";

const check = (folder: string, id: string, env = {}): DeviceCheck =>
  checkDevice(folder, id, kinds, uplinkKinds, { env, nowMs });

/** The folder with these files and the value of one device by `name` or `point.name`. */
function explained(files: Record<string, string>, id: string) {
  const folder = folderOf({ "school.yaml": school, ...files });
  const found = check(folder, id);
  const values = found.values;
  if (values === undefined) throw new Error(JSON.stringify(found.problems, null, 1));
  const one = (name: string) => {
    const value = values.find(
      (each) => name === (each.point === undefined ? each.name : `${each.point}.${each.name}`),
    );
    if (value === undefined) return undefined;
    return `${value.value} <- ${value.from.map(({ layer, file, line }) => (file === undefined ? layer : `${layer} ${file}:${line}`)).join(" + ")}`;
  };
  return { folder, values, one, problems: found.problems };
}

/** What the Plan has of a device must be what is shown of it. */
function agree(points: DevicePoints, values: readonly Shown[]): void {
  const of = (name: string, point?: string) =>
    values.find((value) => value.name === name && value.point === point)?.value;
  expect(of("profile")).toBe(points.profile);
  expect(of("stage")).toBe(points.stage);
  expect(of("simulated")).toBe(points.simulated ? "true" : undefined);
  expect(/\((.*)\)$/.exec(of("space") ?? "")?.[1] ?? "").toBe(points.space);
  const shown = new Set(values.flatMap(({ point }) => point ?? []));
  const on = [...shown].filter((point) => of("off", point) === "false");
  expect(on).toEqual([...points.points.keys()]);
  for (const [point, plan] of points.points) agreePoint(plan, (name) => of(name, point) ?? "");
}

function agreePoint(plan: PointPlan, of: (name: string) => string): void {
  if (plan.inferred === undefined) expect(period.parse(of("period"))).toBe(plan.everyMs);
  else expect(of("period"), "its meter says how often").toBe("");
  expect(period.parse(of("maxSilence"))).toBe(plan.maxSilenceMs);
  expect(deadband.parse(of("deadband"))).toEqual(plan.deadband ?? "off");
  if (plan.type !== "number") return;
  expect(Number(of("scale"))).toBeCloseTo(plan.scale, 9);
  expect(Number(of("offset"))).toBeCloseTo(plan.offset, 9);
}

describe.each(exampleNames)("in the example school %s", (name) => {
  it("shows of every device what the Plan has", () => {
    const folder = exampleFolder(exampleFiles(name));
    const { plan } = loadExample(folder);
    const devices = (plan?.links ?? []).flatMap((link) => [...link.points.values()]).slice(0, 30);
    for (const points of devices) {
      const { values } = checkDevice(folder, points.device, registered, [mqttUplinkKind], {
        env: {},
        nowMs,
      });
      agree(points, values ?? []);
    }
    expect(devices.length).toBeGreaterThan(0);
  });
});

const profile = `profile: own
text: { zh: 探头, en: Probe }
proof: simulated
driver: bus
points:
  co2: { register: 1, scale: 10, offset: 2, deadband: 30 }
  temperature: { register: 2 }
  tvoc: { register: 3, maxSilence: 1200s }
`;
const devices = (own: string, more = "") => `links: { rs1: { kind: fake-bus, port: ttyS1 } }
devices:
  a: { profile: own, via: rs1, unit: 1 }
${more}  b:
    profile: own
    via: rs1
    unit: 2
    space: 102
${own}`;
const files = (own: string, more = "") => ({
  "profiles/own.yaml": profile,
  "devices.yaml": devices(own, more),
  "defaults.yaml": "defaults:\n  period: 40s\n  points:\n    co2: { maxSilence: 300s }\n",
});

it("shows what the Plan has, whatever a device and the school's defaults say", () => {
  const seconds = fc.option(
    fc.integer({ min: 1, max: 5000 }).map((s) => `${s}s`),
    { nil: undefined },
  );
  const settings = fc.record({
    period: seconds,
    maxSilence: seconds,
    deadband: fc.option(fc.constantFrom("0.5", "7%", "off"), { nil: undefined }),
  });
  const correction = fc.record({
    offset: fc.option(fc.constantFrom("-35", "0.1"), { nil: undefined }),
    scale: fc.option(fc.constantFrom("1.07", "2"), { nil: undefined }),
    off: fc.option(fc.constantFrom("true", "false"), { nil: undefined }),
  });
  const flow = (all: Record<string, string | undefined>) =>
    `{ ${Object.entries(all)
      .flatMap(([key, value]) => (value === undefined ? [] : `${key}: ${value}`))
      .join(", ")} }`;
  fc.assert(
    fc.property(seconds, seconds, settings, settings, correction, (all, whole, ours, own, corrected) => {
      const point = { ...own, ...corrected, why: "x" };
      const folder = folderOf({
        "school.yaml": school,
        ...files(
          `    period: ${whole ?? "61s"}\n    points: { co2: ${flow(point)}, temperature: ${flow(own)} }\n`,
        ),
        "defaults.yaml": `defaults: { period: ${all ?? "62s"}, points: { co2: ${flow(ours)}, tvoc: ${flow(ours)} } }\n`,
      });
      const { plan } = load(folder);
      for (const id of ["a", "b"]) {
        const points = plan?.links[0]?.points.get(id);
        if (points === undefined) throw new Error("no plan");
        agree(points, check(folder, id).values ?? []);
      }
    }),
    { numRuns: 40 },
  );
});

it("names the file and the line of each value, and what nobody wrote", () => {
  const { one } = explained(
    files(
      "    stage: trial\n    note: 靠窗\n    points:\n      co2: { offset: -35, why: x }\n      tvoc: off\n",
    ),
    "b",
  );
  expect(one("profile")).toBe("own <- device devices.yaml:5");
  expect(one("via")).toBe("rs1 <- device devices.yaml:6");
  expect(one("unit")).toBe("2 <- device devices.yaml:7");
  expect(one("space")).toBe("102 (2133000001-01-JX1-F01-102) <- device devices.yaml:8");
  expect(one("stage")).toBe("trial <- device devices.yaml:9");
  expect(one("note")).toBe("靠窗 <- device devices.yaml:10");
  expect(one("co2.period")).toBe("40s <- defaults defaults.yaml:2");
  expect(one("co2.maxSilence")).toBe("300s <- defaults defaults.yaml:4");
  expect(one("co2.deadband")).toBe("30 <- profile profiles/own.yaml:6");
  expect(one("co2.scale")).toBe("10 <- profile profiles/own.yaml:6");
  expect(one("co2.offset")).toBe("-33 <- profile profiles/own.yaml:6 + device devices.yaml:12");
  expect(one("temperature.deadband")).toBe("0.2 <- catalogue");
  expect(one("temperature.scale")).toBe("1 <- built-in");
  expect(one("tvoc.off")).toBe("true <- device devices.yaml:13");
  expect(one("tvoc.period")).toBeUndefined();
  const plainly = explained(files(""), "a");
  expect(plainly.one("stage")).toBe("on <- built-in");
  expect(plainly.one("space")).toBe(" <- built-in");
});

it("says where it is simulated, and where it is off, also when that is something that it hangs on", () => {
  const link = {
    ...files(""),
    "devices.yaml": devices("").replace("port: ttyS1", "port: ttyS1, simulated: true"),
  };
  expect(explained(link, "a").one("simulated")).toBe("true <- link devices.yaml:1");
  const behind =
    "  box: { profile: own, via: rs1, unit: 9, stage: off, why: 坏 }\n  c: { profile: own, via: box, unit: 3 }\n";
  expect(explained(files("", behind), "c").one("stage")).toBe("off <- device devices.yaml:4");
});

it("shows a secret's name and never a secret, also where somebody hid one in a note", () => {
  const text = devices(
    "    pin: secret:door\n    note: 'pw, password: hunter2'\n    mount: 'token: hunter2'\n",
  );
  const folder = folderOf({
    "school.yaml": school,
    ...files(""),
    "devices.yaml": text,
    "secrets/door": "s3cret\n",
  });
  const found = check(folder, "b");
  expect(found.values?.find(({ name }) => name === "pin")?.value).toBe("secret:door");
  expect(found.values?.find(({ name }) => name === "note")?.value).toBe("***");
  expect(JSON.stringify(found)).not.toMatch(/hunter2|s3cret/);
  const clear = folderOf({
    "school.yaml": school,
    ...files(""),
    "devices.yaml": devices("    pin: hunter2\n    note: hunter2\n"),
  });
  expect(check(clear, "b").values).toBeUndefined();
  expect(JSON.stringify(check(clear, "b"))).not.toContain("hunter2");
});

describe("of a device that a template makes", () => {
  const rooms = `links: { rs1: { kind: fake-bus, port: ttyS1 } }
templates:
  t:
    params: { room: { text: 房间 }, n: { text: 第几间 }, wall: { text: 墙, default: 后墙 } }
    space: $room
    devices:
      air:
        profile: own
        via: rs1
        unit: $n+40
        mount: $wall
        period: 15s
        points:
          co2: { period: 20s, deadband: 5 }
          tvoc: off
rooms:
  use: t
  rows:
    - { room: 101, n: 1 }
    - room: 102
      n: 2
      devices:
        air: { period: 30s, points: { tvoc: { off: false }, temperature: { period: 40s } } }
`;
  const made = { ...files(""), "devices.yaml": rooms };

  it("names the template's line, the row's, or both where a row's value stands in the template's words", () => {
    const { one } = explained(made, "102-air");
    expect(one("profile")).toBe("own <- template devices.yaml:8");
    expect(one("unit")).toBe("42 <- template devices.yaml:10 + row devices.yaml:21");
    expect(one("space")).toBe(
      "102 (2133000001-01-JX1-F01-102) <- template devices.yaml:5 + row devices.yaml:20",
    );
    expect(one("co2.period")).toBe("30s <- row devices.yaml:23");
    expect(one("co2.deadband")).toBe("5 <- template devices.yaml:14");
    expect(one("co2.maxSilence")).toBe("300s <- defaults defaults.yaml:4");
    expect(one("temperature.period")).toBe("40s <- row devices.yaml:23");
    expect(one("tvoc.off")).toBe("false <- row devices.yaml:23");
    const plainly = explained(made, "101-air");
    expect(plainly.one("co2.period")).toBe("20s <- template devices.yaml:14");
    expect(plainly.one("temperature.period")).toBe("15s <- template devices.yaml:12");
    expect(plainly.one("tvoc.off")).toBe("true <- template devices.yaml:15");
  });

  it("shows what the Plan has", () => {
    const folder = folderOf({ "school.yaml": school, ...made });
    const devices = load(folder).plan?.links[0]?.points;
    expect([...(devices?.keys() ?? [])]).toEqual(["101-air", "102-air"]);
    for (const [id, points] of devices ?? []) agree(points, check(folder, id).values ?? []);
  });

  it("counts a mistake of its own row as its own, and not one of another row", () => {
    const wrong = { ...made, "devices.yaml": rooms.replace("room: 101, n: 1", "room: 101, n: 900") };
    const folder = folderOf({ "school.yaml": school, ...wrong });
    expect(check(folder, "101-air").problems.map(({ severity }) => severity)).toContain("error");
    expect(check(folder, "101-air").values).toBeUndefined();
    expect(check(folder, "102-air").problems).toEqual([]);
    expect(check(folder, "102-air").values).toBeDefined();
  });
});

it("names where the options of a profile come from", () => {
  const withOptions = profile
    .replace(
      "driver: bus\n",
      "driver: bus\noptions: { ct: { text: 变比, default: 5 }, order: { text: 次序, default: a } }\n",
    )
    .replace("register: 2", "register: 2, scale: 0.5*$ct, note: $order");
  const { one } = explained({ ...files("    with: { ct: 30 }\n"), "profiles/own.yaml": withOptions }, "b");
  expect(one("with.ct")).toBe("30 <- device devices.yaml:9");
  expect(one("with.order")).toBe("a <- profile profiles/own.yaml:5");
  expect(one("temperature.scale")).toBe("15 <- profile profiles/own.yaml:8");
});

describe("with errors in the folder", () => {
  const broken = "  c: { profile: own, via: rsl, unit: 300 }\n";

  it("explains a device that is sound, and keeps quiet about the others", () => {
    const { one, problems } = explained(files("", broken), "b");
    expect(one("unit")).toBe("2 <- device devices.yaml:8");
    expect(problems).toEqual([]);
  });

  it("says what stops the one that is not", () => {
    const folder = folderOf({ "school.yaml": school, ...files("", broken) });
    const { values, problems, result } = check(folder, "c");
    expect(values).toBeUndefined();
    expect(result.plan).toBeNull();
    expect(brief(problems)).toEqual(["unknown-via devices.yaml:4:27", "bad-value devices.yaml:4:38"]);
  });

  it.each([
    ["its profile", { "profiles/own.yaml": profile.replace("register: 2", "registr: 2") }, false],
    ["its link", { "devices.yaml": devices("").replace("ttyS1", "ttyS1, baud: 1") }, true],
    ["the school's defaults", { "defaults.yaml": "defaults: { period: 60 }\n" }, true],
    ["its room", { "devices.yaml": devices("").replace("space: 102", "space: 999") }, false],
    ["what another has as well", { "devices.yaml": devices("", "").replace("unit: 2", "unit: 1") }, true],
  ])("counts an error in %s as its own", (_, more, known) => {
    const { values, problems } = check(folderOf({ "school.yaml": school, ...files(""), ...more }), "b");
    expect(problems.filter(({ severity }) => severity === "error").length).toBeGreaterThan(0);
    expect(values !== undefined).toBe(known);
  });

  it("explains what could be read beside a file that could not", () => {
    const { one } = explained({ ...files(""), "bad.yaml": "uplinks: { a: [ }\n" }, "b");
    expect(one("unit")).toBe("2 <- device devices.yaml:7");
  });
});

it("says which device was probably meant", () => {
  const folder = folderOf({
    "school.yaml": school,
    ...files(""),
    "devices.yaml": devices("").replace("  a:", "  101-air:"),
  });
  const { unknown, values } = check(folder, "101-ari");
  expect(unknown?.en).toBe('did you mean "101-air"?');
  expect(values).toBeUndefined();
  expect(check(folder, "constructor").unknown?.en).toContain("known devices: 101-air, b");
});
