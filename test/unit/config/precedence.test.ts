/**
 * Whose word counts: catalogue < profile < defaults < template < device, and a point before its device within one.
 */
import { describe, expect, it } from "vitest";
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { Findings } from "../../../config/load/findings.ts";
import type { Mapping, Node } from "../../../config/load/node.ts";
import { plain } from "../../../config/load/plain.ts";
import { type PointSettings, settlePoint } from "../../../config/load/point-settings.ts";
import { deviceShape } from "../../../config/load/shape/device.ts";
import { profilePointShape, profileShape } from "../../../config/load/shape/profile.ts";
import { defaultsShape } from "../../../config/load/shape/school.ts";
import { createSource, position } from "../../../config/load/source.ts";
import { parseTree } from "../../../config/load/tree.ts";
import { planOf } from "./school-folder.ts";

type Layers = Partial<Record<"profile" | "defaults" | "template" | "row" | "device", string>>;

function tree(file: string, text = ""): Mapping {
  const mapping = parseTree(createSource(file, text), new Findings());
  if (mapping === null) throw new Error(`not readable: ${text}`);
  return mapping;
}

/** As a template's device and a row's are put together: by key, the row's over the template's. */
function merge(lower: Mapping, upper: Mapping): Mapping {
  const entries = new Map(lower.entries);
  for (const [name, { key, value }] of upper.entries) {
    const before = entries.get(name)?.value;
    const both = before?.type === "mapping" && value.type === "mapping";
    entries.set(name, { key, value: both ? merge(before, value) : value });
  }
  return { ...lower, entries };
}

function layered<N extends Node>(node: N, layer: "template" | "row"): N {
  node.layer = layer;
  if (node.type === "list") for (const item of node.items) layered(item, layer);
  if (node.type === "mapping") for (const { value } of node.entries.values()) layered(value, layer);
  return node;
}

/** Settings of one point when the layers say this; each text is a file `<layer>.yaml`. */
function settled(id: string, layers: Layers): PointSettings {
  const whole = tree("profile.yaml", layers.profile);
  const points = whole.entries.get("points")?.value;
  const body = points?.type === "mapping" ? points.entries.get(id)?.value : undefined;
  const defaults = tree("defaults.yaml", layers.defaults);
  const made = merge(
    layered(tree("template.yaml", layers.template), "template"),
    layered(tree("row.yaml", layers.row), "row"),
  );
  const device = merge(made, tree("device.yaml", layers.device));
  const catalogue = cataloguePoints.get(id);
  if (catalogue === undefined) throw new Error(id);
  const own = body?.type === "mapping" ? body : tree("profile.yaml");
  const model = profileShape.parse(plain(whole));
  return settlePoint(
    {
      id,
      catalogue,
      settings: profilePointShape.parse(plain(own)),
      source: {},
      sentinels: [],
      ratio: 1,
      body: own,
      whole,
    },
    { body: device, common: { value: deviceShape.parse(plain(device)), ok: true, meant: new Set() } },
    model.period === undefined ? {} : { periodMs: model.period },
    { value: defaultsShape.parse(plain(defaults)), body: defaults },
  );
}

/** `value layer:line` of a setting. */
function said({ value, from }: PointSettings[keyof PointSettings]): string {
  const places = from.map(({ layer, place }) =>
    place === undefined ? layer : `${layer}:${position(place.source, place.offset).line}`,
  );
  return `${JSON.stringify(value)} ${places.join("+")}`;
}

/** Every subset of what can be said, in the order of the weakest first. */
function* subsets<T>(all: readonly T[]): Generator<T[]> {
  for (let bits = 0; bits < 2 ** all.length; bits += 1) yield all.filter((_, at) => (bits >> at) & 1);
}

/** Texts of the layers that say just these; a point's words stand on line 2, a device's on line 1. */
function texts(
  words: readonly (readonly [layer: keyof Layers, of: "whole" | "point", value: string])[],
  name: string,
) {
  const layers: Layers = {};
  for (const layer of new Set(words.map(([each]) => each))) {
    const value = (of: string) => words.find((word) => word[0] === layer && word[1] === of)?.[2];
    const [whole, point] = [value("whole"), value("point")];
    layers[layer] = [
      whole === undefined ? "note: x" : `${name}: ${whole}`,
      ...(point === undefined ? [] : [`points: { co2: { ${name}: ${point} } }`]),
    ]
      .join("\n")
      .replace("note: x", layer === "defaults" ? "# x" : "note: x");
  }
  return layers;
}

