/**
 * What is on, open, moving or there. Any change is stored.
 */
import type { CataloguePoint } from "./point.ts";

const hour = 3_600_000;
/** Dead band 1: true and false differ by it, so that repetitions alone are not stored. */
const state = {
  kind: "state",
  type: "boolean",
  level: 2,
  deadband: { abs: 1 },
  maxSilenceMs: hour,
} as const;

export const statePoints: readonly CataloguePoint[] = [
  { ...state, id: "switch", text: { zh: "开关状态", en: "Switched on" } },
  { ...state, id: "switch_1", text: { zh: "第 1 路开关状态", en: "Channel 1 switched on" } },
  { ...state, id: "switch_2", text: { zh: "第 2 路开关状态", en: "Channel 2 switched on" } },
  { ...state, id: "switch_3", text: { zh: "第 3 路开关状态", en: "Channel 3 switched on" } },
  { ...state, id: "switch_4", text: { zh: "第 4 路开关状态", en: "Channel 4 switched on" } },
  { ...state, id: "switch_5", text: { zh: "第 5 路开关状态", en: "Channel 5 switched on" } },
  { ...state, id: "switch_6", text: { zh: "第 6 路开关状态", en: "Channel 6 switched on" } },
  { ...state, id: "switch_7", text: { zh: "第 7 路开关状态", en: "Channel 7 switched on" } },
  { ...state, id: "switch_8", text: { zh: "第 8 路开关状态", en: "Channel 8 switched on" } },
  { ...state, id: "input_1", text: { zh: "第 1 路输入", en: "Input 1 is on" } },
  { ...state, id: "input_2", text: { zh: "第 2 路输入", en: "Input 2 is on" } },
  { ...state, id: "input_3", text: { zh: "第 3 路输入", en: "Input 3 is on" } },
  { ...state, id: "input_4", text: { zh: "第 4 路输入", en: "Input 4 is on" } },
  { ...state, id: "contact", text: { zh: "门磁（真为开）", en: "Contact (true: open)" } },
  { ...state, id: "motion", text: { zh: "有人移动", en: "Motion" }, level: 3 },
  { ...state, id: "online", text: { zh: "在线", en: "Online" } },
  { ...state, id: "smoke", text: { zh: "烟雾", en: "Smoke" } },
  { ...state, id: "leak", text: { zh: "漏水", en: "Water leak" } },
  { ...state, id: "gas", text: { zh: "可燃气体", en: "Gas that burns" } },
  { ...state, id: "vibration", text: { zh: "震动", en: "Vibration" } },
  { ...state, id: "tamper", text: { zh: "被拆动", en: "Tampered with" } },
  {
    // Every press is one, whatever was pressed before.
    id: "button",
    kind: "event",
    type: "text",
    level: 2,
    text: {
      zh: "按钮（single、double、triple、hold 等）",
      en: "Button pressed: single, double, triple, hold and the like",
    },
  },
];
