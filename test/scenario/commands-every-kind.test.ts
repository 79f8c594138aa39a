/**
 * Every action of every profile that has some, each told once to a simulated device of its maker: done, as the device
 * says it itself, or honestly not verified where it cannot be asked; moved once; in the audit.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, CommandAnswer } from "../../config/schema/command.ts";
import { type AuditRead, readAudit } from "../../edge/audit.ts";
import { CommandedSchool } from "./commanded-school.ts";

type Values = Command["args"];
/** Said: what it says afterwards; null: it cannot be asked. Then what moves in it, in the words of `Moves`. */
type Row = [action: string, args: Values, said: Values | null, ...moved: string[]];
/** s until there is a picture. */
type Wait = number;

const projector: (Row | Wait)[] = [
  ["power-on", {}, { display_on: true }, "on"],
  45,
  ["input", { to: "digital-2" }, { display_input: "digital-2" }, "input 50"],
  ["mute", {}, { mute: true }, "muted true"],
  ["unmute", {}, { mute: false }, "muted false"],
  ["blank", {}, { screen_blank: true }, "blank true"],
  ["show", {}, { screen_blank: false, mute: false }, "blank false", "muted false"],
];
const off: Row = ["power-off", {}, { display_on: false }, "off"];
const on: Row = ["power-on", {}, { display_on: true }, "on"];
const sound: Row[] = [
  ["volume", { to: 45 }, { volume: 45 }, "volume 45"],
  ["mute", { to: "true" }, { mute: true }, "muted true"],
  ["mute", { to: "false" }, { mute: false }, "muted false"],
];
const input = (to: string, number: number): Row => [
  "input",
  { to },
  { display_input: to },
  `input ${number}`,
];
const samsung = [on, input("hdmi-2", 0x23), ...sound, off];
const nec: Row[] = [
  on,
  input("dvi", 0x03),
  ["volume", { to: 45 }, { volume: 45 }, "volume 45"],
  ["mute", {}, { mute: true }, "muted true"],
  ["unmute", {}, { mute: false }, "muted false"],
  off,
];
const epson: (Row | Wait)[] = [
  on,
  45,
  input("hdmi-2", 0xa0),
  ["blank", {}, { screen_blank: true }, "blank true"],
  ["show", {}, { screen_blank: false }, "blank false"],
  off,
];
const hisense: Row[] = [on, ["input", { to: "hdmi-2" }, null, "input 15"], ...sound, off];
const hex: Row[] = [on, ["volume", { to: 45 }, { volume: 45 }, "volume 45"], off];
const zhonghong: Row[] = [
  ["power", { on: "true" }, { ac_power: true }, "power true"],
  ["mode", { mode: "heat" }, { ac_mode: "heat" }, "mode heat"],
  ["setpoint", { temperature: 24 }, { ac_setpoint: 24 }, "target 24"],
  ["fan", { speed: "low" }, { fan_speed: "low" }, "fan low"],
  ["fan", { speed: "medium-high" }, { fan_speed: "medium-high" }, "fan medium"],
  ["fan", { speed: "medium-low" }, { fan_speed: "medium-low" }, "fan quiet"],
  ["power", { on: "false" }, { ac_power: false }, "power false"],
];
const relays = (moved: (channel: number, on: boolean) => string): Row[] =>
  [1, 2, 3, 4, 5, 6, 7, 8, 3].map((channel, at) => {
    const to = at < 8;
    return [`switch-${channel}`, { on: String(to) }, { [`switch_${channel}`]: to }, moved(channel, to)];
  });

const table: Record<string, (Row | Wait)[]> = {
  "101-pjlink": [...projector, off],
  "102-laser": [
    ...projector,
    ["freeze", {}, { screen_freeze: true }, "frozen true"],
    ["unfreeze", {}, { screen_freeze: false }, "frozen false"],
    off,
  ],
  "103-samsung": samsung,
  "104-samsung-tcp": samsung,
  "105-lg": [on, input("hdmi-2", 0x91), ...sound, off],
  "106-nec": nec,
  "107-nec-tcp": nec,
  "108-epson": epson,
  "109-epson-tcp": epson,
  "110-hisense": hisense,
  "111-hisense-tcp": hisense,
  "112-benq": [on, ["input", { number: 51 }, null, "input 51"], ...sound, off],
  "113-hex": hex,
  "114-hex-tcp": hex,
  "115-zhonghong": zhonghong,
  "116-zhonghong-serial": zhonghong,
  "117-onokom": [
    ["mode", { mode: "cool" }, { ac_mode: "cool" }, "holding 2 = 2"],
    ["setpoint", { temperature: 24.5 }, { ac_setpoint: 24.5 }, "holding 5 = 2450"],
    ["fan", { speed: "medium" }, { fan_speed: "medium" }, "holding 8 = 5"],
    ["mode", { mode: "off" }, { ac_mode: "off" }, "holding 2 = 0"],
  ],
  "118-ir": [
    ["set", { power: "true", mode: "heat", temperature: 20, fan: "low" }, null, "holding 0 = 1 1 20 1"],
    ["adjust", { temperature: 22, fan: "medium" }, null, "holding 2 = 22 2"],
  ],
  "119-relay": relays((channel, to) => `coils ${channel - 1} = ${to ? 1 : 0}`),
  "relays-tcp": relays((channel, to) => `holding ${channel} = ${to ? 0x100 : 0x200}`),
  "dimmer-tcp": [
    ["level", { level: 80 }, { light_level: 80 }, "holding 0 = 80"],
    ["colour", { colour: 4500 }, { colour_temperature: 4500 }, "holding 1 = 4500"],
  ],
};

