/**
 * What a test vector's raw values mean, by the code that makes records of them.
 */
import type { LoadOptions } from "../../config/load/index.ts";
import type { Text, Value } from "../../config/schema/vocabulary.ts";
import { createNormalizer } from "../normalize/normalizer.ts";

const faultTexts: Readonly<Record<string, Text>> = {
  "unlisted-value": { zh: "enum 里没有读到的数", en: "enum does not list what is read" },
  "wrong-type": { zh: "读出来的类型不对", en: "what is read has another type" },
  "unsafe-integer": { zh: "数太大，存不准", en: "the number is too large to be kept exactly" },
  "not-finite": { zh: "读出来不是数", en: "what is read is not a number" },
  "refused-text": { zh: "文字太长或有控制字符", en: "the text is too long or has control characters" },
};

/** What is bad is no value, whatever would stand in the record. */
const bad = 32;

export const meaningOf: NonNullable<LoadOptions["meaning"]> = (device, samples) => {
  const reading = { device: device.device, samples: [...samples], faults: [] };
  const { records, faults } = createNormalizer(device).normalize(reading, { wallMs: 0, monotonicMs: 0 });
  const values = new Map<string, Value>();
  for (const { series, value, quality } of records) values.set(series.point, quality < bad ? value : null);
  return {
    values,
    faults: new Map(
      faults.map(({ point = "", code, detail }) => [point, faultTexts[code] ?? { zh: detail, en: detail }]),
    ),
  };
};
