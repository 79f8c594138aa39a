/**
 * Panels, projectors and their sound. Any change is stored.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Words differ or do not: the dead band counts for numbers alone. */
const state = { kind: "state", level: 2, deadband: { abs: 1 }, maxSilenceMs: hour } as const;

export const displayPoints: readonly CataloguePoint[] = [
  { ...state, id: "display_on", type: "boolean", text: { zh: "屏幕开机", en: "Display switched on" } },
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
  {
    id: "lamp_hours",
    kind: "counter",
    type: "number",
    level: 2,
    text: { zh: "灯泡使用时长", en: "Hours of the lamp" },
    unit: "h",
    display: { unit: "h", decimals: 0 },
    range: [0, 200_000],
    deadband: { abs: 1 },
    maxSilenceMs: 12 * hour,
  },
];
