import { describe, expect, it } from "vitest";
import { links, meter, metered } from "./meter-profile.ts";
import { brief, loadFiles, placeIn, planOf } from "./school-folder.ts";

const one = (given: string, profile = meter) =>
  metered(`  m1: { profile: meter, via: rs1, unit: 1${given === "" ? "" : `, with: ${given}`} }\n`, {
    "profiles/meter.yaml": profile,
  });
const scalesOf = (given: string, profile = meter) => {
  const points = planOf(one(given, profile)).links[0]?.points.get("m1")?.points;
  return Object.fromEntries([...(points ?? [])].map(([id, { scale }]) => [id, scale]));
};

describe("options of a device model", () => {
  it("are put where the profile names them: into conversions, sources and settings", () => {
    const profile = `${meter.replace("text: {", "order: $order\ntext: {").replace("points:", "  order: { text: 字序, choices: [high-first, low-first] }\npoints:")}actions:\n  on: { write: $ct }\n`;
    const plan = planOf(one('{ ct: 40, table: "104", order: low-first }', profile));
    const [device] = plan.links[0]?.devices ?? [];
    expect(device?.profile).toEqual({ order: "low-first" });
    expect(device?.actions).toEqual({ on: { write: 40 } });
    expect(device?.points.map(({ source }) => (source as { register: number }).register)).toEqual([0, 104]);
    expect(plan.links[0]?.points.get("m1")?.points.get("energy")?.scale).toBe(0.4);
  });

  it("have their default where a device says nothing", () => {
    const plan = planOf(one("{ ct: 1 }"));
    expect(
      plan.links[0]?.devices[0]?.points.map(({ source }) => (source as { register: number }).register),
    ).toEqual([0, 4]);
  });

  it("multiply without the noise of binary fractions", () => {
    expect(scalesOf("{ ct: 3 }", meter.replace("0.01*$ct", "0.1*$ct"))).toEqual({
      energy: 0.3,
      voltage: 0.1,
    });
    expect(scalesOf("{ ct: 0.7 }", meter.replace("1..2000", "0.1..2000"))).toEqual({
      energy: 0.007,
      voltage: 0.1,
    });
  });

  it("are each device's own", () => {
    const plan = planOf(
      metered(
        [30, 40, 30, 1000]
          .map(
            (ct, index) =>
              `  m${index}: { profile: meter, via: rs1, unit: ${index + 1}, with: { ct: ${ct} } }\n`,
          )
          .join(""),
      ),
    );
    const scales = [...(plan.links[0]?.points.values() ?? [])].map(
      ({ points }) => points.get("energy")?.scale,
    );
    expect(scales).toEqual([0.3, 0.4, 0.3, 10]);
  });

  it("never put a value into a value", () => {
    const profile = meter
      .replace("{ zh: 寄存器表", "{ zh: 表")
      .replace('choices: ["4", "104"]', 'choices: ["4", $ct]');
    const { problems } = loadFiles(one('{ ct: 40, table: "$ct" }', profile));
    expect(problems.map(({ code, what }) => `${code} ${what.en}`)).toContainEqual(
      expect.stringMatching(/^option-unfit .*"\$ct" is not a whole number/),
    );
  });

  it("leave notes alone", () => {
    const profile = meter.replace("register: 0", "register: 0, note: costs $money");
    expect(scalesOf("{ ct: 1 }", `${profile}note: about $that\n`)).toEqual({ energy: 0.01, voltage: 0.1 });
  });

  it("are asked of no spare and of no device whose profile is broken: that is told", () => {
    const broken = meter.replace("register: 0", "regster: 0");
    const { problems } = loadFiles(one("", broken));
    expect(brief(problems).filter((problem) => !problem.startsWith("no-uplink"))).toEqual([
      `unknown-key profiles/meter.yaml:${placeIn(broken, "regster")}`,
    ]);
  });

  it("are not accepted with a prototype's name", () => {
    for (const name of ["constructor", "toString", "__proto__"]) {
      const { plan, problems } = loadFiles(one(`{ ct: 1, ${name}: 2 }`));
      expect(plan, name).toBeNull();
      expect(problems.filter(({ severity }) => severity === "error")).toHaveLength(1);
    }
  });
});

describe("variants of a device model", () => {
  const profile = `${meter}variants:
  old: {}
  new: { order: low-first, period: 20s, points: { energy: { register: 100 }, power: { register: 102, scale: $ct } } }
`;
  const device = (given: string) => {
    const plan = planOf(one(given, profile));
    const [device] = plan.links[0]?.devices ?? [];
    return {
      settings: device?.profile,
      points: Object.fromEntries(
        device?.points.map(({ id, source, everyMs }) => [
          id,
          [(source as { register: number }).register, everyMs],
        ]) ?? [],
      ),
    };
  };

  it("are laid over the profile, key by key", () => {
    expect(device("{ ct: 40, variant: old }")).toEqual({
      settings: { order: "high-first" },
      points: { energy: [0, 60_000], voltage: [4, 60_000] },
    });
    expect(device("{ ct: 40, variant: new }")).toEqual({
      settings: { order: "low-first" },
      points: { energy: [100, 20_000], voltage: [4, 20_000], power: [102, 20_000] },
    });
    const scales = scalesOf("{ ct: 40, variant: new }", profile);
    expect(scales).toEqual({ energy: 0.4, voltage: 0.1, power: 40 });
  });

  it("must be chosen unless the profile says which is usual", () => {
    expect(loadFiles(one("{ ct: 40 }", profile)).problems.map(({ code }) => code)).toContain(
      "missing-option",
    );
    const usual = profile.replace("options:", "options:\n  variant: { text: 新旧, default: new }");
    expect(scalesOf("{ ct: 2 }", usual)).toEqual({ energy: 0.02, voltage: 0.1, power: 2 });
  });

  it("are a handful: a profile with thousands of them is refused and not read thousands of times", () => {
    const many = Array.from({ length: 5000 }, (_, index) => `  v${index}: { period: 20s }\n`).join("");
    const { problems } = loadFiles(one("{ ct: 1, variant: v0 }", `${meter}variants:\n${many}`));
    const errors = problems.filter(({ severity }) => severity === "error");
    expect(errors.map(({ code }) => code)).toEqual(["too-many-variants"]);
  });

  it("are checked also when no device has them", () => {
    const broken = profile.replace("register: 102", "regster: 102");
    const { problems } = loadFiles({ "links.yaml": links, "profiles/meter.yaml": broken });
    expect(brief(problems)).toContain(`unknown-key profiles/meter.yaml:${placeIn(broken, "regster")}`);
  });
});
