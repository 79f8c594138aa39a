import { describe, expect, it } from "vitest";
import { loadFiles, planOf } from "./school-folder.ts";

const panel = (point: string) => `profile: panel
text: { zh: 一体机, en: Panel }
proof: simulated
driver: bus
options: { limit: { text: 界限, default: "15" } }
points:
  display_on: { ${point} }
`;
const plug = `profile: plug
text: { zh: 插座, en: Plug }
proof: simulated
driver: bus
points: { power: { register: 1, period: 90s } }
`;
const files = (point = 'from: power-meter, on: "> $limit W"', more = "", meter = "") => ({
  "links.yaml": "links: { rs1: { kind: fake-bus, port: /dev/ttyS1 } }\n",
  "profiles/panel.yaml": panel(point.includes("$limit") ? point : `${point}, note: $limit`),
  "profiles/plug.yaml": plug,
  "devices.yaml": `devices:
  301-plug: { profile: plug, via: rs1, unit: 1${meter} }
  301-panel: { profile: panel, via: rs1, unit: 2, power: 301-plug${more} }
`,
});
const link = (...given: Parameters<typeof files>) => planOf(files(...given)).links[0];
const pointOf = (...given: Parameters<typeof files>) =>
  link(...given)
    ?.points.get("301-panel")
    ?.points.get("display_on");

describe("a point that is inferred", () => {
  it("is planned with its meter, its limits and the quality of what is assumed", () => {
    expect(pointOf()).toMatchObject({
      assumed: true,
      inferred: { from: { device: "301-plug", point: "power" }, onW: 15, offW: 9 },
    });
    expect(pointOf()?.inferred).not.toHaveProperty("simulated");
  });

  it("has limits in W or kW, and a share of one for the other", () => {
    expect(pointOf('from: power-meter, on: "> 0.1 kW", off: "<8W"')?.inferred).toMatchObject({
      onW: 100,
      offW: 8,
    });
    expect(pointOf(undefined, ", with: { limit: 40 }")?.inferred).toMatchObject({ onW: 40, offW: 24 });
  });

  it("is none of its driver's", () => {
    const devices = link()?.devices ?? [];
    expect(devices.map(({ id, points }) => [id, points.map((point) => point.id)])).toEqual([
      ["301-plug", ["power"]],
      ["301-panel", []],
    ]);
  });

  it("is expected no more often than its meter speaks, and is as simulated as that", () => {
    expect(pointOf()?.everyMs).toBe(90_000);
    expect(pointOf(undefined, ", period: 120s")?.everyMs).toBe(120_000);
    expect(pointOf(undefined, "", ", simulated: true")?.inferred?.simulated).toBe(true);
  });

  it("keeps its meter while that is off, and has none where nobody can tell", () => {
    expect(pointOf(undefined, "", ", stage: off, why: broken")?.inferred?.from?.device).toBe("301-plug");
    const shared = files();
    shared["devices.yaml"] += "  301-lamp: { profile: plug, via: rs1, unit: 3, power: 301-plug }\n";
    const plan = planOf(shared);
    expect(plan.links[0]?.points.get("301-panel")?.points.get("display_on")?.inferred).toEqual({
      onW: 15,
      offW: 9,
    });
  });

  it("makes power a key that is acted on, and the power of others is told as not", () => {
    const told = (of: Record<string, string>) =>
      loadFiles(of).problems.filter(({ code, what }) => code === "not-yet" && what.en.includes('"power"'));
    expect(told(files())).toEqual([]);
    const lamp = files();
    lamp["devices.yaml"] += `  302-plug: { profile: plug, via: rs1, unit: 3 }
  302-lamp: { profile: plug, via: rs1, unit: 4, power: 302-plug }
`;
    expect(told(lamp)).toMatchObject([{ line: 5 }]);
  });
});
