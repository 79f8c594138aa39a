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
  { ...state, id: "contact", text: { zh: "门磁（真为开）", en: "Contact (true: open)" } },
  { ...state, id: "motion", text: { zh: "有人移动", en: "Motion" }, level: 3 },
  { ...state, id: "online", text: { zh: "在线", en: "Online" } },
  { ...state, id: "smoke", text: { zh: "烟雾", en: "Smoke" } },
  { ...state, id: "leak", text: { zh: "漏水", en: "Water leak" } },
  { ...state, id: "tamper", text: { zh: "被拆动", en: "Tampered with" } },
];
