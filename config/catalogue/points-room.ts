/**
 * What a room's light and sound are like, and how many are there.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const hour = 60 * minute;
const measured = { kind: "measurement", type: "number", level: 2 } as const;

export const roomPoints: readonly CataloguePoint[] = [
  {
    ...measured,
    id: "illuminance",
    text: { zh: "照度", en: "Illuminance" },
    unit: "lx",
    display: { unit: "lx", decimals: 0 },
    range: [0, 200_000],
    deadband: { share: 0.05 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "课桌面平均照度", en: "Mean on the desks" },
        below: 300,
        standard: "GB 7793-2010; GB/T 36876-2018",
        verified: true,
      },
      {
        text: { zh: "黑板面平均照度", en: "Mean on the blackboard" },
        below: 500,
        standard: "GB 7793-2010; GB/T 36876-2018",
        verified: true,
      },
    ],
  },
  {
    // Of several sensors, or of a survey: one sensor cannot give it.
    ...measured,
    id: "light_uniformity",
    text: { zh: "照度均匀度（最小/平均）", en: "Uniformity of the light, least over mean" },
    unit: "1",
    display: { unit: "", decimals: 2 },
    range: [0, 1],
    deadband: { abs: 0.02 },
    maxSilenceMs: hour,
    limits: [
      {
        text: { zh: "课桌面", en: "On the desks" },
        below: 0.7,
        standard: "GB 7793-2010; GB/T 36876-2018",
        verified: true,
      },
      {
        text: { zh: "黑板面", en: "On the blackboard" },
        below: 0.8,
        standard: "GB 7793-2010; GB/T 36876-2018",
        verified: true,
      },
    ],
  },
  {
    ...measured,
    id: "lighting_power_density",
    text: { zh: "照明功率密度", en: "Power of the lights for each square metre" },
    unit: "W/m2",
    display: { unit: "W/m²", decimals: 1 },
    range: [0, 200],
    deadband: { abs: 0.2 },
    maxSilenceMs: hour,
    limits: [
      {
        text: { zh: "教室照明（300 lx）", en: "Lights of a classroom, at 300 lx" },
        above: 11,
        standard: "GB 7793-2010",
        verified: true,
      },
    ],
  },
  {
    ...measured,
    id: "noise",
    text: { zh: "噪声（A 计权）", en: "Noise, A-weighted" },
    unit: "dB[SPL]",
    display: { unit: "dB(A)", decimals: 0 },
    range: [0, 150],
    deadband: { abs: 2 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "普通教室，关窗、无人时", en: "Ordinary classroom, windows closed, nobody there" },
        above: 45,
        standard: "GB 50118-2010, table 5.1",
        verified: false,
      },
      {
        text: {
          zh: "语言、阅读教室，关窗、无人时",
          en: "Language and reading room, windows closed, nobody there",
        },
        above: 40,
        standard: "GB 50118-2010, table 5.1",
        verified: false,
      },
    ],
  },
  {
    id: "occupancy",
    text: { zh: "室内人数", en: "People in the room" },
    kind: "measurement",
    type: "number",
    unit: "{count}",
    display: { unit: "人", decimals: 0 },
    range: [0, 10_000],
    level: 3,
    deadband: { abs: 1 },
    maxSilenceMs: 10 * minute,
  },
];
