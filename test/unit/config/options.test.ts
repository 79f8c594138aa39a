import { describe, expect, it } from "vitest";
import { links, meter, metered } from "./meter-profile.ts";
import { brief, folderOf, loadFiles, placeIn, planOf } from "./school-folder.ts";

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

describe("a declaration that is misspelt or broken", () => {
  const profile = `profile: meter
text: { zh: 电表, en: Meter }
proof: simulated
driver: bus
order: $order
options:
  ct: { text: 互感器变比, range: 1..2000 }
  pt: { text: 电压互感器变比, range: 1..1000 }
  order: { text: 字序, choices: [high-first, low-first], default: low-first }
  variant: { text: 新旧, default: new }
points:
  energy: { scale: 0.01*$ct*$pt }
  power: { register: 2, scale: $ct*$pt }
variants:
  old: { points: { energy: { register: 100 } } }
  new: { points: { energy: { register: 200 } } }
vectors:
  - { payload: a, with: { ct: 40, pt: 1, order: high-first, variant: old }, expect: { energy: 1, power: 2 } }
  - { payload: b, with: { ct: 30, pt: 1, variant: old }, expect: { energy: 1 } }
  - { payload: c, with: { ct: 30, pt: 1, variant: new }, expect: { energy: null } }
  - { payload: d, with: { ct: 1, pt: 1, variant: new }, expect: { power: null } }
`;
  const devices = `  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 40, pt: 1, variant: old } }
  m2: { profile: meter, via: rs1, unit: 2, with: { ct: 40, pt: 1 } }
`;
  /** Place and remedy of each error. */
  const errorsOf = (text: string, own = devices) =>
    loadFiles(metered(own, { "profiles/meter.yaml": text }), { profiles: folderOf({}) })
      .problems.filter(({ severity }) => severity === "error")
      .map((one) => `${one.file}:${one.line}:${one.column} ${one.fix.en}`);
  const changed = (text: string, was: string, is: string) => {
    expect(text.split(was)).toHaveLength(2);
    return text.replace(was, () => is);
  };
  const file = "profiles/meter.yaml";

  const declarations = [
    ["options:", "optons:", "options"],
    ["\n  ct:", "\n  cct:", "ct"],
    ["  pt: {", "  tp: {", "pt"],
    ["  order: {", "  Order: {", "order"],
    ["  variant: { text", "  varient: { text", "variant"],
    ["range: 1..2000", "rang: 1..2000", "range"],
    ["choices:", "choises:", "choices"],
    ["default: low-first", "defualt: low-first", "default"],
    ["default: new", "defalt: new", "default"],
    ["text: 互感器变比", "txt: 互感器变比", "text"],
    ["variants:", "varients:", "variants"],
    ["  old: {", "  odl: {", "old"],
    ["  new: {", "  nwe: {", "new"],
    ["points: { energy: { register: 100", "pionts: { energy: { register: 100", "points"],
    ["energy: { register: 200", "enrgy: { register: 200", "energy"],
    ["energy: { scale", "enegry: { scale", "energy"],
    ["points:\n", "poits:\n", "points"],
  ] as const;

  it("is sound when nothing is", () => {
    expect(errorsOf(profile)).toEqual([]);
  });

  it.each(declarations)("is told once, where it stands: %j for %j", (was, is, meant) => {
    const broken = changed(profile, was, is);
    const word = is.trim().split(/[:{]/)[0] ?? "";
    expect(errorsOf(broken)).toEqual([`${file}:${placeIn(broken, `${word}:`)} did you mean "${meant}"?`]);
  });

  it.each([
    ["ct: 30, pt: 1, variant: old", "ct: 9000, pt: 1, variant: old", "9000", "a number from 1 to 2000"],
    ["pt: 1, order:", "pq: 1, order:", "pq: 1", '"pt"'],
    ["variant: new }, expect: { p", "variant: newest }, expect: { p", "newest", "one of: "],
    ["power: 2", "pwer: 2", "pwer", '"power"'],
    ["energy: null", "energy: many", "many", "plain decimal"],
    ["power: { register", "power: { rgister", "rgister", '"register"'],
    ["scale: $ct*$pt", "scale: $ct*$qt", "$ct*$qt", '"ct" or "pt"'],
    ["proof: simulated", "proof: seen", "seen", "simulated"],
  ])("hides no mistake of its own: %j as %j", (was, is, at, remedy) => {
    for (const [declared, misspelt, meant] of declarations) {
      const first = changed(profile, was, is);
      const both = changed(first, declared, misspelt);
      const told = errorsOf(both);
      expect(told, misspelt).toHaveLength(2);
      expect(told.join("\n"), misspelt).toContain(`did you mean "${meant}"?`);
      const other = told.find((one) => one.startsWith(`${file}:${placeIn(both, at)} `));
      expect(other, misspelt).toContain(remedy);
    }
  });

  it("is each told for itself", () => {
    const both = changed(changed(profile, "\n  ct:", "\n  t:"), "  pt: {", "  p: {");
    expect(errorsOf(both)).toEqual([
      `${file}:${placeIn(both, "t: { text: 互")} did you mean "ct"?`,
      `${file}:${placeIn(both, "p: { text: 电压")} did you mean "pt"?`,
    ]);
  });

  it("is not blamed where something else uses it", () => {
    for (const wrong of ["$cct", "$tc"]) {
      const broken = profile.replace("scale: $ct*$pt", `scale: ${wrong}*$pt`);
      expect(errorsOf(broken)).toEqual([`${file}:${placeIn(broken, wrong)} did you mean "ct"?`]);
    }
  });

  it("is told where it is used when a single place says otherwise, once", () => {
    const one = meter.replace("  ct:", "  cct:");
    expect(errorsOf(one)).toEqual([`${file}:${placeIn(one, "0.01*$ct")} did you mean "cct"?`]);
    const preset = changed(profile, "  new: {", "  nwe: {").replaceAll(", variant: new", "");
    expect(errorsOf(preset)).toEqual([
      `${file}:${placeIn(preset, "variant: { text")} write one of: old, nwe`,
    ]);
  });

  it("may be of one letter", () => {
    const digit = (text: string) => text.replaceAll(/\bold\b/g, '"8"');
    const short = digit(profile);
    expect(errorsOf(short, digit(devices))).toEqual([]);
    for (const wrong of ["q", "8q"]) {
      const broken = changed(short, '"8": {', `${wrong}: {`);
      expect(errorsOf(broken, digit(devices))).toEqual([
        `${file}:${placeIn(broken, `${wrong}: {`)} did you mean "8"?`,
      ]);
    }
  });

  it("that cannot be read leaves silent who needs it, and nobody else", () => {
    for (const [was, is] of [
      [/options:\n( {2}.*\n)*/, "options: [ct, pt]\n"],
      [/options:\n( {2}.*\n)*/, "options:\n"],
      [/ {2}ct: \{.*\n/, "  ct: 5\n"],
      [/ {2}order: \{.*\n/, "  order: { text: 字序, choices: high-first, default: low-first }\n"],
      [/ {2}variant: \{.*\n/, "  variant: usual\n"],
      [/variants:\n( {2}.*\n)*/, "variants: old\n"],
      [/ {2}old: .*\n/, "  old: 5\n"],
    ] as const) {
      const broken = profile.replace(was, is);
      expect(errorsOf(broken), is).toEqual([expect.any(String)]);
      expect(errorsOf(changed(broken, "power: 2", "pwer: 2")), is).toHaveLength(2);
    }
  });

  it("is told where it is used when too many names would have to be compared", () => {
    const many = (line: (index: number) => string) =>
      Array.from({ length: 200 }, (_, index) => line(index)).join("");
    const unused = changed(
      profile,
      "options:\n  ct:",
      `options:\n${many((index) => `  a${index}: { text: x }\n`)}  cct:`,
    );
    const told = errorsOf(`${unused}actions:\n${many((index) => `  d${index}: { write: $b${index} }\n`)}`);
    expect(told.filter((one) => one.startsWith(`${file}:${placeIn(unused, "cct:")} `))).toEqual([]);
    expect(told).toContainEqual(expect.stringMatching(`^${file}:${placeIn(unused, "0.01*$ct")} .*"cct"`));
  });
});

describe("a device whose `with` is misspelt", () => {
  const load = (device: string) =>
    loadFiles(metered(`  m1: { profile: meter, via: rs1, unit: 1, ${device} }\n`)).problems.filter(
      ({ severity }) => severity === "error",
    );

  it("is told that, and not that its options are missing", () => {
    for (const wrong of ["wth", "wiht", "witth", "With"])
      expect(load(`${wrong}: { ct: 1 }`).map(({ code, fix }) => `${code} ${fix.en}`)).toEqual([
        'unknown-key did you mean "with"?',
      ]);
  });

  it("is told that they are missing beside a key that means something else", () => {
    expect(load("wherever: { ct: 1 }").map(({ code }) => code)).toEqual(["missing-option", "unknown-key"]);
    expect(load("untl: 2027-01-10").map(({ code }) => code)).toEqual(["missing-option", "unknown-key"]);
  });
});
