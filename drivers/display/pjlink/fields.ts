/** What PJLink adds to the configuration files. Pure. */
import { z } from "zod";
import { within } from "../../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../../config/schema/kind.ts";
import { complain, host, integer, secret, text } from "../../../config/schema/scalar.ts";
import { tcpPort } from "../../line/fields.ts";
import { pjlinkAsks, pjlinkSets } from "./codec.ts";

const second = 1000;

export const pjlinkLinkSchema = z
  .strictObject({
    port: tcpPort.default(4352).describe("TCP port of its projectors, where they do not say another"),
    password: secret.optional().describe("Password of its projectors, where they do not say another"),
  })
  .describe("Projectors that speak PJLink; each says its host");
export type PjlinkLink = z.output<typeof pjlinkLinkSchema>;

export const pjlinkAddressSchema = z
  .strictObject({
    host: host.describe("Its address in the network"),
    port: tcpPort.optional().describe("Its TCP port, where other than the link's"),
    password: secret.optional().describe("Its password, where other than the link's"),
  })
  .describe("How a projector is known in the network");
export type PjlinkAddress = z.output<typeof pjlinkAddressSchema>;

export const pjlinkProfileSchema = z
  .strictObject({
    answer: within(100, 20 * second)
      .default(3000)
      .describe("Longest time until its answer begins, and until it greets"),
  })
  .transform(({ answer }) => ({ answerMs: answer }))
  .describe("How a projector model speaks PJLink");
export type PjlinkProfile = z.output<typeof pjlinkProfileSchema>;

type Words = [string, ...string[]];

export const pjlinkSourceSchema = z
  .strictObject({
    ask: z.enum(Object.keys(pjlinkAsks) as Words).describe("What is asked for it"),
    lamp: integer(1, 8).optional().describe("Which of its lamps; the first if nothing is said"),
  })
  .superRefine(({ ask, lamp }, context) => {
    if (lamp === undefined || ask.startsWith("lamp-")) return;
    complain(context, {
      what: { zh: `ask: ${ask} 不分灯`, en: `${ask} is not one of a lamp` },
      fix: { zh: "删掉 lamp", en: "remove lamp" },
    });
  })
  .describe("What a point of a projector is asked by");
export type PjlinkSource = z.output<typeof pjlinkSourceSchema>;

export const pjlinkActionSchema = z
  .strictObject({
    set: z.enum(Object.keys(pjlinkSets) as Words).describe("What is set"),
    value: text(16).optional().describe("To which value, as the protocol has it"),
    arg: text(32).optional().describe("Or to that of this argument"),
  })
  .superRefine(({ set, value, arg }, context) => {
    if ((value === undefined) === (arg === undefined))
      complain(context, {
        what: { zh: "value 和 arg 要写一个，只写一个", en: "it needs either value or arg" },
        fix: {
          zh: "固定的值写 value: 1；由命令给的写 arg: 参数名",
          en: "write value: 1 for a fixed value, arg: NAME for what the command says",
        },
      });
    const known = pjlinkSets[set];
    if (value === undefined || known === undefined || known.parameter(value) !== null) return;
    complain(context, {
      what: { zh: `${set} 没有值 “${value}”`, en: `${set} does not take "${value}"` },
      fix: { zh: `可以写：${known.takes}`, en: `write one of: ${known.takes}` },
    });
  })
  .describe("How a projector is told something");
export type PjlinkAction = z.output<typeof pjlinkActionSchema>;

export type PjlinkDevice = DevicePlan<PjlinkAddress, PjlinkProfile, PjlinkSource, PjlinkAction>;
