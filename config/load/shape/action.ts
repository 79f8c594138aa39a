/**
 * What every action of a profile may say, whatever its driver: its arguments, how it is confirmed, when it may run.
 * The rest of an entry belongs to the driver's kind.
 */
import { z } from "zod";
import { complain, decimal, matching, text } from "../../schema/scalar.ts";
import { pointPattern } from "./identifier.ts";
import { span, within } from "./measure.ts";

const bothLanguages = z.strictObject({ zh: text(120), en: text(120) });

const argumentName = matching(pointPattern, {
  zh: "小写字母开头，小写字母、数字和 _（最长 32 个字符）",
  en: "a lower-case letter, then lower-case letters, digits and _ (at most 32)",
});

const choice = text(64);

const argumentShape = z
  .strictObject({
    text: bothLanguages.optional().describe("What it is, for people"),
    point: z
      .string()
      .optional()
      .describe(
        "It is a value of this point, with its unit, range and words, and is converted as its readings are",
      ),
    range: span.optional().describe("It is a number within, such as 0..100"),
    step: decimal(0).optional().describe("It is a multiple of this"),
    choices: z
      .union([z.array(choice).min(1).max(100), z.record(z.string(), z.string())])
      .optional()
      .describe("It is one of these; as word: raw value where the device has other words"),
  })
  .transform((written, context) => {
    const { point, range, step, choices } = written;
    const numeric = range !== undefined || step !== undefined;
    if (choices !== undefined && (numeric || point !== undefined))
      return complain(context, {
        what: {
          zh: "choices 不能和 point、range、step 一起写",
          en: "choices does not go together with point, range or step",
        },
        fix: { zh: "只留一种写法", en: "keep one of them" },
      });
    if (choices === undefined && !numeric && point === undefined)
      return complain(context, {
        what: { zh: "没有写这个参数可以是什么", en: "it does not say what the argument may be" },
        fix: {
          zh: "写 point: 测点、range: 0..100 或 choices: [on, off]",
          en: "write point: POINT, range: 0..100 or choices: [on, off]",
        },
      });
    return written;
  });
export type ArgumentShape = z.output<typeof argumentShape>;

const minute = 60_000;

export const actionShape = z
  .strictObject({
    text: bothLanguages.optional().describe("What it does, for people"),
    args: z.record(argumentName, argumentShape).optional().describe("What whoever asks for it must say"),
    confirm: z
      .record(z.string(), z.union([z.string(), z.strictObject({ arg: z.string() })]))
      .optional()
      .describe(
        "Value that each of these points has once it is done, or { arg: NAME }; absent: nobody can tell",
      ),
    tolerance: decimal(0)
      .default(0)
      .describe("So far a number that is read back may be from what was asked for, in its unit"),
    within: within(100, 10 * minute)
      .default(10_000)
      .describe("It is confirmed within this time, or it failed"),
    rest: within(0, 10 * minute)
      .default(0)
      .describe("Nothing else is asked of the device for so long afterwards"),
    every: within(0, 60 * minute)
      .default(0)
      .describe("Not more often than this, such as 180s for a compressor"),
    notDuring: z.enum(["lesson"]).optional().describe("Refused while there is a lesson in its room"),
  })
  .describe("What a device can be told to do");
export type ActionShape = z.output<typeof actionShape>;
