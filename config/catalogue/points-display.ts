/**
 * Panels, projectors and their sound. Any change is stored.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Words differ or do not: the dead band counts for numbers alone. */
const state = { kind: "state", level: 2, deadband: { abs: 1 }, maxSilenceMs: hour } as const;
/** What a device says of itself: ok, warning or error. */
const health = { ...state, type: "text" } as const;
/** What never changes as long as it is the same device; nothing of people. */
const name = {
  kind: "state",
  type: "text",
  level: 1,
  deadband: { abs: 1 },
  maxSilenceMs: 12 * hour,
} as const;
const counter = {
  kind: "counter",
  perHour: 1,
  type: "number",
  level: 2,
  unit: "h",
  display: { unit: "h", decimals: 0 },
  range: [0, 999_999],
  deadband: { abs: 1 },
  maxSilenceMs: 12 * hour,
} as const;

export const displayPoints: readonly CataloguePoint[] = [
  { ...state, id: "display_on", type: "boolean", text: { zh: "屏幕开机", en: "Display switched on" } },
  {
    ...state,
    id: "display_power",
    type: "text",
    text: {
      zh: "屏幕电源（off、on、warming、cooling、standby 等）",
      en: "Power of the display: off, on, warming, cooling, standby and the like",
    },
  },
  {
    ...state,
    id: "display_input",
    type: "text",
    text: { zh: "屏幕输入源", en: "Input that the display shows" },
  },
  {
    ...state,
    id: "volume",
    type: "number",
    text: { zh: "音量（最大为 100）", en: "Volume, 100 at most" },
    unit: "%",
    display: { unit: "%", decimals: 0 },
    range: [0, 100],
  },
  { ...state, id: "mute", type: "boolean", text: { zh: "静音", en: "Sound muted" } },
  { ...state, id: "screen_blank", type: "boolean", text: { zh: "画面关闭", en: "Picture blanked" } },
  { ...state, id: "screen_freeze", type: "boolean", text: { zh: "画面冻结", en: "Picture frozen" } },
  {
    ...state,
    id: "display_resolution",
    type: "text",
    text: { zh: "输入信号分辨率", en: "Resolution of the input signal" },
  },
  { ...health, id: "fan_state", text: { zh: "风扇状态", en: "State of the fan" } },
  { ...health, id: "lamp_state", text: { zh: "光源状态", en: "State of the lamp" } },
  { ...health, id: "heat_state", text: { zh: "过热状态", en: "Overheating" } },
  { ...health, id: "cover_state", text: { zh: "盖板状态", en: "State of the cover" } },
  { ...health, id: "filter_state", text: { zh: "滤网状态", en: "State of the filter" } },
  { ...health, id: "display_state", text: { zh: "其他故障", en: "Other faults" } },
  {
    id: "lamp_hours",
    kind: "counter",
    type: "number",
    level: 2,
    text: { zh: "灯泡使用时长", en: "Hours of the lamp" },
    unit: "h",
    display: { unit: "h", decimals: 0 },
    range: [0, 200_000],
    perHour: 1,
    deadband: { abs: 1 },
    maxSilenceMs: 12 * hour,
  },
  { ...counter, id: "lamp_hours_2", text: { zh: "第 2 灯使用时长", en: "Hours of lamp 2" } },
  { ...counter, id: "lamp_hours_3", text: { zh: "第 3 灯使用时长", en: "Hours of lamp 3" } },
  { ...counter, id: "lamp_hours_4", text: { zh: "第 4 灯使用时长", en: "Hours of lamp 4" } },
  { ...counter, id: "filter_hours", text: { zh: "滤网使用时长", en: "Hours of the filter" } },
  { ...counter, id: "display_hours", text: { zh: "屏幕累计时长", en: "Hours of the display" } },
  { ...name, id: "device_name", text: { zh: "设备名称", en: "Name of the device" } },
  { ...name, id: "device_maker", text: { zh: "厂家", en: "Its maker" } },
  { ...name, id: "device_model", text: { zh: "产品型号", en: "Its model" } },
  { ...name, id: "device_firmware", text: { zh: "固件版本", en: "Its firmware" } },
];
