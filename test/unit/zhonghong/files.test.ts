/** ZhongHong gateways in the files of a school: what loads, and what is told with what to write instead. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModbus, told } from "../config/modbus-school.ts";

const lines = (link: string, devices = "a: { profile: zhonghong-ac, via: ac, outdoor: 1, indoor: 3 }") => ({
  "d.yaml": `links: { ac: { kind: zhonghong, ${link} } }\ndevices: { ${devices} }\n`,
});
const network = "host: 192.0.2.9";

describe("a gateway", () => {
  it.each([
    [network, { end: { host: "192.0.2.9", port: 9999 }, pace: null, gateway: 1 }],
    [
      "host: 192.0.2.9, port: 8899, gateway: 2",
      { end: { host: "192.0.2.9", port: 8899 }, pace: null, gateway: 2 },
    ],
    [
      "host: 192.0.2.9, port: 4001, baud: 9600, format: 8N1",
      { end: { host: "192.0.2.9", port: 4001 }, pace: { baud: 9600, format: "8N1" }, gateway: 1 },
    ],
    [
      "device: /dev/ttyS4, baud: 9600, format: 8E1",
      { end: { device: "/dev/ttyS4" }, pace: { baud: 9600, format: "8E1" }, gateway: 1 },
    ],
  ])("is %s", (link, settings) => {
    const { plan } = loadModbus(lines(link));
    expect(told(lines(link))).toEqual([]);
    expect(plan?.links[0]?.settings).toEqual(settings);
  });

  it.each([
    ["port: 9999", /write host/],
    ["device: /dev/ttyS4", /write both/],
    ["host: 192.0.2.9, baud: 9600", /write both/],
    ["device: /dev/ttyS4, host: 192.0.2.9, baud: 9600, format: 8N1", /write host .* or device/],
    ["device: /dev/ttyS4, port: 9999, baud: 9600, format: 8N1", /write host .* or device/],
    ["host: 192.0.2.9, gateway: 256", /from 0 to 255/],
    ["hots: 192.0.2.9", /host/],
  ])("is told what to write for %s", (link, fix) => {
    const found = told(lines(link));
    expect(found.length).toBeGreaterThan(0);
    expect(found.join("\n")).toMatch(fix);
    for (const line of told(lines(link), "zh")) expect(line).toMatch(/\p{Script=Han}/u);
  });

  it("has one line for all of its units, which no other link may have", () => {
    const twice = `${network} }, other: { kind: zhonghong, ${network}`;
    expect(told(lines(twice)).join()).toMatch(/tcp:192\.0\.2\.9:9999 is already used/);
  });

  it("may have its host at a box in front of it", () => {
    const box = "profile: my-box\ntext: { zh: 箱, en: box }\nproof: simulated\ndriver: box\npoints: {}\n";
    const files = {
      ...lines(
        "via: b1",
        "b1: { profile: my-box, host: 192.0.2.7 }, a: { profile: zhonghong-ac, via: ac, outdoor: 1, indoor: 3 }",
      ),
      "profiles/box.yaml": box,
    };
    expect(told(files)).toEqual([]);
    expect(loadModbus(files).plan?.links[0]?.settings).toMatchObject({
      end: { host: "192.0.2.7", port: 9999 },
    });
  });
});

describe("a unit", () => {
  const of = (devices: string, lang: "zh" | "en" = "en") => told(lines(network, devices), lang);
  const unit = (id: string, more: string) => `${id}: { profile: zhonghong-ac, via: ac, ${more} }`;

  it("is told when two have the same numbers, and not when one of them differs", () => {
    const [line] = of(`${unit("a", "outdoor: 1, indoor: 3")}, ${unit("b", "outdoor: 1, indoor: 3")}`);
    expect(line).toContain("a and b are both indoor unit 3 of outdoor unit 1");
    expect(of(`${unit("a", "outdoor: 1, indoor: 3")}, ${unit("b", "outdoor: 2, indoor: 3")}`)).toEqual([]);
  });

  it("needs both numbers, and has no serial number to look at", () => {
    expect(of(unit("a", "outdoor: 1")).join()).toContain("indoor");
    expect(of(unit("a", "outdoor: 1, indoor: 255")).join()).toContain("0 to 254");
    expect(of(unit("a", "outdoor: 1, indoor: 3, expect: { serial: X1 }")).join()).toContain("remove expect");
  });
});

describe("a model of a school's own", () => {
  const of = (action: string, point = 'field: mode, enum: { "1": cool }', lang: "zh" | "en" = "en") =>
    told(
      {
        "profiles/own.yaml": `profile: own\ntext: { zh: 自写, en: own }\nproof: simulated\ndriver: zhonghong\npoints:\n  ac_mode: { ${point} }\nactions:\n  go: ${action}\n`,
      },
      lang,
    );
  it.each([
    ["{ control: mode, value: 1 }", []],
    ["{ control: mode, arg: mode, args: { mode: { point: ac_mode } } }", []],
    ["{ control: swing, value: 1 }", [/power/]],
    ["{ control: mode }", [/value: VALUE or arg: NAME/]],
    ["{ control: mode, value: 1, arg: a }", [/value: VALUE or arg: NAME/]],
    ["{ control: mode, value: 300 }", [/0 to 255/]],
    [
      "{ control: mode, arg: mod, args: { mode: { point: ac_mode } } }",
      [/no argument "mod"/, /mode is not used/],
    ],
    ["{ contol: mode, value: 1 }", [/control/]],
  ])("has actions that can be done: %s", (action, expected) => {
    const found = of(action);
    expect(found).toHaveLength(expected.length);
    for (const pattern of expected) expect(found.join("\n")).toMatch(pattern);
    for (const line of of(action, undefined, "zh")) expect(line).toMatch(/\p{Script=Han}/u);
  });

  it("has points that can be what they are read as", () => {
    expect(of("{ control: mode, value: 1 }", "field: mode").join()).toContain(
      "write field: mode or fan with enum",
    );
    expect(of("{ control: mode, value: 1 }", "field: swing").join()).toContain("power");
  });

  it.each([
    [`asked: "01 50 01 01 01 03 57", bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 91"`, null],
    [
      `asked: "01 50 01 01 01 03 58", bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 91"`,
      /of the bytes before it is 57/,
    ],
    [
      `asked: "01 50 01 01 01 03 57", bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 92"`,
      /of the bytes before it is 91/,
    ],
    [`asked: "01 31 01 01 01 03 38", bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 91"`, /write 7 bytes/],
    [
      `asked: "01 50 01 01 01 04 58", bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 91"`,
      /from one exchange/,
    ],
    [`bytes: "01 50 01 01 01 03 01 1A 01 02 1C 00 00 00 91"`, /add asked/],
  ])("has vectors that are run: %s", (vector, fix) => {
    const { problems } = loadModbus(
      {
        "profiles/own.yaml": `profile: own\ntext: { zh: 自写, en: own }\nproof: simulated\ndriver: zhonghong\npoints:\n  ac_setpoint: { field: setpoint }\nvectors:\n  - { ${vector}, expect: { ac_setpoint: 26 } }\n`,
      },
      { meaning },
    );
    const found = problems.filter(({ code }) => code === "vector-frame").map(({ fix: { en } }) => en);
    expect(found).toHaveLength(fix === null ? 0 : 1);
    if (fix !== null) expect(found[0]).toMatch(fix);
  });
});

/** Values as they come: these vectors need no more. */
const meaning = (_: unknown, samples: readonly { point: string; raw: unknown }[]) => ({
  values: new Map(samples.map(({ point, raw }) => [point, raw as number])),
  faults: new Map(),
});