describe("a period", () => {
  const order = [
    ["profile", "whole", "11s"],
    ["profile", "point", "12s"],
    ["defaults", "whole", "13s"],
    ["defaults", "point", "14s"],
    ["template", "whole", "15s"],
    ["template", "point", "16s"],
    ["row", "whole", "17s"],
    ["row", "point", "18s"],
  ] as const;

  it("is the one of the strongest layer, and in it the point's before the device's, whatever else is said", () => {
    for (const words of subsets(order)) {
      const strongest = words.at(-1);
      const expected =
        strongest === undefined
          ? "60000 built-in"
          : `${Number.parseInt(strongest[2], 10) * 1000} ${strongest[0]}:${strongest[1] === "point" ? 2 : 1}`;
      expect(said(settled("co2", texts(words, "period")).period), JSON.stringify(words)).toBe(expected);
    }
  });

  it("of an entry below devices counts as a row's does", () => {
    const entry = { template: "points: { co2: { period: 16s } }", device: "period: 19s" };
    expect(said(settled("co2", entry).period)).toBe("19000 device:1");
  });
});

describe.each([
  ["maxSilence", ["700s", "710s", "720s", "730s"], "600000 catalogue", [700_000, 710_000, 720_000, 730_000]],
  [
    "deadband",
    ["1", "2%", "off", "4"],
    '{"abs":20} catalogue',
    [{ abs: 1 }, { share: 0.02 }, "off", { abs: 4 }],
  ],
] as const)("a %s", (name, written, unsaid, values) => {
  it("is the one of the strongest layer", () => {
    const layers = ["profile", "defaults", "template", "row"] as const;
    const order = layers.map((layer, at) => [layer, "point", written[at] ?? ""] as const);
    for (const words of subsets(order)) {
      const last = words.at(-1);
      const at = last === undefined ? -1 : layers.indexOf(last[0]);
      const expected = at === -1 ? unsaid : `${JSON.stringify(values[at])} ${layers[at]}:2`;
      expect(said(settled("co2", texts(words, name))[name]), JSON.stringify(words)).toBe(expected);
    }
  });
});

it("lets what nobody wrote give way: the catalogue's longest silence is never below the period", () => {
  expect(said(settled("co2", { row: "period: 20min" }).maxSilence)).toBe("1200000 row:1");
  expect(
    said(
      settled("co2", { row: "period: 20min", defaults: "points: { co2: { maxSilence: 5min } }" }).maxSilence,
    ),
  ).toBe("300000 defaults:1");
});

it("corrects what the profile converts, and names both", () => {
  const { scale, offset } = settled("co2", {
    profile: "points:\n  co2:\n    scale: 0.1\n    offset: 4",
    row: "points:\n  co2: { scale: 2, offset: -35, why: x }",
  });
  expect(said(scale)).toBe("0.2 profile:3+row:2");
  expect(said(offset)).toBe("-27 profile:4+row:2+row:2");
  const plainly = settled("co2", {
    profile: "points: { co2: { scale: 0.1 } }",
    row: "points: { co2: { scale: 2 } }",
  });
  expect(said(plainly.offset)).toBe("0 built-in");
});

describe("a point that is off", () => {
  it.each([
    ["stays off without a word of a row", { template: "points: { tvoc: off }" }, "true template:1"],
    [
      "comes back by a row's off: false",
      { template: "points: { tvoc: off }", row: "points: { tvoc: { off: false } }" },
      "false row:1",
    ],
    [
      "comes back the same way from off: true",
      { template: "points: { tvoc: { off: true } }", row: "points: { tvoc: { off: false } }" },
      "false row:1",
    ],
    [
      "goes off by a row",
      { template: "points: { tvoc: { deadband: 1 } }", row: "points: { tvoc: off }" },
      "true row:1",
    ],
    ["was never off", {}, "false built-in"],
  ])("%s", (_, layers, expected) => {
    expect(said(settled("tvoc", layers).off)).toBe(expected);
  });
});

it("reaches the Plan: both kinds of default, the profile's and the device's own", () => {
  const plan = planOf({
    "defaults.yaml": "defaults: { period: 40s, points: { co2: { period: 50s } } }\n",
    "profiles/own.yaml": `profile: own
text: { zh: 探头, en: Probe }
proof: simulated
driver: bus
period: 20s
points: { co2: { register: 1, period: 30s }, temperature: { register: 2 } }
`,
    "devices.yaml": `links: { rs1: { kind: fake-bus, port: ttyS1 } }
devices:
  a: { profile: own, via: rs1, unit: 1 }
  b: { profile: own, via: rs1, unit: 2, period: 70s, points: { temperature: { period: 80s } } }
`,
  });
  const periods = (id: string) =>
    [...(plan.links[0]?.points.get(id)?.points.values() ?? [])].map(({ everyMs }) => everyMs / 1000);
  expect(periods("a")).toEqual([50, 40]);
  expect(periods("b")).toEqual([70, 80]);
  const own = plan.links[0]?.devices.find(({ id }) => id === "b");
  expect(own?.points.map(({ everyMs }) => everyMs / 1000)).toEqual([70, 80]);
});
