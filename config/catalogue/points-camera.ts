/**
 * Whether a camera is well; nothing of its pictures. Any change is stored.
 */
import type { CataloguePoint } from "./point.ts";

const hour = 3_600_000;
const state = {
  kind: "state",
  type: "boolean",
  level: 2,
  deadband: { abs: 1 },
  maxSilenceMs: hour,
} as const;

export const cameraPoints: readonly CataloguePoint[] = [
  {
    id: "clock_offset",
    kind: "measurement",
    type: "number",
    level: 2,
    text: { zh: "时钟偏差（正为快）", en: "Its clock against ours (positive: ahead)" },
    unit: "s",
    display: { unit: "s", decimals: 0 },
    // From 1970 to the end of this century, as clocks that were never set show.
    range: [-4e9, 4e9],
    deadband: { abs: 5 },
    maxSilenceMs: 12 * hour,
  },
  { ...state, id: "stream", text: { zh: "能取到视频流", en: "A stream can be had" } },
  { ...state, id: "snapshot", text: { zh: "能取到快照", en: "A snapshot can be had" } },
  { ...state, id: "storage_fault", text: { zh: "存储故障", en: "Storage failed" } },
  {
    id: "video_profiles",
    kind: "state",
    type: "number",
    level: 2,
    text: { zh: "媒体配置数", en: "Media profiles" },
    unit: "{count}",
    display: { unit: "个", decimals: 0 },
    range: [0, 256],
    deadband: { abs: 1 },
    maxSilenceMs: 12 * hour,
  },
];