const facts = join(import.meta.dirname, "../../../../shared/devices/zhonghong-hvac.json");

it.skipIf(!existsSync(facts))("the built-in model means by its numbers what is publicly known", () => {
  const { frame } = JSON.parse(readFileSync(facts, "utf8")) as {
    frame: { modes: Record<string, string>; fan: Record<string, string> };
  };
  const { plan } = loadModbus(lines(network));
  const points = plan?.links[0]?.points.get("a")?.points;
  const words: Record<string, string> = { mid: "medium", "mid-high": "medium-high", "mid-low": "medium-low" };
  const ours = (map: Record<string, string>) => [
    ["0", "off"],
    ...Object.entries(map).map(([raw, word]) => [raw, words[word] ?? word]),
  ];
  expect([...(points?.get("ac_mode")?.enum ?? [])]).toEqual(ours(frame.modes));
  expect([...(points?.get("fan_speed")?.enum ?? [])]).toEqual(ours(frame.fan));
  const actions = plan?.links[0]?.points.get("a")?.actions;
  const choices = (action: string, arg: string) => {
    const found = actions?.get(action)?.args.get(arg);
    return found?.type === "choice"
      ? [...found.choices].map(([word, raw]) => [String(raw), word]).sort()
      : null;
  };
  expect(choices("mode", "mode")).toEqual(ours(frame.modes).slice(1));
  expect(choices("fan", "speed")).toEqual(ours(frame.fan).slice(1));
});
