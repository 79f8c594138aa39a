/** What the built-in Modbus models write for their actions, as bytes on the line. */
import { expect, it } from "vitest";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { requestsOf } from "../../../drivers/modbus/action.ts";
import { requestFrame } from "../../../drivers/modbus/rtu.ts";
import type { ModbusAction, ModbusProfile } from "../../../drivers/modbus/schema.ts";
import { kinds } from "../../../drivers/registry.ts";
import { hangings, planUnits } from "./school-of-units.ts";

const at = { power_at: "16", mode_at: "17", setpoint_at: "18", fan_at: "19", setpoint_scale: "0.1" };
const apart = { power_at: "2", mode_at: "5", setpoint_at: "7", fan_at: "9", setpoint_scale: "1" };
const light = { level_at: "1", colour_at: "2", level_scale: "0.1", colour_scale: "100" };

type Case = [
  profile: string,
  options: Record<string, string>,
  action: string,
  args: Record<string, Value>,
  frames: string[],
];

it.each<Case>([
  ["waveshare-relay-8", {}, "switch-1", { on: true }, ["01 05 00 00 FF 00 8C 3A"]],
  ["waveshare-relay-8", {}, "switch-1", { on: false }, ["01 05 00 00 00 00 CD CA"]],
  ["waveshare-relay-8", {}, "switch-8", { on: true }, ["01 05 00 07 FF 00 3D FB"]],
  ["eletechsup-r421a08", {}, "switch-1", { on: 1 }, ["01 06 00 01 01 00 D9 9A"]],
  ["eletechsup-r421a08", {}, "switch-1", { on: 0 }, ["01 06 00 01 02 00 D9 6A"]],
  ["eletechsup-r421a08", {}, "switch-8", { on: 1 }, ["01 06 00 08 01 00 09 98"]],
  ["onokom-air-ac", {}, "mode", { mode: 0 }, ["01 06 00 02 00 00 28 0A"]],
  ["onokom-air-ac", {}, "setpoint", { temperature: 2650.0000000000005 }, ["01 06 00 05 0A 5A 1F 50"]],
  ["onokom-air-ac", {}, "fan", { speed: 8 }, ["01 06 00 08 00 08 09 CE"]],
  [
    "ir-ac-modbus",
    { variant: "tuya-block", ...at },
    "set",
    { power: 1, mode: 4, temperature: 260, fan: 2 },
    ["01 10 00 10 00 04 08 00 01 00 04 01 04 00 02 57 79"],
  ],
  [
    "ir-ac-modbus",
    { variant: "hikvision-block", ...at },
    "adjust",
    { temperature: 265, fan: 0 },
    ["01 10 00 12 00 02 04 01 09 00 00 A2 84"],
  ],
  [
    "ir-ac-modbus",
    { variant: "hikvision", ...apart },
    "set",
    { power: 1, mode: 2, temperature: 26, fan: 1 },
    [
      "01 06 00 05 00 02 18 0A",
      "01 06 00 07 00 1A B9 C0",
      "01 06 00 09 00 01 98 08",
      "01 06 00 02 00 01 E9 CA",
    ],
  ],
  ["dimmer-modbus", light, "level", { level: 555 }, ["01 06 00 01 02 2B 99 75"]],
  ["dimmer-modbus", light, "colour", { colour: 40 }, ["01 06 00 02 00 28 28 14"]],
])("%s with %j: %s %j", (profile, options, action, args, frames) => {
  const [unit] = planUnits([{ profile, values: Object.entries(options) }], hangings.modbus, kinds);
  const written = unit?.device.actions[action] as ModbusAction;
  const requests = requestsOf(written, unit?.device.profile as ModbusProfile, args);
  if (!Array.isArray(requests)) throw new Error(requests.detail);
  expect(requests.map((request) => print(requestFrame(1, request)))).toEqual(frames);
});

const print = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

it("what an infrared gateway says is assumed, and it is never switched twice within three minutes", () => {
  const variants = ["tuya", "tuya-block", "hikvision", "hikvision-block"];
  const units = planUnits(
    variants.map((variant) => ({ profile: "ir-ac-modbus", values: Object.entries({ ...at, variant }) })),
    hangings.modbus,
    kinds,
  );
  for (const { points } of units) {
    expect([...points.points.values()].map(({ assumed }) => assumed)).toEqual([true, true, true, true]);
    const switching = [...(points.actions?.values() ?? [])].filter(({ args }) => args.has("power"));
    expect(switching.map(({ id, everyMs }) => [id, everyMs])).toEqual([["set", 180_000]]);
    for (const { restMs, confirm } of points.actions?.values() ?? []) {
      expect(restMs).toBeGreaterThanOrEqual(3000);
      // What it was told last confirms nothing.
      expect(confirm.size).toBe(0);
    }
  }
  const single = units.filter((_, index) => variants[index]?.endsWith("block") !== true);
  for (const { device } of single)
    expect((device.profile as ModbusProfile).pauseMs).toBeGreaterThanOrEqual(3000);
});