const rowsOf = (device: string) =>
  (table[device] ?? []).filter((step): step is Row => typeof step !== "number");
const rows = Object.keys(table).flatMap((device) =>
  rowsOf(device).map((row, at): [string, string, number] => [device, row[0], at]),
);

const school = new CommandedSchool();
/** By device, in the order of the table. */
const came = new Map<string, { req: string; answers: CommandAnswer[]; moved: string[] }[]>();
let audit: AuditRead;

/** A Saturday, while nobody is there. */
const saturday = Date.UTC(2026, 8, 19, 2);

async function play(device: string): Promise<void> {
  const { clock, plan } = school.virtual;
  const signal = new AbortController().signal;
  const actions = plan.links.flatMap(({ points }) => [...points]).find(([id]) => id === device)?.[1].actions;
  const lastMs = new Map<string, number>();
  for (const step of table[device] ?? []) {
    if (typeof step === "number") {
      await clock.sleep(step * 1000, signal);
      continue;
    }
    const [action, args] = step;
    const everyMs = actions?.get(action)?.everyMs ?? 0;
    const restMs = (lastMs.get(action) ?? Number.NEGATIVE_INFINITY) + everyMs - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs + 1000, signal);
    const before = school.moves.of(device).length;
    const req = school.ask({ device, action, args });
    while (school.last(req) === undefined) await clock.sleep(250, signal);
    lastMs.set(action, clock.monotonicMs());
    const moved = school.moves.of(device).slice(before);
    came.set(device, [...(came.get(device) ?? []), { req, answers: school.answers.get(req) ?? [], moved }]);
  }
}

beforeAll(async () => {
  await school.start(saturday);
  let open = 0;
  const plays = Object.keys(table).map(async (device) => {
    open += 1;
    await play(device);
    open -= 1;
  });
  const all = Promise.all(plays);
  const isOver = await school.virtual.until(() => open === 0, 900_000, 500);
  const without = Object.keys(table).filter((device) => came.get(device)?.length !== rowsOf(device).length);
  expect({ isOver, without }).toEqual({ isOver: true, without: [] });
  await all;
  audit = await readAudit(school.virtual.plan.buffer.folder);
}, 150_000);
afterAll(() => school.stop());

describe("a command", () => {
  it.each(rows)("to %s: %s (%i) is done as the device says, once", (device, action, at) => {
    const [, , said, ...moved] = rowsOf(device)[at] as Row;
    const { answers, moved: did } = came.get(device)?.[at] ?? { answers: [], moved: [] };
    expect(did).toEqual(moved);
    expect(answers.map(({ state, code }) => [state, code])).toEqual([
      ["accepted", null],
      said === null ? ["unknown", "unverified"] : ["done", null],
    ]);
    expect(answers.at(-1)?.readBack).toEqual(said ?? {});
    expect(action).toBe(rowsOf(device)[at]?.[0]);
  });

  it.each(rows)(
    "to %s: %s (%i) is in the audit, accepted and ended, with what was answered",
    (device, action, at) => {
      const { req, answers } = came.get(device)?.[at] ?? { req: "", answers: [] };
      const entries = audit.entries.filter(({ facts, what }) => facts.req === req && what !== "command.told");
      const last = answers.at(-1);
      expect(entries).toMatchObject([
        { who: "uplink:ops:ops", what: "command.accepted", facts: { device, action } },
        { who: "uplink:ops:ops", what: `command.${last?.state}`, facts: { answer: JSON.stringify(last) } },
      ]);
    },
  );

  it("leaves an audit that is whole, and moves nothing beside what was asked for", () => {
    expect(audit.breaks).toEqual([]);
    for (const device of Object.keys(table))
      expect(school.moves.of(device), device).toEqual(rowsOf(device).flatMap(([, , , ...moved]) => moved));
  });
});

describe("the table", () => {
  it("has every action of every device", () => {
    const points = school.virtual.plan.links.flatMap((link) => [...link.points.values()]);
    const able = points.filter(({ actions }) => actions !== undefined && actions.size > 0);
    expect(able.map(({ device, actions }) => [device, [...(actions?.keys() ?? [])].sort()]).sort()).toEqual(
      Object.keys(table)
        .map((device) => [device, [...new Set(rowsOf(device).map(([action]) => action))].sort()])
        .sort(),
    );
  });

  it("has every profile that can be told something", () => {
    const folder = new URL("../../config/profiles/", import.meta.url);
    const able = readdirSync(folder).filter((name) =>
      /^actions:/m.test(readFileSync(new URL(name, folder), "utf8")),
    );
    const used = new Set(
      school.virtual.plan.links.flatMap(({ points }) => [...points.values()].map(({ profile }) => profile)),
    );
    expect(able.length).toBeGreaterThan(10);
    expect(able.map((name) => name.replace(".yaml", "")).filter((name) => !used.has(name))).toEqual([]);
  });
});
