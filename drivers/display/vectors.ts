/** What all test vectors of this folder have in common. Pure. */
import type { VectorReading } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Reading } from "../contract/index.ts";
import { type DisplayDriver, type DisplayWord, displayFault, displayFaults } from "./faults.ts";
import { meaningOf, type Step } from "./interview.ts";

export const noVector = (key: "asked" | "bytes", what: Text, fix: Text): VectorReading => ({
  samples: [],
  faults: [],
  problem: { key, what, fix },
});

export const withoutQuestion: VectorReading = noVector(
  "bytes",
  { zh: "只有应答，不知道问的是什么", en: "what was asked is not known" },
  { zh: "加上 asked: 请求的十六进制", en: "add asked: the request in hexadecimal" },
);

export const strangeQuestion: VectorReading = noVector(
  "asked",
  { zh: "asked 不是这个型号会问的", en: "asked is nothing that this profile asks" },
  {
    zh: "照抓到的报文核对 asked（编号、命令、校验），或补上测点",
    en: "compare asked (number, command, checksum) with what was captured, or add the point that it asks for",
  },
);

/** Words are of the table, and `fault.code` ends with one. */
const wordOf = (code: string) => code.slice(code.indexOf(".") + 1) as DisplayWord;

/** A reading as a vector has it; a fault of no point is one of the bytes. */
export function asVector({ samples, faults }: Reading): VectorReading {
  const whole = faults.find(({ point }) => point === undefined);
  if (whole !== undefined)
    return noVector("bytes", displayFaults[wordOf(whole.code)].what, {
      zh: "照抓到的报文核对 asked 和 bytes",
      en: "compare asked and bytes with what was captured",
    });
  return {
    samples,
    faults: faults.map(({ code, point }) => ({
      ...(point === undefined ? {} : { point }),
      what: displayFaults[wordOf(code)].what,
    })),
  };
}

/** What a device says when it was asked this. */
export function answered(driver: DisplayDriver, device: string, step: Step, said: Uint8Array): Reading {
  const verdict = step.question.judge(said);
  if ("answer" in verdict) {
    const { samples, faults } = meaningOf(driver, step, verdict.answer);
    return { device, samples, faults };
  }
  const word = "fault" in verdict ? verdict.fault : "short";
  return { device, samples: [], faults: [displayFault(driver, word)] };
}
