import { describe, expect, it } from "vitest";
import { meter, metered } from "./meter-profile.ts";
import { loadFiles, planOf } from "./school-folder.ts";

const files = (actions: string, device = "") =>
  metered(`  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 }${device} }\n`, {
    "profiles/meter.yaml": `${meter}actions:\n${actions}`,
  });
const actionsOf = (actions: string, device = "") =>
  planOf(files(actions, device)).links[0]?.points.get("m1")?.actions;

describe("what a device may be told to do", () => {
  it("has arguments that are values of a point, with its unit, range and conversion", () => {
    const actions = actionsOf(
      "  set: { write: 1, args: { to: { point: voltage, range: 0..250, step: 5 } } }\n",
    );
    expect(actions?.get("set")).toEqual({
      id: "set",
      args: new Map([
        [
          "to",
          { type: "number", point: "voltage", min: 0, max: 250, step: 5, unit: "V", scale: 0.1, offset: 0 },
        ],
      ]),
      confirm: new Map(),
      tolerance: 0,
      withinMs: 10_000,
      restMs: 0,
      everyMs: 0,
    });
  });

  it("has arguments that are one of some words, or a number of its own", () => {
    const actions = actionsOf(
      "  input: { write: 1, args: { source: { choices: { hdmi: 33, vga: 0x14 } }, level: { range: 0..100 }, mode: { choices: [a, b] } } }\n",
    );
    const args = actions?.get("input")?.args;
    expect(args?.get("source")).toEqual({
      type: "choice",
      choices: new Map<string, unknown>([
        ["hdmi", 33],
        ["vga", "0x14"],
      ]),
    });
    expect(args?.get("level")).toEqual({ type: "number", min: 0, max: 100, scale: 1, offset: 0 });
    expect(args?.get("mode")).toEqual({
      type: "choice",
      choices: new Map([
        ["a", "a"],
        ["b", "b"],
      ]),
    });
  });

  it("is confirmed by values of its points, or by an argument", () => {
    const actions = actionsOf(
      "  set: { write: 1, args: { to: { point: voltage } }, confirm: { voltage: { arg: to }, energy: 5 }, tolerance: 0.5, within: 2min, rest: 3s, every: 180s, notDuring: lesson }\n",
    );
    expect(actions?.get("set")).toMatchObject({
      confirm: new Map<string, unknown>([
        ["voltage", { arg: "to" }],
        ["energy", 5],
      ]),
      tolerance: 0.5,
      withinMs: 120_000,
      restMs: 3000,
      everyMs: 180_000,
      notDuring: "lesson",
    });
  });

  it("is left out where the point of an argument is off, and unconfirmed where that of its answer is", () => {
    const written =
      "  set: { write: 1, args: { to: { point: voltage } } }\n  reset: { write: 2, confirm: { voltage: 0, energy: 0 } }\n";
    const actions = actionsOf(written, ", points: { voltage: off }");
    expect([...(actions?.keys() ?? [])]).toEqual(["reset"]);
    expect(actions?.get("reset")?.confirm).toEqual(new Map([["energy", 0]]));
  });

  it("is looked at as a whole by its kind, with the names of its arguments and the model's settings", () => {
    const [problem, ...more] = loadFiles(
      files("  set: { write: 60000, args: { to: { range: 0..9 } } }\n"),
    ).problems.filter((each) => each.severity === "error");
    expect(more).toEqual([]);
    expect(problem?.code).toBe("kind-check");
    expect(problem?.what.en).toBe("60000 is not written with to in high-first");
    expect(problem?.excerpt?.slice((problem?.column ?? 0) - 1)).toMatch(/^60000/);
  });

  it.each([
    ["  set: { write: 1, args: { to: { point: voltge } } }\n", "unknown-point", "voltage"],
    ["  set: { write: 1, confirm: { powr: 1 } }\n", "unknown-point", "energy, voltage"],
    [
      "  set: { write: 1, args: { to: { range: 0..9 } }, confirm: { voltage: { arg: too } } }\n",
      "unknown-argument",
      "to",
    ],
    ["  set: { write: 1, confirm: { voltage: high } }\n", "unfit-value", "a number"],
    ["  set: { write: 1, args: { to: {} } }\n", "invalid", "range"],
    ["  set: { write: 1, args: { to: { point: voltage, choices: [a] } } }\n", "invalid", "keep one"],
    ["  set: { write: 1, args: { To: { range: 0..9 } } }\n", "", "lower-case"],
    ["  Set on: { write: 1 }\n", "bad-id", "power-on"],
    ["  set: { write: 1, wait: 3s }\n", "unknown-key", "rest"],
    ["  set: { write: 1, within: 5 }\n", "invalid", "unit"],
    ["  set: 5\n", "wrong-shape", "brackets"],
  ])("is refused at its place: %s", (actions, code, fix) => {
    const [problem, ...more] = loadFiles(files(actions)).problems.filter((each) => each.severity === "error");
    expect(more).toEqual([]);
    if (code !== "invalid" && code !== "") expect(problem?.code).toBe(code);
    expect(`${problem?.what.en} ${problem?.fix.en}`).toContain(fix);
    expect(problem?.file).toBe("profiles/meter.yaml");
  });
});
