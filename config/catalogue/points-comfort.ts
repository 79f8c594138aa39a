/**
 * What air conditioners and lights are set to. Any change is stored.
 */
import type { CataloguePoint } from "./point.ts";

const hour = 3_600_000;
/** Words differ or do not: the dead band counts for numbers alone. */
const setting = { kind: "state", level: 2, deadband: { abs: 1 }, maxSilenceMs: hour } as const;

export const comfortPoints: readonly CataloguePoint[] = [
  {
    ...setting,
    id: "ac_power",
    type: "boolean",
    text: { zh: "空调开机", en: "Air conditioner switched on" },
  },
  {
    ...setting,
    id: "ac_mode",
    type: "text",
    text: {
      zh: "空调模式（off、cool、heat、auto、dry、fan）",
      en: "Mode of the air conditioner: off, cool, heat, auto, dry or fan",
    },
  },
  {
    ...setting,
    id: "ac_setpoint",
    type: "number",
    text: { zh: "空调设定温度", en: "Temperature the air conditioner is set to" },
    unit: "Cel",
    display: { unit: "℃", decimals: 1 },
    range: [5, 40],
    deadband: { abs: 0.5 },
    limits: [
      {
        text: { zh: "公共建筑制冷时", en: "Public buildings, cooling" },
        below: 26,
        standard: "国办发〔2007〕42号",
        verified: false,
      },
      {
        text: { zh: "公共建筑制热时", en: "Public buildings, heating" },
        above: 20,
        standard: "国办发〔2007〕42号",
        verified: false,
      },
    ],
  },
  {
    ...setting,
    id: "fan_speed",
    type: "text",
    text: {
      zh: "风速（off、auto、quiet、low、medium-low、medium、medium-high、high）",
      en: "Fan speed: off, auto, quiet, low, medium-low, medium, medium-high or high",
    },
  },
  {
    // A number of the maker: what it means stands in the unit's own manual.
    ...setting,
    id: "ac_error",
    type: "number",
    text: { zh: "空调故障代码（0 为没有）", en: "Error code of the air conditioner, 0 for none" },
    unit: "1",
    display: { unit: "", decimals: 0 },
    range: [0, 65_535],
  },
  {
    ...setting,
    id: "light_level",
    type: "number",
    text: { zh: "灯光亮度（满亮为 100）", en: "Brightness of the lights, 100 at full" },
    unit: "%",
    display: { unit: "%", decimals: 0 },
    range: [0, 100],
  },
  {
    ...setting,
    id: "colour_temperature",
    type: "number",
    text: { zh: "灯光色温", en: "Colour temperature of the lights" },
    unit: "K",
    display: { unit: "K", decimals: 0 },
    range: [1000, 20_000],
    deadband: { abs: 50 },
    limits: [
      {
        text: { zh: "教室灯光色温", en: "Colour temperature of classroom lights" },
        above: 5500,
        below: 3300,
        standard: "GB 7793-2010",
        verified: true,
      },
      {
        text: { zh: "学校灯具色温", en: "Colour temperature of lamps for schools" },
        above: 5300,
        below: 3300,
        standard: "GB 40070-2021",
        verified: true,
      },
    ],
  },
  {
    ...setting,
    id: "thermostat",
    type: "boolean",
    text: { zh: "温控器启用", en: "Thermostat in use" },
  },
  {
    ...setting,
    id: "setpoint",
    type: "number",
    text: { zh: "温控器设定温度", en: "Temperature the thermostat is set to" },
    unit: "Cel",
    display: { unit: "℃", decimals: 1 },
    range: [-10, 100],
    deadband: { abs: 0.5 },
  },
];
