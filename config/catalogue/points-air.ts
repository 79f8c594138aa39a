/**
 * What a room's air, light and sound are like, and whether somebody is there.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const measured = { kind: "measurement", type: "number", level: 2 } as const;

export const airPoints: readonly CataloguePoint[] = [
  {
    ...measured,
    id: "co2",
    text: { zh: "二氧化碳", en: "Carbon dioxide" },
    unit: "[ppm]",
    display: { unit: "ppm", decimals: 0 },
    range: [0, 40_000],
    deadband: { abs: 20 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "教室二氧化碳上限", en: "Carbon dioxide in classrooms" },
        above: 1500,
        standard: "GB 50099-2011, 10.1.8",
      },
      {
        text: { zh: "室内二氧化碳, 1 小时平均", en: "Carbon dioxide indoors, 1-h mean" },
        above: 1000,
        meanMs: hour,
        standard: "GB/T 18883-2022",
      },
    ],
  },
  {
    ...measured,
    id: "eco2",
    text: { zh: "等效二氧化碳（由 VOC 推算）", en: "Equivalent carbon dioxide, guessed from VOC" },
    unit: "[ppm]",
    display: { unit: "ppm", decimals: 0 },
    range: [0, 60_000],
    deadband: { abs: 50 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "temperature",
    text: { zh: "温度", en: "Temperature" },
    unit: "Cel",
    display: { unit: "℃", decimals: 1 },
    range: [-60, 100],
    deadband: { abs: 0.2 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "冬季普通教室", en: "Ordinary classroom in winter" },
        below: 18,
        standard: "GB 50099-2011, table 10.1.7",
      },
      { text: { zh: "夏季开空调", en: "Summer with air conditioning" }, above: 28, standard: "GB/T 18883" },
    ],
  },
  {
    ...measured,
    id: "humidity",
    text: { zh: "相对湿度", en: "Relative humidity" },
    unit: "%",
    display: { unit: "%", decimals: 0 },
    range: [0, 100],
    deadband: { abs: 1 },
    maxSilenceMs: 10 * minute,
    limits: [
      { text: { zh: "夏季上限", en: "Highest in summer" }, above: 80, standard: "GB/T 18883" },
      { text: { zh: "冬季下限", en: "Lowest in winter" }, below: 30, standard: "GB/T 18883" },
    ],
  },
  {
    ...measured,
    id: "pressure",
    text: { zh: "大气压", en: "Air pressure" },
    unit: "hPa",
    display: { unit: "hPa", decimals: 0 },
    range: [300, 1200],
    deadband: { abs: 1 },
    maxSilenceMs: 30 * minute,
  },
  {
    ...measured,
    id: "pm1",
    text: { zh: "PM1", en: "PM1" },
    unit: "ug/m3",
    display: { unit: "µg/m³", decimals: 0 },
    range: [0, 2000],
    deadband: { abs: 3 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "pm25",
    text: { zh: "PM2.5", en: "PM2.5" },
    unit: "ug/m3",
    display: { unit: "µg/m³", decimals: 0 },
    range: [0, 2000],
    deadband: { abs: 3 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "PM2.5, 24 小时平均", en: "PM2.5, 24-h mean" },
        above: 50,
        meanMs: day,
        standard: "GB/T 18883-2022",
      },
    ],
  },
  {
    ...measured,
    id: "pm10",
    text: { zh: "PM10", en: "PM10" },
    unit: "ug/m3",
    display: { unit: "µg/m³", decimals: 0 },
    range: [0, 5000],
    deadband: { abs: 5 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "PM10, 24 小时平均", en: "PM10, 24-h mean" },
        above: 100,
        meanMs: day,
        standard: "GB/T 18883-2022",
      },
    ],
  },
  {
    ...measured,
    id: "tvoc",
    text: { zh: "总挥发性有机物", en: "Total volatile organic compounds" },
    unit: "mg/m3",
    display: { unit: "mg/m³", decimals: 2 },
    range: [0, 100],
    deadband: { abs: 0.02 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "TVOC, 8 小时平均", en: "TVOC, 8-h mean" },
        above: 0.6,
        meanMs: 8 * hour,
        standard: "GB/T 18883",
      },
    ],
  },
  {
    ...measured,
    id: "hcho",
    text: { zh: "甲醛（低价传感器只看趋势）", en: "Formaldehyde (cheap sensors: trend only)" },
    unit: "mg/m3",
    display: { unit: "mg/m³", decimals: 3 },
    range: [0, 20],
    deadband: { abs: 0.005 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "甲醛, 1 小时平均", en: "Formaldehyde, 1-h mean" },
        above: 0.08,
        meanMs: hour,
        standard: "GB/T 18883-2022",
      },
    ],
  },
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
